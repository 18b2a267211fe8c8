//! Why a request did not get its answer.

use reqwest::StatusCode;
use tidings_protocol::{ErrorCode, Problem};

/// Why a request did not get its answer.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The server refused, and said why.
    #[error("{}: {}", .0.code, .0.detail.as_deref().unwrap_or(&.0.title))]
    Problem(Box<Problem>),
    /// No answer came. The request may have had its effect.
    #[error("no answer: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// An answer came that is none of the protocol.
    #[error("an answer that is none of the protocol (status {status}): {detail}")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What the reader stumbled on.
        detail: String,
    },
}

impl ApiError {
    pub(super) fn unreadable(status: StatusCode, error: &serde_json::Error) -> Self {
        Self::Unreadable {
            status: status.as_u16(),
            detail: error.to_string(),
        }
    }

    /// Whether the same request can succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Problem(problem) => problem.retryable,
            Self::Unreachable(_) => true,
            // A proxy in front of a server that is down answers in its own words.
            Self::Unreadable { status, .. } => *status >= 500,
        }
    }

    /// When to try again, if the server has said it.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::Problem(problem) => problem.retry_after_ms,
            Self::Unreachable(_) | Self::Unreadable { .. } => None,
        }
    }

    /// The code of a problem, if this version knows it.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Problem(problem) => problem.known_code(),
            Self::Unreachable(_) | Self::Unreadable { .. } => None,
        }
    }
}
