//! What the parent process and a client process say to each other: a line of JSON each.

use std::net::SocketAddr;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::ledger::RoomNumber;
use crate::histogram::Histogram;
use crate::token::Host;

/// What a client process is told to do. Each is answered by one [`Report`] that is no progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Whom to talk to; the first order, and given once.
    Begin(Begin),
    /// Opens a connection for each of these users; the first begins where the last order ended.
    Open {
        /// By number.
        users: Range<u32>,
    },
    /// Sends, and hears what is sent.
    Run(Load),
    /// Closes all connections.
    Close,
}

/// Whom to talk to, and about what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Begin {
    pub(crate) address: SocketAddr,
    pub(crate) target: Target,
    /// The rooms in which there will be traffic. Their numbers are their places in this list.
    pub(crate) rooms: Vec<RoomSeats>,
}

/// What answers at the other end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Target {
    /// The server, whose users are those of this host application.
    Tidings(Host),
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
    /// So many of so many connections are open.
    Progress {
        /// Open.
        done: u32,
        /// To be opened.
        of: u32,
    },
    /// The order was carried out.
    Done,
    /// A load was run to its end: all was heard by all, and nothing twice.
    Ran(Box<Ran>),
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
    /// Of a frame with an event.
    pub(crate) frame_bytes: usize,
    /// How often a member was told that it reads too slowly.
    pub(crate) behind: u64,
}
