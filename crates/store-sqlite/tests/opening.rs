//! What is said when a store cannot be opened, and what holds when it can.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;
use tidings_domain::{Epoch, RoomKind};
use tidings_engine::conformance::stage::{ANA, GENERAL, Stage};
use tidings_store_sqlite::{OpenError, Options, Origin, Role, SqliteStore};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(path: &Path, role: Role) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(Options::in_folder(path, role))
}

fn database(folder: &TempDir) -> PathBuf {
    Options::in_folder(folder.path(), Role::Tool).path
}

/// The error's variant and text.
fn refused(path: &Path, role: Role) -> (OpenError, String) {
    let error = open(path, role).err().expect("this must not open");
    let text = error.to_string();
    (error, text)
}

async fn epoch(store: &SqliteStore) -> Epoch {
    store.ports().log.start().await.unwrap().epoch
}

#[tokio::test]
async fn a_store_goes_on_from_where_it_was_left() {
    let folder = folder();
    let first = open(folder.path(), Role::Server).unwrap();
    assert_eq!(first.origin(), Origin::New);
    let epoch_before = epoch(&first).await;
    let secret = first.ports().accounts.secret().await.unwrap();
    let stage = Stage::new(first.ports());
    stage.create(GENERAL, RoomKind::Group, ANA).await;
    stage.say(GENERAL, ANA, "hi").await;
    let events = stage.events(GENERAL).await;
    drop((stage, first));
    let again = open(folder.path(), Role::Server).unwrap();
    assert_eq!(again.origin(), Origin::Existing);
    assert_eq!(epoch(&again).await, epoch_before);
    assert_eq!(again.ports().accounts.secret().await.unwrap(), secret);
    let stage = Stage::new(again.ports());
    assert_eq!(stage.events(GENERAL).await, events);
    stage.say(GENERAL, ANA, "more").await;
    assert_eq!(stage.events(GENERAL).await.len(), 4);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = folder();
    let missing = folder.path().join("data");
    let (error, text) = refused(&missing, Role::Server);
    assert!(matches!(error, OpenError::FolderMissing(_)), "{text}");
    assert!(text.contains(missing.to_str().unwrap()), "{text}");
}

#[test]
fn a_tool_makes_no_database() {
    let folder = folder();
    let (error, text) = refused(folder.path(), Role::Tool);
    assert!(matches!(error, OpenError::Missing(_)), "{text}");
    fs::write(database(&folder), "").unwrap();
    let (error, text) = refused(folder.path(), Role::Tool);
    assert!(matches!(error, OpenError::Missing(_)), "{text}");
}

#[test]
fn one_server_at_a_time_holds_a_database() {
    let folder = folder();
    let server = open(folder.path(), Role::Server).unwrap();
    let (error, text) = refused(folder.path(), Role::Server);
    assert!(matches!(error, OpenError::InUse { .. }), "{text}");
    let process = std::process::id().to_string();
    assert!(text.contains(&process), "{text}");
    drop(server);
    open(folder.path(), Role::Server).unwrap();
}

#[tokio::test]
async fn a_tool_works_beside_a_running_server() {
    let folder = folder();
    let server = open(folder.path(), Role::Server).unwrap();
    let stage = Stage::new(server.ports());
    stage.create(GENERAL, RoomKind::Group, ANA).await;
    let tool = open(folder.path(), Role::Tool).unwrap();
    assert_eq!(epoch(&tool).await, epoch(&server).await);
    let beside = Stage::new(tool.ports());
    // What the server remembers between transactions gives way to what another wrote.
    for _ in 0..3 {
        stage.say(GENERAL, ANA, "server").await;
        beside.say(GENERAL, ANA, "tool").await;
    }
    assert_eq!(stage.events(GENERAL).await.len(), 8);
    assert_eq!(stage.room(GENERAL).await, beside.room(GENERAL).await);
}

#[test]
fn a_newer_schema_is_refused_with_both_versions() {
    let folder = folder();
    drop(open(folder.path(), Role::Server).unwrap());
    let conn = Connection::open(database(&folder)).unwrap();
    conn.pragma_update(None, "user_version", 999).unwrap();
    drop(conn);
    for role in [Role::Server, Role::Tool] {
        let (error, text) = refused(folder.path(), role);
        let OpenError::Newer { found, known, .. } = error else {
            panic!("{text}");
        };
        assert_eq!(found, 999);
        assert!(
            text.contains("999") && text.contains(&known.to_string()),
            "{text}"
        );
    }
}

#[test]
fn another_programs_database_is_not_touched() {
    let folder = folder();
    let path = database(&folder);
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1);")
        .unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    for role in [Role::Server, Role::Tool] {
        let (error, text) = refused(folder.path(), role);
        assert!(matches!(error, OpenError::NotTidings(_)), "{text}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_no_database_at_all_is_said_to_be_none() {
    let folder = folder();
    let path = database(&folder);
    fs::write(&path, "dear diary\n".repeat(1_000)).unwrap();
    let (error, text) = refused(folder.path(), Role::Server);
    assert!(matches!(error, OpenError::NotTidings(_)), "{text}");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let (_, text) = refused(folder.path(), Role::Server);
    assert!(text.contains(path.to_str().unwrap()), "{text}");
}

#[test]
fn a_damaged_schema_is_said_to_be_damage() {
    let folder = folder();
    drop(open(folder.path(), Role::Server).unwrap());
    let path = database(&folder);
    let mut bytes = fs::read(&path).unwrap();
    // The first page holds the schema's tree behind the file's header of 100 bytes.
    bytes[100..300].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let (error, text) = refused(folder.path(), Role::Server);
    assert!(matches!(error, OpenError::Corrupt { .. }), "{text}");
}

#[tokio::test]
async fn a_database_of_the_first_version_is_brought_up_to_date() {
    let folder = folder();
    let old = Connection::open(database(&folder)).unwrap();
    old.execute_batch(include_str!("../src/migrations/0001_first.sql"))
        .unwrap();
    old.pragma_update(None, "application_id", 0x5449_4445)
        .unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    let row = "INSERT INTO meta (id, epoch, secret, created_at) VALUES (1, 77, zeroblob(32), 0)";
    old.execute_batch(row).unwrap();
    drop(old);
    let store = open(folder.path(), Role::Server).unwrap();
    assert_eq!(store.origin(), Origin::Existing);
    assert_eq!(epoch(&store).await, Epoch(77));
    let stage = Stage::new(store.ports());
    stage.create(GENERAL, RoomKind::Group, ANA).await;
    assert_eq!(stage.events(GENERAL).await.len(), 2);
}

#[test]
fn what_people_write_is_for_the_owners_eyes() {
    let folder = folder();
    let store = open(folder.path(), Role::Server).unwrap();
    let names = [
        "tidings.db",
        "tidings.db-wal",
        "tidings.db-shm",
        "tidings.db.lock",
    ];
    for name in names {
        let rights = fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions();
        assert_eq!(rights.mode() & 0o777, 0o600, "{name}");
    }
    let there: BTreeSet<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, names.map(str::to_owned).into(), "and nothing else");
    drop(store);
}

#[tokio::test]
async fn the_file_is_set_up_as_promised() {
    let folder = folder();
    let store = open(folder.path(), Role::Server).unwrap();
    let stage = Stage::new(store.ports());
    stage.create(GENERAL, RoomKind::Group, ANA).await;
    let beside = Connection::open(database(&folder)).unwrap();
    let pragma = |name: &str| -> String {
        let value =
            beside.pragma_query_value(None, name, |row| row.get_ref(0).map(|it| format!("{it:?}")));
        value.unwrap()
    };
    assert!(pragma("journal_mode").contains("Text"));
    assert!(pragma("application_id").contains(&0x5449_4445.to_string()));
    let rooms: i64 = beside
        .query_row("SELECT count(*) FROM readable_rooms", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rooms, 1);
}
