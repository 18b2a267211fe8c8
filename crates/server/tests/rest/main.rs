//! The interface under `/v1`, asked over a real socket of a real server on a folder of its own.

mod accounts;
mod back_end;
mod call;
mod document;
mod host_tokens;
mod idempotency;
mod key_server;
mod people;
mod server;
mod sessions;
mod signers;
mod sockets;
