//! `tidings backup`.

use std::path::PathBuf;

use clap::Args;
use indicatif::HumanBytes;
use tidings_store_sqlite::{BackupProgress, FILE_NAME, Verified};

use super::flags::{DataFlags, Environment};
use super::progress::Progress;
use super::{CliError, Terminal};

/// Copies the database into one new file, and checks the copy: its pages and indices, and that
/// everything in it is what its log says. A server may be running and goes on. To restore, stop the
/// server and put the copy in the place of the database (docs/operations.md).
#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    data: DataFlags,
    /// The file to make. It must not be there yet; it appears whole and checked, or not at all
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

impl Backup {
    pub(super) fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), CliError> {
        let source = self.data.folder(environment)?.join(FILE_NAME);
        let mut progress = Progress::begin(terminal);
        let made =
            tidings_store_sqlite::backup(&source, &self.to, |step| show(&mut progress, step));
        let took = progress.end();
        let Verified {
            bytes,
            last_position,
        } = made?;
        terminal.say(&format_args!(
            "{} holds {} up to event {last_position} of the log, copied and checked in {took}",
            self.to.display(),
            HumanBytes(bytes),
        ));
        Ok(())
    }
}

fn show(progress: &mut Progress<'_>, step: BackupProgress) {
    match step {
        BackupProgress::Copying {
            done_pages,
            total_pages,
        } => {
            progress.at("copying", "pages", done_pages, total_pages);
        }
        BackupProgress::CheckingFile => progress.doing("checking pages and indices"),
        BackupProgress::CheckingLog => progress.doing("comparing with the log"),
    }
}
