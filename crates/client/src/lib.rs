//! The Rust client: sign in, speak, listen, and come back after every cut without losing a word.
//!
//! [`api`] speaks HTTP, [`machine`] decides, [`chat`] moves the bytes of a socket for it, and
//! [`replay`] speaks whole logs of real conversations through the two. Nothing in here knows how
//! the server works inside: it holds to `docs/protocol.md` alone.

pub mod api;
pub mod chat;
pub mod clock;
pub mod machine;
pub mod random;
pub mod replay;
