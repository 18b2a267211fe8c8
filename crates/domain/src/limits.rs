//! Every limit that a caller can run into, in one place, related to each other at compile time.
//!
//! `GET /v1/limits` shows these very constants, and the configured ones beside them. Units stand
//! last in each name. Sources are named where a figure is not our own choice.

/// Characters of a username.
pub const USERNAME_CHARS_MIN: usize = 2;
/// Characters of a username.
pub const USERNAME_CHARS_MAX: usize = 32;
/// Characters of a display name.
pub const DISPLAY_NAME_CHARS_MAX: usize = 64;
/// Characters of a room's name.
pub const ROOM_NAME_CHARS_MAX: usize = 80;
/// Characters of a room's description.
pub const ROOM_DESCRIPTION_CHARS_MAX: usize = 1_000;
/// Characters of a custom status.
pub const STATUS_TEXT_CHARS_MAX: usize = 100;
/// Bytes that one character of a name may take before normalisation: base, marks and joiners.
pub const NAME_BYTES_PER_CHAR_MAX: usize = 16;
/// Combining marks in a row. The stream-safe format of Unicode (UAX 15) allows 30; no living
/// orthography needs more than 8.
pub const COMBINING_MARKS_MAX: usize = 8;

/// Bytes of a password, at least. NIST SP 800-63B asks for 8 or more.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// Bytes of a password, at most: it is hashed, and hashing is our cost.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// Bytes of a message's text.
pub const MESSAGE_TEXT_BYTES_MAX: usize = 16 * 1024;
/// People that one message mentions by name.
pub const MESSAGE_MENTIONS_MAX: usize = 50;
/// Bytes of a room's or a message's custom metadata, as JSON.
pub const METADATA_BYTES_MAX: usize = 4 * 1024;
/// Bytes of a signal's data, as JSON.
pub const SIGNAL_BYTES_MAX: usize = 4 * 1024;
/// Bytes of an avatar's address.
pub const AVATAR_URL_BYTES_MAX: usize = 2_048;

/// Bytes of one WebSocket frame or message that a client sends.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Fragments of one WebSocket message.
pub const FRAME_FRAGMENTS_MAX: usize = 128;
/// Bytes of a request's body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a request's headers together.
pub const HEADER_BYTES_MAX: usize = 8 * 1024;
/// Headers of a request.
pub const HEADERS_MAX: usize = 64;
/// Levels that JSON from outside may nest. `serde_json` itself stops at 128.
pub const JSON_DEPTH_MAX: usize = 128;
/// Bytes of an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;

/// Messages or events on one page.
pub const PAGE_ITEMS_MAX: usize = 200;
/// Messages or events on one page when none is asked for.
pub const PAGE_ITEMS_DEFAULT: usize = 50;
/// Rooms on one page of the room list.
pub const ROOM_PAGE_ITEMS_MAX: usize = 1_000;
/// Unread messages are counted up to here; beyond it a client shows "999+".
pub const UNREAD_COUNT_MAX: u64 = 999;

/// Events of one room that a resume sends before it states a gap instead.
pub const RESUME_EVENTS_PER_ROOM_MAX: usize = 1_000;
/// Events over all rooms that one resume sends before it states gaps instead.
pub const RESUME_EVENTS_MAX: usize = 10_000;

/// People whose presence one connection watches.
pub const PRESENCE_SUBSCRIPTIONS_MAX: usize = 500;
/// Rooms that one connection holds in focus.
pub const FOCUS_ROOMS_MAX: usize = 100;
/// Members of a room up to which receipts are shown to all; beyond it only to oneself.
pub const RECEIPTS_SHOWN_MEMBERS_MAX: u32 = 256;
/// Members of a room up to which typing is relayed.
pub const TYPING_SHOWN_MEMBERS_MAX: u32 = 256;
/// Typing fades after this unless it is said again.
pub const TYPING_EXPIRY_MS: u64 = 6_000;

/// Rooms that one user may be in.
pub const ROOMS_PER_USER_MAX: u32 = 10_000;
/// Members that one room may have.
pub const MEMBERS_PER_ROOM_MAX: u32 = 100_000;
/// Devices of one user.
pub const DEVICES_PER_USER_MAX: usize = 10;
/// Live invitations of one room.
pub const INVITATIONS_PER_ROOM_MAX: usize = 100;
/// Uses that one invitation may allow.
pub const INVITATION_USES_MAX: u32 = 10_000;
/// Seconds that an invitation may live: a year.
pub const INVITATION_EXPIRY_S_MAX: u64 = 366 * 24 * 3600;
/// Seconds between two messages of a member that slow mode may ask for: six hours.
pub const SLOW_MODE_S_MAX: u32 = 6 * 3600;

/// The server pings a silent connection after so long.
pub const PING_INTERVAL_MS: u64 = 25_000;
/// A connection from which nothing came for so long is dead.
pub const PEER_TIMEOUT_MS: u64 = 45_000;
/// A socket must have said hello by then.
pub const HELLO_TIMEOUT_MS: u64 = 10_000;
/// A request's headers must have arrived by then.
pub const HEADER_TIMEOUT_MS: u64 = 5_000;
/// A client sends again what was not answered for so long.
pub const RESEND_AFTER_MS: u64 = 5_000;
/// A user whose connection broke counts as online for so long, in case it comes back at once.
pub const PRESENCE_GRACE_MS: u64 = 5_000;
/// Presence and receipts are gathered for so long before watchers hear of them.
pub const COALESCE_MS: u64 = 250;
/// A socket ticket is good for so long, once.
pub const SOCKET_TICKET_EXPIRY_MS: u64 = 30_000;

/// Bytes that wait to be written to one connection before it counts as behind.
pub const OUTBOX_BYTES_MAX: usize = 256 * 1024;
/// Commands of one connection that wait for the store.
pub const COMMANDS_IN_FLIGHT_MAX: usize = 64;
/// Sends that wait for the writer before new ones are refused as `overloaded`.
pub const WRITER_QUEUE_MAX: usize = 16 * 1024;
/// Writes are refused as `overloaded` when those before them would take longer than this.
pub const WRITE_WAIT_MAX_US: u64 = 1_000_000;
/// New connections are refused when a task has to wait longer than this for the processor, for some
/// time.
pub const STANDING_DELAY_MAX_US: u64 = 250_000;
/// Sends in one transaction.
pub const COMMIT_BATCH_MAX: usize = 512;
/// Bytes of recent events that are kept in memory, over all rooms.
pub const RECENT_EVENTS_BYTES_MAX: usize = 64 * 1024 * 1024;

const _: () = assert!(
    PEER_TIMEOUT_MS > PING_INTERVAL_MS + 10_000,
    "a ping must have time to be answered"
);
const _: () = assert!(
    PEER_TIMEOUT_MS <= 45_000,
    "a dead peer is found within 45 s"
);
const _: () = assert!(
    MESSAGE_TEXT_BYTES_MAX * 2 < FRAME_BYTES_MAX,
    "a text must fit a frame, escaped"
);
const _: () = assert!(
    MESSAGE_TEXT_BYTES_MAX * 2 < BODY_BYTES_MAX,
    "a text must fit a body, escaped"
);
const _: () = assert!(
    FRAME_BYTES_MAX * 2 <= OUTBOX_BYTES_MAX,
    "an outbox must hold the largest events"
);
const _: () = assert!(
    PAGE_ITEMS_DEFAULT <= PAGE_ITEMS_MAX,
    "the default page is a page"
);
const _: () = assert!(
    COMMIT_BATCH_MAX <= WRITER_QUEUE_MAX,
    "a batch comes from the queue"
);
const _: () = assert!(
    RESUME_EVENTS_PER_ROOM_MAX <= RESUME_EVENTS_MAX,
    "a room is one of all"
);
const _: () = assert!(
    RECEIPTS_SHOWN_MEMBERS_MAX <= MEMBERS_PER_ROOM_MAX,
    "a room's rules fit rooms"
);
const _: () = assert!(
    TYPING_EXPIRY_MS < PEER_TIMEOUT_MS,
    "typing fades before its writer does"
);
const _: () = assert!(
    HELLO_TIMEOUT_MS >= HEADER_TIMEOUT_MS,
    "headers come before hello"
);
