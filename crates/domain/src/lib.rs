//! The vocabulary of Tidings as types: ids, names, limits, rooms, members, events, receipts.
//!
//! Owns what a word means and which values are possible. Leaves every effect to others: no clock,
//! no I/O, no runtime. *Invariant*: whatever is constructed here is valid; text that was not parsed
//! by this crate is not trusted by any other.

pub mod cursor;
pub mod event;
pub mod id;
pub mod limits;
pub mod member;
pub mod message;
pub mod name;
pub mod permission;
pub mod presence;
pub mod receipt;
pub mod room;
pub mod text;
pub mod time;
pub mod unread;
pub mod user;

pub use cursor::{Cursor, Epoch};
pub use event::{Event, EventBody, MessageBody};
pub use id::{
    ApiKeyId, ClientId, CommandId, DeviceId, InvitationId, Position, RoomId, Seq, SessionId, UserId,
};
pub use member::{Membership, Role};
pub use message::Message;
pub use permission::{Action, allows};
pub use room::{Room, RoomKind, RoomSettings, RoomVersion};
pub use time::Timestamp;
