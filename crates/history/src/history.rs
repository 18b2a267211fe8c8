//! A history as a whole: read from JSON lines, written to them, and cut to what is judged.

use std::io::{self, BufRead, Write};

use crate::line::{Begin, Entry, Line, Promises, VERSION};

/// Lines in the order in which they were observed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// The lines.
    pub lines: Vec<Line>,
}

/// A file that is no history.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file cannot be read.
    #[error("the history cannot be read: {0}")]
    Io(#[from] io::Error),
    /// A line is none of the format's.
    #[error("line {line} is not part of a history: {why}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        why: serde_json::Error,
    },
    /// It begins with something else.
    #[error("a history begins with a line {{\"op\":\"begin\",\"history\":{VERSION}}}")]
    NoBegin,
    /// It is of another version.
    #[error("this is version {0} of the format; version {VERSION} is understood")]
    Version(u32),
    /// Time runs backwards.
    #[error("line {0} is earlier than the one before: sort the lines by at_us")]
    Unsorted(usize),
}

impl History {
    /// Reads JSON lines; empty lines are passed over.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(input: impl BufRead) -> Result<Self, Unreadable> {
        let mut lines: Vec<Line> = Vec::new();
        for (index, text) in input.lines().enumerate() {
            let text = text?;
            if text.trim().is_empty() {
                continue;
            }
            let number = index + 1;
            let line: Line = serde_json::from_str(&text)
                .map_err(|why| Unreadable::Line { line: number, why })?;
            if lines.last().is_some_and(|last| last.at_us > line.at_us) {
                return Err(Unreadable::Unsorted(number));
            }
            lines.push(line);
        }
        let history = Self { lines };
        history.begin().map(drop)?;
        Ok(history)
    }

    /// Writes JSON lines.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&self, mut output: impl Write) -> io::Result<()> {
        for line in &self.lines {
            serde_json::to_writer(&mut output, line)?;
            output.write_all(b"\n")?;
        }
        output.flush()
    }

    /// The times that are promised.
    #[must_use]
    pub fn promises(&self) -> Promises {
        self.begin().map(|begin| begin.promises).unwrap_or_default()
    }

    /// The index of the first line that is judged: a log that was restored from a backup begins a
    /// new life, and what was said in an earlier one is no longer promised.
    #[must_use]
    pub fn first_judged(&self) -> usize {
        let new_life =
            |line: &Line| matches!(&line.entry, Entry::Restart(node) if node.epoch.is_some());
        let last = self.lines.iter().rposition(new_life);
        last.map_or(0, |index| index + 1)
    }

    fn begin(&self) -> Result<&Begin, Unreadable> {
        match self.lines.first().map(|line| &line.entry) {
            Some(Entry::Begin(begin)) if begin.history == VERSION => Ok(begin),
            Some(Entry::Begin(begin)) => Err(Unreadable::Version(begin.history)),
            _ => Err(Unreadable::NoBegin),
        }
    }
}
