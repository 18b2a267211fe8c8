//! The command line: what can be asked of `tidings`, and with which exit code each ends.
//!
//! Owns the words on the terminal. Leaves what they do to the server, the store and the client.

mod api_key;
mod backup;
mod bench;
mod calendar;
mod check;
mod configuration;
mod exit;
mod flags;
mod openapi;
#[cfg(feature = "planted-bugs")]
mod planting;
mod progress;
mod replay;
mod serve;
mod terminal;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

pub use self::exit::{CliError, Exit};
use self::flags::Environment;
use self::terminal::Terminal;

/// A real-time chat server in one binary.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, after_help = EXITS, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves, until SIGTERM or Ctrl-C
    Serve(serve::Serve),
    /// Copies the database while the server runs, and checks the copy
    Backup(backup::Backup),
    /// Shows, checks and explains the configuration
    Config(configuration::Configuration),
    /// Makes, lists and revokes the keys of back ends
    ApiKey(api_key::ApiKeys),
    /// Compares the database with its own log, or checks a backup
    Check(check::Check),
    /// Builds everything that follows from the log anew; no server may be running
    Rebuild(check::Rebuild),
    /// Speaks recorded conversations through the real protocol, and compares what comes back
    Replay(replay::Replay),
    /// Measures what a server costs, beside a floor measured in the same run
    Bench(bench::Bench),
    /// Prints the OpenAPI document
    Openapi(openapi::OpenApi),
}

const EXITS: &str = "\
Exit codes:
  0  done
  1  failed; standard error says why
  2  the command line is wrong
  3  the configuration is refused
  4  the database cannot be used: missing, damaged, or of a newer version
  5  a check found differences
  6  the database is in use by a running server
  7  the data cannot be written: read-only, a full disk, or somebody else's";

/// Does what the arguments say (the first is the program's name), and says how that ended.
pub fn run(arguments: impl Iterator<Item = OsString>, environment: &Environment) -> Exit {
    let terminal = Terminal::of_process();
    match Cli::try_parse_from(arguments) {
        Ok(cli) => match cli.command.run(environment, &terminal) {
            Ok(()) => Exit::Done,
            Err(error) => {
                terminal.complain(&error);
                error.exit()
            }
        },
        // Help and version are asked for by flags, and count as errors there.
        Err(asked) => {
            let _ = asked.print();
            if asked.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            }
        }
    }
}

impl Command {
    fn run(self, environment: &Environment, terminal: &Terminal) -> Result<(), CliError> {
        match self {
            Self::Serve(serve) => serve.run(environment, terminal),
            Self::Backup(backup) => backup.run(environment, terminal),
            Self::Config(configuration) => configuration.run(environment, terminal),
            Self::ApiKey(keys) => keys.run(environment, terminal),
            Self::Check(check) => check.run(environment, terminal),
            Self::Rebuild(rebuild) => rebuild.run(environment, terminal),
            Self::Replay(replay) => replay.run(environment, terminal),
            Self::Bench(bench) => bench.run(),
            Self::Openapi(openapi) => openapi.run(terminal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_and_their_flags_fit_together() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    fn ends(arguments: &[&str]) -> Exit {
        let arguments = std::iter::once(&"tidings")
            .chain(arguments)
            .map(OsString::from);
        run(arguments.collect::<Vec<_>>().into_iter(), &Vec::new())
    }

    #[test]
    fn help_and_version_are_no_failures_and_nonsense_is_one() {
        assert_eq!(ends(&["--help"]), Exit::Done);
        assert_eq!(ends(&["--version"]), Exit::Done);
        assert_eq!(ends(&["backup", "--help"]), Exit::Done);
        assert_eq!(ends(&["frobnicate"]), Exit::Usage);
        assert_eq!(ends(&["backup"]), Exit::Usage, "a backup needs a place");
    }

    #[test]
    fn each_kind_of_failure_has_its_exit_code() {
        let nowhere = tempfile::tempdir().unwrap();
        let data = nowhere.path().join("nothing");
        let data = data.to_str().unwrap();
        assert_eq!(
            ends(&["serve", "--set", "server.lisen=1"]),
            Exit::Configuration
        );
        assert_eq!(
            ends(&["serve", "--listen", "0.0.0.0:0"]),
            Exit::Configuration
        );
        assert_eq!(ends(&["serve", "--config", data]), Exit::Configuration);
        assert_eq!(ends(&["check", "--data", data]), Exit::Store);
        assert_eq!(ends(&["backup", "--data", data, "--to", data]), Exit::Store);
    }
}
