//! `tidings check` and `tidings rebuild`: whether the database is what its log says, and making it
//! so.

use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::HumanBytes;
use tidings_store_sqlite::{BackupError, Difference, FILE_NAME, OpenError, Verified};

use super::flags::{DataFlags, Environment};
use super::progress::Progress;
use super::{CliError, Terminal};

/// Compares everything that follows from the log with the log; a server may be running. With
/// --backup, checks the pages and indices of a file that no server uses as well.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    data: DataFlags,
    /// A backup to check, instead of the server's database
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "config"])]
    backup: Option<PathBuf>,
}

/// Throws away everything that follows from the log, and builds it anew from the log. For a database
/// in which `tidings check` found differences; no server may be running.
#[derive(Debug, Args)]
pub(super) struct Rebuild {
    #[command(flatten)]
    data: DataFlags,
}

impl Check {
    pub(super) fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), CliError> {
        let mut progress = Progress::begin(terminal);
        if let Some(backup) = self.backup {
            progress.doing("checking pages, indices and the log");
            let verified = tidings_store_sqlite::verify(&backup);
            let took = progress.end();
            let Verified {
                bytes,
                last_position,
            } = verified.map_err(damage_is_a_finding)?;
            let (path, bytes) = (backup.display(), HumanBytes(bytes));
            terminal.say(&format_args!(
                "{path} is whole: {bytes} up to event {last_position} of the log, checked in {took}"
            ));
            return Ok(());
        }
        let path = self.data.folder(environment)?.join(FILE_NAME);
        progress.doing("comparing with the log");
        let compared = tidings_store_sqlite::check(&path);
        let took = progress.end();
        let found = compared.map_err(|error| damage_is_a_finding(error.into()))?;
        tell(&path, &found, terminal)?;
        terminal.say(&format_args!(
            "{} is what its log says, checked in {took}",
            path.display()
        ));
        Ok(())
    }
}

impl Rebuild {
    pub(super) fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), CliError> {
        let path = self.data.folder(environment)?.join(FILE_NAME);
        let mut progress = Progress::begin(terminal);
        progress.doing("building anew from the log");
        let rebuilt = tidings_store_sqlite::rebuild(&path);
        progress.doing("comparing with the log");
        let compared = rebuilt.and_then(|()| tidings_store_sqlite::check(&path));
        let took = progress.end();
        tell(&path, &compared?, terminal)?;
        terminal.say(&format_args!(
            "{} was built anew from its log in {took}",
            path.display()
        ));
        Ok(())
    }
}

/// A file that cannot be read because it is damaged is what a check looks for.
fn damage_is_a_finding(error: BackupError) -> CliError {
    match error {
        BackupError::Source(damaged @ OpenError::Corrupt { .. }) => {
            CliError::Differs(damaged.to_string())
        }
        other => other.into(),
    }
}

/// Says each difference on its own line; an error if there is any.
fn tell(path: &Path, found: &[Difference], terminal: &Terminal) -> Result<(), CliError> {
    for difference in found {
        terminal.say(&Told(difference));
    }
    match found.len() {
        0 => Ok(()),
        n => Err(CliError::Differs(format!(
            "{} differs from its own log in {n} places; see \"At two in the morning\" in docs/operations.md",
            path.display()
        ))),
    }
}

/// A difference in words.
struct Told<'a>(&'a Difference);

impl std::fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Difference::DamagedEvent { position } => {
                write!(f, "the event at position {position} cannot be read")
            }
            Difference::Damage { found } => {
                write!(f, "pages or indices of the file are damaged: {found}")
            }
            Difference::Hole { room } => {
                write!(
                    f,
                    "room {room} has events that lack, or that have no place in it"
                )
            }
            Difference::Rows {
                table,
                surplus,
                missing,
            } => {
                write!(
                    f,
                    "table {table} has {surplus} rows too many and lacks {missing}"
                )
            }
            Difference::Watermark { room, user } => {
                write!(
                    f,
                    "the receipt of user {user} in room {room} cannot be true"
                )
            }
        }
    }
}
