//! A run and what is wrong with it: broken rules, and panics wherever they happened.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};

use tidings_history::{History, Violation, check};

use crate::plan::Plan;
use crate::record::trace_of;
use crate::world;

/// What came of a plan.
pub struct Judged {
    /// What happened.
    pub history: History,
    /// What is wrong with it.
    pub violations: Vec<Violation>,
    /// A hash of everything that happened.
    pub trace: u64,
    /// Events that were handled.
    pub events: u64,
}

/// The rule that nothing panics.
pub const NO_PANIC: &str = "0 nothing panics";

thread_local! {
    /// What panicked on this thread: the runtime of a run lives on it, and swallows the panics of
    /// its tasks.
    static PANICS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Runs a plan and judges what happened.
#[must_use]
pub fn judge(plan: &Arc<Plan>) -> Judged {
    listen_for_panics();
    PANICS.with_borrow_mut(Vec::clear);
    let ran = catch_unwind(AssertUnwindSafe(|| world::run(plan)));
    let panics = PANICS.with_borrow_mut(std::mem::take);
    let mut violations: Vec<Violation> = panics
        .into_iter()
        .map(|says| Violation {
            rule: NO_PANIC,
            says,
            lines: Vec::new(),
        })
        .collect();
    let (history, trace, events) = match ran {
        Ok(outcome) => (outcome.history, outcome.trace, outcome.events),
        Err(_) => (History::default(), 0, 0),
    };
    violations.extend(check(&history));
    Judged {
        history,
        violations,
        trace,
        events,
    }
}

/// The hash of a plan's run, with every line of its history: equal for equal runs only.
#[must_use]
pub fn trace(plan: &Arc<Plan>) -> u64 {
    let judged = judge(plan);
    trace_of(&judged.history, judged.trace)
}

fn listen_for_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            PANICS.with_borrow_mut(|all| all.push(panic.to_string()));
        }));
    });
}
