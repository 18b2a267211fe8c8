//! The interface under `/v1`, asked over a real socket of a real server on a folder of its own.
#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

mod accounts;
mod back_end;
mod call;
mod document;
mod host_tokens;
mod idempotency;
mod key_server;
mod people;
mod remote_keys;
mod server;
mod sessions;
mod signers;
mod sockets;
mod strangers;
