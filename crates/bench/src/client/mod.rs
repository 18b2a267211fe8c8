//! A client process: thousands of members in one thread over epoll, which say what they are told
//! to and check what they hear.
//!
//! A process holds no more sockets than its limit of descriptors, so a run has several.

mod dialect;
mod driver;
mod gusts;
mod ledger;
mod member;
pub(crate) mod orders;
mod run;
mod serve;
mod stamp;
mod storm;
#[cfg(test)]
mod tests;
mod traffic;
pub(crate) mod wire;

pub(crate) use serve::serve;
