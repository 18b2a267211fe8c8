//! What a replay has found.

use std::fmt;

use serde::Serialize;

/// What a replay has found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ReplayReport {
    /// Lines that were said.
    pub lines: u64,
    /// Rooms, which is files.
    pub rooms: u64,
    /// People, watchers among them.
    pub people: u64,
    /// From the first room to the last line.
    pub duration_ms: u64,
    /// Lines a second over all of it.
    pub sends_per_s: f64,
    /// From a send to its answer.
    pub ack: Latency,
    /// Answers that said that the message was there already: repetitions after a cut.
    pub duplicates: u64,
    /// What each watcher has to say.
    pub watchers: Vec<WatcherReport>,
    /// What each file looks like, rebuilt.
    pub files: Vec<FileReport>,
    /// What the rules say of the history, if one was kept.
    pub history: Option<HistoryReport>,
}

/// What the rules of `docs/history.md` say of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct HistoryReport {
    /// Lines of the history.
    pub lines: u64,
    /// Rules that were found broken.
    pub broken: u64,
    /// The same in words, with the lines that show it.
    pub words: String,
}

/// Times, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half are no longer.
    pub p50_ms: f64,
    /// Of a hundred, one is longer.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

/// What one watcher has heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct WatcherReport {
    /// Events of all kinds.
    pub events: u64,
    /// Messages among them.
    pub messages: u64,
    /// Messages that were never heard.
    pub missing: u64,
    /// Messages that were not the next line of their file.
    pub wrong: u64,
    /// Seqs that were left out.
    pub holes: u64,
    /// Events that came a second time.
    pub doubles: u64,
    /// Times at which the place in the stream was lost.
    pub interruptions: u64,
    /// Events that the server repeated on one connection.
    pub repeated: u64,
    /// Seqs that jumped on the wire without a word.
    pub jumps: u64,
    /// Gaps that the server stated; what they left out was fetched.
    pub gaps: u64,
    /// Events that were fetched.
    pub fetched: u64,
    /// Connections that it took.
    pub connections: u64,
}

impl WatcherReport {
    /// Whether everything was heard once and in order.
    #[must_use]
    pub const fn is_perfect(&self) -> bool {
        let faults = self.missing + self.wrong + self.holes + self.doubles;
        faults + self.interruptions + self.repeated + self.jumps == 0
    }
}

/// What a file looks like, rebuilt from history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Which.
    pub file: String,
    /// The lines that it has.
    pub lines: u64,
    /// Messages that are not the line that they should be.
    pub differing: u64,
    /// Lines for which there is no message.
    pub missing: u64,
    /// Pages of history that left something out between them.
    pub torn_pages: u64,
    /// The first few differences.
    pub mismatches: Vec<Mismatch>,
}

impl FileReport {
    /// Whether history is the file, line for line.
    #[must_use]
    pub const fn is_equal(&self) -> bool {
        self.differing + self.missing + self.torn_pages == 0
    }
}

/// A message that is not the line that it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The line's number, from 1.
    pub line: u64,
    /// The message's seq.
    pub seq: u64,
    /// The line, escaped; none when the file has ended.
    pub expected: Option<String>,
    /// What was rebuilt, escaped; none when the message was made of no line.
    pub found: Option<String>,
}

impl Latency {
    /// Of times in microseconds, in any order.
    pub(super) fn of(mut times_us: Vec<u64>) -> Self {
        times_us.sort_unstable();
        let at = |percent: usize| {
            let index = (times_us.len() * percent).div_ceil(100).saturating_sub(1);
            #[expect(clippy::cast_precision_loss, reason = "microseconds of hours at most")]
            let ms = times_us.get(index).map_or(0.0, |us| *us as f64 / 1_000.0);
            ms
        };
        Self {
            p50_ms: at(50),
            p99_ms: at(99),
            max_ms: at(100),
        }
    }
}

impl ReplayReport {
    /// Whether nothing was lost, doubled, turned round or changed.
    #[must_use]
    pub fn is_perfect(&self) -> bool {
        self.watchers.iter().all(WatcherReport::is_perfect)
            && self.files.iter().all(FileReport::is_equal)
            && self.history.as_ref().is_none_or(|it| it.broken == 0)
    }
}

impl fmt::Display for ReplayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.duration_ms as f64 / 1_000.0;
        writeln!(
            f,
            "{} lines of {} people in {} rooms in {seconds:.1} s: {:.0} a second",
            self.lines, self.people, self.rooms, self.sends_per_s
        )?;
        writeln!(
            f,
            "answered after {:.1} ms (p50), {:.1} ms (p99), {:.1} ms (longest); {} repeated",
            self.ack.p50_ms, self.ack.p99_ms, self.ack.max_ms, self.duplicates
        )?;
        for (number, watcher) in self.watchers.iter().enumerate() {
            write_watcher(f, number + 1, watcher)?;
        }
        self.write_files(f)?;
        match &self.history {
            Some(history) => writeln!(f, "the history: {}", history.words.trim_end()),
            None => Ok(()),
        }
    }
}

fn write_watcher(
    f: &mut fmt::Formatter<'_>,
    number: usize,
    watcher: &WatcherReport,
) -> fmt::Result {
    if watcher.is_perfect() {
        return writeln!(
            f,
            "watcher {number} heard all {} messages once and in order ({} connections, {} gaps, {} fetched)",
            watcher.messages, watcher.connections, watcher.gaps, watcher.fetched
        );
    }
    writeln!(f, "watcher {number} HEARD WRONG: {watcher:?}")
}

impl ReplayReport {
    fn write_files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let equal = self.files.iter().filter(|file| file.is_equal()).count();
        writeln!(
            f,
            "history equals the input line for line in {equal} of {} files",
            self.files.len()
        )?;
        for file in self.files.iter().filter(|file| !file.is_equal()) {
            writeln!(
                f,
                "{} DIFFERS: {} lines differ, {} are missing, {} torn pages",
                file.file, file.differing, file.missing, file.torn_pages
            )?;
            for mismatch in &file.mismatches {
                writeln!(
                    f,
                    "  line {}, seq {}: expected {:?}, found {:?}",
                    mismatch.line, mismatch.seq, mismatch.expected, mismatch.found
                )?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        let latency = Latency::of((1..=200).rev().map(|ms| ms * 1_000).collect());
        assert_eq!(
            (latency.p50_ms, latency.p99_ms, latency.max_ms),
            (100.0, 198.0, 200.0)
        );
        assert_eq!(Latency::of(Vec::new()), Latency::default());
        assert_eq!(Latency::of(vec![7_000]).p50_ms, 7.0);
    }

    #[test]
    fn a_difference_is_told_with_its_line() {
        let mismatch = Mismatch {
            line: 3,
            seq: 9,
            expected: Some("a".into()),
            found: None,
        };
        let file = FileReport {
            file: "day.txt".into(),
            differing: 1,
            mismatches: vec![mismatch],
            ..FileReport::default()
        };
        let report = ReplayReport {
            files: vec![file],
            ..ReplayReport::default()
        };
        assert!(!report.is_perfect());
        let told = report.to_string();
        assert!(
            told.contains("day.txt DIFFERS") && told.contains("line 3, seq 9"),
            "{told}"
        );
    }
}
