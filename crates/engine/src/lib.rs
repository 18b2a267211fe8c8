//! The application over ports: what happens between a command and those who hear of it.
//!
//! Owns: the decision about a command (`commands`), the way of a write to the store and back
//! (`writer`), who hears what (`fanout`), how a reader catches up (`catchup`), recent events
//! (`recent`), watermarks (`receipts`), who is here (`presence`). Leaves to others: bytes, sockets
//! and the wire's forms (the server), tables (the adapters). State changes are pure and live in
//! types of their own; what is async here moves them.

mod aftermath;
pub mod catchup;
pub mod commands;
pub mod conformance;
pub mod connection;
pub mod connections;
pub mod engine;
pub mod envelope;
pub mod fanout;
mod here;
pub mod limiter;
pub mod memory;
pub mod meters;
pub mod outlet;
pub mod pages;
pub mod people;
pub mod planted;
pub mod ports;
pub mod presence;
pub mod receipts;
pub mod recent;
pub mod refusal;
pub mod rooms;
pub mod slow_mode;
pub mod turns;
pub mod writer;

pub use engine::{Engine, EngineOptions};
pub use here::PresenceDesk;
