//! F19: an older backup is restored. Its log begins a new life, and whoever has seen more than it
//! holds is told to load anew, instead of waiting for what will never come.

use std::fs;

use tidings_history::Entry;
use tidings_history::line::Verdict;

use crate::failure::{Failure, While};
use crate::judge::Outcome;
use crate::run::{Plan, Run, Setup};
use crate::terminal;

/// Any other than before: what matters is that it is another.
const NEW_LIFE: u64 = 2;

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F19: an older backup is restored");
    let mut run = Run::begin(plan, "F19", Setup::default()).await?;
    run.go_on(plan.scale.seconds(2, 20)).await;
    let copy = run.scratch().join("backup.db");
    let mut backup = run.server.program.command("backup");
    backup
        .arg("--data")
        .arg(&run.server.program.data)
        .arg("--to")
        .arg(&copy);
    let output = backup.output().during("making a backup")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Failure::Server(format!("the backup failed: {said}")));
    }
    run.go_on(plan.scale.seconds(3, 30)).await;
    run.recorder.crash();
    run.server.kill()?;
    restore(&run, &copy)?;
    run.server.start_again().await?;
    run.recorder.restart(Some(NEW_LIFE));
    let from = run.recorder.len();
    run.go_on(plan.scale.seconds(3, 20)).await;
    run.heal();
    run.go_on(plan.scale.seconds(2, 20)).await;
    let (told, others) = run.recorder.look(|lines| {
        let greeted = lines[from..].iter().filter_map(|line| match &line.entry {
            Entry::Connect(hello) => Some(hello.verdict == Verdict::Reset),
            _ => None,
        });
        let greeted: Vec<bool> = greeted.collect();
        let told = greeted.iter().filter(|told| **told).count();
        (told, greeted.len() - told)
    });
    let people = run.world.people.len();
    let mut outcome = run
        .finish("F19", "a backup from the middle of the run restored")
        .await?;
    outcome.says(format!("{told} of {people} clients were told to load anew"));
    outcome.demands(
        "everybody who is ahead is told to load anew",
        told == people && others == 0,
    );
    Ok(vec![outcome])
}

fn restore(run: &Run, copy: &std::path::Path) -> Result<(), Failure> {
    let data = &run.server.program.data;
    for name in ["tidings.db-wal", "tidings.db-shm"] {
        let _was_not_there = fs::remove_file(data.join(name));
    }
    fs::copy(copy, data.join("tidings.db"))
        .map(drop)
        .during("restoring the backup")
}
