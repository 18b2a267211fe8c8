//! Slow mode over a store that fails when it is told to: who said nothing need not wait.

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
use std::time::Duration;

use clock::StepClock;
use log::{AskingLog, Doing};
use tidings_domain::name::{DisplayName, RoomName};
use tidings_domain::text::MessageText;
use tidings_domain::user::{Privacy, User, UserOrigin};
use tidings_domain::{
    ClientId, CommandId, Epoch, MessageBody, RoomId, RoomKind, RoomSettings, Timestamp, UserId,
};
use tidings_engine::commands::Actor;
use tidings_engine::commands::create_room::{CreateRoom, create_room};
use tidings_engine::commands::send_message::{AnswerTo, SendMessage, load, send, send_now};
use tidings_engine::envelope::{Envelope, Notice};
use tidings_engine::memory::Memory;
use tidings_engine::outlet::{Farewell, Offer, Outlet, Reply};
use tidings_engine::ports::{Outage, Refresh};
use tidings_engine::refusal::{Failure, Refusal};
use tidings_engine::{Engine, EngineOptions};
use tokio::sync::mpsc;

const STAFF: UserId = UserId::from_bytes([1; 16]);
const ANA: UserId = UserId::from_bytes([2; 16]);
const ROOM: RoomId = RoomId::from_bytes([200; 16]);
/// Longest wait for what comes at once on a machine that is not overloaded.
const PATIENCE: Duration = Duration::from_secs(10);

/// An outlet that hands on what is replied.
struct Ear(mpsc::Sender<Reply>);

impl Outlet for Ear {
    fn event(&self, _: &Arc<Envelope>) -> Offer {
        Offer::Queued
    }
    fn notice(&self, _: &Arc<Notice>) -> Offer {
        Offer::Queued
    }
    fn reply(&self, reply: Reply) -> Offer {
        self.0.try_send(reply).unwrap();
        Offer::Queued
    }
    fn waiting_bytes(&self) -> usize {
        0
    }
    fn has_drained(&self) -> bool {
        true
    }
    fn flush(&self) {}
    fn stay_until(&self, _: Timestamp) {}
    fn expire(&self, _: Timestamp) {}
    fn close(&self, _: Farewell) {}
}

/// A room in which Ana may speak once in an hour.
async fn slow_room() -> (Arc<Engine>, Arc<AtomicBool>) {
    let mut store = Memory::new(Epoch(1), [0; 32]).ports();
    let fails = Arc::new(AtomicBool::new(false));
    let told = fails.clone();
    store.log = Arc::new(AskingLog {
        log: store.log,
        may: move |doing| match doing == Doing::Commit && told.load(Ordering::Acquire) {
            true => Err(Outage::new("log", "commit", &"the disk is full")),
            false => Ok(()),
        },
    });
    let clock = Arc::new(StepClock::default());
    let engine = Engine::start(store, clock, EngineOptions::default())
        .await
        .unwrap();
    for id in [STAFF, ANA] {
        let accounts = &engine.store.accounts;
        accounts.provision(person(id), Refresh::Keep).await.unwrap();
    }
    let settings = RoomSettings {
        name: Some(RoomName::parse("general").unwrap()),
        slow_mode_s: 3_600,
        ..RoomSettings::default()
    };
    let request = CreateRoom {
        id: ROOM,
        kind: RoomKind::Group,
        settings,
        members: vec![ANA],
    };
    create_room(&engine, actor(STAFF), request).await.unwrap();
    (engine, fails)
}

fn person(id: UserId) -> User {
    User {
        id,
        origin: UserOrigin::External,
        username: None,
        display_name: DisplayName::parse("Somebody").unwrap(),
        avatar_url: None,
        status_text: None,
        privacy: Privacy::default(),
        created_at: Timestamp(0),
        last_seen_at: None,
    }
}

fn actor(user: UserId) -> Actor {
    Actor { user, device: None }
}

fn message(client_id: u8) -> SendMessage {
    SendMessage {
        room: ROOM,
        client_id: ClientId::from_bytes([client_id; 16]),
        body: MessageBody {
            text: MessageText::parse("hi").unwrap(),
            reply_to: None,
            mentions: Vec::new(),
            metadata: serde_json::Map::new(),
        },
    }
}

/// Sends as a connection does; its answer.
async fn by_socket(engine: &Engine, client_id: u8) -> Result<Reply, Refusal> {
    let (ear, mut replies) = mpsc::channel(4);
    load(engine, actor(ANA), ROOM).await.unwrap();
    let answer = AnswerTo {
        outlet: Arc::new(Ear(ear)),
        command: CommandId(1),
    };
    let parked = send_now(engine, actor(ANA), message(client_id), answer)?;
    assert!(parked.is_none(), "the room is in memory");
    let reply = tokio::time::timeout(PATIENCE, replies.recv());
    Ok(reply.await.expect("an answer in time").unwrap())
}

fn is_slow<T>(result: &Result<T, Refusal>) -> bool {
    matches!(result, Err(Refusal::SlowMode { .. }))
}

#[tokio::test]
async fn a_request_whose_commit_fails_takes_no_turn() {
    let (engine, fails) = slow_room().await;
    fails.store(true, Ordering::Release);
    let failed = send(&engine, actor(ANA), message(1)).await;
    assert!(matches!(failed, Err(Failure::Outage(_))), "{failed:?}");
    fails.store(false, Ordering::Release);
    let sent = send(&engine, actor(ANA), message(1)).await.unwrap();
    assert!(!sent.duplicate);
    let next = send(&engine, actor(ANA), message(2)).await;
    let slow = matches!(next, Err(Failure::Refused(Refusal::SlowMode { .. })));
    assert!(slow, "what was said took the turn: {next:?}");
}

#[tokio::test]
async fn a_command_whose_commit_fails_takes_no_turn() {
    let (engine, fails) = slow_room().await;
    fails.store(true, Ordering::Release);
    let failed = by_socket(&engine, 1).await.unwrap();
    assert!(matches!(failed, Reply::Failed { .. }), "{failed:?}");
    fails.store(false, Ordering::Release);
    let sent = by_socket(&engine, 1).await.unwrap();
    assert!(matches!(sent, Reply::Sent { .. }), "{sent:?}");
    assert!(is_slow(&by_socket(&engine, 2).await));
}
