//! The history of a replay, for the checker: who said what and was told so, what watchers were
//! shown, and in the end what the rooms hold.
//!
//! Owns what is noted; leaves what is right to `tidings-history`.

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tidings_domain::event::EventBody;
use tidings_domain::{RoomId, Seq, UserId};
use tidings_history::line::{
    Begin, Connect, Disconnect, Done, Ending, Invoke, Logged, Promises, Shown, VERSION, Verdict,
    What,
};
use tidings_history::report::Report;
use tidings_history::{Entry, History, Line, Name, check};
use tidings_protocol::Event;
use tidings_protocol::socket::command::Send;
use tidings_protocol::socket::frame::{Resume, SentAck};

use super::people::Person;
use super::report::HistoryReport;
use crate::clock::Clock;

/// A history that grows, written into by everybody of a run.
///
/// *Ordering*: a line gets its time under the lock that puts it in its place.
pub(super) struct Recorder {
    clock: Arc<dyn Clock>,
    lines: Mutex<Vec<Line>>,
    numbers: AtomicU64,
}

impl Recorder {
    pub(super) fn begin(clock: Arc<dyn Clock>) -> Self {
        let recorder = Self {
            clock,
            lines: Mutex::default(),
            numbers: AtomicU64::new(0),
        };
        recorder.note(Entry::Begin(Begin {
            history: VERSION,
            by: "tidings replay".to_owned(),
            promises: Promises::default(),
        }));
        recorder
    }

    fn note(&self, entry: Entry) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let at_us = self.clock.monotonic_us();
        lines.push(Line { at_us, entry });
    }

    fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Somebody is about to say a line; the number of the call.
    pub(super) fn asked(&self, person: &Person, send: &Send) -> u64 {
        let call = self.next_number();
        self.note(Entry::Invoke(Invoke {
            call,
            client: Name::from(person.nick.as_str()),
            user: user(person.id()),
            node: None,
            via: None,
            what: What::Send {
                room: room(send.room),
                client_id: Name::from(send.client_id.to_string()),
                hash: hash(&send.text),
            },
        }));
        call
    }

    /// It was committed.
    pub(super) fn answered(&self, call: u64, sent: &SentAck) {
        self.note(Entry::Ok(Done {
            call,
            seq: Some(sent.seq.0),
            duplicate: sent.duplicate,
            head: None,
        }));
    }

    /// What a room holds in the end.
    pub(super) fn log(&self, events: &[Event]) {
        for event in events {
            let (member, visible_from) = match &event.body {
                EventBody::MemberJoined(joined) => (Some(joined.user), Some(joined.visible_from)),
                EventBody::MemberLeft(left) => (Some(left.user), None),
                _ => (None, None),
            };
            self.note(Entry::Log(Logged {
                room: room(event.room),
                seq: event.seq.0,
                kind: Name::from(event.body.kind()),
                hash: hash_of(&event.body),
                sender: user(event.sender),
                client_id: event.client_id.map(|id| Name::from(id.to_string())),
                member: member.map(user),
                visible_from: visible_from.map(|seq: Seq| seq.0),
            }));
        }
    }

    /// All was said and heard.
    pub(super) fn settled(&self) {
        self.note(Entry::Settled);
    }

    /// Holds it against the rules; what came of it.
    pub(super) fn judge(&self) -> (History, HistoryReport) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let history = History {
            lines: std::mem::take(&mut lines),
        };
        drop(lines);
        let violations = check(&history);
        let report = Report {
            history: &history,
            violations: &violations,
        };
        let report = HistoryReport {
            lines: history.lines.len() as u64,
            broken: violations.len() as u64,
            words: report.to_string(),
        };
        (history, report)
    }
}

/// Writes a history down, for whoever wants to judge it again.
pub(super) fn write(history: &History, path: &Path) -> std::io::Result<()> {
    let file = std::fs::File::create(path)?;
    history.write(std::io::BufWriter::new(file))
}

/// What one watcher adds to a history.
pub(super) struct Witness {
    recorder: Arc<Recorder>,
    client: Name,
    user: Name,
    conn: Option<u64>,
}

impl Witness {
    pub(super) fn new(recorder: Arc<Recorder>, person: &Person) -> Self {
        Self {
            recorder,
            client: Name::from(person.nick.as_str()),
            user: user(person.id()),
            conn: None,
        }
    }

    /// A connection was greeted; the one before has ended by then.
    pub(super) fn connected(&mut self, resume: Resume) {
        self.ended(Ending::Broken);
        let conn = self.recorder.next_number();
        self.conn = Some(conn);
        self.recorder.note(Entry::Connect(Connect {
            conn,
            client: self.client.clone(),
            user: self.user.clone(),
            device: None,
            node: None,
            via: None,
            cursor: None,
            verdict: match resume {
                Resume::Fresh => Verdict::Fresh,
                Resume::Resumed => Verdict::Resumed,
                Resume::Reset => Verdict::Reset,
            },
        }));
    }

    /// The watcher is shown an event.
    pub(super) fn shown(&self, event: &Event) {
        self.recorder.note(Entry::Shown(Shown {
            client: self.client.clone(),
            room: room(event.room),
            seq: event.seq.0,
            hash: hash_of(&event.body),
        }));
    }

    fn ended(&mut self, how: Ending) {
        if let Some(conn) = self.conn.take() {
            self.recorder.note(Entry::Disconnect(Disconnect {
                conn,
                how,
                code: None,
            }));
        }
    }
}

/// However a watcher ends, its connection does.
impl Drop for Witness {
    fn drop(&mut self) {
        self.ended(Ending::Clean);
    }
}

fn room(id: RoomId) -> Name {
    Name::from(id.to_string())
}

fn user(id: UserId) -> Name {
    Name::from(id.to_string())
}

fn hash_of(body: &EventBody) -> Option<Name> {
    match body {
        EventBody::MessageSent(message) => Some(hash(message.text.as_str())),
        _ => None,
    }
}

fn hash(text: &str) -> Name {
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(text);
    Name::from(format!("{hash:016x}"))
}
