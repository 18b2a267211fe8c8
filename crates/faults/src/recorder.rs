//! The history as it grows: every client of a run writes into the same one.
//!
//! *Ordering*: a line gets its time under the lock that puts it in its place.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tidings_client::clock::{Clock, SystemClock};
use tidings_history::line::{Begin, Fault, Node, Promises, VERSION};
use tidings_history::{Entry, History, Line, Name};

/// The one server of a run.
const NODE: &str = "server";

/// A send that was refused, though perhaps not for good.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) at_us: u64,
    /// From its writing on.
    pub(crate) after_us: u64,
    pub(crate) code: String,
}

/// A handle to a history that grows.
#[derive(Clone)]
pub(crate) struct Recorder {
    clock: SystemClock,
    lines: Arc<Mutex<Vec<Line>>>,
    refused: Arc<Mutex<Vec<Refused>>>,
    numbers: Arc<AtomicU64>,
}

impl Recorder {
    pub(crate) fn begin(by: &str) -> Self {
        let recorder = Self {
            clock: SystemClock::start(),
            lines: Arc::default(),
            refused: Arc::default(),
            numbers: Arc::default(),
        };
        recorder.note(Entry::Begin(Begin {
            history: VERSION,
            by: by.to_owned(),
            promises: Promises::default(),
        }));
        recorder
    }

    /// The clock of the history.
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock)
    }

    /// Microseconds since the history began.
    pub(crate) fn now_us(&self) -> u64 {
        self.clock.monotonic_us()
    }

    /// A number for a call or a connection.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn note(&self, entry: Entry) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let at_us = self.clock.monotonic_us();
        lines.push(Line { at_us, entry });
    }

    /// A refusal that the client heeds by trying again is no outcome, and stands beside the history.
    pub(crate) fn note_refused(&self, refused: Refused) {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(refused);
    }

    /// All refusals of sends.
    pub(crate) fn refused(&self) -> Vec<Refused> {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Something was done to the system.
    pub(crate) fn fault(&self, what: &str) {
        let what = what.to_owned();
        self.note(Entry::Fault(Fault { what }));
    }

    pub(crate) fn crash(&self) {
        self.note(Entry::Crash(node(None)));
    }

    /// The server is back; with the log's new life if it has one.
    pub(crate) fn restart(&self, epoch: Option<u64>) {
        self.note(Entry::Restart(node(epoch)));
    }

    /// How many lines there are.
    pub(crate) fn len(&self) -> usize {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    /// Looks at what there is so far.
    pub(crate) fn look<T>(&self, at: impl FnOnce(&[Line]) -> T) -> T {
        at(&self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The whole.
    pub(crate) fn history(&self) -> History {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        History {
            lines: std::mem::take(&mut lines),
        }
    }
}

fn node(epoch: Option<u64>) -> Node {
    Node {
        node: Name::from(NODE),
        epoch,
    }
}
