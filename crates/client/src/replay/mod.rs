//! Real conversations, spoken through the real protocol.
//!
//! Takes logs of IRC channels, a file a day, and makes of each file a channel room and of each nick
//! a user. Every line is sent over the socket by its own speaker, strictly in the order of the
//! file, at a multiple of the time at which it was once said, while watchers are connected who check
//! that they get every event once and in order. Afterwards each file is rebuilt from the history of
//! its room and compared byte by byte. The server may be killed at any time: every request is
//! repeated until it is answered, and no repetition makes a second message.
//!
//! [`crate::log_line`] says how a line becomes a message and back. [`generator`] makes logs for whoever has
//! none.

pub mod generator;
mod history;
mod log_file;
mod people;
mod procedure;
mod report;
mod schedule;
mod speakers;
mod speaking;
mod verifying;
mod watching;

use std::path::PathBuf;

use tidings_protocol::Encoding;

use crate::api::ApiError;
use crate::chat::SendError;
pub use procedure::run;
pub use report::{FileReport, HistoryReport, Latency, Mismatch, ReplayReport, WatcherReport};
pub use schedule::{InvalidSpeed, Speed};

/// What to replay, where and how.
#[derive(Debug, Clone)]
pub struct ReplayOptions {
    /// The server's address, such as `http://127.0.0.1:8080`.
    pub url: String,
    /// A key with the scopes `users` and `sessions`; without one, every nick signs up.
    pub api_key: Option<String>,
    /// Log files, or folders of them.
    pub paths: Vec<PathBuf>,
    /// How much faster than it was once said.
    pub speed: Speed,
    /// Files at a time.
    pub parallel: usize,
    /// Members who watch all rooms.
    pub watchers: usize,
    /// Connections of speakers at a time; who speaks again after a while connects again.
    pub connections: usize,
    /// How frames are written.
    pub encoding: Encoding,
    /// Names the run: with an API key, repeated under the same name, it goes on where it was and
    /// says nothing twice. Left out, it is a new one.
    pub run: Option<String>,
    /// Keeps a history of the run in this file, and holds it against the rules of `docs/history.md`.
    pub history: Option<PathBuf>,
}

impl ReplayOptions {
    /// The usual way: as fast as answers allow, four files at a time, one watcher.
    #[must_use]
    pub fn new(url: impl Into<String>, paths: Vec<PathBuf>) -> Self {
        Self {
            url: url.into(),
            api_key: None,
            paths,
            speed: Speed::Max,
            parallel: 4,
            watchers: 1,
            connections: 64,
            encoding: Encoding::Json,
            run: None,
            history: None,
        }
    }
}

/// How far a replay has got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Lines that were said.
    pub lines: u64,
    /// Of so many.
    pub lines_total: u64,
    /// Files that were said, or verified, as the stage says.
    pub files: u64,
    /// Of so many.
    pub files_total: u64,
}

/// What a replay is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    /// Making people and rooms, and speaking.
    #[default]
    Speaking,
    /// Waiting until the watchers have heard everything.
    Watching,
    /// Rebuilding the files from history.
    Verifying,
}

/// Why a replay ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A file or folder could not be read, or not be written.
    #[error("{}: {source}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is nothing to replay.
    #[error("no log files there: they end in .txt or .log, and have at least one line")]
    NoFiles,
    /// A line does not fit into a message, in whatever form.
    #[error("{file}, line {line}: too long for a message")]
    LineTooLong {
        /// In which file.
        file: String,
        /// The line's number, from 1.
        line: usize,
    },
    /// The server refused what has to be done.
    #[error("{doing}: {source}")]
    Refused {
        /// What was tried.
        doing: String,
        /// Why not.
        source: ApiError,
    },
    /// A line was refused, or its speaker's session has ended.
    #[error("{file}, line {line}: {source}")]
    NotSaid {
        /// In which file.
        file: String,
        /// The line's number, from 1.
        line: usize,
        /// Why not.
        source: SendError,
    },
    /// A line was not answered for minutes.
    #[error("{file}, line {line}: no answer for {} s; is the server there?", .after.as_secs())]
    NoAnswer {
        /// In which file.
        file: String,
        /// The line's number, from 1.
        line: usize,
        /// After so long.
        after: std::time::Duration,
    },
}

impl ReplayError {
    fn refused(doing: impl Into<String>) -> impl FnOnce(ApiError) -> Self {
        |source| Self::Refused {
            doing: doing.into(),
            source,
        }
    }
}
