//! The WebSocket at `/v1/socket`.
//!
//! [`upgrade()`] judges the request; [`session`] reads commands, one at a time, on the connection's
//! own task; [`outlet`] is the connection as the engine's shards see it; [`frames`] turns what the
//! engine says into the wire's frames. *Invariant*: nothing reaches a client before its `hello`
//! was answered.

mod commands;
mod frames;
mod greeting;
mod outlet;
mod session;
mod upgrade;

pub(crate) use outlet::on_the_wire;
pub use upgrade::upgrade;
