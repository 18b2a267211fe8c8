//! What is said over the socket: commands one way, frames the other.
//!
//! The types here know no encoding; [`crate::codec`] chooses between JSON and protobuf.

pub mod command;
pub mod frame;
pub(crate) mod read_command;
pub(crate) mod read_frame;
