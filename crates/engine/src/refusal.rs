//! The ways in which a command can fail: refused (the caller's), or an outage (a port's).

use crate::ports::Outage;

/// A command that was certainly not carried out, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing, or it is not the caller's to see: never told apart.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The caller sees the thing and may not do this to it.
    #[error("your role does not allow this")]
    Forbidden,
    /// The room is closed for writing.
    #[error("the room is archived")]
    Archived,
    /// The user may not come back to this room.
    #[error("banned from this room")]
    Banned,
    /// The invitation is expired, used up or revoked.
    #[error("the invitation is no longer valid")]
    InvitationSpent,
    /// The client id already names a send to another room.
    #[error("this client id was used for another room")]
    ClientIdReused,
    /// A field is wrong.
    #[error("{field}: {detail}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// In which way, for a person.
        detail: String,
    },
    /// A limit on how many there may be.
    #[error("limit reached: {0}")]
    LimitReached(&'static str),
    /// Too often; try again later.
    #[error("too many requests")]
    RateLimited {
        /// Milliseconds after which it can succeed.
        retry_after_ms: u64,
    },
    /// The room asks for slowness.
    #[error("slow mode: wait before the next message")]
    SlowMode {
        /// Milliseconds after which it can succeed.
        retry_after_ms: u64,
    },
    /// The writer's queue is full.
    #[error("the server is overloaded")]
    Overloaded,
    /// The room changed again and again while this was decided.
    #[error("the room changed in the meantime")]
    Conflict,
}

/// A command that did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// Certainly not done.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Perhaps done: a port failed on the way.
    #[error(transparent)]
    Outage(#[from] Outage),
}

impl Refusal {
    /// A wrong field.
    pub fn invalid(field: &'static str, detail: &dyn std::fmt::Display) -> Self {
        Self::Invalid {
            field,
            detail: detail.to_string(),
        }
    }
}
