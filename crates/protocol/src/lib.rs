//! The wire: REST bodies, socket commands and frames, errors, close codes; as JSON and as protobuf.
//!
//! Owns what is written and how it is read back. `docs/protocol.md` is its contract, and tests hold
//! the two together. Leaves to the server what a request means and whether it is allowed: requests
//! carry plain text and numbers, which the server parses into domain types and refuses by field.
//! *Invariant*: no input makes it panic, nest without bound, or echo more than a line of itself.

pub mod binary;
pub mod close;
pub mod codec;
pub mod error;
pub mod event;
pub mod json;
pub mod limits;
pub mod rest;
pub mod schema;
pub mod socket;

pub use close::{Advice, CloseCode};
pub use codec::Encoding;
pub use error::{ErrorCode, FieldError, Outcome, Problem};
pub use event::{Event, EventView};
pub use socket::command::{Command, CommandError};
pub use socket::frame::ServerFrame;
