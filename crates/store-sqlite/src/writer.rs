//! The one thread that writes: it drains a bounded queue and commits what waits in one transaction.
//!
//! *Invariant*: a job is answered after the commit that made it durable, or told of an outage; the
//! thread survives both. *Ordering*: jobs are committed in the order in which they were queued.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use rusqlite::{Error, Result};
use tidings_engine::ports::Outage;
use tokio::sync::{mpsc, oneshot};

use crate::desk::Desk;
use crate::store::PORT;

/// Jobs that wait for the writer; one more waits outside. The engine hands over whole batches.
const QUEUE_JOBS: usize = 256;

/// Jobs that share one transaction at most.
const GROUP_JOBS_MAX: usize = 64;

/// Work inside a transaction, which is run again if the work of others spoilt that transaction.
trait Job: Send {
    fn run(&mut self, desk: &mut Desk) -> Result<()>;
    fn finish(self: Box<Self>, committed: std::result::Result<(), Failure>);
}

/// Why nothing, or perhaps nothing, was written.
#[derive(Clone)]
struct Failure(String);

struct Task<W, T> {
    doing: &'static str,
    work: W,
    answer: Option<T>,
    reply: oneshot::Sender<std::result::Result<T, Outage>>,
}

impl<W, T> Job for Task<W, T>
where
    W: FnMut(&mut Desk) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, desk: &mut Desk) -> Result<()> {
        self.answer = Some((self.work)(desk)?);
        Ok(())
    }

    fn finish(self: Box<Self>, committed: std::result::Result<(), Failure>) {
        let answer = match (committed, self.answer) {
            (Ok(()), Some(answer)) => Ok(answer),
            (Ok(()), None) => Err(Outage::new(PORT, self.doing, &"it was not run")),
            (Err(Failure(cause)), _) => Err(Outage::new(PORT, self.doing, &cause)),
        };
        // Whoever asked may have gone; what was committed stays.
        let _gone = self.reply.send(answer);
    }
}

/// The way to the writing thread. Dropping the last one ends the thread after what is queued.
#[derive(Clone)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// Starts the thread on a desk of its own.
    pub(crate) fn start(desk: Desk) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, queue) = mpsc::channel(QUEUE_JOBS);
        let thread = std::thread::Builder::new().name("store-writer".into());
        let handle = thread.spawn(move || serve(desk, queue))?;
        Ok((Self { jobs }, handle))
    }

    /// Runs `work` in a transaction and answers once it is durable. `work` may run more than once,
    /// each time on the state before it; only the last run counts.
    ///
    /// *Cancel safety*: once queued it is done, whether or not the caller still waits.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnMut(&mut Desk) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Outage> {
        let (reply, answer) = oneshot::channel();
        let task = Task {
            doing,
            work,
            answer: None,
            reply,
        };
        let closed = || Outage::new(PORT, doing, &"the store was closed");
        let queued = self.jobs.send(Box::new(task)).await;
        queued.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

fn serve(mut desk: Desk, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    while let Some(first) = queue.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP_JOBS_MAX {
            match queue.try_recv() {
                Ok(next) => group.push(next),
                Err(_) => break,
            }
        }
        serve_group(&mut desk, group);
        desk.keep_log_short();
    }
}

/// Commits a group together; if the work of one fails, each alone, so that it spoils only itself.
fn serve_group(desk: &mut Desk, mut group: Vec<Box<dyn Job>>) {
    match attempt(desk, &mut group) {
        Err(Stopped::BeforeCommit(_)) if group.len() > 1 => {
            for job in group {
                serve_group(desk, vec![job]);
            }
        }
        Ok(()) => finish(group, &Ok(())),
        Err(Stopped::BeforeCommit(failure) | Stopped::InCommit(failure)) => {
            tracing::error!(cause = failure.0, "the store could not write");
            finish(group, &Err(failure));
        }
    }
}

fn finish(group: Vec<Box<dyn Job>>, end: &std::result::Result<(), Failure>) {
    for job in group {
        job.finish(end.clone());
    }
}

/// Where an attempt ended. What failed in the commit itself is not tried again: it may have
/// happened.
enum Stopped {
    BeforeCommit(Failure),
    InCommit(Failure),
}

fn attempt(desk: &mut Desk, group: &mut [Box<dyn Job>]) -> std::result::Result<(), Stopped> {
    let worked = catch_unwind(AssertUnwindSafe(|| {
        desk.begin()?;
        group.iter_mut().try_for_each(|job| job.run(desk))?;
        desk.flush()
    }));
    match worked {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(abandon(desk, error.to_string())),
        Err(panic) => return Err(abandon(desk, panic_text(panic.as_ref()))),
    }
    desk.commit().map_err(|error| {
        desk.abandon();
        Stopped::InCommit(failure(&error))
    })
}

fn abandon(desk: &mut Desk, cause: String) -> Stopped {
    desk.abandon();
    Stopped::BeforeCommit(Failure(cause))
}

fn failure(error: &Error) -> Failure {
    Failure(format!(
        "the commit failed, its outcome is unknown: {error}"
    ))
}

/// What a panic said: a bug, which costs the caller an outage and nobody else anything.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_default())
}
