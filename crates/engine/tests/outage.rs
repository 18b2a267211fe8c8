//! A reader whose store fails: its connection is closed once, and the store is left in peace.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its fixtures too"
)]

#[path = "doubles/clock.rs"]
mod clock;
#[path = "doubles/log.rs"]
mod log;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clock::StepClock;
use log::{AskingLog, Doing};
use tidings_domain::name::{DisplayName, RoomName};
use tidings_domain::text::MessageText;
use tidings_domain::user::{Privacy, User, UserOrigin};
use tidings_domain::{
    ClientId, DeviceId, Epoch, MessageBody, RoomId, RoomKind, RoomSettings, SessionId, Timestamp,
    UserId,
};
use tidings_engine::commands::Actor;
use tidings_engine::commands::create_room::{CreateRoom, create_room};
use tidings_engine::commands::send_message::{SendMessage, send};
use tidings_engine::connection::{Connection, Hello};
use tidings_engine::envelope::{Envelope, Notice};
use tidings_engine::memory::Memory;
use tidings_engine::outlet::{Farewell, Offer, Outlet, Reply};
use tidings_engine::ports::{Outage, Refresh};
use tidings_engine::{Engine, EngineOptions};
use tokio::sync::mpsc;

const ANA: UserId = UserId::from_bytes([2; 16]);
const ROOM: RoomId = RoomId::from_bytes([200; 16]);

/// An outlet that has no place for an event and for everything else, and says what it was told.
struct Narrow(mpsc::Sender<&'static str>);

impl Narrow {
    fn say(&self, word: &'static str) {
        self.0.try_send(word).unwrap();
    }
}

impl Outlet for Narrow {
    fn event(&self, _: &Arc<Envelope>) -> Offer {
        Offer::Full
    }
    fn notice(&self, _: &Arc<Notice>) -> Offer {
        Offer::Queued
    }
    fn reply(&self, reply: Reply) -> Offer {
        match reply {
            Reply::Checkpoint { live: true, .. } => self.say("live"),
            Reply::Behind => self.say("behind"),
            _ => {}
        }
        Offer::Queued
    }
    fn has_drained(&self) -> bool {
        true
    }
    fn waiting_bytes(&self) -> usize {
        0
    }
    fn flush(&self) {}
    fn stay_until(&self, _: Timestamp) {}
    fn expire(&self, _: Timestamp) {}
    fn close(&self, _: Farewell) {
        self.say("closed");
    }
}

async fn engine_with(fails: &Arc<AtomicBool>) -> Arc<Engine> {
    let mut store = Memory::new(Epoch(1), [0; 32]).ports();
    let told = fails.clone();
    store.log = Arc::new(AskingLog {
        log: store.log,
        may: move |doing| match doing == Doing::UserRooms && told.load(Ordering::Acquire) {
            true => Err(Outage::new("log", "user_rooms", &"the disk is gone")),
            false => Ok(()),
        },
    });
    let clock = Arc::new(StepClock::default());
    let engine = Engine::start(store, clock, EngineOptions::default())
        .await
        .unwrap();
    let person = User {
        id: ANA,
        origin: UserOrigin::External,
        username: None,
        display_name: DisplayName::parse("Ana").unwrap(),
        avatar_url: None,
        status_text: None,
        privacy: Privacy::default(),
        created_at: Timestamp(0),
        last_seen_at: None,
    };
    let accounts = &engine.store.accounts;
    accounts.provision(person, Refresh::Keep).await.unwrap();
    let request = CreateRoom {
        id: ROOM,
        kind: RoomKind::Group,
        settings: RoomSettings {
            name: Some(RoomName::parse("general").unwrap()),
            ..RoomSettings::default()
        },
        members: vec![ANA],
    };
    create_room(&engine, ana(), request).await.unwrap();
    engine
}

const fn ana() -> Actor {
    Actor {
        user: ANA,
        device: None,
    }
}

async fn say(engine: &Engine) {
    let message = SendMessage {
        room: ROOM,
        client_id: ClientId::from_bytes([7; 16]),
        body: MessageBody {
            text: MessageText::parse("hi").unwrap(),
            reply_to: None,
            mentions: Vec::new(),
            metadata: serde_json::Map::new(),
        },
    };
    send(engine, ana(), message).await.unwrap();
}

#[tokio::test]
async fn a_reader_who_cannot_catch_up_is_closed_once_and_reads_no_more() {
    let fails = Arc::new(AtomicBool::new(false));
    let engine = engine_with(&fails).await;
    let (tell, mut told) = mpsc::channel(64);
    let hello = Hello {
        user: ANA,
        session: SessionId::from_bytes([2; 16]),
        device: DeviceId::from_bytes([2; 16]),
        outlet: Arc::new(Narrow(tell)),
    };
    let connection = Connection::open(&engine, hello).unwrap();
    connection.listen(engine.writer.published());
    assert_eq!(told.recv().await, Some("live"));
    say(&engine).await;
    assert_eq!(told.recv().await, Some("behind"));
    fails.store(true, Ordering::Release);
    connection.drained();
    assert_eq!(told.recv().await, Some("closed"));
    // On the test's one thread, everybody who has anything to do has had many turns by then.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(told.try_recv().is_err(), "it was closed again");
}
