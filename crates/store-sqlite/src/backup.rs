//! Copies of the database, made while a server runs, and checked before they count.
//!
//! *Invariant*: a file under the target's name is whole, checked and on the disk. It is marked as a
//! copy: whoever serves it begins a new epoch, because positions after it may be given again.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::meta;
use crate::open;
use crate::open_error::OpenError;
use crate::options::{Options, Role};
use crate::projection::rebuild::{self, Difference};

/// Pages that are copied before progress is told: 1 MiB.
const STEP_PAGES: i32 = 256;

/// How far a backup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupProgress {
    /// Pages are being copied.
    Copying {
        /// So many are done.
        done_pages: u64,
        /// Of so many.
        total_pages: u64,
    },
    /// The copy's pages, rows and indices are being checked.
    CheckingFile,
    /// What the copy derives from its log is being compared with it.
    CheckingLog,
}

/// A backup that was made, or a file that was found to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Its size in bytes.
    pub bytes: u64,
    /// Its log's last position.
    pub last_position: u64,
}

/// Why there is no backup, or why a file is no good one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be opened.
    #[error(transparent)]
    Source(#[from] OpenError),
    /// There is something under the target's name already.
    #[error("{} exists already: name another file", .0.display())]
    TargetExists(PathBuf),
    /// The target cannot be written.
    #[error("{} cannot be written: {cause}", path.display())]
    Target {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// The file is damaged.
    #[error("{} is damaged: {found}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite's check found first.
        found: String,
    },
    /// The file's parts contradict each other.
    #[error("{} differs from its own log in {} places, first: {:?}", path.display(), differences.len(), differences.first())]
    Differs {
        /// Which file.
        path: PathBuf,
        /// In what.
        differences: Vec<Difference>,
    },
}

/// Copies the database `source` to the new file `target`, checks the copy, and tells how far it is.
/// A server may be running and goes on writing; the copy shows the moment at which it began.
///
/// # Errors
/// [`BackupError`]; nothing is left under the target's name then.
pub fn backup(
    source: &Path,
    target: &Path,
    mut progress: impl FnMut(BackupProgress),
) -> Result<Verified, BackupError> {
    if target.exists() {
        return Err(BackupError::TargetExists(target.to_owned()));
    }
    let partial = partial_path(target);
    let made = copy(source, &partial, &mut progress)
        .and_then(|()| verify_with(&partial, &mut progress))
        .and_then(|verified| {
            publish(&partial, target).map_err(|error| target_error(target, &error))?;
            Ok(verified)
        });
    if made.is_err() {
        // It may not even have been made; what counts is the error that is told.
        let _nothing_there = std::fs::remove_file(&partial);
    }
    made
}

/// Checks a backup, or a database that no server uses: pages, rows, indices, and that what is
/// derived is what the log says.
///
/// # Errors
/// [`BackupError`] says what is wrong.
pub fn verify(path: &Path) -> Result<Verified, BackupError> {
    verify_with(path, &mut |_| ())
}

fn partial_path(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn target_error(path: &Path, error: &dyn std::fmt::Display) -> BackupError {
    BackupError::Target {
        path: path.to_owned(),
        cause: error.to_string(),
    }
}

fn copy(
    source: &Path,
    partial: &Path,
    progress: &mut impl FnMut(BackupProgress),
) -> Result<(), BackupError> {
    let from = open::open(&Options::at(source, Role::Tool))?.writer;
    let failed = |error: rusqlite::Error| target_error(partial, &error);
    // A snapshot that is held throughout: else each commit of the server begins the copy anew.
    from.execute_batch("PRAGMA query_only = TRUE; BEGIN; SELECT count(*) FROM meta;")
        .map_err(|error| OpenError::from_sql(source, &error))?;
    if partial.exists() {
        std::fs::remove_file(partial).map_err(|error| target_error(partial, &error))?;
    }
    open::make_private(partial).map_err(|error| target_error(partial, &error))?;
    let mut to = Connection::open(partial).map_err(failed)?;
    let copying = Backup::new(&from, &mut to).map_err(failed)?;
    loop {
        let stepped = copying.step(STEP_PAGES).map_err(failed)?;
        let at = copying.progress();
        progress(BackupProgress::Copying {
            done_pages: u64::from((at.pagecount - at.remaining).max(0).cast_unsigned()),
            total_pages: u64::from(at.pagecount.max(0).cast_unsigned()),
        });
        if stepped == StepResult::Done {
            break;
        }
    }
    drop(copying);
    finish_copy(&to).map_err(failed)
}

/// Makes a single file of the copy, and marks it as one.
fn finish_copy(to: &Connection) -> rusqlite::Result<()> {
    to.pragma_update(None, "journal_mode", "DELETE")?;
    to.pragma_update(None, "synchronous", "FULL")?;
    meta::mark_copied(to)
}

fn publish(partial: &Path, target: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    std::fs::rename(partial, target)?;
    open::sync_folder(target)
}

fn verify_with(
    path: &Path,
    progress: &mut impl FnMut(BackupProgress),
) -> Result<Verified, BackupError> {
    progress(BackupProgress::CheckingFile);
    if !path.is_file() {
        return Err(OpenError::Missing(path.to_owned()).into());
    }
    let last_position = check_file(path)?;
    progress(BackupProgress::CheckingLog);
    let differences = rebuild::check_rows(path)?;
    if !differences.is_empty() {
        return Err(BackupError::Differs {
            path: path.to_owned(),
            differences,
        });
    }
    let about = std::fs::metadata(path).map_err(|error| target_error(path, &error))?;
    Ok(Verified {
        bytes: about.len(),
        last_position,
    })
}

fn check_file(path: &Path) -> Result<u64, BackupError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let named = |error: rusqlite::Error| OpenError::from_sql(path, &error);
    let conn = Connection::open_with_flags(path, flags).map_err(named)?;
    if open::version_of(&conn, path)? == 0 {
        return Err(OpenError::NotTidings(path.to_owned()).into());
    }
    if let Some(found) = rebuild::damage(&conn).map_err(named)? {
        return Err(BackupError::Damaged {
            path: path.to_owned(),
            found,
        });
    }
    Ok(crate::desk::last_position(&conn).map_err(named)?)
}
