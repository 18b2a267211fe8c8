//! The embedded store held to the ports' contract.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use tempfile::TempDir;
use tidings_engine::ports::Store;
use tidings_store_sqlite::{Options, Role, SqliteStore, Sync};

/// A store in a folder of its own. What is tested here does not depend on the disk's cache, so the
/// cases do not wait for it.
async fn open() -> (Store, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        sync: Sync::Off,
        ..Options::in_folder(folder.path(), Role::Server)
    };
    let store = SqliteStore::open(options).unwrap();
    (store.ports(), folder)
}

tidings_engine::conformance_tests!(crate::open);
