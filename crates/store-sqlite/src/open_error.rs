//! Why a store could not be opened, and what an operator can do about it.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

use crate::open::folder_of;

/// Why a store could not be opened. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder is not there.
    #[error("the data folder {} does not exist: create it, or name another", .0.display())]
    FolderMissing(PathBuf),
    /// What was named as the folder is something else.
    #[error("{} is no folder: name another, or move that file away", .0.display())]
    NotAFolder(PathBuf),
    /// A tool was pointed at a place without a database.
    #[error("there is no database at {}: start a server on this folder first, or name another", .0.display())]
    Missing(PathBuf),
    /// Folder or file cannot be written.
    #[error("{} cannot be written ({cause}): give this user the right to", path.display())]
    NotWritable {
        /// Which of them.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// Folder or file cannot be written, and belongs to somebody else.
    #[error(
        "{} belongs to user {owner}, and this process runs as user {me}: change its owner, or run as that user",
        path.display()
    )]
    ForeignOwner {
        /// Which of them.
        path: PathBuf,
        /// Its owner's number.
        owner: u32,
        /// This process's.
        me: u32,
    },
    /// The file system does not take writes.
    #[error("{} is on a read-only file system: mount it writable, or name another folder", .0.display())]
    ReadOnly(PathBuf),
    /// There is no room.
    #[error("the disk that holds {} is full: make room and start again", .0.display())]
    DiskFull(PathBuf),
    /// A newer binary was here.
    #[error(
        "{} has schema version {found}, and this binary knows versions up to {known}: use the newer binary that wrote it, or restore a backup from before",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// A tool was pointed at a database that an older binary made.
    #[error(
        "{} has schema version {found}, and this binary needs {known}: start the server once, it brings the file up to date",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Another server is using it.
    #[error("{} is in use by a running server (process {by}): stop that one first, or name another data folder", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
        /// Process id of the holder as it wrote it down, or "unknown".
        by: String,
    },
    /// It is something else.
    #[error("{} is not a Tidings database, or its first bytes are damaged: name another data folder, or restore a backup", .0.display())]
    NotTidings(PathBuf),
    /// It was one.
    #[error("{} is damaged ({cause}): restore a backup", path.display())]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        cause: String,
    },
    /// The system failed in another way.
    #[error("{} cannot be opened: {cause}", path.display())]
    Failed {
        /// The database.
        path: PathBuf,
        /// What was said.
        cause: String,
    },
}

impl OpenError {
    /// Names what SQLite said while `path` was opened.
    pub(crate) fn from_sql(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        let cause = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotTidings(path),
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt { path, cause },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly(path),
            Some(ErrorCode::DiskFull) => Self::DiskFull(path),
            // The index of the log is mapped, so its pages are filled with zeros beforehand.
            _ if error.sqlite_extended_error_code() == Some(SQLITE_IOERR_SHMSIZE) => {
                Self::DiskFull(path)
            }
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => not_opened(&path, cause),
            _ => Self::Failed { path, cause },
        }
    }

    /// Names what the system said while `path`, or a file in it, was made or opened.
    #[must_use]
    pub fn from_io(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::FolderMissing(path),
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => Self::NotAFolder(path),
            io::ErrorKind::PermissionDenied => not_writable(&path, error.to_string()),
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(path),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull(path),
            _ => Self::Failed {
                path,
                cause: error.to_string(),
            },
        }
    }
}

/// Says what is missing if something is.
fn not_opened(path: &Path, cause: String) -> OpenError {
    let folder = folder_of(path);
    match (path.try_exists(), folder.try_exists()) {
        (Ok(false), Ok(true)) => OpenError::Missing(path.to_owned()),
        (_, Ok(false)) => OpenError::FolderMissing(folder),
        _ => not_writable(path, cause),
    }
}

/// Says whose a path is, or what it was to be made in, if that is why it cannot be written.
fn not_writable(path: &Path, cause: String) -> OpenError {
    let there = path.ancestors().find(|path| path.exists());
    let path = there.unwrap_or(path).to_owned();
    let owner = path.metadata().map(|about| about.uid());
    // The owner of the process's own entry is the process's effective user.
    let me = Path::new("/proc/self").metadata().map(|about| about.uid());
    match (owner, me) {
        (Ok(owner), Ok(me)) if owner != me => OpenError::ForeignOwner { path, owner, me },
        _ => OpenError::NotWritable { path, cause },
    }
}
