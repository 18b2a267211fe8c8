//! `GET /v1/limits`: every limit and interval that a client can meet, and what a room's size changes.

use serde::{Deserialize, Serialize};
use tidings_domain::limits as domain;
use utoipa::ToSchema;

/// What the server's configuration decides; all else is the same on every server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Configured {
    /// Whether accounts can be made.
    pub sign_up_open: bool,
    /// Whether guests are let in.
    pub guests_open: bool,
    /// Sends a second of one user, in the long run.
    pub sends_per_s: f64,
    /// Sends at once before that rate holds.
    pub sends_burst: u32,
    /// Typing and signals a second of one user, in the long run.
    pub signals_per_s: f64,
    /// Typing and signals at once before that rate holds.
    pub signals_burst: u32,
    /// Requests a second of one user, in the long run.
    pub requests_per_s: f64,
    /// Requests at once before that rate holds.
    pub requests_burst: u32,
    /// Requests a second without a token from one address, in the long run.
    pub anonymous_requests_per_s: f64,
    /// Such requests at once before that rate holds.
    pub anonymous_requests_burst: u32,
    /// Attempts a minute to sign in to one account.
    pub sign_ins_per_min_account: u32,
    /// Attempts a minute to sign in from one address.
    pub sign_ins_per_min_address: u32,
    /// Accounts and guests made a minute from one address.
    pub sign_ups_per_min_address: u32,
    /// Connections of one user.
    pub connections_per_user: u32,
    /// Connections from one address.
    pub connections_per_address: u32,
    /// New connections a second from one address.
    pub new_connections_per_s_address: u32,
    /// The server pings a silent connection after so long.
    pub ping_interval_ms: u64,
    /// A connection from which nothing came for so long is dropped.
    pub peer_timeout_ms: u64,
    /// A socket must have said hello by then.
    pub hello_timeout_ms: u64,
    /// How long an access token lives.
    pub access_token_s: u64,
    /// How long a session lives without being used.
    pub refresh_token_s: u64,
}

macro_rules! constants {
    ($($(#[$doc:meta])* $field:ident: $kind:ty = $value:expr;)*) => {
        /// The body of `GET /v1/limits`. Units stand last in each name.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
        pub struct Limits {
            /// What this server was told.
            pub server: Configured,
            $($(#[$doc])* pub $field: $kind,)*
            /// What changes as a room grows, ascending.
            pub room_sizes: Vec<RoomSize>,
        }

        impl Limits {
            /// The limits of a server that is configured so.
            #[must_use]
            pub fn new(server: Configured) -> Self {
                Self { server, $($field: $value,)* room_sizes: room_sizes() }
            }
        }
    };
}

constants! {
    /// Characters of a username, at least.
    username_chars_min: usize = domain::USERNAME_CHARS_MIN;
    /// Characters of a username, at most.
    username_chars_max: usize = domain::USERNAME_CHARS_MAX;
    /// Characters of a display name.
    display_name_chars_max: usize = domain::DISPLAY_NAME_CHARS_MAX;
    /// Characters of a room's name.
    room_name_chars_max: usize = domain::ROOM_NAME_CHARS_MAX;
    /// Characters of a room's description.
    room_description_chars_max: usize = domain::ROOM_DESCRIPTION_CHARS_MAX;
    /// Characters of a status.
    status_text_chars_max: usize = domain::STATUS_TEXT_CHARS_MAX;
    /// Bytes of an avatar's address.
    avatar_url_bytes_max: usize = domain::AVATAR_URL_BYTES_MAX;
    /// Bytes of a password, at least.
    password_bytes_min: usize = domain::PASSWORD_BYTES_MIN;
    /// Bytes of a password, at most.
    password_bytes_max: usize = domain::PASSWORD_BYTES_MAX;
    /// Bytes of a message's text.
    message_text_bytes_max: usize = domain::MESSAGE_TEXT_BYTES_MAX;
    /// People that one message mentions.
    message_mentions_max: usize = domain::MESSAGE_MENTIONS_MAX;
    /// Bytes of metadata, as JSON.
    metadata_bytes_max: usize = domain::METADATA_BYTES_MAX;
    /// Levels that metadata and signals may nest.
    metadata_nesting_max: usize = crate::json::NESTING_MAX;
    /// Bytes of a signal's data, as JSON.
    signal_bytes_max: usize = domain::SIGNAL_BYTES_MAX;
    /// Bytes of one frame or message of a client's.
    frame_bytes_max: usize = domain::FRAME_BYTES_MAX;
    /// Bytes of a request's body.
    body_bytes_max: usize = domain::BODY_BYTES_MAX;
    /// Bytes of an `Idempotency-Key`.
    idempotency_key_bytes_max: usize = domain::IDEMPOTENCY_KEY_BYTES_MAX;
    /// Messages or events on one page.
    page_items_max: usize = domain::PAGE_ITEMS_MAX;
    /// Messages or events on one page when none is asked for.
    page_items_default: usize = domain::PAGE_ITEMS_DEFAULT;
    /// Rooms on one page of the room list.
    room_page_items_max: usize = domain::ROOM_PAGE_ITEMS_MAX;
    /// Unread messages are counted up to here and one more.
    unread_count_max: u64 = domain::UNREAD_COUNT_MAX;
    /// Events of one room that a resume sends before it states a gap.
    resume_events_per_room_max: usize = domain::RESUME_EVENTS_PER_ROOM_MAX;
    /// Events over all rooms that a resume sends before it states gaps.
    resume_events_max: usize = domain::RESUME_EVENTS_MAX;
    /// Commands of one connection under way.
    commands_in_flight_max: usize = domain::COMMANDS_IN_FLIGHT_MAX;
    /// Bytes that wait for one connection before it counts as behind.
    outbox_bytes_max: usize = domain::OUTBOX_BYTES_MAX;
    /// People whose presence one connection watches.
    presence_subscriptions_max: usize = domain::PRESENCE_SUBSCRIPTIONS_MAX;
    /// Rooms that one connection holds in focus.
    focus_rooms_max: usize = domain::FOCUS_ROOMS_MAX;
    /// Rooms that one user may be in.
    rooms_per_user_max: u32 = domain::ROOMS_PER_USER_MAX;
    /// Members of one room.
    members_per_room_max: u32 = domain::MEMBERS_PER_ROOM_MAX;
    /// Devices of one user.
    devices_per_user_max: usize = domain::DEVICES_PER_USER_MAX;
    /// Live invitations of one room.
    invitations_per_room_max: usize = domain::INVITATIONS_PER_ROOM_MAX;
    /// Uses that one invitation may allow.
    invitation_uses_max: u32 = domain::INVITATION_USES_MAX;
    /// Seconds that an invitation may live.
    invitation_expiry_s_max: u64 = domain::INVITATION_EXPIRY_S_MAX;
    /// Seconds between two messages that slow mode may ask for.
    slow_mode_s_max: u32 = domain::SLOW_MODE_S_MAX;
    /// Send again what was not answered for so long.
    resend_after_ms: u64 = domain::RESEND_AFTER_MS;
    /// Typing fades after this unless it is said again.
    typing_expiry_ms: u64 = domain::TYPING_EXPIRY_MS;
    /// A broken connection shows its user as here for so long.
    presence_grace_ms: u64 = domain::PRESENCE_GRACE_MS;
    /// Presence and receipts are gathered for so long.
    coalesce_ms: u64 = domain::COALESCE_MS;
    /// A socket ticket is good for so long, once.
    socket_ticket_expiry_ms: u64 = domain::SOCKET_TICKET_EXPIRY_MS;
}

/// What holds for rooms above a size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomSize {
    /// For rooms with more members than this.
    pub members_above: u32,
    /// What is different there.
    pub effect: String,
}

fn room_sizes() -> Vec<RoomSize> {
    let mut sizes = vec![
        RoomSize {
            members_above: domain::TYPING_SHOWN_MEMBERS_MAX,
            effect: "typing is not relayed".to_owned(),
        },
        RoomSize {
            members_above: domain::RECEIPTS_SHOWN_MEMBERS_MAX,
            effect: "receipts are shown only to their own user".to_owned(),
        },
    ];
    sizes.sort_by_key(|size| size.members_above);
    sizes
}
