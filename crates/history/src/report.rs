//! What the checker found, for a person.

use std::fmt;

use crate::history::History;
use crate::line::Entry;
use crate::rules::{RULES, Violation};
use crate::words::InWords;

/// Shows what was found in a history.
#[derive(Debug)]
pub struct Report<'h> {
    /// What was judged.
    pub history: &'h History,
    /// What was found.
    pub violations: &'h [Violation],
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for violation in self.violations {
            writeln!(f, "broken: {} ({})", violation.rule, violation.says)?;
            for at in &violation.lines {
                let line = &self.history.lines[*at];
                writeln!(f, "  line {:>6}  {}", at + 1, InWords(line))?;
            }
        }
        let lines = &self.history.lines;
        let invoked = lines.iter().filter(|l| matches!(l.entry, Entry::Invoke(_)));
        let done = lines.iter().filter(|l| matches!(l.entry, Entry::Ok(_)));
        let unknown = lines
            .iter()
            .filter(|l| matches!(l.entry, Entry::Unknown(_)));
        let heard = lines.iter().filter(|l| matches!(l.entry, Entry::Event(_)));
        write!(
            f,
            "{} lines, {} operations ({} done, {} unknown), {} deliveries, {} rules: {} broken",
            lines.len(),
            invoked.count(),
            done.count(),
            unknown.count(),
            heard.count(),
            RULES.len(),
            self.violations.len()
        )
    }
}
