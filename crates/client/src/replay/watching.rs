//! Members who only listen, and check what they hear against the files.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidings_domain::event::{EventBody, MessageBody};
use tidings_domain::{RoomId, Seq};
use tidings_protocol::{Encoding, Event};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::ReplayError;
use super::history::Witness;
use super::log_file::LogFile;
use super::people::Person;
use super::procedure::Run;
use super::report::WatcherReport;
use crate::chat::{Chat, ChatOptions};
use crate::log_line::number;
use crate::machine::{Tally, Update};

/// When all was said and a watcher hears nothing new for so long, it has heard what it will hear.
const PATIENCE: Duration = Duration::from_secs(60);

/// The rooms in which something new was said, once all is said.
type Said = Option<Arc<Vec<RoomId>>>;

/// Whether a run may have been begun before, so that its first lines are not to be heard any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    /// Every file is said from its first line on.
    Fresh,
    /// Some may go on from where an earlier run was.
    PerhapsLater,
}

type Rooms = Arc<Mutex<HashMap<RoomId, Arc<LogFile>>>>;

/// All watchers of a run.
pub(super) struct Watchers {
    people: Vec<Arc<Person>>,
    rooms: Rooms,
    said: watch::Sender<Said>,
    tasks: Mutex<Vec<JoinHandle<WatcherReport>>>,
}

impl Watchers {
    /// Connects so many watchers.
    pub(super) async fn connect(
        run: &Run,
        count: usize,
        encoding: Encoding,
        beginning: Beginning,
    ) -> Result<Self, ReplayError> {
        let watchers = Self {
            people: Vec::new(),
            rooms: Rooms::default(),
            said: watch::Sender::new(None),
            tasks: Mutex::default(),
        };
        let mut members = Vec::new();
        for number in 1..=count {
            let person = run.people.named(&format!("watcher-{number}")).await?;
            let options = ChatOptions {
                encoding,
                ..ChatOptions::default()
            };
            let (chat, updates) = Chat::open(person.session.clone(), options);
            let witness = run.history.clone();
            let witness = witness.map(|history| Witness::new(history, &person));
            let watcher = Watcher {
                witness,
                judge: Judge::new(watchers.rooms.clone(), beginning),
                updates,
                said: watchers.said.subscribe(),
            };
            watchers.tasks().push(tokio::spawn(watcher.watch(chat)));
            members.push(person);
        }
        Ok(Self {
            people: members,
            ..watchers
        })
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, Vec<JoinHandle<WatcherReport>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets everybody into a room, before anything is said there.
    pub(super) async fn watch(&self, room: RoomId, file: &Arc<LogFile>) -> Result<(), ReplayError> {
        self.rooms
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(room, file.clone());
        for person in &self.people {
            person.join(room).await?;
        }
        Ok(())
    }

    /// Waits until everybody has heard these rooms to the last line, or hears nothing any more.
    pub(super) async fn finish(&self, rooms: Vec<RoomId>) -> Vec<WatcherReport> {
        self.said.send_replace(Some(Arc::new(rooms)));
        let tasks = std::mem::take(&mut *self.tasks());
        let mut reports = Vec::new();
        for task in tasks {
            reports.push(
                task.await
                    .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())),
            );
        }
        reports
    }
}

struct Watcher {
    /// Notes what it is told, where a history is kept.
    witness: Option<Witness>,
    judge: Judge,
    updates: mpsc::Receiver<Update>,
    said: watch::Receiver<Said>,
}

impl Watcher {
    async fn watch(mut self, chat: Chat) -> WatcherReport {
        while let Some(update) = self.next().await {
            self.note(&update);
            self.judge.hear(update);
        }
        let Self {
            witness: _gone,
            judge,
            updates,
            said,
        } = self;
        // Nobody takes updates any more: an open channel would make the connection wait.
        drop(updates);
        let rooms = said.borrow().clone().unwrap_or_default();
        judge.report(&rooms, chat.close().await)
    }

    fn note(&mut self, update: &Update) {
        let Some(witness) = &mut self.witness else {
            return;
        };
        match update {
            Update::Connected(welcome) => witness.connected(welcome.resume),
            Update::Event(event) => witness.shown(event),
            _ => {}
        }
    }

    /// What is heard next; `None` when everything was, or nothing comes any more.
    async fn next(&mut self) -> Option<Update> {
        loop {
            let said = self.said.borrow_and_update().clone();
            if said
                .as_ref()
                .is_some_and(|rooms| self.judge.missing(rooms) == 0)
            {
                // What comes now is one too many: whatever is here already is heard, too.
                return self.updates.try_recv().ok();
            }
            let patience = said.map_or(Duration::MAX, |_| PATIENCE);
            tokio::select! {
                update = self.updates.recv() => return update,
                _ = self.said.changed() => {}
                () = tokio::time::sleep(patience) => return None,
            }
        }
    }
}

/// What one watcher makes of what it hears.
struct Judge {
    rooms: Rooms,
    beginning: Beginning,
    heard: HashMap<RoomId, Heard>,
    report: WatcherReport,
}

/// How far a room was heard.
struct Heard {
    last: Seq,
    /// The line to come, from 0; `None` before the first.
    next_line: Option<usize>,
}

impl Judge {
    fn new(rooms: Rooms, beginning: Beginning) -> Self {
        let report = WatcherReport::default();
        Self {
            rooms,
            beginning,
            heard: HashMap::new(),
            report,
        }
    }

    fn hear(&mut self, update: Update) {
        match update {
            Update::Event(event) => self.hear_event(&event),
            Update::Reset(_) | Update::Gone(_) | Update::Stopped(_) => {
                self.report.interruptions += 1;
            }
            _ => {}
        }
    }

    fn hear_event(&mut self, event: &Event) {
        self.report.events += 1;
        let last = Seq(event.seq.0.saturating_sub(1));
        let heard = self.heard.entry(event.room).or_insert(Heard {
            last,
            next_line: None,
        });
        if event.seq <= heard.last {
            self.report.doubles += 1;
            return;
        }
        self.report.holes += event.seq.0 - heard.last.0 - 1;
        heard.last = event.seq;
        if let EventBody::MessageSent(body) = &event.body {
            self.hear_line(event.room, body);
        }
    }

    fn hear_line(&mut self, room: RoomId, body: &MessageBody) {
        self.report.messages += 1;
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = self
            .heard
            .get_mut(&room)
            .expect("its event was heard just now");
        let said = number(&body.metadata).and_then(|number| usize::try_from(number).ok());
        let said = said.map_or(0, |number| number.saturating_sub(1));
        let first = if self.beginning == Beginning::Fresh {
            0
        } else {
            said
        };
        let due = heard.next_line.unwrap_or(first);
        let file = rooms.get(&room);
        let is_due = file.is_some_and(|file| file.is_line(due, body.text.as_str(), &body.metadata));
        self.report.wrong += u64::from(!is_due);
        heard.next_line = Some(due + 1);
    }

    /// Lines of these rooms that were not heard yet.
    fn missing(&self, rooms: &[RoomId]) -> u64 {
        let files = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = rooms.iter().map(|room| {
            let lines = files.get(room).map_or(0, |file| file.len());
            let heard = self
                .heard
                .get(room)
                .and_then(|heard| heard.next_line)
                .unwrap_or(0);
            lines.saturating_sub(heard) as u64
        });
        missing.sum()
    }

    fn report(self, rooms: &[RoomId], tally: Tally) -> WatcherReport {
        WatcherReport {
            missing: self.missing(rooms),
            connections: tally.connections,
            repeated: tally.repeated,
            jumps: tally.jumps,
            gaps: tally.gaps,
            fetched: tally.fetched,
            ..self.report
        }
    }
}

#[cfg(test)]
mod tests {
    use tidings_domain::text::MessageText;
    use tidings_domain::{Timestamp, UserId};

    use super::*;

    const LOG: &str = "[10:00] <a> one\n[10:01] <b> two\n[10:02] <a> three\n";

    fn room() -> RoomId {
        RoomId::from_bytes([1; 16])
    }

    /// Line `line` of the log (from 0) at `seq`.
    fn event(seq: u64, line: usize) -> Update {
        let spoken = LogFile::new("x".into(), LOG.into()).spoken(line).unwrap();
        Update::Event(Event {
            room: room(),
            seq: Seq(seq),
            sender: UserId::from_bytes([2; 16]),
            device: None,
            client_id: None,
            at_ms: Timestamp(0),
            body: EventBody::MessageSent(MessageBody {
                text: MessageText::parse(spoken.text).unwrap(),
                reply_to: None,
                mentions: Vec::new(),
                metadata: spoken.metadata,
            }),
        })
    }

    fn judged(beginning: Beginning, events: impl IntoIterator<Item = Update>) -> WatcherReport {
        let file = Arc::new(LogFile::new("x".into(), LOG.into()));
        let rooms = Arc::new(Mutex::new(HashMap::from([(room(), file)])));
        let mut judge = Judge::new(rooms, beginning);
        events.into_iter().for_each(|event| judge.hear(event));
        judge.report(
            &[room()],
            Tally {
                connections: 1,
                ..Tally::default()
            },
        )
    }

    fn heard(events: impl IntoIterator<Item = Update>) -> WatcherReport {
        judged(Beginning::Fresh, events)
    }

    #[test]
    fn who_hears_every_line_once_and_in_order_has_nothing_to_say() {
        assert!(heard([event(4, 0), event(5, 1), event(6, 2)]).is_perfect());
    }

    #[test]
    fn every_planted_fault_is_found() {
        let lost = heard([event(4, 0), event(6, 2)]);
        assert_eq!((lost.holes, lost.missing, lost.wrong), (1, 1, 1));
        let doubled = heard([event(4, 0), event(4, 0), event(5, 1), event(6, 2)]);
        assert_eq!((doubled.doubles, doubled.missing), (1, 0));
        let swapped = heard([event(4, 1), event(5, 0), event(6, 2)]);
        assert_eq!(swapped.wrong, 2);
        let said_twice = heard([event(4, 0), event(5, 1), event(6, 2), event(7, 2)]);
        assert_eq!(said_twice.wrong, 1);
        let interrupted = heard([event(4, 0), event(5, 1), event(6, 2), Update::Stopped(None)]);
        assert_eq!(interrupted.interruptions, 1);
        let begun_later = heard([event(5, 1), event(6, 2)]);
        assert_eq!(begun_later.wrong, 2);
        for report in [begun_later, lost, doubled, swapped, said_twice, interrupted] {
            assert!(!report.is_perfect(), "{report:?}");
        }
    }

    #[test]
    fn who_hears_a_run_that_goes_on_begins_where_it_goes_on() {
        let heard = |events: [Update; 1]| judged(Beginning::PerhapsLater, events);
        assert!(heard([event(6, 2)]).is_perfect());
        assert_eq!(heard([event(5, 1)]).missing, 1);
    }
}
