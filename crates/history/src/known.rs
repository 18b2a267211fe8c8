//! What can be concluded from a history before any rule is applied: whose a connection is, what
//! came of an operation, what the log holds, and who was a member of which part of it.

use std::collections::{BTreeMap, HashMap};

use crate::history::History;
use crate::line::{Connect, Disconnect, Done, Entry, Failed, Invoke, Line, Logged, Marks, Name};

/// An index of a line.
pub type At = usize;

/// See the module.
#[derive(Debug)]
pub struct Known<'h> {
    /// The lines.
    pub lines: &'h [Line],
    /// Connections by their name.
    pub conns: BTreeMap<u64, Conn<'h>>,
    /// The connections of each user, in the order in which they were greeted.
    pub of_user: HashMap<&'h Name, Vec<u64>>,
    /// Operations in the order in which they were invoked.
    pub calls: Vec<Operation<'h>>,
    /// The log in the end, by room and seq.
    pub log: HashMap<&'h Name, BTreeMap<u64, (At, &'h Logged)>>,
    /// Memberships by room and user, in the order of the log.
    pub members: HashMap<&'h Name, HashMap<&'h Name, Vec<Period>>>,
    /// Watermarks in the end.
    pub marks: Vec<(At, &'h Marks)>,
    /// The line from which on all was at rest.
    pub settled: Option<At>,
    by_call: HashMap<u64, usize>,
}

/// A connection.
#[derive(Debug)]
pub struct Conn<'h> {
    /// The line at which it was greeted.
    pub opened: At,
    /// How it began.
    pub hello: &'h Connect,
    /// The line at which it ended, and how.
    pub ended: Option<(At, &'h Disconnect)>,
}

/// An operation.
#[derive(Debug)]
pub struct Operation<'h> {
    /// The line at which it was asked for.
    pub at: At,
    /// What was asked for.
    pub invoke: &'h Invoke,
    /// What came of it; nothing counts as unknown.
    pub outcome: Option<(At, Outcome<'h>)>,
}

/// What came of an operation.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'h> {
    /// It was done.
    Ok(&'h Done),
    /// It was refused.
    Fail(&'h Failed),
    /// Nobody knows.
    Unknown,
}

/// A membership from its beginning to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The event by which it began.
    pub joined: u64,
    /// The event by which it ended.
    pub left: Option<u64>,
    /// The first event that may be seen.
    pub visible_from: u64,
}

impl Period {
    /// Whether the member may see this event.
    #[must_use]
    pub fn may_see(&self, seq: u64) -> bool {
        seq >= self.visible_from && self.left.is_none_or(|left| seq <= left)
    }

    /// Whether this event happened while the membership stood.
    #[must_use]
    pub fn stands_at(&self, seq: u64) -> bool {
        seq >= self.joined && self.left.is_none_or(|left| seq <= left)
    }
}

impl<'h> Known<'h> {
    /// Reads a history once.
    #[must_use]
    pub fn of(history: &'h History) -> Self {
        let mut known = Self {
            lines: &history.lines,
            conns: BTreeMap::new(),
            of_user: HashMap::new(),
            calls: Vec::new(),
            log: HashMap::new(),
            members: HashMap::new(),
            marks: Vec::new(),
            settled: None,
            by_call: HashMap::new(),
        };
        for (at, line) in known.lines.iter().enumerate().skip(history.first_judged()) {
            known.take(at, &line.entry);
        }
        known.follow_members();
        known
    }

    fn take(&mut self, at: At, entry: &'h Entry) {
        match entry {
            Entry::Connect(hello) => {
                let conn = Conn {
                    opened: at,
                    hello,
                    ended: None,
                };
                self.conns.insert(hello.conn, conn);
                self.of_user
                    .entry(&hello.user)
                    .or_default()
                    .push(hello.conn);
            }
            Entry::Disconnect(end) => {
                if let Some(conn) = self.conns.get_mut(&end.conn) {
                    conn.ended.get_or_insert((at, end));
                }
            }
            Entry::Invoke(invoke) => {
                self.by_call.insert(invoke.call, self.calls.len());
                self.calls.push(Operation {
                    at,
                    invoke,
                    outcome: None,
                });
            }
            Entry::Ok(done) => self.end(done.call, at, Outcome::Ok(done)),
            Entry::Fail(failed) => self.end(failed.call, at, Outcome::Fail(failed)),
            Entry::Unknown(call) => self.end(call.call, at, Outcome::Unknown),
            Entry::Log(logged) => {
                let room = self.log.entry(&logged.room).or_default();
                room.entry(logged.seq).or_insert((at, logged));
            }
            Entry::Marks(marks) => self.marks.push((at, marks)),
            Entry::Settled => self.settled = Some(at),
            _ => {}
        }
    }

    fn end(&mut self, call: u64, at: At, outcome: Outcome<'h>) {
        if let Some(index) = self.by_call.get(&call) {
            self.calls[*index].outcome.get_or_insert((at, outcome));
        }
    }

    fn follow_members(&mut self) {
        for (room, events) in &self.log {
            for (seq, (_, event)) in events {
                match (event.kind.as_str(), &event.member) {
                    ("member.joined", Some(member)) => {
                        let members = self.members.entry(room).or_default();
                        let periods = members.entry(member).or_default();
                        if periods.last().is_none_or(|last| last.left.is_some()) {
                            periods.push(Period {
                                joined: *seq,
                                left: None,
                                visible_from: event.visible_from.unwrap_or(*seq),
                            });
                        }
                    }
                    ("member.left", Some(member)) => {
                        let members = self.members.entry(room).or_default();
                        if let Some(periods) = members.get_mut(member) {
                            end_last(periods, *seq);
                        }
                    }
                    ("room.deleted", _) => {
                        let members = self.members.entry(room).or_default();
                        for periods in members.values_mut() {
                            end_last(periods, *seq);
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    /// The time of a line.
    #[must_use]
    pub fn us(&self, at: At) -> u64 {
        self.lines[at].at_us
    }

    /// A user's memberships of a room.
    #[must_use]
    pub fn periods(&self, room: &Name, user: &Name) -> &[Period] {
        let periods = self.members.get(room).and_then(|of| of.get(user));
        periods.map_or(&[], Vec::as_slice)
    }

    /// Whether a user may ever have seen this event.
    #[must_use]
    pub fn may_see(&self, room: &Name, user: &Name, seq: u64) -> bool {
        self.periods(room, user)
            .iter()
            .any(|period| period.may_see(seq))
    }

    /// An event of the log.
    #[must_use]
    pub fn logged(&self, room: &Name, seq: u64) -> Option<(At, &'h Logged)> {
        self.log.get(room)?.get(&seq).copied()
    }

    /// A room's last event.
    #[must_use]
    pub fn head(&self, room: &Name) -> u64 {
        let events = self.log.get(room);
        events
            .and_then(|events| events.last_key_value())
            .map_or(0, |(seq, _)| *seq)
    }

    /// Operations that were done, with the line that says so.
    pub fn done(&self) -> impl Iterator<Item = (&Operation<'h>, At, &'h Done)> {
        self.calls.iter().filter_map(|call| match call.outcome {
            Some((at, Outcome::Ok(done))) => Some((call, at, done)),
            _ => None,
        })
    }
}

fn end_last(periods: &mut [Period], seq: u64) {
    if let Some(last) = periods.last_mut().filter(|last| last.left.is_none()) {
        last.left = Some(seq);
    }
}
