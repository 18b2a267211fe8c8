//! The embedded store: log, history, directory and accounts in one SQLite file.
//!
//! Owns the file, its schema and its threads. Leaves every decision to the engine: it stores, finds
//! and numbers, as the comments of [`tidings_engine::ports`] say.
//!
//! *Invariant*: one thread writes; what it has acknowledged is on the disk (with the default
//! [`Sync::Full`]). All that is derived from the log follows from it, and can be checked against it
//! and rebuilt.

mod accounts;
mod backup;
mod checkpoints;
mod columns;
mod commit;
mod desk;
mod directory;
mod event_row;
mod history;
mod log;
mod meta;
mod migrations;
mod open;
mod open_error;
mod options;
mod projection;
mod readers;
mod room_row;
mod store;
mod writer;

pub use backup::{BackupError, BackupProgress, Verified, backup, verify};
pub use meta::Origin;
pub use open_error::OpenError;
pub use options::{FILE_NAME, Options, Role, Sync};
pub use projection::rebuild::{Difference, check, rebuild};
pub use store::SqliteStore;
