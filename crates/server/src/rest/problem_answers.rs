//! What a request can be refused with, for the OpenAPI document: sets of codes, told by status.
//!
//! The codes' own table says status and meaning; here is only which request can meet which.

use std::collections::BTreeMap;

use tidings_protocol::error::{ErrorCode, Problem};
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use ErrorCode as C;

/// Any request with a token.
const CALLER: &[C] = &[
    C::InvalidRequest,
    C::Unauthenticated,
    C::TokenExpired,
    C::SessionRevoked,
    C::RateLimited,
    C::Internal,
    C::Unavailable,
];
/// Any request that gets tokens.
const STRANGER: &[C] = &[
    C::InvalidRequest,
    C::TooLarge,
    C::UnsupportedMediaType,
    C::RateLimited,
    C::Internal,
    C::Overloaded,
    C::Unavailable,
];
/// Any request that changes something.
const CHANGE: &[C] = &[
    C::Forbidden,
    C::NotFound,
    C::Conflict,
    C::TooLarge,
    C::UnsupportedMediaType,
    C::LimitReached,
    C::Overloaded,
];
/// Any `POST`.
const REPEATED: &[C] = &[C::IdempotencyInProgress, C::IdempotencyKeyReused];

macro_rules! problem_answers {
    ($($(#[$doc:meta])* $name:ident = $($codes:expr),+;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let sets: &[&[C]] = &[$($codes),+];
                by_status(&sets.concat())
            }
        }
    )*};
}

problem_answers! {
    /// Asking for a list of one's own.
    Listing = CALLER;
    /// Looking at something that may not be there.
    Looking = CALLER, &[C::NotFound];
    /// Looking at what only some roles may.
    LookingAsStaff = CALLER, &[C::NotFound, C::Forbidden];
    /// Looking behind an invitation.
    Previewing = CALLER, &[C::NotFound, C::InvitationSpent];
    /// `PUT`, `PATCH` and `DELETE`.
    Changing = CALLER, CHANGE;
    /// Adding somebody, who may be banned.
    Adding = CALLER, CHANGE, &[C::Banned];
    /// `POST` that makes or moves something.
    Making = CALLER, CHANGE, REPEATED;
    /// Coming in.
    Joining = CALLER, CHANGE, REPEATED, &[C::Banned, C::InvitationSpent];
    /// Saying something.
    Sending = CALLER, CHANGE, REPEATED, &[C::Archived, C::SlowMode, C::ClientIdReused];
    /// Making an account or a guest.
    SigningUp = STRANGER, &[C::SignUpClosed, C::UsernameTaken];
    /// Showing a password or a refresh token.
    SigningIn = STRANGER, &[C::WrongCredentials, C::Unauthenticated, C::SessionRevoked];
    /// Showing one's password while signed in.
    Confirming = CALLER, CHANGE, &[C::WrongCredentials];
    /// What needs no token.
    Anonymous = &[C::RateLimited, C::Internal];
}

/// One answer a status, which names the codes that come with it.
fn by_status(codes: &[C]) -> BTreeMap<String, RefOr<Response>> {
    let mut told: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for code in codes {
        let line = format!("`{}`: {}", code.as_str(), code.title());
        told.entry(code.status()).or_default().push(line);
    }
    let answers = told
        .into_iter()
        .map(|(status, lines)| (status.to_string(), answer(&lines)));
    answers.collect()
}

fn answer(lines: &[String]) -> RefOr<Response> {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let answer = ResponseBuilder::new()
        .description(lines.join("; "))
        .content(Problem::MEDIA_TYPE, content)
        .build();
    answer.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_one_status_are_told_together() {
        let answers = Sending::responses();
        let RefOr::T(conflict) = &answers["409"] else {
            panic!("409 is a reference")
        };
        for code in [C::Conflict, C::Archived, C::IdempotencyInProgress] {
            assert!(conflict.description.contains(code.as_str()), "{code:?}");
        }
        assert!(conflict.content.contains_key(Problem::MEDIA_TYPE));
        assert!(!answers.contains_key("410"));
    }
}
