//! What happened: the history of a run, and a hash over all of it and of what the network did.

use tidings_history::line::{Begin, Invoke, Promises, VERSION, What};
use tidings_history::{Entry, History, Line, Name};

use crate::plan::{Plan, Step};
use crate::random::{HASH_BASIS, hash};

/// The slowest lines of a run hold what they were given for so long.
const SLOW_MS: u64 = 30_000;
/// Receipts are gathered for a quarter of a second, and then a slow disk is asked who may see them.
const TRAIL_MS: u64 = 2_000;

/// A history as it is written.
pub struct Record {
    lines: Vec<Line>,
    calls: u64,
    now_us: u64,
    trace: u64,
}

impl Record {
    /// Begins.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let seed = plan.seed;
        let is_slow = |(_, step): &(u64, Step)| matches!(step, Step::Slow { .. });
        let late_ms = if plan.steps.iter().any(is_slow) {
            SLOW_MS
        } else {
            0
        };
        let begin = Begin {
            history: VERSION,
            by: format!("the simulator, seed {seed}"),
            promises: Promises {
                // What was on its way to a slow reader when the end came still arrives.
                removal_ms: SLOW_MS,
                trail_ms: TRAIL_MS,
                late_ms,
                ..Promises::default()
            },
        };
        Self {
            lines: vec![Line {
                at_us: 0,
                entry: Entry::Begin(begin),
            }],
            calls: 0,
            now_us: 0,
            trace: HASH_BASIS,
        }
    }

    /// Time goes on.
    pub fn now(&mut self, ms: u64) {
        self.now_us = self.now_us.max(ms * 1_000);
    }

    /// Notes a line.
    pub fn add(&mut self, entry: Entry) {
        self.lines.push(Line {
            at_us: self.now_us,
            entry,
        });
    }

    /// Notes that something is asked for; its name.
    pub fn invoke(&mut self, client: &Name, user: &Name, via: &str, what: What) -> u64 {
        self.calls += 1;
        self.add(Entry::Invoke(Invoke {
            call: self.calls,
            client: client.clone(),
            user: user.clone(),
            node: None,
            via: Some(via.into()),
            what,
        }));
        self.calls
    }

    /// Takes something into the trace that is no line of the history.
    pub fn trace(&mut self, words: &[u64], bytes: &[u8]) {
        for word in words {
            self.trace = hash(self.trace, &word.to_be_bytes());
        }
        self.trace = hash(self.trace, bytes);
    }

    /// The history, and the hash of everything.
    #[must_use]
    pub fn finish(self) -> (History, u64) {
        (History { lines: self.lines }, self.trace)
    }
}

/// The hash of a run, its whole history included.
#[must_use]
pub fn trace_of(history: &History, trace: u64) -> u64 {
    let mut bytes = Vec::new();
    history.write(&mut bytes).expect("memory takes all writes");
    hash(trace, &bytes)
}
