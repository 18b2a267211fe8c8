//! When the file cannot be written or read: what is told, and that the store goes on afterwards.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;
use tidings_domain::{ApiKeyId, RoomKind};
use tidings_engine::conformance::stage::{
    ANA, BOB, GENERAL, NOON, RANDOM, Stage, append_of, appended, message,
};
use tidings_engine::ports::{ApiKey, Guard, Write};
use tidings_store_sqlite::{Options, Role, SqliteStore};

/// A store that gives up on a locked file at once.
async fn open() -> (TempDir, Stage) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        busy_timeout_ms: 0,
        ..Options::in_folder(folder.path(), Role::Server)
    };
    let store = SqliteStore::open(options).unwrap();
    let stage = Stage::with_ana_and_bob(store.ports()).await;
    stage.create(RANDOM, RoomKind::Group, BOB).await;
    (folder, stage)
}

fn path(folder: &TempDir) -> PathBuf {
    Options::in_folder(folder.path(), Role::Tool).path
}

#[tokio::test]
async fn a_batch_that_fails_is_taken_back_whole_and_later_ones_are_taken() {
    let (folder, stage) = open().await;
    let beside = Connection::open(path(&folder)).unwrap();
    // Where Bob's next message belongs, something stands: the store must not write over it.
    let sql = "INSERT INTO timeline SELECT id, head + 1, 999, id, 0 FROM rooms WHERE id = ?1";
    beside.execute(sql, [RANDOM.as_bytes()]).unwrap();
    let (general, random) = (stage.version(GENERAL).await, stage.version(RANDOM).await);
    let say = |room, user, version| {
        let guard = Guard::Version(version);
        Write::Append(append_of(room, user, guard, vec![message("hi")]))
    };
    let batch = vec![say(GENERAL, ANA, general), say(RANDOM, BOB, random)];
    let outage = stage.store.log.commit(batch.clone()).await.unwrap_err();
    assert!(outage.to_string().contains("timeline"), "{outage}");
    assert_eq!(stage.events(GENERAL).await.len(), 3);
    stage.say(GENERAL, ANA, "goes on").await;
    beside
        .execute("DELETE FROM timeline WHERE position = 999", [])
        .unwrap();
    for outcome in stage.commit(batch).await {
        appended(outcome);
    }
    assert_eq!(stage.events(GENERAL).await.len(), 5);
    assert_eq!(stage.events(RANDOM).await.len(), 3);
}

#[tokio::test]
async fn one_failing_write_does_not_spoil_those_that_wait_with_it() {
    let (_folder, stage) = open().await;
    let key = |id: u8, hash: u8| {
        let key = ApiKey {
            id: ApiKeyId::from_bytes([id; 16]),
            name: "key".to_owned(),
            scopes: Vec::new(),
            created_at: NOON,
        };
        stage.store.accounts.create_api_key(key, [hash; 32])
    };
    key(1, 1).await.unwrap();
    // Queued together: the second takes the first key's id, which cannot be.
    let (one, two, three) = tokio::join!(key(2, 2), key(1, 3), key(3, 4));
    assert!(one.is_ok() && two.is_err() && three.is_ok());
    assert_eq!(stage.store.accounts.api_keys().await.unwrap().len(), 3);
}

#[tokio::test]
async fn while_another_process_holds_the_file_reading_goes_on() {
    let (folder, stage) = open().await;
    let beside = Connection::open(path(&folder)).unwrap();
    beside.execute_batch("BEGIN IMMEDIATE").unwrap();
    let version = stage.version(GENERAL).await;
    let say = || {
        let guard = Guard::Version(version);
        vec![Write::Append(append_of(
            GENERAL,
            ANA,
            guard,
            vec![message("hi")],
        ))]
    };
    let outage = stage.store.log.commit(say()).await.unwrap_err();
    assert!(outage.to_string().contains("locked"), "{outage}");
    assert_eq!(stage.events(GENERAL).await.len(), 3);
    beside.execute_batch("ROLLBACK").unwrap();
    appended(stage.commit(say()).await.remove(0));
}

#[tokio::test]
async fn a_commit_happens_though_nobody_waits_for_it() {
    let (_folder, stage) = open().await;
    let version = stage.version(GENERAL).await;
    let guard = Guard::Version(version);
    let write = Write::Append(append_of(GENERAL, ANA, guard, vec![message("hi")]));
    let mut commit = stage.store.log.commit(vec![write]);
    // Polled once, it is queued; then whoever asked goes away.
    let polled = std::future::poll_fn(|context| {
        std::task::Poll::Ready(commit.as_mut().poll(context).is_ready())
    });
    let _answered_already = polled.await;
    drop(commit);
    // What is queued later is committed later.
    let seq = stage.say(GENERAL, BOB, "after").await;
    assert_eq!(seq.0, 5);
}
