//! `tidings replay`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tidings_client::replay::{self, Progress as At, ReplayOptions, Speed, Stage, generator};
use tidings_protocol::Encoding;

use super::flags::Environment;
use super::progress::Progress;
use super::{CliError, Terminal};

/// The variable for the key: on a command line everybody on the machine could read it.
const KEY_VARIABLE: &str = "TIDINGS_API_KEY";
/// Days that are made up.
const GENERATED_DAYS: u64 = 4;
/// Lines of each of them.
const GENERATED_LINES: usize = 1_500;

/// Speaks logs of IRC channels through the real protocol: a room for each file, a user for each nick,
/// every line sent by its own speaker in the order of the file. Watching members check that they
/// hear every line once and in order; afterwards the history of each room is compared with its file,
/// line for line. Ends with exit code 5 when anything differs.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// Where the server is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// How many times faster than it was once said, like 60; or max, as fast as answers come
    #[arg(long, default_value = "max")]
    speed: Speed,
    /// Members who watch all rooms
    #[arg(long, value_name = "N", default_value_t = 1)]
    watchers: usize,
    /// Takes the files in as fast as answers come, with nobody watching
    #[arg(long, conflicts_with_all = ["speed", "watchers"])]
    import: bool,
    /// Files at a time
    #[arg(long, value_name = "N", default_value_t = 4)]
    parallel: usize,
    /// Connections of speakers at a time
    #[arg(long, value_name = "N", default_value_t = 64)]
    connections: usize,
    /// How frames are written
    #[arg(long, value_enum, default_value_t = Frames::Json)]
    encoding: Frames,
    /// A key with the scopes users and sessions [env: TIDINGS_API_KEY]; without one, every nick signs
    /// up
    #[arg(long, value_name = "KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Names the run: with a key, one that is repeated under its name goes on where it was
    #[arg(long, value_name = "NAME")]
    run: Option<String>,
    /// Keeps the history of the run in this file, and holds it against the rules of docs/history.md
    #[arg(long, value_name = "FILE", conflicts_with = "generate")]
    history: Option<PathBuf>,
    /// Makes some days up, for whoever has no logs, writes them into this folder, and ends
    #[arg(long, value_name = "DIR", conflicts_with = "files")]
    generate: Option<PathBuf>,
    /// Logs, or folders of them (.txt, .log)
    #[arg(value_name = "FILE", required_unless_present = "generate")]
    files: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Frames {
    /// JSON in text frames
    Json,
    /// Protobuf in binary frames
    Proto,
}

impl Replay {
    pub(super) fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), CliError> {
        if let Some(folder) = &self.generate {
            return generate(folder, terminal);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(CliError::system("start threads"))?;
        let mut progress = Progress::begin(terminal);
        let replayed = runtime.block_on(replay::run(self.options(environment)?, |at| {
            show(&mut progress, at);
        }));
        progress.end();
        let report = replayed?;
        terminal.print(&report.to_string());
        if report.is_perfect() {
            return Ok(());
        }
        Err(CliError::Differs(
            "what came back is not what was said".to_owned(),
        ))
    }

    fn options(self, environment: &Environment) -> Result<ReplayOptions, CliError> {
        let (speed, watchers) = if self.import {
            (Speed::Max, 0)
        } else {
            (self.speed, self.watchers)
        };
        let encoding = match self.encoding {
            Frames::Json => Encoding::Json,
            Frames::Proto => Encoding::Proto,
        };
        Ok(ReplayOptions {
            api_key: self
                .api_key
                .map_or_else(|| key_of(environment), |key| Ok(Some(key)))?,
            speed,
            watchers,
            parallel: self.parallel,
            connections: self.connections,
            encoding,
            run: self.run,
            history: self.history,
            ..ReplayOptions::new(self.url, self.files)
        })
    }
}

fn key_of(environment: &Environment) -> Result<Option<String>, CliError> {
    let found = environment.iter().find(|(name, _)| name == KEY_VARIABLE);
    let Some((_, key)) = found else {
        return Ok(None);
    };
    let key = key.to_str().map(str::to_owned);
    let broken = || CliError::Usage(format!("{KEY_VARIABLE} is no key: it is not UTF-8"));
    key.ok_or_else(broken).map(Some)
}

fn show(progress: &mut Progress<'_>, at: At) {
    match at.stage {
        Stage::Speaking => progress.at("speaking", "lines", at.lines, at.lines_total),
        Stage::Watching => progress.doing("waiting for the watchers"),
        Stage::Verifying => progress.at("comparing", "files", at.files, at.files_total),
    }
}

fn generate(folder: &Path, terminal: &Terminal) -> Result<(), CliError> {
    std::fs::create_dir_all(folder).map_err(CliError::system(format!(
        "make the folder {}",
        folder.display()
    )))?;
    for number in 1..=GENERATED_DAYS {
        let path = folder.join(format!("made-up-{number}.txt"));
        std::fs::write(&path, generator::day(number, GENERATED_LINES))
            .map_err(CliError::system(format!("write {}", path.display())))?;
    }
    let folder = folder.display();
    terminal.say(&format_args!(
        "{folder} holds {GENERATED_DAYS} days that were made up"
    ));
    Ok(())
}
