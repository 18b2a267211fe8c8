//! Fan-out: from a committed event to those connections that are online and entitled.
//!
//! Connections are dealt to shards by their user. Each shard hears of every commit, in commit
//! order, appends to the outboxes of its own connections, and writes each dirty one once. So a
//! connection gets events of all its rooms in commit order, and one number says where it stands.

mod audience;
mod connection;
mod dirty;
mod hub;
mod shard;
#[cfg(test)]
mod shard_tests;

pub use hub::{Hub, JoinOutcome};
pub use shard::{Ack, CommitNews, Join, Shard};
