//! The history checker: what clients did and saw, line by line, held against the promises.
//!
//! A history is written by whoever runs clients: the simulator, the crash runs, the replay, or a
//! stranger's own tool. `docs/history.md` is the format in writing. Owns the format ([`mod@line`]),
//! what can be concluded from a history ([`known`]), and the [`rules`], each a function of its own.
//! Knows nothing of how the server works: it could judge another one.
//!
//! *Invariant*: every rule takes time in proportion to the history, but for a logarithm.

pub mod history;
pub mod known;
pub mod line;
pub mod report;
pub mod rules;
pub mod words;

pub use history::{History, Unreadable};
pub use line::{Entry, Line, Name};
pub use rules::{Violation, check};
