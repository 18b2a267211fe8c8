//! The log: every durable fact, numbered by the store that commits it.

use async_trait::async_trait;
use tidings_domain::receipt::Watermarks;
use tidings_domain::{
    ClientId, DeviceId, Epoch, Event, EventBody, Membership, Position, RoomId, RoomKind,
    RoomVersion, Seq, Timestamp, UserId,
};

use super::Outage;

/// Appends events and applies what follows from them.
///
/// *Ordering*: within a room, seqs are dense and rise with positions. A store with one writer hands
/// out positions in commit order: once a position is visible, no lower one appears later.
///
/// *Projections*: rooms, memberships, messages, mentions and the sender's own watermarks change in
/// the transaction that appends the event, by the rules of the event's kind; an event of an unknown
/// kind only raises the room's head. The rules that are not plain: who joins while being a member
/// gets the role and nothing else; a ban also holds for who has left or never came; who sends has
/// read up to there; a room's deletion ends all memberships and blanks all messages.
#[async_trait]
pub trait Log: Send + Sync {
    /// Which life of the log this is, and where it ends now.
    async fn start(&self) -> Result<LogStart, Outage>;

    /// Commits all writes in one transaction, durably, and answers each in order. A write that is
    /// refused leaves no trace and does not disturb the others.
    ///
    /// *Cancel safety*: the commit happens whether or not the caller still waits.
    ///
    /// # Errors
    /// On an [`Outage`] whether the batch was committed is unknown: all of it was, or nothing.
    async fn commit(&self, batch: Vec<Write>) -> Result<Vec<Outcome>, Outage>;

    /// Events of all rooms with `position > after`, in commit order, at most `limit`. This is how
    /// what was committed by somebody else, or by a commit whose outcome was unknown, is found.
    async fn committed_after(&self, after: Position, limit: usize) -> Result<Vec<Event>, Outage>;

    /// Events of a room with `after < seq`, ascending, at most `limit`.
    async fn events_after(
        &self,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Event>, Outage>;

    /// Events of a room with `position > after`, ascending, at most `limit`; and the seq of the
    /// first of them even if `limit` is 0. Found by bisection over seq: positions rise with it.
    async fn events_since(
        &self,
        room: RoomId,
        after: Position,
        limit: usize,
    ) -> Result<Since, Outage>;

    /// The rooms of a user as one snapshot: all current memberships in rooms that are not deleted;
    /// and, if `since` is given, also those that ended by an event after that position (a room's
    /// deletion included).
    async fn user_rooms(&self, user: UserId, since: Option<Position>) -> Result<UserRooms, Outage>;

    /// Receipts of current members that rose in the user's current rooms after `since`, or whose
    /// unread mark was set or lifted. A receipt's
    /// stamp is the log's last position once its whole transaction is committed, so that no cursor
    /// stands between them; compare inclusively, for several share one. In any order; only of rooms
    /// with at most `members_max` members, and the user's own always.
    async fn receipts_since(
        &self,
        user: UserId,
        since: Position,
        members_max: u32,
    ) -> Result<Vec<ReceiptChange>, Outage>;
}

/// Where a log stands when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStart {
    /// Its life.
    pub epoch: Epoch,
    /// Its last position, zero when empty.
    pub position: Position,
}

/// One write of a batch.
#[derive(Debug, Clone)]
pub enum Write {
    /// Appends events to a room.
    Append(Append),
    /// Raises a member's watermarks. Answered by [`Outcome::Receipt`] or [`Outcome::Stale`].
    Receipt(ReceiptWrite),
    /// Sets the mark from which a member counts a room as unread again. Needs a current
    /// membership; answered by [`Outcome::Done`] or [`Outcome::Stale`].
    MarkUnread {
        /// In which room.
        room: RoomId,
        /// Whose.
        user: UserId,
        /// From which message on.
        from: Seq,
    },
    /// Notes when a user was last here. Never lowers it.
    LastSeen {
        /// Who.
        user: UserId,
        /// When.
        at: Timestamp,
    },
}

/// Events for one room that are committed together or not at all.
#[derive(Debug, Clone)]
pub struct Append {
    /// Which room.
    pub room: RoomId,
    /// Whose doing.
    pub sender: UserId,
    /// From which device.
    pub device: Option<DeviceId>,
    /// What the sender's client named it by; the key of de-duplication, for ever. Stored with the
    /// first of the bodies.
    pub client_id: Option<ClientId>,
    /// The server's time.
    pub at: Timestamp,
    /// What happens, in order; at least one.
    pub bodies: Vec<EventBody>,
    /// What must still be true.
    pub guard: Guard,
    /// The invitation by which a member joins; spent in the same transaction.
    pub invitation: Option<InvitationUse>,
}

/// What must be true in the transaction, else the append is [`Outcome::Stale`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// The room does not exist, and the first body creates it.
    Absent,
    /// The room exists, is not deleted, and its version is this one.
    Version(RoomVersion),
}

/// An invitation that is to be spent once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationUse {
    /// SHA-256 of its code.
    pub code_hash: [u8; 32],
}

/// Watermarks to raise. The store bounds them by the room's head and applies
/// [`Watermarks::raised`]. A `read` that is not below the present watermark lifts the member's
/// unread mark, even if the watermark stays: a room that was marked as unread is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptWrite {
    /// In which room.
    pub room: RoomId,
    /// Whose.
    pub user: UserId,
    /// Delivered up to here.
    pub delivered: Seq,
    /// Read up to here.
    pub read: Seq,
}

/// Watermarks after they rose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptChange {
    /// In which room.
    pub room: RoomId,
    /// Whose.
    pub user: UserId,
    /// Where they stand.
    pub marks: Watermarks,
    /// From where on the user has marked the room as unread. `None` where others ask.
    pub unread_from: Option<Seq>,
}

/// What became of one write.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The events, numbered; and the room's version and number of members from now on.
    Appended {
        /// As they stand in the log.
        events: Vec<Event>,
        /// Raised by one for each body that changes the room.
        version: RoomVersion,
        /// Members of the room after it.
        members: u32,
    },
    /// The sender has used this client id before, in this room. Nothing was written.
    Duplicate {
        /// What the first send made.
        seq: Seq,
        /// When.
        at: Timestamp,
    },
    /// The sender has used this client id before, in another room. Nothing was written.
    ClientIdReused,
    /// The guard does not hold. Nothing was written; look again and decide again.
    Stale,
    /// The invitation is expired (against [`Append::at`]), used up, revoked, or of another room.
    InvitationSpent,
    /// Watermarks: what they are now, and whether they rose. Who is no member gets
    /// [`Outcome::Stale`].
    Receipt {
        /// Where they stand.
        now: ReceiptChange,
        /// Whether this write raised them, or lifted the member's unread mark.
        rose: bool,
    },
    /// Done; there is nothing to say.
    Done,
}

/// What a room's log holds after a position.
#[derive(Debug, Clone, PartialEq)]
pub struct Since {
    /// The first event after the position, if there is one.
    pub first: Option<Seq>,
    /// The first so many of them.
    pub events: Vec<Event>,
}

/// A user's rooms at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRooms {
    /// The log's last position at that moment.
    pub position: Position,
    /// The rooms, in no particular order.
    pub rooms: Vec<UserRoom>,
}

/// One of a user's rooms, as far as delivery needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRoom {
    /// The user's membership.
    pub membership: Membership,
    /// The room's kind.
    pub kind: RoomKind,
    /// How many members it has.
    pub members: u32,
    /// The room's last event.
    pub head: Seq,
    /// That event's position.
    pub head_position: Position,
}
