//! What the parent process and a client process say to each other: a line of JSON each.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::ledger::RoomNumber;
use crate::address::Address;
use crate::histogram::Histogram;
use crate::people::People;

/// What a client process is told to do. Each is answered by one [`Report`] that is no progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Whom to talk to; the first order, and given once.
    Begin(Begin),
    /// Opens a connection for each of these users; the first begins where the last order ended.
    Open {
        /// By number.
        users: Range<u32>,
        /// What their connections are like.
        manner: Manner,
    },
    /// Counts from here on.
    Count,
    /// Sends, and hears what is sent.
    Run(Load),
    /// Makes a storm of small news.
    Storm(Storm),
    /// Reads nothing at all until the next order.
    Stall,
    /// Reads until all members have heard these rooms so far.
    Settle(Vec<Upto>),
    /// Closes all connections.
    Close,
}

/// Whom to talk to, and about what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begin {
    pub(crate) address: Address,
    pub(crate) target: Target,
    /// Whose connections this process holds.
    pub(crate) users: Range<u32>,
    /// The rooms in which there will be traffic. Their numbers are their places in this list.
    pub(crate) rooms: Vec<RoomSeats>,
}

/// What a connection is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Manner {
    /// As the system makes it.
    Ordinary,
    /// With a small buffer and the packets of an Ethernet, so that little is on its way when its
    /// reader stalls; over loopback a system would hold megabytes for it.
    Narrow,
}

/// How far a room is to be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Upto {
    pub(crate) room: RoomNumber,
    /// The first seq that need not be heard.
    pub(crate) next: u64,
}

/// What the members of one process have heard of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extent {
    pub(crate) room: RoomNumber,
    /// The seq after the last that all of them have heard.
    pub(crate) next: u64,
    /// Over the bytes of all events; none where a gap was stated.
    pub(crate) digest: Option<u64>,
}

/// What answers at the other end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Target {
    /// The server, and its users.
    Tidings(People),
    /// The floor.
    Floor,
}

/// A room and its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoomSeats {
    pub(crate) name: String,
    pub(crate) users: Range<u32>,
}

/// What is sent, how fast and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) rooms: Range<RoomNumber>,
    /// The first so many members of each room send.
    pub(crate) senders_per_room: u32,
    pub(crate) pace: Pace,
    pub(crate) duration_ms: u64,
    pub(crate) text_bytes: usize,
    pub(crate) refusals: Refusals,
}

/// A storm of small news in one room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Storm {
    pub(crate) room: RoomNumber,
    /// People whom each member watches.
    pub(crate) watched: u32,
    /// Of all members together.
    pub(crate) typing_per_s: f64,
    /// Of all members together.
    pub(crate) reads_per_s: f64,
    /// Changes between online and away, of all members together.
    pub(crate) statuses_per_s: f64,
    /// So that there is something to read.
    pub(crate) messages_per_s: f64,
    pub(crate) duration_ms: u64,
}

/// What a storm brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Calm {
    /// What all members said.
    pub(crate) said: u64,
    /// Frames about people who came and went, to all members together.
    pub(crate) presence: u64,
    /// Frames about who has read how far.
    pub(crate) receipts: u64,
    /// Frames about who types.
    pub(crate) typing: u64,
    /// Frames of small news to the member who heard most.
    pub(crate) frames_max: u64,
    /// Bytes of small news to the member who heard most.
    pub(crate) bytes_max: u64,
    /// To all members together.
    pub(crate) frames: u64,
    /// To all members together.
    pub(crate) bytes: u64,
}

/// What it means when a message is refused because there are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Refusals {
    /// The run has failed.
    Fault,
    /// The server can do no more, which is what was to be found out.
    Counted,
}

/// When a sender sends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Pace {
    /// So many at once, and the next as soon as one of them has got so far.
    Window {
        /// Of each sender.
        in_flight: u32,
        /// How far a message must get.
        until: Until,
    },
    /// At fixed times, whatever became of those before.
    Rate {
        /// Of all senders together.
        per_s: f64,
    },
}

impl Pace {
    /// That of a part of the senders, from 0 to 1.
    pub(crate) fn part(self, part: f64) -> Self {
        match self {
            Self::Rate { per_s } => Self::Rate {
                per_s: per_s * part,
            },
            Self::Window { .. } => self,
        }
    }
}

/// How far a message has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Until {
    /// All members have heard it.
    HeardByAll,
    /// Its sender has the answer.
    Acknowledged,
}

/// What a client process answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// How far it is.
    Progress {
        /// With what.
        what: String,
        /// So far.
        done: u32,
        /// In the end.
        of: u32,
    },
    /// The order was carried out.
    Done,
    /// A load was run to its end: all was heard by all, and nothing twice.
    Ran(Box<Ran>),
    /// A storm has passed.
    Calm(Calm),
    /// It was not carried out, or something was lost.
    Failed(String),
}

/// What a load brought.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ran {
    /// Messages that were sent.
    pub(crate) sent: u64,
    /// Answers to them.
    pub(crate) acknowledged: u64,
    /// Messages that were refused because there were too many.
    pub(crate) refused: u64,
    /// Events that were heard, by all members together.
    pub(crate) deliveries: u64,
    /// Reads that brought events.
    pub(crate) reads: u64,
    /// From the beginning to the last delivery.
    pub(crate) elapsed_ns: u64,
    /// From a message's intended time to each delivery.
    pub(crate) latency: Histogram,
    /// From a message's intended time to its answer.
    pub(crate) ack_latency: Histogram,
    /// From a message's intended time to when it was written.
    pub(crate) late: Histogram,
    /// Of a frame with an event.
    pub(crate) frame_bytes: usize,
    /// How often a member was told that it reads too slowly.
    pub(crate) behind: u64,
    /// Events of which a member was told that they would not be sent: stated gaps.
    pub(crate) skipped: u64,
    /// What was heard of each room in which anything was.
    pub(crate) rooms: Vec<Extent>,
}

impl Ran {
    /// Adds what another process brought, or the same one later.
    pub(crate) fn merge(&mut self, other: Self) {
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.deliveries += other.deliveries;
        self.reads += other.reads;
        self.elapsed_ns = self.elapsed_ns.max(other.elapsed_ns);
        self.latency.merge(&other.latency);
        self.ack_latency.merge(&other.ack_latency);
        self.late.merge(&other.late);
        self.frame_bytes = self.frame_bytes.max(other.frame_bytes);
        self.behind += other.behind;
        self.skipped += other.skipped;
        self.rooms.extend(other.rooms);
    }
}
