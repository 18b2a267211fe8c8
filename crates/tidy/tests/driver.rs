//! The driver of the tests, `.ci/test`, held against planted stages: it must not report success
//! for a stage that failed, never ended, or is not there.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its fixtures too"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;
use tidings_tidy::tree;

/// Held while scripts are written and while one is started: a process that another test forks in the
/// meantime would hold them open for writing, and nobody can start them then.
static FORKING: Mutex<()> = Mutex::new(());

/// A folder with the real driver and the stages of a test.
struct Driver {
    home: TempDir,
}

/// What a run printed, and whether it called itself a success.
struct Run {
    succeeded: bool,
    lines: Vec<String>,
}

impl Driver {
    fn with_stages(stages: &[(&str, &str)]) -> Self {
        let _nobody_forks = FORKING.lock().unwrap();
        let home = TempDir::new().unwrap();
        fs::create_dir_all(home.path().join(".ci/stages")).unwrap();
        for shared in [".ci/test", ".ci/lib.sh"] {
            fs::copy(tree::root().join(shared), home.path().join(shared)).unwrap();
        }
        for (name, commands) in stages {
            write_stage(&home.path().join(".ci/stages").join(name), commands);
        }
        Self { home }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let driver = self.home.path().join(".ci/test");
        let mut command = Command::new(driver);
        command.args(arguments).env_remove("TIDINGS_BIN");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let nobody_writes = FORKING.lock().unwrap();
        let started = command.spawn().unwrap();
        drop(nobody_writes);
        let output = started.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        Run {
            succeeded: output.status.success(),
            lines: text.lines().map(str::to_owned).collect(),
        }
    }
}

fn write_stage(path: &Path, commands: &str) {
    let head = "#!/usr/bin/env bash\n# A planted stage";
    let library = "set -euo pipefail\nsource \"$(dirname \"$0\")/../lib.sh\"";
    let (limit, commands) = commands.split_once(';').unwrap_or(("", commands));
    fs::write(path, format!("{head}\n{limit}\n{library}\n{commands}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

impl Run {
    fn last_line(&self) -> &str {
        self.lines.last().map_or("", String::as_str)
    }

    fn says(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.contains(text))
    }
}

#[test]
fn a_run_counts_the_tests_of_its_stages() {
    let driver = Driver::with_stages(&[("10-a", ";count_tests 5 0"), ("20-b", ";true")]);
    let run = driver.run(&[]);
    assert!(run.succeeded, "{:#?}", run.lines);
    assert_eq!(run.last_line(), "6 passed, 0 failed");
}

#[test]
fn a_failing_stage_fails_the_run_and_ends_it() {
    let driver = Driver::with_stages(&[("10-a", ";false\necho after"), ("20-b", ";echo reached")]);
    let run = driver.run(&[]);
    assert!(!run.succeeded);
    assert!(
        !run.says("after") && !run.says("reached"),
        "{:#?}",
        run.lines
    );
    assert!(run.says("b            not run"), "{:#?}", run.lines);
    assert_eq!(run.last_line(), "0 passed, 1 failed");
}

#[test]
fn a_stage_that_never_ends_is_ended_and_fails() {
    let driver = Driver::with_stages(&[("10-a", "# limit: 1s;sleep 600 & wait")]);
    let run = driver.run(&[]);
    assert!(!run.succeeded);
    assert!(run.says("did not finish within 1s"), "{:#?}", run.lines);
}

#[test]
fn a_stage_whose_subject_is_missing_fails() {
    let driver = Driver::with_stages(&[("10-a", ";need_file absent 'it should be here'")]);
    let run = driver.run(&[]);
    assert!(!run.succeeded);
    assert!(
        run.says("There is no absent: it should be here."),
        "{:#?}",
        run.lines
    );
}

#[test]
fn a_server_that_leaves_with_an_error_fails_its_stage() {
    let serve = "#!/bin/sh\ntrap 'exit 3' TERM\necho http://127.0.0.1:1\nwhile :; do read -r _ <\"$0.wait\"; done\n";
    let plant = format!(
        ";tidings=$scratch/tidings\nmkfifo \"$tidings.wait\"\nprintf '%s' '{}' >\"$tidings\"\n\
         chmod +x \"$tidings\"\nstart_server\nstop_server",
        serve.replace('\'', "'\\''")
    );
    let run = Driver::with_stages(&[("10-a", &plant)]).run(&[]);
    assert!(!run.succeeded);
    assert!(run.says("exit code 3 after SIGTERM"), "{:#?}", run.lines);
}

#[test]
fn only_stages_that_exist_can_be_asked_for() {
    let driver = Driver::with_stages(&[("10-a", ";true"), ("20-b", ";false")]);
    assert!(driver.run(&["a"]).succeeded);
    assert!(!driver.run(&["c"]).succeeded);
}
