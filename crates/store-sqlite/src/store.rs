//! The store as a whole: its threads, its claim on the file, and its faces.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use tidings_engine::ports::{Outage, Store};

use crate::checkpoints::Checkpoints;
use crate::desk::Desk;
use crate::event_row::Damage;
use crate::meta::{self, Meta, Origin};
use crate::open::{self, Claim, Opened};
use crate::open_error::OpenError;
use crate::options::{Options, Role};
use crate::readers::{Reader, Readers};
use crate::writer::Writer;

/// How outages name this store.
pub(crate) const PORT: &str = "the embedded store";

/// Why a thread can always be reached.
const LAST_CLONE: &str = "lines are taken when no clone is left";

/// All ports over one SQLite file. Clones share it; with the last of them its threads end, what was
/// queued is committed, and the file is free again.
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

struct Shared {
    // Taken when the last clone goes: without its line a thread comes to its end. The writer ends
    // last, so that its connection is the one that closes the file.
    readers: Option<Readers>,
    writer: Option<Writer>,
    reading: Vec<JoinHandle<()>>,
    writing: Option<JoinHandle<()>>,
    meta: Meta,
    origin: Origin,
    path: PathBuf,
    /// Given up last, after the threads have closed the file.
    _claim: Option<Claim>,
}

impl SqliteStore {
    /// Opens the database, makes it or brings it up to date if the role may, and starts its threads.
    ///
    /// Blocks for a few file operations; call it before serving.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong and what to do.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let Opened { writer, claim } = open::open(&options)?;
        let path = options.path.as_path();
        let named = |error: rusqlite::Error| OpenError::from_sql(path, &error);
        let (meta, origin) = match options.role {
            Role::Server => meta::begin(&writer).map_err(named)?,
            Role::Tool => {
                let found = meta::read(&writer).map_err(named)?;
                let meta = found.ok_or_else(|| OpenError::NotTidings(path.to_owned()))?;
                (meta, Origin::Existing)
            }
        };
        if let Origin::Restored { copied_at } = origin {
            tracing::warn!(
                copied_at_ms = copied_at.millis(),
                "this database is a restored backup: its log begins a new epoch, clients reload"
            );
        }
        let failed = |error: std::io::Error| OpenError::Failed {
            path: path.to_owned(),
            cause: error.to_string(),
        };
        let (readers, reading) = Readers::start(open_readers(&options)?).map_err(failed)?;
        let checkpoints = Checkpoints::start(open::open_copier(&options)?).map_err(failed)?;
        let (writer, writing) = Writer::start(Desk::new(writer, checkpoints)).map_err(failed)?;
        Ok(Self {
            shared: Arc::new(Shared {
                readers: Some(readers),
                writer: Some(writer),
                reading,
                writing: Some(writing),
                meta,
                origin,
                path: options.path,
                _claim: claim,
            }),
        })
    }

    /// The store's faces.
    #[must_use]
    pub fn ports(&self) -> Store {
        Store {
            log: Arc::new(self.clone()),
            history: Arc::new(self.clone()),
            directory: Arc::new(self.clone()),
            accounts: Arc::new(self.clone()),
        }
    }

    /// Whether the file is new, goes on, or was restored.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.shared.origin
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    pub(crate) fn meta(&self) -> &Meta {
        &self.shared.meta
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnMut(&mut Desk) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Outage> {
        let writer = self.shared.writer.as_ref().expect(LAST_CLONE);
        writer.write(doing, work).await
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Reader) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Outage> {
        let readers = self.shared.readers.as_ref().expect(LAST_CLONE);
        readers.read(doing, work).await
    }
}

fn open_readers(options: &Options) -> Result<Vec<Reader>, OpenError> {
    let damage = Arc::new(Damage::default());
    let readers = (0..options.readers.max(1)).map(|_| {
        Ok(Reader {
            conn: open::open_reader(options)?,
            damage: Arc::clone(&damage),
        })
    });
    readers.collect()
}

impl Drop for Shared {
    fn drop(&mut self) {
        // A thread that panicked has said so; there is nothing left to do for it.
        self.readers = None;
        for thread in self.reading.drain(..) {
            let _ended = thread.join();
        }
        self.writer = None;
        if let Some(thread) = self.writing.take() {
            let _ended = thread.join();
        }
    }
}
