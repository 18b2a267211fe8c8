//! From what can go wrong to what the caller reads: one problem document for all of it.
//!
//! A handler's error is turned into its final body by [`crate::edge::finish`], which knows the
//! request's id. An outage's cause goes to the log and never to the caller.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tidings_domain::text::InvalidText;
use tidings_engine::limiter::Exceeded;
use tidings_engine::ports::Outage;
use tidings_engine::refusal::{Failure, Refusal};
use tidings_protocol::error::{ErrorCode, FieldError, Problem};

/// What a handler answers when it cannot answer what was asked.
#[derive(Debug, Clone)]
pub struct ApiError(pub Box<Problem>);

impl ApiError {
    /// A problem of this code.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self(Box::new(Problem::new(code)))
    }

    /// A problem of this code, and what it is this time.
    #[must_use]
    pub fn with(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Problem::new(code).detail(detail)))
    }

    /// A wrong field.
    #[must_use]
    pub fn field(field: &str, why: impl std::fmt::Display) -> Self {
        Self(Box::new(Problem::field(FieldError::new(field, why))))
    }
}

/// What a handler answers.
pub type ApiResult<T> = Result<T, ApiError>;

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Self(Box::new(Problem::field(error)))
    }
}

/// A message's text, on whichever transport it came.
impl From<InvalidText> for ApiError {
    fn from(why: InvalidText) -> Self {
        match why {
            InvalidText::TooLong(_) => Self::with(ErrorCode::TooLarge, format!("text: {why}")),
            InvalidText::Empty | InvalidText::Nul => Self::field("text", why),
        }
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Outage(outage) => outage.into(),
        }
    }
}

impl From<Outage> for ApiError {
    fn from(outage: Outage) -> Self {
        tracing::error!(%outage, "a request failed");
        Self(Box::new(
            Problem::new(ErrorCode::Unavailable).retry_after_ms(1_000),
        ))
    }
}

impl From<Exceeded> for ApiError {
    fn from(exceeded: Exceeded) -> Self {
        let problem = Problem::new(ErrorCode::RateLimited);
        Self(Box::new(problem.retry_after_ms(exceeded.retry_after_ms)))
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let (code, retry_after_ms) = code_of(&refusal);
        if let Refusal::Invalid { field, detail } = &refusal {
            return Self::field(field, detail);
        }
        let mut problem = Problem::new(code).detail(refusal.to_string());
        if let Some(millis) = retry_after_ms {
            problem = problem.retry_after_ms(millis);
        }
        Self(Box::new(problem))
    }
}

/// A refusal's code on the wire, and after how long to try again.
#[must_use]
pub fn code_of(refusal: &Refusal) -> (ErrorCode, Option<u64>) {
    /// A full queue drains within a moment.
    const OVERLOADED_RETRY_MS: u64 = 500;
    match refusal {
        Refusal::NotFound(_) => (ErrorCode::NotFound, None),
        Refusal::Forbidden => (ErrorCode::Forbidden, None),
        Refusal::Archived => (ErrorCode::Archived, None),
        Refusal::Banned => (ErrorCode::Banned, None),
        Refusal::InvitationSpent => (ErrorCode::InvitationSpent, None),
        Refusal::ClientIdReused => (ErrorCode::ClientIdReused, None),
        Refusal::Invalid { .. } => (ErrorCode::InvalidRequest, None),
        Refusal::LimitReached(_) => (ErrorCode::LimitReached, None),
        Refusal::RateLimited { retry_after_ms } => (ErrorCode::RateLimited, Some(*retry_after_ms)),
        Refusal::SlowMode { retry_after_ms } => (ErrorCode::SlowMode, Some(*retry_after_ms)),
        Refusal::Overloaded => (ErrorCode::Overloaded, Some(OVERLOADED_RETRY_MS)),
        Refusal::Conflict => (ErrorCode::Conflict, None),
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
