//! A run for a person: its plan, what happened where it went wrong, and the rules that it breaks.

use std::collections::BTreeSet;
use std::fmt;

use tidings_history::line::What;
use tidings_history::report::Report;
use tidings_history::words::InWords;
use tidings_history::{Entry, Name};

use crate::judge::Judged;
use crate::plan::Plan;

/// So many lines of what happened are shown: those that lead to the first thing that is wrong.
const LINES_MAX: usize = 400;
/// So many of them come after it.
const LINES_AFTER: usize = 40;

/// See the module.
pub struct Transcript<'r> {
    /// What was to happen.
    pub plan: &'r Plan,
    /// What happened.
    pub judged: &'r Judged,
}

impl fmt::Display for Transcript<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "--- the plan ---\n{}", self.plan)?;
        writeln!(f, "--- what happened ---")?;
        let lines = &self.judged.history.lines;
        let rooms = self.rooms();
        let told = lines.iter().enumerate().filter(|(_, line)| {
            let is_truth = matches!(line.entry, Entry::Log(_) | Entry::Marks(_));
            let room = room_of(&line.entry);
            !is_truth && room.is_none_or(|room| rooms.is_empty() || rooms.contains(room))
        });
        let told: Vec<_> = told.collect();
        let last = told.partition_point(|(at, _)| *at <= self.first_wrong()) + LINES_AFTER;
        let skipped = last.min(told.len()).saturating_sub(LINES_MAX);
        if skipped > 0 {
            writeln!(f, "({skipped} lines before; --whole shows all)")?;
        }
        for (_, line) in told.into_iter().skip(skipped).take(LINES_MAX) {
            writeln!(f, "{}", InWords(line))?;
        }
        writeln!(f, "--- what is wrong ---")?;
        let report = Report {
            history: &self.judged.history,
            violations: &self.judged.violations,
        };
        write!(f, "{report}")
    }
}

impl Transcript<'_> {
    /// The line at which something is wrong for the first time; the last one if no line is named.
    fn first_wrong(&self) -> usize {
        let lines = self.judged.violations.iter();
        let ends = lines.filter_map(|it| it.lines.iter().max().copied());
        ends.min().unwrap_or(self.judged.history.lines.len())
    }

    /// The rooms in which something is wrong.
    fn rooms(&self) -> BTreeSet<&Name> {
        let lines = self.judged.violations.iter().flat_map(|it| &it.lines);
        let entries = lines.map(|at| &self.judged.history.lines[*at].entry);
        entries.filter_map(room_of).collect()
    }
}

fn room_of(entry: &Entry) -> Option<&Name> {
    match entry {
        Entry::Event(it) => Some(&it.room),
        Entry::Gap(it) => Some(&it.room),
        Entry::Holds(it) => Some(&it.room),
        Entry::Shown(it) => Some(&it.room),
        Entry::Receipt(it) => Some(&it.room),
        Entry::Log(it) => Some(&it.room),
        Entry::Marks(it) => Some(&it.room),
        Entry::Invoke(it) => match &it.what {
            What::Send { room, .. }
            | What::Fetch { room, .. }
            | What::Add { room, .. }
            | What::Remove { room, .. } => Some(room),
            _ => None,
        },
        _ => None,
    }
}
