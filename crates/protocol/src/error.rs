//! Why something was refused, as programs and people read it: one code, one table.
//!
//! Section 6 of `docs/protocol.md` is this table in writing; a test compares them row by row.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where the problem types live. The domain is reserved (RFC 2606): they name, they do not link.
const TYPE_PREFIX: &str = "https://tidings.invalid/problems/";

/// Whether a refused request can have had an effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Certainly not.
    NotDone,
    /// It may have; send it again under the same name to find out.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Outcome {
    /// As it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotDone => "not_done",
            Self::Unknown => "unknown",
        }
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $status:literal, $retryable:ident, $outcome:ident, $title:literal;)*) => {
        /// Every code of a refusal or problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
        }

        impl ErrorCode {
            /// All of them, in the document's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As it is sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// From how it is sent; `None` for a code of another version.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// Whether the very same request can succeed later.
            #[must_use]
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$variant => error_codes!(@ $retryable)),* }
            }

            /// Whether the request can have had an effect.
            #[must_use]
            pub const fn outcome(self) -> Outcome {
                match self { $(Self::$variant => Outcome::$outcome),* }
            }

            /// What it means, for a person.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }
        }
    };
    (@ yes) => { true };
    (@ no) => { false };
}

error_codes! {
    /// Not JSON, a wrong type or a bad field.
    InvalidRequest = "invalid_request", 400, no, NotDone, "The request cannot be understood";
    /// No token, or not a valid one.
    Unauthenticated = "unauthenticated", 401, no, NotDone, "Sign in first";
    /// The access token is too old.
    TokenExpired = "token_expired", 401, no, NotDone, "The access token has expired: refresh it";
    /// The session has ended.
    SessionRevoked = "session_revoked", 401, no, NotDone, "The session has ended: sign in again";
    /// User name or password.
    WrongCredentials = "wrong_credentials", 401, no, NotDone, "Wrong user name or password";
    /// A member, but not allowed to.
    Forbidden = "forbidden", 403, no, NotDone, "You may not do this here";
    /// Accounts or guests are switched off.
    SignUpClosed = "sign_up_closed", 403, no, NotDone, "This server takes no new accounts";
    /// May not come back to the room.
    Banned = "banned", 403, no, NotDone, "You were banned from this room";
    /// Does not exist, or not for the caller.
    NotFound = "not_found", 404, no, NotDone, "There is no such thing, or it is not yours to see";
    /// The path exists, the method does not.
    MethodNotAllowed = "method_not_allowed", 405, no, NotDone, "This address does not take this method";
    /// Somebody else has this user name.
    UsernameTaken = "username_taken", 409, no, NotDone, "This user name is taken";
    /// Changed in the meantime.
    Conflict = "conflict", 409, yes, NotDone, "It changed in the meantime: look again";
    /// The first request with this key still runs.
    IdempotencyInProgress = "idempotency_in_progress", 409, yes, NotDone, "The first request with this key is still running";
    /// The room is closed for writing.
    Archived = "archived", 409, no, NotDone, "The room is closed for writing";
    /// Expired, used up or revoked.
    InvitationSpent = "invitation_spent", 410, no, NotDone, "The invitation is no longer valid";
    /// Body, frame or text over its limit.
    TooLarge = "too_large", 413, no, NotDone, "Larger than allowed";
    /// Not JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, no, NotDone, "Send JSON";
    /// Same key, other body.
    IdempotencyKeyReused = "idempotency_key_reused", 422, no, NotDone, "This key was used for another request";
    /// Same client id, sent to another room.
    ClientIdReused = "client_id_reused", 422, no, NotDone, "This client id was used for another room";
    /// Of rooms, members, devices, invitations or watched people.
    LimitReached = "limit_reached", 422, no, NotDone, "There cannot be more of these";
    /// A command before `hello`.
    HelloFirst = "hello_first", 400, no, NotDone, "Say hello first";
    /// A second `hello`.
    AlreadyGreeted = "already_greeted", 400, no, NotDone, "Hello was said already";
    /// A command of another version, or none.
    UnknownCommand = "unknown_command", 400, no, NotDone, "There is no such command";
    /// Too many commands wait for their answers.
    TooManyInFlight = "too_many_in_flight", 429, yes, NotDone, "Wait for answers before sending more";
    /// Too often.
    RateLimited = "rate_limited", 429, yes, NotDone, "Too many requests: slow down";
    /// The room asks for slowness.
    SlowMode = "slow_mode", 429, yes, NotDone, "The room is in slow mode";
    /// The writer's queue is full.
    Overloaded = "overloaded", 503, yes, NotDone, "The server is overloaded";
    /// The store failed while it worked on this.
    Unavailable = "unavailable", 503, yes, Unknown, "The store did not answer: send it again";
    /// A bug.
    Internal = "internal", 500, yes, Unknown, "Something went wrong on our side";
}

/// A wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Which field; a path such as `members[2]` where it lies deeper.
    #[schema(example = "name")]
    pub field: String,
    /// What is wrong with it, for a person.
    #[schema(example = "must not be empty or only spaces")]
    pub detail: String,
}

impl FieldError {
    /// A wrong field and why.
    pub fn new(field: impl Into<String>, detail: impl std::fmt::Display) -> Self {
        Self {
            field: field.into(),
            detail: detail.to_string(),
        }
    }
}

/// The body of an error answer, `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "https://tidings.invalid/problems/not_found")]
    pub type_uri: String,
    /// What the code means, for a person.
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What programs read; section 6 of the protocol lists them all.
    #[schema(example = "not_found")]
    pub code: String,
    /// What is wrong this time, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Whether the same request can succeed later.
    #[serde(default)]
    pub retryable: bool,
    /// Whether the request can have had an effect.
    #[serde(default)]
    pub outcome: Outcome,
    /// Milliseconds after which to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Which fields are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The request's id, as in `X-Request-Id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// The media type of this body.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem of this code, with nothing said yet about this time.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self {
            type_uri: format!("{TYPE_PREFIX}{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            code: code.as_str().to_owned(),
            detail: None,
            retryable: code.is_retryable(),
            outcome: code.outcome(),
            retry_after_ms: None,
            errors: Vec::new(),
            request_id: None,
        }
    }

    /// One wrong field.
    #[must_use]
    pub fn field(error: FieldError) -> Self {
        Self::new(ErrorCode::InvalidRequest)
            .detail(format!("{}: {}", error.field, error.detail))
            .errors(vec![error])
    }

    /// Says what is wrong this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Names the wrong fields.
    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after_ms(mut self, millis: u64) -> Self {
        self.retry_after_ms = Some(millis);
        self
    }

    /// Names the request.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// The code, if this version knows it.
    #[must_use]
    pub fn known_code(&self) -> Option<ErrorCode> {
        ErrorCode::parse(&self.code)
    }

    /// The value of `Retry-After`: whole seconds, rounded up.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u64> {
        self.retry_after_ms.map(|millis| millis.div_ceil(1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

    /// The rows of section 6: code, status, retryable, outcome.
    fn documented() -> Vec<(String, u16, bool, Outcome)> {
        let (_, section) = DOCUMENT.split_once("## 6. Codes of refusals").unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        rows.flat_map(row).collect()
    }

    fn row(line: &str) -> Vec<(String, u16, bool, Outcome)> {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let outcome = match cells[4] {
            "not done" => Outcome::NotDone,
            "unknown" => Outcome::Unknown,
            other => panic!("an outcome that is none: {other}"),
        };
        let codes = cells[1]
            .split(',')
            .map(|code| code.trim().trim_matches('`'));
        codes
            .map(|code| {
                (
                    code.to_owned(),
                    cells[2].parse().unwrap(),
                    cells[3] == "yes",
                    outcome,
                )
            })
            .collect()
    }

    #[test]
    fn the_document_lists_exactly_these_codes_with_their_meaning() {
        let written: Vec<_> = ErrorCode::ALL
            .iter()
            .map(|code| {
                (
                    code.as_str().to_owned(),
                    code.status(),
                    code.is_retryable(),
                    code.outcome(),
                )
            })
            .collect();
        assert_eq!(written, documented());
    }

    #[test]
    fn a_code_survives_its_text_and_a_strange_one_is_none() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
        }
        assert_eq!(ErrorCode::parse("teapot"), None);
    }

    #[test]
    fn the_documents_example_is_what_is_sent() {
        let problem = Problem::new(ErrorCode::NotFound)
            .detail("no such room")
            .request_id("0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10");
        let (_, rest) = DOCUMENT.split_once("```json\n{\"type\"").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let example: serde_json::Value =
            serde_json::from_str(&format!("{{\"type\"{example}")).unwrap();
        assert_eq!(serde_json::to_value(problem).unwrap(), example);
    }

    #[test]
    fn waiting_is_told_in_whole_seconds_rounded_up() {
        let problem = Problem::new(ErrorCode::RateLimited).retry_after_ms(1_001);
        assert_eq!(problem.retry_after_s(), Some(2));
    }
}
