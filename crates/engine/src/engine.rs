//! The engine's parts, put together once at start.
//!
//! It has no methods of its own beyond starting and connecting: what can be done is in
//! [`commands`](crate::commands), each in a file of its own.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tidings_domain::limits::RECENT_EVENTS_BYTES_MAX;
use tidings_domain::{Epoch, Position, UserId};
use tokio::sync::mpsc;

use crate::aftermath::{self, AFTERMATH_QUEUE_MAX};
use crate::catchup::CatchUp;
use crate::connections::Connections;
use crate::fanout::Hub;
use crate::here::{self, PresenceDesk};
use crate::limiter::{Limiter, Rate};
use crate::meters::Meters;
use crate::pages::Pages;
use crate::people::People;
use crate::ports::{Clock, Outage, Store, Write};
use crate::receipts::PendingMarks;
use crate::recent::Recent;
use crate::rooms::Rooms;
use crate::slow_mode::SlowMode;
use crate::writer::{Publisher, Then, Writer};

/// Marks gather for so long before they are written.
const MARKS_INTERVAL: Duration = Duration::from_millis(50);

/// A connection outlives its token by no more than this.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(2);

/// What can be set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EngineOptions {
    /// Shards of connections; as many as threads that serve them.
    pub shards: usize,
    /// Bytes of recent events in memory.
    pub recent_bytes_max: usize,
    /// Sends of a user.
    pub sends: Rate,
    /// Typing and signals of a user.
    pub signals: Rate,
    /// Connections of a user at a time.
    pub connections_per_user_max: u32,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            shards: 1,
            recent_bytes_max: RECENT_EVENTS_BYTES_MAX,
            sends: Rate {
                burst: 30,
                per_second: 10.0,
            },
            signals: Rate {
                burst: 60,
                per_second: 30.0,
            },
            connections_per_user_max: 50,
        }
    }
}

/// See the module.
pub struct Engine {
    /// What was committed.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Which life of the log this is.
    pub epoch: Epoch,
    /// What can be set.
    pub options: EngineOptions,
    /// The way of a write.
    pub writer: Writer,
    /// Who hears what.
    pub hub: Hub,
    /// What decisions rest on.
    pub rooms: Arc<Rooms>,
    /// Users in memory.
    pub people: Arc<People>,
    /// Recent events.
    pub recent: Arc<Recent>,
    /// Who is here.
    pub presence: Arc<PresenceDesk>,
    /// The live connections.
    pub connections: Connections,
    /// Pages of messages.
    pub pages: Pages,
    /// How readers catch up.
    pub catch_up: Arc<CatchUp>,
    /// What is counted.
    pub meters: Arc<Meters>,
    /// Budgets of sends.
    pub sends: Limiter<UserId>,
    /// Budgets of typing and signals.
    pub signals: Limiter<UserId>,
    /// When a member may speak again in a room in slow mode.
    pub slow_mode: Arc<SlowMode>,
    /// Whose turn it is to change a room.
    pub turns: crate::turns::Turns,
    pub(crate) marks: Mutex<PendingMarks>,
}

impl Engine {
    /// Opens the engine on a store and starts its tasks on the present runtime.
    pub async fn start(
        store: Store,
        clock: Arc<dyn Clock>,
        options: EngineOptions,
    ) -> Result<Arc<Self>, Outage> {
        let start = store.log.start().await?;
        let (epoch, position): (Epoch, Position) = (start.epoch, start.position);
        let meters = Arc::new(Meters::default());
        let hub = Hub::start(options.shards, epoch, position, &meters);
        let recent = Arc::new(Recent::new(options.recent_bytes_max));
        let rooms = Arc::new(Rooms::new(store.directory.clone()));
        let people = Arc::new(People::new(store.accounts.clone()));
        let slow_mode = Arc::new(SlowMode::default());
        let (aftermath, news) = mpsc::channel(AFTERMATH_QUEUE_MAX);
        let publisher = Publisher {
            recent: recent.clone(),
            rooms: rooms.clone(),
            hub: hub.clone(),
            aftermath,
            slow_mode: slow_mode.clone(),
            meters: meters.clone(),
            clock: clock.clone(),
        };
        let writer = Writer::start(store.log.clone(), position, publisher);
        let desk = PresenceDesk::new(store.directory.clone(), people.clone(), clock.clone());
        let catch_up = CatchUp::new(
            &store,
            recent.clone(),
            people.clone(),
            hub.clone(),
            meters.clone(),
            epoch,
        );
        let engine = Arc::new(Self {
            pages: Pages::new(store.history.clone(), store.log.clone(), recent.clone()),
            store,
            clock,
            epoch,
            options,
            writer,
            hub,
            rooms,
            people,
            recent,
            presence: Arc::new(desk),
            connections: Connections::default(),
            catch_up: Arc::new(catch_up),
            meters,
            sends: Limiter::new(options.sends),
            signals: Limiter::new(options.signals),
            slow_mode,
            turns: crate::turns::Turns::default(),
            marks: Mutex::default(),
        });
        tokio::spawn(aftermath::run(engine.clone(), news));
        tokio::spawn(here::run(engine.presence.clone(), engine.writer.clone()));
        tokio::spawn(write_marks(engine.clone()));
        tokio::spawn(expire_connections(engine.clone()));
        Ok(engine)
    }
}

/// Hands gathered marks to the writer, now and then, for as long as the process lives.
async fn write_marks(engine: Arc<Engine>) {
    let mut tick = tokio::time::interval(MARKS_INTERVAL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let writes = {
            let mut marks = engine.marks.lock();
            if marks.is_empty() {
                Vec::new()
            } else {
                marks.take()
            }
        };
        for (write, waiters) in writes {
            engine.submit_marks(write, waiters);
        }
    }
}

/// Ends connections whose tokens have run out, now and then.
async fn expire_connections(engine: Arc<Engine>) {
    let mut tick = tokio::time::interval(EXPIRY_INTERVAL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        engine.connections.expire(engine.clock.now());
    }
}

impl Engine {
    fn submit_marks(
        &self,
        write: crate::ports::ReceiptWrite,
        waiters: Vec<crate::writer::MarkWaiter>,
    ) {
        let refused = self
            .writer
            .try_submit(Write::Receipt(write), Then::TellMarks(waiters));
        if let Err(refused) = refused
            && let (refusal, Then::TellMarks(waiters)) = *refused
        {
            for waiter in waiters {
                waiter.fail(refusal.clone().into());
            }
        }
    }
}
