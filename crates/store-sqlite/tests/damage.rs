//! A database in which something is wrong: it is named, it is mended where it can be, and the rest
//! lives on.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;
use tidings_domain::{EventBody, RoomKind, Seq};
use tidings_engine::conformance::stage::{ANA, BOB, GENERAL, RANDOM, Stage, message};
use tidings_store_sqlite::{Difference, Options, Role, SqliteStore, check, rebuild};

/// A folder whose database has two rooms, messages, mentions, receipts and somebody who left.
async fn lived_in() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let stage = Stage::with_ana_and_bob(store.ports()).await;
    for n in 0..5 {
        stage.say(GENERAL, ANA, &format!("message {n}")).await;
    }
    stage.mention(GENERAL, BOB, &[ANA]).await;
    stage.receipt(GENERAL, ANA, 8, 8).await;
    stage.create(RANDOM, RoomKind::Channel, ANA).await;
    stage.join(RANDOM, BOB).await;
    stage.say(RANDOM, BOB, "bye").await;
    stage.leave(RANDOM, BOB).await;
    folder
}

fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(Options::in_folder(folder.path(), Role::Server)).unwrap()
}

fn path(folder: &TempDir) -> PathBuf {
    Options::in_folder(folder.path(), Role::Tool).path
}

fn tamper(folder: &TempDir, sql: &str) {
    let conn = Connection::open(path(folder)).unwrap();
    conn.execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_changed_text_is_not_shown_and_its_room_lives_on() {
    let folder = lived_in().await;
    let sql = "UPDATE events SET body = replace(body, 'message 1', 'massage 1') WHERE seq = 5";
    tamper(&folder, sql);
    let store = open(&folder);
    let stage = Stage::new(store.ports());
    let events = stage.events(GENERAL).await;
    assert_eq!(events.len(), 9);
    assert_eq!(events[4].seq, Seq(5));
    assert!(matches!(&events[4].body, EventBody::Unknown { kind, .. } if kind == "damaged"));
    assert_eq!(events[5].body, message("message 2"));
    let shown = stage
        .store
        .history
        .message(GENERAL, Seq(5))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((shown.body, shown.sender), (None, ANA));
    stage.say(GENERAL, BOB, "still here").await;
    drop((stage, store));
    let found = check(&path(&folder)).unwrap();
    assert!(
        found.contains(&Difference::DamagedEvent { position: 5 }),
        "{found:?}"
    );
}

#[tokio::test]
async fn every_column_of_the_log_is_guarded() {
    let folder = lived_in().await;
    for change in [
        "sender = zeroblob(16)",
        "kind = 'message.seen'",
        "at_ms = at_ms + 1",
        "device = zeroblob(16)",
        "client_id = zeroblob(16)",
        "body = '{'",
        "body = CAST(x'ff' AS TEXT)",
        "checksum = 1",
    ] {
        tamper(
            &folder,
            &format!(
                "CREATE TABLE kept AS SELECT * FROM events WHERE position = 6;
             UPDATE events SET {change} WHERE position = 6;"
            ),
        );
        let found = check(&path(&folder)).unwrap();
        assert!(
            found.contains(&Difference::DamagedEvent { position: 6 }),
            "{change}: {found:?}"
        );
        tamper(
            &folder,
            "DELETE FROM events WHERE position = 6;
             INSERT INTO events SELECT * FROM kept; DROP TABLE kept;",
        );
        assert_eq!(check(&path(&folder)).unwrap(), []);
    }
}

#[tokio::test]
async fn a_lost_event_is_a_hole_and_nobody_elses_page_fails() {
    let folder = lived_in().await;
    tamper(&folder, "DELETE FROM events WHERE position = 6");
    let store = open(&folder);
    let stage = Stage::new(store.ports());
    assert_eq!(stage.events(GENERAL).await.len(), 9);
    assert_eq!(stage.events(RANDOM).await.len(), 5);
    drop((stage, store));
    let found = check(&path(&folder)).unwrap();
    assert!(
        found.iter().any(|it| matches!(it, Difference::Hole { .. })),
        "{found:?}"
    );
}

#[tokio::test]
async fn an_index_that_says_something_else_than_its_table_is_named_and_made_anew() {
    let folder = lived_in().await;
    tamper(
        &folder,
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'IS NOT NULL', 'IS NULL')
         WHERE name = 'events_by_client_id';",
    );
    let found = check(&path(&folder)).unwrap();
    assert!(
        matches!(&found[..], [Difference::Damage { found }] if found.contains("events_by_client_id")),
        "{found:?}"
    );
    rebuild(&path(&folder)).unwrap();
    assert_eq!(check(&path(&folder)).unwrap(), []);
}

#[tokio::test]
async fn what_is_derived_is_compared_with_the_log_and_built_anew() {
    let folder = lived_in().await;
    assert_eq!(check(&path(&folder)).unwrap(), []);
    let store = open(&folder);
    let before = Stage::new(store.ports())
        .store
        .directory
        .my_rooms(ANA, None, 9)
        .await
        .unwrap();
    drop(store);
    for (table, sql) in [
        ("rooms", "UPDATE rooms SET members = 7"),
        ("rooms", "DELETE FROM rooms"),
        ("timeline", "UPDATE timeline SET message = 2 WHERE seq = 5"),
        ("timeline", "DELETE FROM timeline WHERE seq = 4"),
        ("memberships", "UPDATE memberships SET visible_from = 3"),
        (
            "memberships",
            "INSERT INTO memberships SELECT room, zeroblob(16), role, joined_seq, \
             visible_from, left_seq, left_position, banned_at FROM memberships LIMIT 1",
        ),
        ("mentions", "DELETE FROM mentions"),
    ] {
        tamper(&folder, sql);
        let found = check(&path(&folder)).unwrap();
        let named = found
            .iter()
            .any(|it| matches!(it, Difference::Rows { table: it, .. } if *it == table));
        assert!(named, "{sql}: {found:?}");
        rebuild(&path(&folder)).unwrap();
        assert_eq!(check(&path(&folder)).unwrap(), [], "{sql}");
    }
    let store = open(&folder);
    let after = Stage::new(store.ports())
        .store
        .directory
        .my_rooms(ANA, None, 9)
        .await
        .unwrap();
    assert_eq!(after, before, "watermarks are kept");
}

#[tokio::test]
async fn a_damaged_room_does_not_hide_the_others() {
    let folder = lived_in().await;
    tamper(
        &folder,
        "UPDATE rooms SET settings = '{' WHERE kind = 'channel'",
    );
    let store = open(&folder);
    let stage = Stage::new(store.ports());
    let directory = &stage.store.directory;
    let mine = directory.my_rooms(ANA, None, 9).await.unwrap();
    let mine: Vec<_> = mine.rooms.iter().map(|it| it.room.id).collect();
    assert_eq!(mine, [GENERAL]);
    assert_eq!(directory.listed(ANA, "", None, 9).await.unwrap(), []);
    directory.room(RANDOM).await.unwrap_err();
    drop((stage, store));
    rebuild(&path(&folder)).unwrap();
    let store = open(&folder);
    let listed = store.ports().directory.listed(ANA, "", None, 9).await;
    assert_eq!(listed.unwrap().len(), 1);
}

#[tokio::test]
async fn watermarks_that_cannot_be_are_found() {
    for sql in [
        "UPDATE receipts SET delivered = 99",
        "UPDATE receipts SET read = 0",
        "DELETE FROM receipts",
    ] {
        let folder = lived_in().await;
        tamper(&folder, sql);
        let found = check(&path(&folder)).unwrap();
        assert!(
            found
                .iter()
                .any(|it| matches!(it, Difference::Watermark { .. })),
            "{sql}"
        );
    }
}

#[tokio::test]
async fn a_rebuild_waits_for_no_running_server() {
    let folder = lived_in().await;
    let store = open(&folder);
    let refused = rebuild(&path(&folder)).unwrap_err().to_string();
    assert!(refused.contains("in use"), "{refused}");
    drop(store);
    rebuild(&path(&folder)).unwrap();
}

#[tokio::test]
async fn a_deleted_text_is_nowhere_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let stage = Stage::with_ana_and_bob(store.ports()).await;
    let secret = "the wombat sleeps at noon";
    for _ in 0..50 {
        stage.say(GENERAL, ANA, secret).await;
    }
    stage.delete(GENERAL, ANA).await;
    drop((stage, store));
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let found = bytes
            .windows(secret.len())
            .any(|it| it == secret.as_bytes());
        assert!(!found);
    }
}
