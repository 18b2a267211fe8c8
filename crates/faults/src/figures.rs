//! What a history says in numbers.

use std::collections::{BTreeSet, HashMap};

use tidings_history::known::Known;
use tidings_history::line::What;
use tidings_history::{Entry, History, Line, Name, Violation};

/// What came of a run's operations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figures {
    pub(crate) sends: usize,
    pub(crate) acknowledged: usize,
    /// Of those, the ones that an earlier try had done.
    pub(crate) duplicates: usize,
    pub(crate) refused: usize,
    pub(crate) deliveries: usize,
    /// Acknowledged, and not where the ack said.
    pub(crate) lost: usize,
    /// Broken rules of doubles.
    pub(crate) doubled: usize,
    /// Broken rules of order.
    pub(crate) reordered: usize,
    /// The longest time between two acks.
    pub(crate) silence_ms: u64,
}

impl Figures {
    pub(crate) fn of(history: &History, violations: &[Violation]) -> Self {
        let known = Known::of(history);
        let lines = &history.lines[history.first_judged()..];
        let mut figures = Self::counted(lines);
        figures.lost = lost(&known);
        figures.doubled = broken(violations, &["3 "]);
        figures.reordered = broken(violations, &["1 ", "6 "]);
        figures.silence_ms = silence_us(&history.lines) / 1_000;
        figures
    }

    /// What can be counted without a judgement. An ack counts with its send: neither, where that was made
    /// before these lines.
    pub(crate) fn counted(lines: &[Line]) -> Self {
        let mut figures = Self::default();
        let mut sends = BTreeSet::new();
        for line in lines {
            match &line.entry {
                Entry::Invoke(invoke) if matches!(invoke.what, What::Send { .. }) => {
                    figures.sends += 1;
                    sends.insert(invoke.call);
                }
                Entry::Ok(done) if done.seq.is_some() && sends.contains(&done.call) => {
                    figures.acknowledged += 1;
                    figures.duplicates += usize::from(done.duplicate);
                }
                Entry::Fail(_) => figures.refused += 1,
                Entry::Event(_) => figures.deliveries += 1,
                _ => {}
            }
        }
        figures
    }
}

fn broken(violations: &[Violation], numbers: &[&str]) -> usize {
    let of_these = |violation: &&Violation| {
        numbers
            .iter()
            .any(|number| violation.rule.starts_with(number))
    };
    violations.iter().filter(of_these).count()
}

/// Sends that were acknowledged and do not stand where the ack said.
fn lost(known: &Known<'_>) -> usize {
    let is_lost = |room: &Name, seq: u64, id: &Name| {
        known
            .logged(room, seq)
            .is_none_or(|(_, logged)| logged.client_id.as_ref() != Some(id))
    };
    let of_sends = known.done().filter(|(call, _, done)| {
        let What::Send {
            room, client_id, ..
        } = &call.invoke.what
        else {
            return false;
        };
        done.seq.is_some_and(|seq| is_lost(room, seq, client_id))
    });
    of_sends.count()
}

/// The longest time between two acks of sends.
fn silence_us(lines: &[Line]) -> u64 {
    let acks = lines
        .iter()
        .filter(|line| matches!(&line.entry, Entry::Ok(done) if done.seq.is_some()));
    let times: Vec<u64> = acks.map(|line| line.at_us).collect();
    let pauses = times.windows(2).map(|pair| pair[1] - pair[0]);
    pauses.max().unwrap_or(0)
}

/// How long each client took from a crash until it was live again, in microseconds, ascending.
pub(crate) fn resumes_us(lines: &[Line]) -> Vec<u64> {
    let mut clients: HashMap<u64, &Name> = HashMap::new();
    let mut away: HashMap<&Name, u64> = HashMap::new();
    let mut took = Vec::new();
    for line in lines {
        match &line.entry {
            Entry::Connect(hello) => drop(clients.insert(hello.conn, &hello.client)),
            Entry::Crash(_) => {
                for client in clients.values() {
                    away.entry(client).or_insert(line.at_us);
                }
            }
            Entry::Checkpoint(place) if place.live => {
                let since_us = clients.get(&place.conn).and_then(|it| away.remove(it));
                took.extend(since_us.map(|since_us| line.at_us - since_us));
            }
            _ => {}
        }
    }
    took.sort_unstable();
    took
}

/// How long acks took of what was asked for between two times, in microseconds, ascending.
pub(crate) fn acks_us(lines: &[Line], from_us: u64, to_us: u64) -> Vec<u64> {
    acks_of_us(lines, from_us, to_us, |_| true)
}

/// The same of some clients only.
pub(crate) fn acks_of_us(
    lines: &[Line],
    from_us: u64,
    to_us: u64,
    is_one: impl Fn(&Name) -> bool,
) -> Vec<u64> {
    let mut asked: HashMap<u64, u64> = HashMap::new();
    let mut took = Vec::new();
    for line in lines {
        match &line.entry {
            Entry::Invoke(invoke)
                if matches!(invoke.what, What::Send { .. })
                    && (from_us..to_us).contains(&line.at_us)
                    && is_one(&invoke.client) =>
            {
                asked.insert(invoke.call, line.at_us);
            }
            Entry::Ok(done) => {
                let since_us = asked.remove(&done.call);
                took.extend(since_us.map(|since_us| line.at_us - since_us));
            }
            _ => {}
        }
    }
    took.sort_unstable();
    took
}

/// The value below which so many of a hundred lie; 0 of nothing.
pub(crate) fn percentile(ascending: &[u64], percent: usize) -> u64 {
    let index = (ascending.len() * percent).div_ceil(100).max(1) - 1;
    ascending.get(index).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 99), 99);
        assert_eq!(percentile(&hundred, 50), 50);
        assert_eq!(percentile(&[7], 99), 7);
        assert_eq!(percentile(&[], 99), 0);
    }

    fn history(text: &str) -> History {
        History::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_was_acknowledged_and_is_not_in_the_log_is_counted_as_lost() {
        let history = history(
            r#"{"at_us":0,"op":"begin","history":1}
{"at_us":1,"op":"invoke","call":1,"client":"a","user":"a","what":"send","room":"r","client_id":"m1","hash":"x"}
{"at_us":2,"op":"invoke","call":2,"client":"a","user":"a","what":"send","room":"r","client_id":"m2","hash":"y"}
{"at_us":3,"op":"ok","call":1,"seq":2}
{"at_us":9,"op":"ok","call":2,"seq":3}
{"at_us":10,"op":"settled"}
{"at_us":10,"op":"log","room":"r","seq":1,"kind":"member.joined","sender":"a","member":"a"}
{"at_us":10,"op":"log","room":"r","seq":2,"kind":"message.sent","sender":"a","client_id":"m1","hash":"x"}"#,
        );
        let figures = Figures::of(&history, &tidings_history::check(&history));
        assert_eq!((figures.sends, figures.acknowledged), (2, 2));
        assert_eq!(
            (figures.lost, figures.doubled, figures.reordered),
            (1, 0, 0)
        );
        assert_eq!(acks_us(&history.lines, 0, 2), [2]);
    }

    #[test]
    fn a_resume_counts_from_the_crash_to_the_live_checkpoint() {
        let history = history(
            r#"{"at_us":0,"op":"begin","history":1}
{"at_us":1,"op":"connect","conn":1,"client":"a","user":"a","verdict":"fresh"}
{"at_us":100,"op":"crash","node":"server"}
{"at_us":150,"op":"connect","conn":2,"client":"a","user":"a","verdict":"resumed"}
{"at_us":160,"op":"checkpoint","conn":2,"cursor":"c","live":true}"#,
        );
        assert_eq!(resumes_us(&history.lines), [60]);
    }
}
