//! Checks of the house itself: who may depend on whom, what licences come in, how long a file may
//! grow, which calls have a better replacement, whether links lead somewhere.
//!
//! Each check is a pure function from what was read to a list of [`Finding`]s, so that each is
//! tested against a planted fault; `tests/house.rs` then holds them against this repository.
//! What is allowed stands in `lists/`, one readable file a subject, each entry with its reason.
//!
//! *Invariant:* an exception that excuses nothing is itself a finding, so lists only shrink.

pub mod bans;
pub mod dependencies;
pub mod edges;
mod finding;
pub mod length;
pub mod licence;
pub mod links;
pub mod manifests;
pub mod metadata;
pub mod npm;
pub mod rust_text;
pub mod scripts;
pub mod tree;

pub use finding::Finding;
