//! A few threads that read, each with a connection of its own.
//!
//! Threads of our own and not the runtime's blocking pool: their number is the bound, each keeps its
//! connection's page cache and prepared statements, and nothing is locked to borrow a connection.
//!
//! What waits is read together, in one transaction: its beginning and end cost as much as a short
//! reading, and after a restart thousands wait.
//!
//! *Invariant*: each reading sees one snapshot of the file, no older than its question.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rusqlite::{Connection, Result};
use tidings_engine::ports::Outage;
use tokio::sync::{mpsc, oneshot};

use crate::event_row::Damage;
use crate::store::PORT;
use crate::writer::panic_text;

/// Readings that wait for a thread; one more waits outside.
const QUEUE_JOBS: usize = 1_024;

/// Readings that share a transaction at most: so many may wait for one that is slow.
const GROUP_JOBS_MAX: usize = 8;

type Job = Box<dyn FnOnce(&Reader) + Send>;

/// What a reading thread reads with.
pub(crate) struct Reader {
    pub(crate) conn: Connection,
    /// Where damaged rows are reported.
    pub(crate) damage: Arc<Damage>,
}

/// The way to the reading threads. Dropping the last one ends them.
#[derive(Clone)]
pub(crate) struct Readers {
    jobs: mpsc::Sender<Job>,
}

impl Readers {
    /// Starts one thread for each connection.
    pub(crate) fn start(readers: Vec<Reader>) -> std::io::Result<(Self, Vec<JoinHandle<()>>)> {
        let (jobs, queue) = mpsc::channel(QUEUE_JOBS);
        // *Lock*: held while waiting for a job, by the one thread whose turn is next.
        let queue = Arc::new(Mutex::new(queue));
        let threads = readers.into_iter().enumerate().map(|(n, reader)| {
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new().name(format!("store-reader-{n}"));
            thread.spawn(move || serve(&reader, &queue))
        });
        let threads = threads.collect::<std::io::Result<Vec<_>>>()?;
        Ok((Self { jobs }, threads))
    }

    /// Runs `work` on one snapshot.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&Reader) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Outage> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |reader| {
            // Whoever asked may have gone.
            let _gone = reply.send(in_snapshot(reader, doing, work));
        });
        let closed = || Outage::new(PORT, doing, &"the store was closed");
        self.jobs.send(job).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

fn serve(reader: &Reader, queue: &Mutex<mpsc::Receiver<Job>>) {
    let mut group: Vec<Job> = Vec::with_capacity(GROUP_JOBS_MAX);
    loop {
        let waiting = |group: &mut _| queue.lock().blocking_recv_many(group, GROUP_JOBS_MAX);
        if waiting(&mut group) == 0 {
            return;
        }
        for job in group.drain(..) {
            job(reader);
        }
        if let Err(error) = end(&reader.conn) {
            // Whoever read has the answer; the next group begins anew.
            tracing::error!(%error, "a reading transaction could not be ended");
        }
    }
}

fn in_snapshot<T>(
    reader: &Reader,
    doing: &'static str,
    work: impl FnOnce(&Reader) -> Result<T>,
) -> std::result::Result<T, Outage> {
    let read = catch_unwind(AssertUnwindSafe(|| {
        if reader.conn.is_autocommit() {
            reader.conn.prepare_cached("BEGIN")?.execute([])?;
        }
        work(reader)
    }));
    let failed = |cause: String| {
        tracing::error!(doing, cause, "the store could not read");
        Outage::new(PORT, doing, &cause)
    };
    match read {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(panic) => Err(failed(panic_text(panic.as_ref()))),
    }
}

fn end(conn: &Connection) -> Result<()> {
    if !conn.is_autocommit() {
        conn.prepare_cached("COMMIT")?.execute([])?;
    }
    Ok(())
}
