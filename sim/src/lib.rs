//! The seeded simulator: the engine and the client as they ship, in one thread and in injected time,
//! over a network that delays, repeats and cuts at any byte, and a disk that loses what was not
//! synced.
//!
//! A seed gives a plan ([`plan`]), a plan gives a run ([`world`]), a run gives a history, and the
//! history is judged by the rules of `tidings-history`. A seed that breaks one is cut down
//! ([`shrink`]) until what is left can be read by a person. Owns people, networks and disks that
//! do not exist; leaves all that is promised to the engine, the protocol and the client.

pub mod client;
pub mod clock;
pub mod disk;
pub mod hunt;
pub mod ids;
pub mod judge;
pub mod plan;
pub mod random;
pub mod record;
pub mod server;
pub mod shrink;
pub mod stopwatch;
pub mod transcript;
pub mod world;
