//! What the engine needs of the outside, as traits whose comments are the contract.
//!
//! An adapter implements them for one technology and is held to the suites in
//! [`crate::conformance`]. *Invariant*: an adapter decides nothing; it stores, finds and numbers.

mod accounts;
mod clock;
mod directory;
mod history;
mod log;

pub use accounts::{
    Accounts, ApiKey, Device, NewAccount, NewSession, OpenedSession, Refresh, Rotation, Session,
    SignUp, UserChange,
};
pub use clock::Clock;
pub use directory::{
    Ban, Directory, Invitation, ListedRoom, MyRoom, NewInvitation, RoomList, SavedAnswer,
};
pub use history::{History, UnreadRoom};
pub use log::{
    Append, Guard, InvitationUse, Log, LogStart, Outcome, ReceiptChange, ReceiptWrite, Since,
    UserRoom, UserRooms, Write,
};

use std::sync::Arc;

/// A port failed. The caller is told `unavailable` and never this text, which is for the log.
///
/// After a failed *read* nothing has changed. After a failed *write* the outcome is unknown unless
/// the method says otherwise.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{port} failed to {doing}: {cause}")]
pub struct Outage {
    /// Which port.
    pub port: &'static str,
    /// What it was asked to do.
    pub doing: &'static str,
    /// What it said.
    pub cause: Arc<str>,
}

impl Outage {
    /// Wraps what a technology said.
    pub fn new(port: &'static str, doing: &'static str, cause: &dyn std::fmt::Display) -> Self {
        Self {
            port,
            doing,
            cause: cause.to_string().into(),
        }
    }
}

/// One store's faces, chosen at start.
#[derive(Clone)]
pub struct Store {
    /// Appends and what follows from them.
    pub log: Arc<dyn Log>,
    /// Messages, receipts, unread.
    pub history: Arc<dyn History>,
    /// Rooms, members, invitations.
    pub directory: Arc<dyn Directory>,
    /// Users, sessions, devices, API keys.
    pub accounts: Arc<dyn Accounts>,
}
