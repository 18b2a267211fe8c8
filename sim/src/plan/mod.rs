//! What will happen in a run, drawn from a seed before anything does: who there is, how their lines
//! are, what they do, and what is done to them. A plan can be cut down and run again.

mod draw;
mod words;

pub use draw::draw;

/// A run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// From which it was drawn; also names the streams of chance.
    pub seed: u64,
    /// How many people there are.
    pub users: usize,
    /// The rooms there are from the start.
    pub rooms: Vec<RoomPlan>,
    /// The devices.
    pub clients: Vec<ClientPlan>,
    /// The server.
    pub server: ServerPlan,
    /// The store.
    pub disk: DiskPlan,
    /// What happens when, in milliseconds, ascending.
    pub steps: Vec<(u64, Step)>,
    /// Devices that were taken out of the plan.
    pub left_out: std::collections::BTreeSet<usize>,
    /// From when on nothing more is done to anybody.
    pub active_ms: u64,
}

/// A room.
#[derive(Debug, Clone)]
pub struct RoomPlan {
    /// Who is in it; the first owns it.
    pub members: Vec<usize>,
    /// What newcomers may read.
    pub history: tidings_domain::room::HistoryVisibility,
}

/// A device of somebody.
#[derive(Debug, Clone)]
pub struct ClientPlan {
    /// Whose.
    pub user: usize,
    /// In which encoding it speaks.
    pub encoding: tidings_protocol::Encoding,
    /// One way takes between these many milliseconds.
    pub delay_ms: (u64, u64),
    /// Bytes on their way to it at a time: what the kernel and the network hold.
    pub window_bytes: usize,
    /// Bytes that the server keeps for it.
    pub outbox_bytes: u32,
    /// Whether it watches the presence of all it knows.
    pub watches: bool,
}

/// The server.
#[derive(Debug, Clone, Copy)]
pub struct ServerPlan {
    /// Shards of connections.
    pub shards: usize,
    /// Bytes of recent events in memory.
    pub recent_bytes: usize,
    /// Milliseconds that an access token lives.
    pub token_ms: u64,
}

/// The store.
#[derive(Debug, Clone, Copy)]
pub struct DiskPlan {
    /// A read takes up to so many milliseconds.
    pub read_ms: u64,
    /// A sync takes up to so many.
    pub sync_ms: u64,
    /// Whether it says that it has synced.
    pub honesty: Honesty,
}

/// Whether a disk syncs when it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Honesty {
    /// It does.
    Syncs,
    /// It answers at once and syncs when it likes: what a test must catch.
    Lies,
}

/// How a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Both ends learn of it.
    Reset,
    /// Nobody learns of it: bytes vanish.
    Silent,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Somebody says something over the socket.
    Say {
        /// On which device.
        client: usize,
        /// Where.
        room: usize,
        /// How long it is.
        bytes: usize,
    },
    /// Somebody says something by a request, which the network may repeat.
    Post {
        /// On which device.
        client: usize,
        /// Where.
        room: usize,
        /// How often the request arrives.
        times: u64,
    },
    /// Somebody has read a room as far as it is shown.
    Read {
        /// On which device.
        client: usize,
        /// Which.
        room: usize,
    },
    /// A device has got a room as far as it is shown.
    Got {
        /// Which device.
        client: usize,
        /// Which room.
        room: usize,
    },
    /// Somebody types.
    Types {
        /// On which device.
        client: usize,
        /// Where.
        room: usize,
    },
    /// Somebody says how they are here.
    Status {
        /// On which device.
        client: usize,
        /// How.
        is: tidings_domain::presence::Availability,
    },
    /// Somebody adds somebody to a room.
    Add {
        /// On which device.
        client: usize,
        /// Which room.
        room: usize,
        /// Whom.
        user: usize,
    },
    /// Somebody takes somebody out of a room; themselves to leave.
    Remove {
        /// On which device.
        client: usize,
        /// Which room.
        room: usize,
        /// Whom.
        user: usize,
    },
    /// A session is ended.
    Revoke {
        /// Whose.
        client: usize,
    },
    /// A connection is cut, with so many thousandths of what is on its way still arriving.
    Cut {
        /// Whose.
        client: usize,
        /// Thousandths.
        arrives: u64,
        /// How.
        how: Cut,
    },
    /// Nothing arrives for a while.
    Stall {
        /// At whom.
        client: usize,
        /// How long.
        ms: u64,
    },
    /// A device reads slowly.
    Slow {
        /// Which.
        client: usize,
        /// Bytes that it takes in 100 ms.
        bytes: usize,
        /// For how long.
        ms: u64,
    },
    /// A device loses its line.
    Unplug {
        /// Which.
        client: usize,
        /// For how long.
        ms: u64,
    },
    /// An application is closed, and started again later.
    Away {
        /// On which device.
        client: usize,
        /// For how long.
        ms: u64,
        /// Whether it says goodbye, or is killed.
        goodbye: bool,
    },
    /// The server is killed.
    Crash {
        /// For how long it is gone.
        ms: u64,
        /// Whether what was written and not synced is there afterwards.
        tail: bool,
    },
    /// The server is restarted in order.
    Deploy {
        /// For how long it is gone.
        ms: u64,
    },
    /// Commits fail.
    DiskFails {
        /// For how long.
        ms: u64,
        /// Thousandths of the failing commits that were done nevertheless.
        done: u64,
    },
    /// Reads fail.
    ReadsFail {
        /// For how long.
        ms: u64,
    },
    /// Reads and syncs take up to so much longer.
    DiskSlow {
        /// For how long.
        ms: u64,
        /// How much longer.
        by_ms: u64,
    },
    /// The wall clock jumps.
    Clock {
        /// By how much.
        by_ms: i64,
    },
}

impl Step {
    /// The device that does or suffers it.
    #[must_use]
    pub const fn client(&self) -> Option<usize> {
        match self {
            Self::Say { client, .. }
            | Self::Post { client, .. }
            | Self::Read { client, .. }
            | Self::Got { client, .. }
            | Self::Types { client, .. }
            | Self::Status { client, .. }
            | Self::Add { client, .. }
            | Self::Remove { client, .. }
            | Self::Revoke { client }
            | Self::Cut { client, .. }
            | Self::Stall { client, .. }
            | Self::Slow { client, .. }
            | Self::Unplug { client, .. }
            | Self::Away { client, .. } => Some(*client),
            _ => None,
        }
    }
}
