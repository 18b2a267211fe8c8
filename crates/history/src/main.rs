//! Judges histories: `tidings-history FILE…`, or standard input. Leaves with 1 when a rule is
//! broken, with 2 when a file is no history.

use std::fs::File;
use std::io::{self, BufReader, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tidings_history::report::Report;
use tidings_history::{History, Unreadable, check};

/// Holds histories against the promises.
#[derive(Debug, Parser)]
#[command(name = "tidings-history", version)]
struct Command {
    /// Histories as JSON lines; standard input if none is named.
    files: Vec<PathBuf>,
}

fn main() -> io::Result<ExitCode> {
    let files = Command::parse().files;
    let mut worst = 0;
    if files.is_empty() {
        worst = judge("standard input", History::read(io::stdin().lock()))?;
    }
    for file in files {
        let read = File::open(&file)
            .map_err(Unreadable::from)
            .and_then(|opened| History::read(BufReader::new(opened)));
        worst = worst.max(judge(&file.display().to_string(), read)?);
    }
    Ok(ExitCode::from(worst))
}

/// Says what is wrong with a history; the exit code for it.
fn judge(name: &str, read: Result<History, Unreadable>) -> io::Result<u8> {
    let mut output = io::stdout().lock();
    let history = match read {
        Ok(history) => history,
        Err(why) => {
            writeln!(output, "{name}: {why}")?;
            return Ok(2);
        }
    };
    let violations = check(&history);
    let report = Report {
        history: &history,
        violations: &violations,
    };
    writeln!(output, "{name}: {report}")?;
    Ok(u8::from(!violations.is_empty()))
}
