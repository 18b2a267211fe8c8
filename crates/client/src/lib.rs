//! The Rust client: sign in, speak, listen, and come back after every cut without losing a word.
//!
//! `api` speaks HTTP, [`machine`] decides, `chat` moves the bytes of a socket for it, and `replay`
//! speaks whole logs of real conversations through the two. What does so is the feature `net`; without
//! it, what decides is left, for a program that brings its own network. Nothing in here knows how
//! the server works inside: it holds to `docs/protocol.md` alone.

#[cfg(feature = "net")]
pub mod api;
#[cfg(feature = "net")]
pub mod chat;
pub mod clock;
pub mod log_line;
pub mod machine;
pub mod random;
#[cfg(feature = "net")]
pub mod replay;
