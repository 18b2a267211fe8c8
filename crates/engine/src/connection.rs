//! One live connection of a user, from hello to goodbye.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tidings_domain::{Cursor, DeviceId, Position, RoomId, SessionId, UserId};
use tokio::sync::Notify;

use crate::catchup::Reader;
use crate::engine::Engine;
use crate::outlet::{ConnectionId, Farewell, Outlet};
use crate::planted::{self, Bug};
use crate::ports::Outage;
use crate::presence::Departure;
use crate::refusal::Refusal;

/// Who connects, and where to.
pub struct Hello {
    /// Whose connection it is.
    pub user: UserId,
    /// Under which session.
    pub session: SessionId,
    /// From which device.
    pub device: DeviceId,
    /// Where it is told.
    pub outlet: Arc<dyn Outlet>,
}

/// What a cursor is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No cursor: the stream begins now.
    Fresh,
    /// What was missed follows.
    Resumed(Position),
    /// The cursor cannot be served; load a snapshot. The stream begins now.
    Reset(ResetReason),
}

/// Why a cursor cannot be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetReason {
    /// It is none.
    CursorInvalid,
    /// It belongs to another life of the log.
    EpochChanged,
    /// It is newer than the log.
    Ahead,
}

impl ResetReason {
    /// As it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CursorInvalid => "cursor_invalid",
            Self::EpochChanged => "epoch_changed",
            Self::Ahead => "ahead",
        }
    }
}

/// A live connection. Whoever holds it must call [`Connection::end`].
pub struct Connection {
    /// Its name.
    pub id: ConnectionId,
    /// Whose it is.
    pub user: UserId,
    /// Under which session.
    pub session: SessionId,
    /// From which device.
    pub device: DeviceId,
    /// Where it is told.
    pub outlet: Arc<dyn Outlet>,
    engine: Arc<Engine>,
    /// The bell of the reader that catches up now, if one does.
    reading: Mutex<Option<Arc<Notify>>>,
    ended: AtomicBool,
}

impl Connection {
    /// Opens a connection; it hears nothing before [`Self::listen`].
    ///
    /// # Errors
    /// [`Refusal::LimitReached`] when the user has too many.
    pub fn open(engine: &Arc<Engine>, hello: Hello) -> Result<Arc<Self>, Refusal> {
        let Hello {
            user,
            session,
            device,
            outlet,
        } = hello;
        let max = engine.options.connections_per_user_max;
        let id = engine
            .connections
            .open(user, session, outlet.clone(), max)
            .ok_or(Refusal::LimitReached("connections of this user"))?;
        engine.presence.connected(user, id);
        Ok(Arc::new(Self {
            id,
            user,
            session,
            device,
            outlet,
            engine: engine.clone(),
            reading: Mutex::new(None),
            ended: AtomicBool::new(false),
        }))
    }

    /// What a cursor is worth here, and from where the stream begins for who has none. Only a
    /// cursor beyond what this node has published costs a look at the log.
    pub async fn judge(engine: &Engine, cursor: Option<&str>) -> Result<(Verdict, Cursor), Outage> {
        let epoch = engine.epoch;
        let now = Cursor::at(epoch, engine.writer.published());
        let Some(text) = cursor else {
            return Ok((Verdict::Fresh, now));
        };
        let verdict = match Cursor::parse(text) {
            Err(_) => Verdict::Reset(ResetReason::CursorInvalid),
            Ok(cursor) if cursor.epoch != epoch => Verdict::Reset(ResetReason::EpochChanged),
            Ok(cursor) if is_ahead(engine, &cursor).await? => Verdict::Reset(ResetReason::Ahead),
            Ok(cursor) if planted::is(Bug::CursorOffByOne) => {
                Verdict::Resumed(cursor.position.next().min(now.position))
            }
            Ok(cursor) => Verdict::Resumed(cursor.position),
        };
        Ok((verdict, now))
    }

    /// Begins to hear: everything after `from`, then what happens. Runs apart; an outage on the
    /// way ends the connection, whose client comes back with its last cursor.
    pub fn listen(self: &Arc<Self>, from: Position) {
        self.read(Some(from));
    }

    /// A full outlet has drained: a reader goes on, or one begins where the lag began.
    pub fn drained(self: &Arc<Self>) {
        self.read(None);
    }

    /// Reads from there, or from where the connection lags if it does. One reader at a time: one
    /// that is under way is told that there is room.
    fn read(self: &Arc<Self>, from: Option<Position>) {
        let bell = Arc::new(Notify::new());
        {
            let mut reading = self.reading.lock();
            if let Some(bell) = &*reading {
                bell.notify_one();
                return;
            }
            *reading = Some(bell.clone());
        }
        let this = self.clone();
        tokio::spawn(async move {
            let reader = Reader {
                connection: this.id,
                user: this.user,
                outlet: this.outlet.clone(),
                drained: bell,
            };
            let brought_up = this.bring_up(&reader, from).await;
            *this.reading.lock() = None;
            if let Err(outage) = &brought_up {
                tracing::warn!(%outage, "a reader could not catch up");
                this.outlet.close(Farewell::Unavailable);
            }
            // It may have ended, or fallen behind and drained again, while nobody heard the bell.
            if this.ended.load(Ordering::Acquire) {
                this.engine.hub.leave(this.user, this.id).await;
            } else if brought_up.is_ok() && this.lag().await.is_some() {
                this.read(None);
            }
        });
    }

    /// Follows the log until the connection lags no more. Only the one reader asks where a lag began:
    /// an answer that had to wait for another reader would be of a lag that is over.
    async fn bring_up(&self, reader: &Reader, from: Option<Position>) -> Result<(), Outage> {
        if let Some(from) = from {
            self.follow(reader, from).await?;
        }
        while !self.ended.load(Ordering::Acquire)
            && let Some(lag) = self.lag().await
        {
            self.engine.meters.behind.one();
            self.follow(reader, lag).await?;
        }
        Ok(())
    }

    async fn lag(&self) -> Option<Position> {
        self.engine.hub.lag(self.user, self.id).await
    }

    async fn follow(&self, reader: &Reader, from: Position) -> Result<(), Outage> {
        let Engine { meters, clock, .. } = &*self.engine;
        let _one = meters.catching_up.one();
        let began_us = clock.monotonic_us();
        let followed = self.engine.catch_up.follow(reader, from).await;
        meters.catch_up_us.note(clock.monotonic_us() - began_us);
        followed
    }

    /// Which rooms the connection wants in full; all for `None`.
    pub async fn focus(&self, rooms: Option<Vec<RoomId>>) {
        self.engine.hub.focus(self.user, self.id, rooms).await;
    }

    /// Ends it; a second time is nothing.
    pub async fn end(&self, departure: Departure) {
        if self.ended.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(bell) = &*self.reading.lock() {
            bell.notify_one();
        }
        self.engine
            .connections
            .close(self.user, self.session, self.id);
        self.engine
            .presence
            .disconnected(self.user, self.id, departure);
        self.engine.hub.leave(self.user, self.id).await;
    }
}

/// Whether a cursor of this epoch is newer than the log.
async fn is_ahead(engine: &Engine, cursor: &Cursor) -> Result<bool, Outage> {
    if cursor.position <= engine.writer.published() {
        return Ok(false);
    }
    let start = engine.store.log.start().await?;
    Ok(cursor.position > start.position)
}
