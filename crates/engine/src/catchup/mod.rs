//! How a reader who is not live comes up with the log: after a cut, or having read too slowly.
//!
//! It reads windows: of each room with news the next events after its position, merged in commit
//! order and cut where the first room was cut, so that one position says all of what was sent.
//! Then it joins its shard at the snapshot that the last window rested on. *Invariant*: no event
//! is sent twice or left out without a `gap`; after each window the position is a safe cursor.
//! *Limit*: the events of one window, the readers that are worked for at once, and the events that
//! are sent before gaps are stated instead.

mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

use tidings_domain::limits::{
    RECEIPTS_SHOWN_MEMBERS_MAX, RESUME_EVENTS_MAX, RESUME_EVENTS_PER_ROOM_MAX,
};
use tidings_domain::unread::Unread;
use tidings_domain::{Cursor, Epoch, Position, RoomId, RoomKind, Seq, UserId};
use tokio::sync::{Notify, RwLock, RwLockWriteGuard, Semaphore, SemaphorePermit};

use crate::envelope::{Envelope, Notice, NoticeContent, ShownReceipt};
use crate::fanout::{Hub, Join, JoinOutcome};
use crate::meters::Meters;
use crate::outlet::{ConnectionId, Offer, Outlet, Reply};
use crate::people::People;
use crate::planted::{self, Bug};
use crate::ports::{History, Log, Outage, ReceiptChange, Store, UserRoom, UserRooms};
use crate::recent::{Recent, TailSince};
use window::{RoomNews, Window, merge};

/// Events of one window, over all rooms.
const WINDOW_EVENTS: usize = 2_048;
/// Events that each room may bring to a window, however many rooms there are.
const WINDOW_EVENTS_PER_ROOM_MIN: usize = 16;
/// Watermarks are told a moment after they rose. Who was cut off in that moment has a cursor beyond
/// them: a node commits at most so many events meanwhile.
const RECEIPTS_GATHERED_POSITIONS: u64 = 4_096;
/// Readers that are worked for at once. More would not be quicker, only all ready at the same moment:
/// when everybody comes back, those who are here would wait behind them.
const TURNS_MAX: usize = 32;

/// Brings readers up; one for all.
pub struct CatchUp {
    log: Arc<dyn Log>,
    history: Arc<dyn History>,
    recent: Arc<Recent>,
    people: Arc<People>,
    hub: Hub,
    meters: Arc<Meters>,
    epoch: Epoch,
    turns: Semaphore,
    /// See [`Self::telling`].
    telling: RwLock<()>,
}

/// Who is brought up.
pub struct Reader {
    /// The connection.
    pub connection: ConnectionId,
    /// Whose it is.
    pub user: UserId,
    /// Where it is told.
    pub outlet: Arc<dyn Outlet>,
    /// Rung when a full outlet has drained.
    pub drained: Arc<Notify>,
}

/// The watermarks, and one's own unread marks, that a reader was told while being brought up.
struct Told {
    /// Those that rose later than this are told.
    since: Position,
    changes: BTreeMap<(RoomId, UserId), ReceiptChange>,
}

impl CatchUp {
    /// Reads from a store and what is recent of it, joins a hub.
    #[must_use]
    pub fn new(
        store: &Store,
        recent: Arc<Recent>,
        people: Arc<People>,
        hub: Hub,
        meters: Arc<Meters>,
        epoch: Epoch,
    ) -> Self {
        let turns = Semaphore::new(TURNS_MAX);
        Self {
            log: store.log.clone(),
            history: store.history.clone(),
            recent,
            people,
            hub,
            meters,
            epoch,
            turns,
            telling: RwLock::new(()),
        }
    }

    /// Keeps readers from joining between a look at watermarks and their telling to a room.
    ///
    /// *Ordering*: with it, and because a join waits in the same queues as what a room is told, a
    /// reader that has heard of a watermark is never told an older one, and one that joins misses
    /// none: either it looks after this look, or it has joined before this telling.
    pub(crate) async fn telling(&self) -> RwLockWriteGuard<'_, ()> {
        self.telling.write().await
    }

    /// Sends everything after `from` and joins. Returns when the reader is live.
    pub async fn follow(&self, reader: &Reader, from: Position) -> Result<(), Outage> {
        let mut position = from;
        let mut told = Told::nothing(from);
        let mut sent = 0;
        loop {
            let turn = self.turn().await;
            let snapshot = self.log.user_rooms(reader.user, Some(position)).await?;
            let budget = RESUME_EVENTS_MAX.saturating_sub(sent);
            let window = self.window(&snapshot, position, budget).await?;
            drop(turn);
            sent += window.events.len();
            position = window.up_to;
            if window.is_news() {
                self.send(reader, window).await;
                self.tell_receipts(reader, &mut told).await?;
                self.checkpoint(reader, position);
            }
            if position == snapshot.position
                && self.join_with_receipts(reader, &mut told, snapshot).await?
                    == JoinOutcome::Joined
            {
                return Ok(());
            }
        }
    }

    /// A turn among the readers that come up. Nobody keeps it who waits for a client.
    async fn turn(&self) -> SemaphorePermit<'_> {
        let turn = self.turns.acquire().await;
        turn.expect("the semaphore is never closed")
    }

    /// Says how far the reader has come; only after all that lies before, watermarks included.
    fn checkpoint(&self, reader: &Reader, position: Position) {
        let cursor = Cursor::at(self.epoch, position);
        // A lost checkpoint costs the next resume some work, and the next one makes up for it.
        let _ = reader.outlet.reply(Reply::Checkpoint {
            cursor,
            live: false,
        });
        reader.outlet.flush();
    }

    async fn join(&self, reader: &Reader, snapshot: UserRooms) -> JoinOutcome {
        let current = snapshot
            .rooms
            .iter()
            .filter(|room| room.membership.is_current());
        let join = Join {
            connection: reader.connection,
            user: reader.user,
            outlet: reader.outlet.clone(),
            rooms: current.map(|room| room.membership.room).collect(),
            at: snapshot.position,
        };
        self.hub.join(join).await
    }

    /// The next window after `position`; states gaps where more than `budget` would have to be
    /// sent.
    async fn window(
        &self,
        snapshot: &UserRooms,
        position: Position,
        budget: usize,
    ) -> Result<Window, Outage> {
        let with_news: Vec<&UserRoom> = snapshot
            .rooms
            .iter()
            .filter(|room| room.head_position > position)
            .collect();
        let share = WINDOW_EVENTS / with_news.len().max(1);
        let page = share.max(WINDOW_EVENTS_PER_ROOM_MIN);
        let mut news = Vec::with_capacity(with_news.len());
        for room in with_news {
            news.push(self.room_news(room, position, page, budget).await?);
        }
        Ok(merge(news, snapshot.position))
    }

    async fn room_news(
        &self,
        room: &UserRoom,
        position: Position,
        page: usize,
        budget: usize,
    ) -> Result<RoomNews, Outage> {
        let since = self.since(room, position, page).await?;
        let Some(first) = since.first else {
            return Ok(RoomNews::none());
        };
        let membership = &room.membership;
        let first = first.max(membership.visible_from);
        let last = membership.left_seq.unwrap_or(room.head).min(room.head);
        if first > last {
            return Ok(RoomNews::none());
        }
        let missed = usize::try_from(last.0 - first.0 + 1).unwrap_or(usize::MAX);
        if missed > RESUME_EVENTS_PER_ROOM_MAX.min(budget) {
            return self.gap(room, first, last).await;
        }
        let is_cut = since.events.last().is_some_and(|e| e.event.seq < last);
        let visible = since
            .events
            .into_iter()
            .filter(|e| membership.may_see(e.event.seq));
        Ok(RoomNews {
            events: visible.collect(),
            is_cut,
            gap: None,
        })
    }

    /// States a range as not sent. Who lost the room in it is told of that in full: their reader
    /// could not fetch it any more.
    async fn gap(&self, room: &UserRoom, first: Seq, last: Seq) -> Result<RoomNews, Outage> {
        let id = room.membership.room;
        let Some(left) = room.membership.left_seq else {
            return Ok(RoomNews {
                events: Vec::new(),
                is_cut: false,
                gap: Some((id, first, last)),
            });
        };
        let before = Seq(left.0 - 1);
        let removal = self.log.events_after(id, before, 1).await?;
        let events = removal.into_iter().map(Envelope::new).collect();
        let gap = (first <= before).then_some((id, first, before));
        Ok(RoomNews {
            events,
            is_cut: false,
            gap,
        })
    }

    async fn since(
        &self,
        room: &UserRoom,
        position: Position,
        limit: usize,
    ) -> Result<TailSince, Outage> {
        let id = room.membership.room;
        if let Some(tail) = self.recent.since(id, position, room.head, limit) {
            self.meters.tail_hits.one();
            return Ok(tail);
        }
        self.meters.tail_misses.one();
        if planted::is(Bug::ResumeFromMemoryOnly) {
            return Ok(TailSince {
                first: None,
                events: Vec::new(),
            });
        }
        let since = self.log.events_since(id, position, limit).await?;
        let events = since.events.into_iter().map(Envelope::new).collect();
        Ok(TailSince {
            first: since.first,
            events,
        })
    }

    async fn send(&self, reader: &Reader, window: Window) {
        self.meters.gaps.add(window.gaps.len() as u64);
        self.meters.caught_up_events.add(window.events.len() as u64);
        for (room, from, to) in window.gaps {
            while reader.outlet.reply(Reply::Gap { room, from, to }) == Offer::Full {
                reader.outlet.flush();
                reader.drained.notified().await;
            }
        }
        for envelope in &window.events {
            while reader.outlet.event(envelope) == Offer::Full {
                reader.outlet.flush();
                reader.drained.notified().await;
            }
        }
        reader.outlet.flush();
    }

    /// What the watermarks of others became meanwhile: the last word of each, not each step.
    async fn tell_receipts(&self, reader: &Reader, told: &mut Told) -> Result<(), Outage> {
        loop {
            let turn = self.turn().await;
            let offer = self.offer_receipts(reader, told).await?;
            drop(turn);
            reader.outlet.flush();
            if offer != Offer::Full {
                return Ok(());
            }
            reader.drained.notified().await;
        }
    }

    /// Joins before anybody can be told of a later watermark; see [`Self::telling`].
    async fn join_with_receipts(
        &self,
        reader: &Reader,
        told: &mut Told,
        snapshot: UserRooms,
    ) -> Result<JoinOutcome, Outage> {
        loop {
            let turn = self.turn().await;
            let looking = self.telling.read().await;
            if self.offer_receipts(reader, told).await? != Offer::Full {
                reader.outlet.flush();
                return Ok(self.join(reader, snapshot).await);
            }
            // Who reads slowly holds nobody up, and looks again.
            drop((looking, turn));
            reader.outlet.flush();
            reader.drained.notified().await;
        }
    }

    /// Offers what changed and was not told yet, until the outlet is full.
    async fn offer_receipts(&self, reader: &Reader, told: &mut Told) -> Result<Offer, Outage> {
        let changes = self
            .log
            .receipts_since(reader.user, told.since, RECEIPTS_SHOWN_MEMBERS_MAX)
            .await?;
        let news = changes
            .into_iter()
            .filter(|change| told.changes.get(&(change.room, change.user)) != Some(change));
        let (own, others): (Vec<_>, Vec<_>) = news.partition(|change| change.user == reader.user);
        let mut rooms: BTreeMap<RoomId, Vec<ReceiptChange>> = BTreeMap::new();
        for change in others {
            rooms.entry(change.room).or_default().push(change);
        }
        for (room, changes) in rooms {
            let receipts = self.shown(&changes).await?;
            let notice = Notice::new(NoticeContent::Receipts { room, receipts });
            if reader.outlet.notice(&notice) == Offer::Full {
                return Ok(Offer::Full);
            }
            told.add(&changes);
        }
        self.offer_own(reader, &own, told).await
    }

    /// One's own come with what is unread: another device may have read a room, or marked it.
    async fn offer_own(
        &self,
        reader: &Reader,
        own: &[ReceiptChange],
        told: &mut Told,
    ) -> Result<Offer, Outage> {
        if own.is_empty() {
            return Ok(Offer::Queued);
        }
        let unread = self.history.unread_rooms(reader.user).await?;
        let unread: BTreeMap<RoomId, Unread> =
            unread.into_iter().map(|it| (it.room, it.unread)).collect();
        for change in own {
            let reply = Reply::OwnReceipt {
                room: change.room,
                user: change.user,
                marks: Some(change.marks),
                unread: unread.get(&change.room).copied().unwrap_or_default(),
            };
            if reader.outlet.reply(reply) == Offer::Full {
                return Ok(Offer::Full);
            }
            told.add(&[*change]);
        }
        Ok(Offer::Queued)
    }

    async fn shown(&self, changes: &[ReceiptChange]) -> Result<Vec<ShownReceipt>, Outage> {
        let mut receipts = Vec::with_capacity(changes.len());
        for ReceiptChange { user, marks, .. } in changes {
            receipts.push(self.people.shown_receipt(*user, *marks).await?);
        }
        Ok(receipts)
    }
}

impl Told {
    /// Of a reader whose cursor stands there.
    const fn nothing(from: Position) -> Self {
        Self {
            since: Position(from.0.saturating_sub(RECEIPTS_GATHERED_POSITIONS)),
            changes: BTreeMap::new(),
        }
    }

    fn add(&mut self, changes: &[ReceiptChange]) {
        let told = changes.iter().map(|it| ((it.room, it.user), *it));
        self.changes.extend(told);
    }
}

/// Whether receipts of a room are shown to all of its members.
#[must_use]
pub fn shows_receipts(kind: RoomKind, members: u32) -> bool {
    kind != RoomKind::Live && members <= RECEIPTS_SHOWN_MEMBERS_MAX
}
