//! The server's side of a run: the engine on a runtime whose time is injected, and in front of it
//! what a real server has, without sockets: sessions, outlets, requests.

mod frames;
mod greeting;
pub mod life;
mod lookups;
pub mod outlet;
pub mod requests;
pub mod session;
