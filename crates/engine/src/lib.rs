//! The application over ports: what happens between a command and those who hear of it.
//!
//! Owns: the decision about a command (`commands`), the way of a write to the store and back
//! (`writer`), who hears what (`fanout`), how a reader catches up (`catchup`), recent events
//! (`recent`), watermarks (`receipts`), who is here (`presence`). Leaves to others: bytes, sockets
//! and the wire's forms (the server), tables (the adapters). State changes are pure and live in
//! types of their own; what is async here moves them.

pub mod envelope;
pub mod fanout;
pub mod outlet;
pub mod ports;
pub mod recent;
pub mod refusal;
