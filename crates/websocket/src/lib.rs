//! WebSocket (RFC 6455) for a server that keeps very many connections: framing without I/O, and a
//! small tokio shell around it.
//!
//! The parts, from the pure to the wet:
//! - [`handshake`] judges an upgrade request; [`upgrade`] gets at the TCP stream behind it.
//! - [`frame`] builds server frames, once for all recipients; [`decoder`] reads client frames in place.
//! - [`outbox`] is what one connection still has to write, bounded; [`wheel`] is time, hashed.
//! - [`socket`] joins them to a TCP stream; [`connection`] is the task that reads it, and
//!   [`heartbeat`] the one task that watches over all of them.
//!
//! *Invariant*: a connection at rest holds no buffer, no timer and no queue.
//!
//! Deliberately absent: the client's side, TLS (a proxy's), who may connect (the server's), and
//! permessage-deflate.

pub mod close;
pub mod connection;
pub mod decoder;
pub mod frame;
pub mod handshake;
mod header;
pub mod heartbeat;
mod mask;
pub mod outbox;
mod partial;
mod read_buffer;
pub mod socket;
pub mod upgrade;
mod utf8;
pub mod violation;
pub mod wheel;

pub use close::CloseCode;
pub use connection::{Connection, Ended, Flow, Handler};
pub use decoder::{Decoder, DecoderLimits, Message};
pub use frame::Frame;
pub use heartbeat::{Deadline, Heartbeat, Timing};
pub use outbox::{Ephemeral, Offer, OutboxLimits};
pub use socket::{Delivery, Socket};
pub use violation::Violation;
