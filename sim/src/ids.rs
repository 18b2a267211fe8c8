//! The ids of a run, and how they are called in its history.

use tidings_domain::{ClientId, DeviceId, RoomId, SessionId, UserId};
use tidings_history::Name;

const USER: u8 = 1;
const ROOM: u8 = 2;
const SEND: u8 = 3;
const DEVICE: u8 = 4;
const SESSION: u8 = 5;

fn bytes(kind: u8, high: u32, low: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[0] = kind;
    bytes[8..12].copy_from_slice(&high.to_be_bytes());
    bytes[12..].copy_from_slice(&low.to_be_bytes());
    bytes
}

fn number(bytes: &[u8; 16], at: usize) -> usize {
    let part = bytes[at..].first_chunk().expect("sixteen bytes");
    u32::from_be_bytes(*part) as usize
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("a run has no billions of anything")
}

/// User number `n`.
#[must_use]
pub fn user(n: usize) -> UserId {
    UserId::from_bytes(bytes(USER, 0, small(n)))
}

/// Room number `n`.
#[must_use]
pub fn room(n: usize) -> RoomId {
    RoomId::from_bytes(bytes(ROOM, 0, small(n)))
}

/// The device of client number `n`.
#[must_use]
pub fn device(n: usize) -> DeviceId {
    DeviceId::from_bytes(bytes(DEVICE, 0, small(n)))
}

/// The session of client number `n`.
#[must_use]
pub fn session(n: usize) -> SessionId {
    SessionId::from_bytes(bytes(SESSION, 0, small(n)))
}

/// What client number `n` calls the `count`th thing that it says.
#[must_use]
pub fn send(n: usize, count: usize) -> ClientId {
    ClientId::from_bytes(bytes(SEND, small(n), small(count)))
}

/// Which user.
#[must_use]
pub fn user_number(user: UserId) -> usize {
    number(user.as_bytes(), 12)
}

/// Which room.
#[must_use]
pub fn room_number(room: RoomId) -> usize {
    number(room.as_bytes(), 12)
}

/// A user's name in the history.
#[must_use]
pub fn user_name(user: UserId) -> Name {
    format!("u{}", user_number(user)).into()
}

/// A room's name in the history.
#[must_use]
pub fn room_name(room: RoomId) -> Name {
    format!("r{}", room_number(room)).into()
}

/// A client's name in the history.
#[must_use]
pub fn client_name(n: usize) -> Name {
    format!("c{n}").into()
}

/// A client id's name in the history.
#[must_use]
pub fn send_name(id: ClientId) -> Name {
    let bytes = id.as_bytes();
    format!("c{}-{}", number(bytes, 8), number(bytes, 12)).into()
}

/// A text's name in the history.
#[must_use]
pub fn text_name(text: &str) -> Name {
    let hash = crate::random::hash(crate::random::HASH_BASIS, text.as_bytes());
    format!("{:08x}", hash >> 32).into()
}
