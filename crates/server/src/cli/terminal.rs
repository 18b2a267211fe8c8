//! What a command says: results on standard output, everything else on standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

/// The process's two outputs. A reader who has gone away is no reason to fail.
#[derive(Debug)]
pub(super) struct Terminal {
    is_watched: bool,
}

impl Terminal {
    pub(super) fn of_process() -> Self {
        Self {
            is_watched: io::stderr().is_terminal(),
        }
    }

    /// Whether somebody sees standard error as it is written.
    pub(super) const fn is_watched(&self) -> bool {
        self.is_watched
    }

    /// A result, a line of its own; written at once, for whoever waits for it.
    pub(super) fn say(&self, line: &dyn Display) {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }

    /// A result that ends its own lines.
    pub(super) fn print(&self, text: &str) {
        let mut out = io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }

    /// What is being done.
    pub(super) fn note(&self, line: &dyn Display) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// What went wrong.
    pub(super) fn complain(&self, error: &dyn Display) {
        self.note(&format_args!("tidings: {error}"));
    }
}
