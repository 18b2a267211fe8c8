//! One life of the server: from its start on a mounted disk until it is killed, when everything
//! that it had in memory is gone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tidings_domain::name::{DisplayName, RoomName};
use tidings_domain::user::{Privacy, User, UserOrigin};
use tidings_domain::{RoomKind, RoomSettings, Timestamp, UserId};
use tidings_engine::commands::Actor;
use tidings_engine::commands::create_room::{CreateRoom, create_room};
use tidings_engine::engine::Engine;
use tidings_engine::memory::Memory;
use tidings_engine::ports::{Accounts as _, Refresh};
use tidings_engine::{EngineOptions, PresenceDesk};
use tidings_protocol::error::ErrorCode;

use super::outlet::{Attention, LinkId};
use super::requests::Answered;
use super::session::Awaited;
use crate::clock::SimClock;
use crate::disk::{Disk, Mounted};
use crate::ids;
use crate::plan::Plan;

/// A start that fails is tried again after so long.
const START_AGAIN_MS: u64 = 100;

/// What every session needs of the server.
#[derive(Clone)]
pub struct Host {
    /// The engine.
    pub engine: Arc<Engine>,
    /// Where results are put.
    pub completed: Arc<Completions>,
    /// Clients whose sessions have ended.
    pub revoked: Arc<Mutex<BTreeSet<usize>>>,
}

/// The server while it lives.
pub struct Server {
    /// What sessions need.
    pub host: Host,
    /// Its time.
    pub clock: Arc<SimClock>,
    /// Its store.
    pub mounted: Mounted,
}

/// Something that took time and is done.
pub enum Completed {
    /// What a session looked up.
    Session(LinkId, Awaited),
    /// A request.
    Request(Answered),
}

/// What is done and not yet seen by the world.
pub struct Completions {
    attention: Arc<Attention>,
    done: Mutex<Vec<Completed>>,
}

impl Completions {
    /// Nothing yet.
    #[must_use]
    pub fn new(attention: Arc<Attention>) -> Self {
        Self {
            attention,
            done: Mutex::default(),
        }
    }

    /// Puts something down and rings.
    pub fn put(&self, completed: Completed) {
        self.done.lock().push(completed);
        self.attention.bell.notify_one();
    }

    /// Takes all, in the order in which it was done.
    pub fn take(&self) -> Vec<Completed> {
        std::mem::take(&mut self.done.lock())
    }
}

/// An access token: whose, and until when by the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Whose session.
    pub client: usize,
    /// Whose account.
    pub user: UserId,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Token {
    /// As text.
    #[must_use]
    pub fn text(self) -> String {
        let user = ids::user_number(self.user);
        format!("{}:{user}:{}", self.client, self.expires_at.millis())
    }

    /// From its text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let client = parts.next()?.parse().ok()?;
        let user = ids::user(parts.next()?.parse().ok()?);
        let expires_at = Timestamp(parts.next()?.parse().ok()?);
        Some(Self {
            client,
            user,
            expires_at,
        })
    }
}

impl Host {
    /// Whether a token still counts.
    ///
    /// # Errors
    /// As the protocol says it.
    pub fn check(&self, token: Token) -> Result<(), ErrorCode> {
        if self.revoked.lock().contains(&token.client) {
            return Err(ErrorCode::SessionRevoked);
        }
        if token.expires_at <= self.engine.clock.now() {
            return Err(ErrorCode::TokenExpired);
        }
        Ok(())
    }

    /// Who is here.
    #[must_use]
    pub fn presence(&self) -> &PresenceDesk {
        &self.engine.presence
    }
}

impl Server {
    /// Starts the engine on what the disk holds; makes the rooms if there are none.
    pub async fn start(
        plan: &Plan,
        disk: &Disk,
        clock: Arc<SimClock>,
        host: (Arc<Attention>, Arc<Mutex<BTreeSet<usize>>>),
    ) -> Self {
        let users = plan.users;
        let mounted = disk
            .mount(async |memory: &Memory| make_people(memory, users).await)
            .await;
        let options = EngineOptions {
            shards: plan.server.shards,
            recent_bytes_max: plan.server.recent_bytes,
            ..EngineOptions::default()
        };
        let engine = loop {
            match Engine::start(mounted.ports(), clock.clone(), options).await {
                Ok(engine) => break engine,
                Err(_) => tokio::time::sleep(Duration::from_millis(START_AGAIN_MS)).await,
            }
        };
        let (attention, revoked) = host;
        let server = Self {
            host: Host {
                engine,
                completed: Arc::new(Completions::new(attention)),
                revoked,
            },
            clock,
            mounted,
        };
        server.make_rooms(plan).await;
        server
    }

    async fn make_rooms(&self, plan: &Plan) {
        let truth = self.mounted.truth();
        for (number, room) in plan.rooms.iter().enumerate() {
            let id = ids::room(number);
            let found = truth.directory.room(id).await;
            if found.expect("the memory does not fail").is_some() {
                continue;
            }
            let settings = RoomSettings {
                name: Some(RoomName::parse(&format!("r{number}")).expect("a name")),
                history: room.history,
                ..RoomSettings::default()
            };
            let actor = Actor {
                user: ids::user(room.members[0]),
                device: None,
            };
            let request = CreateRoom {
                id,
                kind: RoomKind::Group,
                settings,
                members: room.members.iter().map(|user| ids::user(*user)).collect(),
            };
            // A planned fault may fail it: then the next life makes it.
            drop(create_room(&self.host.engine, actor, request).await);
        }
    }
}

async fn make_people(memory: &Memory, users: usize) {
    for number in 0..users {
        let user = User {
            id: ids::user(number),
            origin: UserOrigin::External,
            username: None,
            display_name: DisplayName::parse(&format!("u{number}")).expect("a name"),
            avatar_url: None,
            status_text: None,
            privacy: Privacy::default(),
            created_at: Timestamp(0),
            last_seen_at: None,
        };
        let made = memory.provision(user, Refresh::Keep).await;
        made.expect("the memory does not fail");
    }
}
