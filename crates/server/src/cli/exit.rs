//! How a command ends.

use std::io;
use std::process::ExitCode;

use tidings_client::replay::ReplayError;
use tidings_engine::ports::Outage;
use tidings_store_sqlite::{BackupError, OpenError};

use crate::app::StartError;
use crate::config::ConfigError;

/// The exit codes of `tidings`. They are part of what scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed; standard error says why.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The configuration is refused.
    Configuration = 3,
    /// The database cannot be used: it is missing, damaged, of a newer version, or something else.
    Store = 4,
    /// A check found differences.
    Verification = 5,
    /// The database is in use by a running server.
    InUse = 6,
    /// Folder or database cannot be written: read-only, a full disk, or somebody else's.
    NotWritable = 7,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database was opened and does not answer.
    #[error(transparent)]
    Outage(#[from] Outage),
    /// There is no backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The replay ended before its end.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The arguments contradict each other, or one of them means nothing here.
    #[error("{0}")]
    Usage(String),
    /// What was compared differs; what and where was said before.
    #[error("{0}")]
    Differs(String),
    /// The system did not do what was needed.
    #[error("cannot {doing}: {cause}")]
    System {
        /// What was needed.
        doing: String,
        /// What the system said.
        cause: io::Error,
    },
}

impl CliError {
    pub(super) fn system(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::System {
            doing: doing.into(),
            cause,
        }
    }

    /// The exit code of this failure.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Config(_) => Exit::Configuration,
            Self::Start(error) => match error {
                StartError::Store(error) => exit_of(error),
                StartError::Hosts(_) | StartError::Heartbeat(_) => Exit::Configuration,
                StartError::Outage(_) | StartError::Listen { .. } => Exit::Failed,
            },
            Self::Open(error) | Self::Backup(BackupError::Source(error)) => exit_of(error),
            Self::Backup(BackupError::Damaged { .. } | BackupError::Differs { .. })
            | Self::Differs(_) => Exit::Verification,
            Self::Usage(_) => Exit::Usage,
            Self::Backup(BackupError::TargetExists(_) | BackupError::Target { .. })
            | Self::Outage(_)
            | Self::Replay(_)
            | Self::System { .. } => Exit::Failed,
        }
    }
}

/// Told apart by what a supervisor can do: wait, call somebody, or give up.
const fn exit_of(error: &OpenError) -> Exit {
    match error {
        OpenError::InUse { .. } => Exit::InUse,
        OpenError::NotWritable { .. }
        | OpenError::ForeignOwner { .. }
        | OpenError::ReadOnly(_)
        | OpenError::DiskFull(_) => Exit::NotWritable,
        OpenError::FolderMissing(_)
        | OpenError::NotAFolder(_)
        | OpenError::Missing(_)
        | OpenError::Newer { .. }
        | OpenError::Older { .. }
        | OpenError::NotTidings(_)
        | OpenError::Corrupt { .. }
        | OpenError::Failed { .. } => Exit::Store,
    }
}
