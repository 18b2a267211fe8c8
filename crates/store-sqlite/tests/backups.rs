//! Backups: made while a server writes, checked, and served as a log of its own.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use tempfile::TempDir;
use tidings_engine::conformance::stage::{ANA, GENERAL, Stage};
use tidings_store_sqlite::{
    BackupError, BackupProgress, Options, Origin, Role, SqliteStore, backup, verify,
};

fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(Options::in_folder(folder.path(), Role::Server)).unwrap()
}

fn path(folder: &TempDir) -> PathBuf {
    Options::in_folder(folder.path(), Role::Tool).path
}

/// A server's folder with so many messages. Ten thousand take several steps to copy.
async fn served(messages: usize) -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let stage = Stage::with_ana_and_bob(store.ports()).await;
    for _ in 0..messages / 500 {
        stage.say_often(GENERAL, ANA, 500).await;
    }
    (folder, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_the_server_writes_and_is_served_under_a_new_epoch() {
    let (folder, store) = served(10_000).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let epoch = store.ports().log.start().await.unwrap().epoch;
    let writing = Arc::new(AtomicBool::new(true));
    let writer = tokio::spawn({
        let (writing, stage) = (Arc::clone(&writing), Stage::new(store.ports()));
        async move {
            while writing.load(Ordering::Relaxed) {
                stage.say_often(GENERAL, ANA, 20).await;
            }
        }
    });
    let (source, target) = (path(&folder), path(&elsewhere));
    let before = store.ports().log.start().await.unwrap().position.0;
    let copied = tokio::task::spawn_blocking(move || {
        let mut steps = Vec::new();
        backup(&source, &target, |step| steps.push(step)).map(|made| (made, steps))
    });
    let (made, steps) = copied.await.unwrap().unwrap();
    writing.store(false, Ordering::Relaxed);
    writer.await.unwrap();
    let copying = |it: &&BackupProgress| matches!(it, BackupProgress::Copying { .. });
    assert!(steps.iter().filter(copying).count() > 1, "{steps:?}");
    assert_eq!(steps.last(), Some(&BackupProgress::CheckingLog));
    let end = store.ports().log.start().await.unwrap().position.0;
    assert!(before <= made.last_position && made.last_position <= end);
    assert_eq!(
        fs::read_dir(elsewhere.path()).unwrap().count(),
        1,
        "one file"
    );
    let rights = fs::metadata(path(&elsewhere)).unwrap().permissions();
    assert_eq!(rights.mode() & 0o777, 0o600, "for the owner's eyes");
    assert_eq!(verify(&path(&elsewhere)).unwrap(), made);

    let restored = open(&elsewhere);
    assert!(matches!(restored.origin(), Origin::Restored { .. }));
    let start = restored.ports().log.start().await.unwrap();
    assert_ne!(start.epoch, epoch);
    assert_eq!(start.position.0, made.last_position);
    let (original, copy) = (Stage::new(store.ports()), Stage::new(restored.ports()));
    let events = copy.events(GENERAL).await;
    assert_eq!(events, original.events(GENERAL).await[..events.len()]);
    copy.say(GENERAL, ANA, "here again").await;
    drop((copy, restored));
    let again = open(&elsewhere);
    assert_eq!(again.origin(), Origin::Existing);
    assert_eq!(again.ports().log.start().await.unwrap().epoch, start.epoch);
}

#[tokio::test]
async fn a_backup_replaces_nothing() {
    let (folder, _store) = served(1_000).await;
    let target = folder.path().join("copy.db");
    fs::write(&target, "precious").unwrap();
    let refused = backup(&path(&folder), &target, |_| ()).unwrap_err();
    assert!(matches!(refused, BackupError::TargetExists(_)), "{refused}");
    assert_eq!(fs::read(&target).unwrap(), b"precious");
}

#[tokio::test]
async fn a_failed_backup_leaves_nothing() {
    let (folder, _store) = served(1_000).await;
    let nowhere = folder.path().join("no such folder").join("copy.db");
    let refused = backup(&path(&folder), &nowhere, |_| ()).unwrap_err();
    assert!(matches!(refused, BackupError::Target { .. }), "{refused}");
    let missing = folder.path().join("missing.db");
    let target = folder.path().join("copy.db");
    let refused = backup(&missing, &target, |_| ()).unwrap_err();
    assert!(matches!(refused, BackupError::Source(_)), "{refused}");
    let sql = "UPDATE events SET at_ms = 0 WHERE position = 9";
    Connection::open(path(&folder))
        .unwrap()
        .execute_batch(sql)
        .unwrap();
    let refused = backup(&path(&folder), &target, |_| ()).unwrap_err();
    assert!(matches!(refused, BackupError::Differs { .. }), "{refused}");
    let copies = fs::read_dir(folder.path()).unwrap().filter(|it| {
        let name = it.as_ref().unwrap().file_name();
        name.to_str().unwrap().starts_with("copy")
    });
    assert_eq!(copies.count(), 0);
}

#[tokio::test]
async fn a_damaged_backup_is_found() {
    let (folder, store) = served(3_000).await;
    drop(store);
    let file = path(&folder);
    verify(&file).unwrap();
    let sound = fs::read(&file).unwrap();
    // Behind the first pages of each table, most of which are nearly empty.
    let begin = sound.len() / 4;
    let places = (0..30).map(|n| begin + n * (sound.len() - begin) / 30);
    let mut silent = Vec::new();
    for place in places {
        let mut bytes = sound.clone();
        bytes[place] ^= 0x10;
        fs::write(&file, bytes).unwrap();
        if verify(&file).is_ok() {
            silent.push(place);
        }
    }
    fs::write(&file, &sound[..sound.len() / 2]).unwrap();
    verify(&file).unwrap_err();
    // A bit of a page's unused rest changes nothing that is read.
    let unused = |place: &usize| is_unused(&sound, *place);
    assert!(silent.iter().all(unused), "{silent:?}");
    assert!(silent.len() < 10, "{silent:?}");
}

/// Whether a byte lies in a page's gap between its cell pointers and its cells (SQLite's file
/// format, section 1.6).
fn is_unused(bytes: &[u8], place: usize) -> bool {
    let page = &bytes[place / 4096 * 4096..][..4096];
    let two = |at: usize| usize::from(page[at]) * 256 + usize::from(page[at + 1]);
    let header = if page[0] == 2 || page[0] == 5 { 12 } else { 8 };
    let gap = header + 2 * two(3)..two(5);
    gap.contains(&(place % 4096))
}
