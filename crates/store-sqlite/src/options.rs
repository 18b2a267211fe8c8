//! What may be chosen about the file and how it is used.

use std::path::{Path, PathBuf};

/// Name of the database in a data folder.
pub const FILE_NAME: &str = "tidings.db";

/// Pages of a database are this long, in bytes. SQLite's own default.
pub(crate) const PAGE_BYTES: u32 = 4_096;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct Options {
    /// The database file. Its folder must exist; a server makes the file.
    pub path: PathBuf,
    /// As what it is opened.
    pub role: Role,
    /// When a commit counts as durable.
    pub sync: Sync,
    /// Threads that read, each with a connection and a cache of its own.
    pub readers: usize,
    /// How long a connection waits for another process that writes, in milliseconds.
    pub busy_timeout_ms: u32,
    /// Page cache of the writer, in KiB.
    pub writer_cache_kib: u32,
    /// Page cache of each reader, in KiB. The kernel's cache is behind it.
    pub reader_cache_kib: u32,
}

/// As what a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The one server of this file: makes it, migrates it, and keeps other servers off.
    Server,
    /// A tool beside a server that may be running: the file must exist and be of this version.
    Tool,
}

/// When a commit counts as durable: SQLite's `synchronous`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// Once the disk says so. What was acknowledged survives a power cut.
    Full,
    /// Once the kernel has it: survives the process, and a power cut but for the last moments.
    Normal,
    /// As [`Sync::Normal`], and a power cut may damage the file. For measuring.
    Off,
}

impl Options {
    /// The defaults for the database in a data folder.
    #[must_use]
    pub fn in_folder(folder: &Path, role: Role) -> Self {
        Self::at(folder.join(FILE_NAME), role)
    }

    /// The defaults for a database file.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>, role: Role) -> Self {
        Self {
            path: path.into(),
            role,
            sync: Sync::Full,
            readers: 4,
            busy_timeout_ms: 5_000,
            writer_cache_kib: 32 * 1024,
            reader_cache_kib: 4 * 1024,
        }
    }
}

impl Sync {
    pub(crate) const fn pragma(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Normal => "NORMAL",
            Self::Off => "OFF",
        }
    }
}
