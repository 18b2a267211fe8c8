//! Moving committed pages from the write-ahead log into the database file, beside the writer.
//!
//! SQLite would do it in whichever commit finds the log long, and that commit would wait for
//! thousands of page writes and another sync. Here a thread of its own copies while the writer goes
//! on; the writer only does the little that is left, so that the log can begin anew.
//!
//! *Limit*: the log stays near [`BEGIN_ANEW_PAGES`], and beyond [`NOW_PAGES`] the writer waits,
//! unless a reader or a backup holds an old snapshot: the log must keep that until it ends.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, Result};

/// Pages that wait to be copied before the thread is woken: 4 MiB, SQLite's own measure.
const COPY_PAGES: u64 = 1_024;

/// Length of the log at which the writer finishes, so that it begins anew: 16 MiB.
const BEGIN_ANEW_PAGES: u64 = 4 * COPY_PAGES;

/// How much the writer does for that: half a MiB. What waits beyond is the thread's.
const REST_PAGES: u64 = 128;

/// Length of the log beyond which the writer does all that is left: 64 MiB.
const NOW_PAGES: u64 = 4 * BEGIN_ANEW_PAGES;

/// Bytes to which the log's file is cut when it begins anew.
pub(crate) const LOG_BYTES_KEPT: u64 = 2 * BEGIN_ANEW_PAGES * crate::options::PAGE_BYTES as u64;

const _: () = assert!(REST_PAGES < COPY_PAGES, "the thread leaves little enough");

/// The writer's end of it. The thread ends with it.
pub(crate) struct Checkpoints {
    // Taken at the end, which tells the thread.
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Who is to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Nobody,
    TheThread,
    TheWriter,
}

/// Who is to copy, given the log's length and how much of it has been copied, in pages.
fn due(length: u64, copied: u64) -> Due {
    let waiting = length.saturating_sub(copied);
    let may_begin_anew = length >= BEGIN_ANEW_PAGES && waiting <= REST_PAGES;
    if waiting > 0 && (may_begin_anew || waiting >= NOW_PAGES) {
        Due::TheWriter
    } else if waiting >= COPY_PAGES {
        Due::TheThread
    } else {
        Due::Nobody
    }
}

impl Checkpoints {
    /// Starts the thread on a connection of its own.
    pub(crate) fn start(conn: Connection) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let thread = std::thread::Builder::new().name("store-checkpoint".into());
        let thread = thread.spawn(move || serve(&conn, &woken))?;
        Ok(Self {
            wake: Some(wake),
            thread: Some(thread),
        })
    }

    /// Looks after a commit whether anything is due. A failure is no failure of the commit: what
    /// was committed stays in the log, and the next commit looks again.
    pub(crate) fn after_commit(&self, conn: &Connection) {
        let looked = pages(conn, "PRAGMA wal_checkpoint(NOOP)");
        let done = looked.and_then(|(length, copied)| match due(length, copied) {
            Due::Nobody => Ok(()),
            Due::TheThread => {
                // If it was woken already, that will do.
                let _woken_already = self.wake.as_ref().map(|wake| wake.try_send(()));
                Ok(())
            }
            Due::TheWriter => copy(conn),
        });
        report(done);
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so; there is nothing left to do for it.
            let _ended = thread.join();
        }
    }
}

fn serve(conn: &Connection, woken: &Receiver<()>) {
    while woken.recv().is_ok() {
        // Twice: while much is copied, much is committed, and the rest must be little.
        report(copy(conn).and_then(|()| copy(conn)));
    }
}

/// Copies what can be copied without making anybody wait.
fn copy(conn: &Connection) -> Result<()> {
    pages(conn, "PRAGMA wal_checkpoint(PASSIVE)").map(|_pages| ())
}

/// The log's length and how much of it has been copied.
fn pages(conn: &Connection, pragma: &str) -> Result<(u64, u64)> {
    conn.prepare_cached(pragma)?.query_row([], |row| {
        let (length, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
        Ok((unsigned(length), unsigned(copied)))
    })
}

/// SQLite says -1 where there is no log.
fn unsigned(pages: i64) -> u64 {
    u64::try_from(pages).unwrap_or(0)
}

fn report(done: Result<()>) {
    if let Err(error) = done {
        tracing::warn!(%error, "committed pages could not be moved into the database file yet");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_copies_much_and_the_writer_little_or_when_it_must() {
        for (length, copied, expected) in [
            (0, 0, Due::Nobody),
            (1_000, 0, Due::Nobody),
            (1_024, 0, Due::TheThread),
            (3_000, 2_500, Due::Nobody),
            (4_096, 3_000, Due::TheThread),
            (4_096, 3_500, Due::Nobody),
            (4_096, 4_000, Due::TheWriter),
            (9_000, 8_900, Due::TheWriter),
            (9_000, 9_000, Due::Nobody),
            (16_383, 0, Due::TheThread),
            (16_384, 0, Due::TheWriter),
        ] {
            assert_eq!(due(length, copied), expected, "{copied} of {length}");
        }
    }
}
