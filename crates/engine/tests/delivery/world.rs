//! People in one room over the store in memory, and ears that write down what they hear.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::clock::StepClock;
use parking_lot::Mutex;
use tidings_domain::Epoch;
use tidings_domain::name::DisplayName;
use tidings_domain::text::MessageText;
use tidings_domain::user::{Privacy, User, UserOrigin};
use tidings_domain::{
    ClientId, Cursor, DeviceId, EventBody, MessageBody, RoomId, RoomKind, RoomSettings, SessionId,
    Timestamp, UserId,
};
use tidings_engine::commands::Actor;
use tidings_engine::commands::create_room::{CreateRoom, create_room};
use tidings_engine::commands::send_message::{SendMessage, Sent, send};
use tidings_engine::connection::{Connection, Hello, Verdict};
use tidings_engine::envelope::{Envelope, Notice, NoticeContent};
use tidings_engine::limiter::Rate;
use tidings_engine::memory::Memory;
use tidings_engine::outlet::{Farewell, Offer, Outlet, Reply};
use tidings_engine::ports::Refresh;
use tidings_engine::refusal::Failure;
use tidings_engine::{Engine, EngineOptions};
use tokio::sync::Notify;

/// An outlet that writes down what it hears and wakes who waits for it.
pub(crate) struct Ear {
    heard: Mutex<Vec<String>>,
    changed: Notify,
    pub(crate) places: AtomicUsize,
    pub(crate) cursor: Mutex<Option<Cursor>>,
}

impl Ear {
    pub(crate) fn with_places(places: usize) -> Arc<Self> {
        Arc::new(Self {
            heard: Mutex::default(),
            changed: Notify::new(),
            places: AtomicUsize::new(places),
            cursor: Mutex::default(),
        })
    }

    pub(crate) fn open() -> Arc<Self> {
        Self::with_places(1_000_000)
    }

    fn note(&self, line: String) {
        self.heard.lock().push(line);
        self.changed.notify_waiters();
    }

    fn take(&self, line: String) -> Offer {
        let taken = self
            .places
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| n.checked_sub(1));
        if taken.is_err() {
            self.note("(full)".to_owned());
            return Offer::Full;
        }
        self.note(line);
        Offer::Queued
    }

    /// Waits until it has heard `last`, and tells all that it heard since the last time.
    pub(crate) async fn until(&self, last: &str) -> String {
        loop {
            let changed = self.changed.notified();
            {
                let mut heard = self.heard.lock();
                if heard.iter().any(|line| line == last) {
                    return std::mem::take(&mut *heard).join(" ");
                }
            }
            tokio::time::timeout(std::time::Duration::from_secs(10), changed)
                .await
                .unwrap_or_else(|_| panic!("never heard {last}: {:?}", self.heard.lock()));
        }
    }
}

impl Outlet for Ear {
    fn event(&self, envelope: &Arc<Envelope>) -> Offer {
        let event = &envelope.event;
        self.take(match &event.body {
            EventBody::MessageSent(body) => format!("#{}:{}", event.seq, body.text.as_str()),
            body => format!("#{}:{}", event.seq, body.kind()),
        })
    }
    fn notice(&self, notice: &Arc<Notice>) -> Offer {
        let NoticeContent::Receipts { receipts, .. } = &notice.content else {
            return Offer::Queued;
        };
        let marks = receipts[0].marks;
        self.take(format!("receipt:{}/{}", marks.delivered, marks.read))
    }
    fn reply(&self, reply: Reply) -> Offer {
        match reply {
            Reply::Checkpoint { cursor, live } => {
                *self.cursor.lock() = Some(cursor);
                if live {
                    self.note("live".to_owned());
                }
            }
            Reply::Behind => self.note("behind".to_owned()),
            Reply::Gap { from, to, .. } => self.note(format!("gap:{from}-{to}")),
            Reply::OwnReceipt { unread, .. } => self.note(format!("unread:{}", unread.messages)),
            _ => {}
        }
        Offer::Queued
    }
    fn waiting_bytes(&self) -> usize {
        usize::from(!self.has_drained())
    }
    fn has_drained(&self) -> bool {
        self.places.load(Ordering::Acquire) > 0
    }
    fn flush(&self) {}
    fn stay_until(&self, _: Timestamp) {}
    fn expire(&self, _: Timestamp) {}
    fn close(&self, farewell: Farewell) {
        self.note(format!("closed:{farewell:?}"));
    }
}

/// An engine, and people in one room.
pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) room: RoomId,
    sends: AtomicU64,
}

pub(crate) fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

pub(crate) fn actor(n: u8) -> Actor {
    Actor {
        user: user(n),
        device: None,
    }
}

impl World {
    /// Users 1 to `people`, all members of a room that 1 has made.
    pub(crate) async fn with(people: u8) -> Self {
        let store = Memory::new(Epoch(1), [0; 32]).ports();
        let options = EngineOptions {
            shards: 2,
            sends: Rate {
                burst: 100_000,
                per_second: 1e6,
            },
            ..EngineOptions::default()
        };
        let engine = Engine::start(store, Arc::new(StepClock::default()), options)
            .await
            .unwrap();
        let mut members = Vec::new();
        for n in 1..=people {
            let person = User {
                id: user(n),
                origin: UserOrigin::External,
                username: None,
                display_name: DisplayName::parse(&format!("Person {n}")).unwrap(),
                avatar_url: None,
                status_text: None,
                privacy: Privacy::default(),
                created_at: Timestamp(0),
                last_seen_at: None,
            };
            engine
                .store
                .accounts
                .provision(person, Refresh::Keep)
                .await
                .unwrap();
            members.push(user(n));
        }
        let room = RoomId::from_bytes([200; 16]);
        let settings = RoomSettings {
            name: Some(tidings_domain::name::RoomName::parse("general").unwrap()),
            ..RoomSettings::default()
        };
        let request = CreateRoom {
            id: room,
            kind: RoomKind::Group,
            settings,
            members,
        };
        create_room(&engine, actor(1), request).await.unwrap();
        Self {
            engine,
            room,
            sends: AtomicU64::new(0),
        }
    }

    pub(crate) async fn say(&self, n: u8, text: &str) -> Sent {
        let number = self.sends.fetch_add(1, Ordering::Relaxed) + 1;
        self.say_as(n, number, text).await.unwrap()
    }

    pub(crate) async fn say_as(&self, n: u8, client_id: u64, text: &str) -> Result<Sent, Failure> {
        let client_id = ClientId::from_bytes(u128::from(client_id).to_be_bytes());
        let body = MessageBody {
            text: MessageText::parse(text).unwrap(),
            reply_to: None,
            mentions: Vec::new(),
            metadata: serde_json::Map::new(),
        };
        send(
            &self.engine,
            actor(n),
            SendMessage {
                room: self.room,
                client_id,
                body,
            },
        )
        .await
    }

    /// Connects user `n` with a cursor; hears from then on.
    pub(crate) async fn connect(
        &self,
        n: u8,
        ear: &Arc<Ear>,
        cursor: Option<String>,
    ) -> Arc<Connection> {
        let judged = Connection::judge(&self.engine, cursor.as_deref())
            .await
            .unwrap();
        let from = match judged {
            (Verdict::Resumed(position), _) => position,
            (_, now) => now.position,
        };
        let hello = Hello {
            user: user(n),
            session: SessionId::from_bytes([n; 16]),
            device: DeviceId::from_bytes([n; 16]),
            outlet: ear.clone(),
        };
        let connection = Connection::open(&self.engine, hello).unwrap();
        connection.listen(from);
        connection
    }
}
