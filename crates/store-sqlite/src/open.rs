//! Opening a database: whose it is, which version, and what to say when it cannot be used.
//!
//! *Invariant*: one server at a time holds the claim of a file; tools open it beside that server.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use crate::checkpoints::LOG_BYTES_KEPT;
use crate::migrations;
use crate::open_error::OpenError;
use crate::options::{Options, PAGE_BYTES, Role};

/// Prepared statements that a connection keeps.
const STATEMENTS_KEPT: usize = 128;

/// What people write is for the owner's eyes. SQLite gives a log and its index the rights of their
/// database.
const OWNER_ONLY: u32 = 0o600;

/// Keeps other servers off a database for as long as it lives, even if this process is killed.
#[derive(Debug)]
pub(crate) struct Claim {
    _lock: File,
}

impl Claim {
    /// Claims the database for this process.
    pub(crate) fn take(database: &Path) -> Result<Self, OpenError> {
        let path = lock_path(database);
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(OWNER_ONLY)
            .open(&path);
        let named = |error: io::Error| {
            let is_there = path.exists();
            let folder = folder_of(database);
            OpenError::from_io(if is_there { &path } else { &folder }, &error)
        };
        let file = file.map_err(named)?;
        match file.try_lock() {
            Ok(()) => note_holder(&file).map_err(named)?,
            Err(TryLockError::WouldBlock) => return Err(in_use(database, &path)),
            Err(TryLockError::Error(error)) => return Err(named(error)),
        }
        Ok(Self { _lock: file })
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn note_holder(mut file: &File) -> io::Result<()> {
    use io::Write as _;
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

fn in_use(database: &Path, lock: &Path) -> OpenError {
    let by = std::fs::read_to_string(lock).unwrap_or_default();
    let by = by.trim();
    OpenError::InUse {
        path: database.to_owned(),
        by: if by.is_empty() { "unknown" } else { by }.to_owned(),
    }
}

pub(crate) fn folder_of(database: &Path) -> PathBuf {
    match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// What was found and made ready.
pub(crate) struct Opened {
    /// The writer's connection.
    pub(crate) writer: Connection,
    /// Held by a server.
    pub(crate) claim: Option<Claim>,
}

/// Opens the database for writing, as the options' role may.
pub(crate) fn open(options: &Options) -> Result<Opened, OpenError> {
    let path = options.path.as_path();
    let folder = folder_of(path);
    if !folder.is_dir() {
        return Err(OpenError::FolderMissing(folder));
    }
    if options.role == Role::Tool && !path.is_file() {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let claim = match options.role {
        Role::Server => Some(Claim::take(path)?),
        Role::Tool => None,
    };
    if options.role == Role::Server {
        make_private(path).map_err(|error| OpenError::from_io(path, &error))?;
    }
    let writer = open_writer(options)?;
    if options.role == Role::Server {
        // Else a power cut could take the new file's very name.
        sync_folder(path).map_err(|error| OpenError::from_io(&folder, &error))?;
    }
    Ok(Opened { writer, claim })
}

/// Makes an empty file that only its owner may read, where there is none: left to itself, SQLite
/// would go by the umask.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let made = File::options()
        .write(true)
        .create_new(true)
        .mode(OWNER_ONLY)
        .open(path);
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

/// Makes what was created or renamed beside `path` durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn open_writer(options: &Options) -> Result<Connection, OpenError> {
    let path = options.path.as_path();
    let named = |error: rusqlite::Error| OpenError::from_sql(path, &error);
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if options.role == Role::Server {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let mut conn = Connection::open_with_flags(path, flags).map_err(named)?;
    set_up(&conn, options, options.writer_cache_kib).map_err(named)?;
    let version = version_of(&conn, path)?;
    bring_up_to_date(&mut conn, options, version)?;
    tune(&conn, options).map_err(named)?;
    Ok(conn)
}

fn tune(conn: &Connection, options: &Options) -> rusqlite::Result<()> {
    conn.pragma_update(None, "synchronous", options.sync.pragma())?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    let kept = i64::try_from(LOG_BYTES_KEPT).unwrap_or(i64::MAX);
    conn.pragma_update(None, "journal_size_limit", kept)
}

/// What every connection is told first; nothing here changes the file.
fn set_up(conn: &Connection, options: &Options, cache_kib: u32) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    // A plan may not depend on the values bound: else statements are compiled anew for each of them.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "busy_timeout", options.busy_timeout_ms)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    // What was deleted is overwritten where that costs no further page.
    conn.query_row("PRAGMA secure_delete = FAST", [], |_| Ok(()))
        .optional()?;
    Ok(())
}

/// Opens a connection that only reads a database which [`open`] has prepared.
pub(crate) fn open_reader(options: &Options) -> Result<Connection, OpenError> {
    let path = options.path.as_path();
    let named = |error: rusqlite::Error| OpenError::from_sql(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(named)?;
    set_up(&conn, options, options.reader_cache_kib).map_err(named)?;
    conn.pragma_update(None, "query_only", true)
        .map_err(named)?;
    Ok(conn)
}

/// Opens a connection that only moves committed pages into the file.
pub(crate) fn open_copier(options: &Options) -> Result<Connection, OpenError> {
    let path = options.path.as_path();
    let named = |error: rusqlite::Error| OpenError::from_sql(path, &error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(named)?;
    set_up(&conn, options, 0).map_err(named)?;
    conn.pragma_update(None, "synchronous", options.sync.pragma())
        .map_err(named)?;
    Ok(conn)
}

/// The schema's version, zero for an empty file; refuses what is not ours before touching it.
pub(crate) fn version_of(conn: &Connection, path: &Path) -> Result<u32, OpenError> {
    let named = |error: rusqlite::Error| OpenError::from_sql(path, &error);
    let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = pragma("application_id").map_err(named)?;
    let version = pragma("user_version").map_err(named)?;
    let tables: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(named)?;
    let empty = application == 0 && version == 0 && tables == 0;
    if application != migrations::APPLICATION_ID && !empty {
        return Err(OpenError::NotTidings(path.to_owned()));
    }
    u32::try_from(version).map_err(|_| OpenError::NotTidings(path.to_owned()))
}

fn bring_up_to_date(conn: &mut Connection, options: &Options, found: u32) -> Result<(), OpenError> {
    let path = options.path.clone();
    let known = migrations::newest();
    if found > known {
        return Err(OpenError::Newer { path, found, known });
    }
    if options.role == Role::Tool {
        return match found {
            found if found == known => Ok(()),
            0 => Err(OpenError::Missing(path)),
            _ => Err(OpenError::Older { path, found, known }),
        };
    }
    migrate(conn, found).map_err(|error| OpenError::from_sql(&path, &error))
}

fn migrate(conn: &mut Connection, found: u32) -> rusqlite::Result<()> {
    if found == 0 {
        conn.pragma_update(None, "page_size", PAGE_BYTES)?;
    }
    conn.pragma_update(None, "journal_mode", "WAL")?;
    if found < migrations::newest() {
        migrations::apply(conn, found)?;
        tracing::info!(
            from = found,
            to = migrations::newest(),
            "schema brought up to date"
        );
    }
    Ok(())
}
