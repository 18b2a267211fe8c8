//! What back ends may do: one table from routes to the scope that a key needs, held in one place.
//!
//! *Invariant*: a route that is not in the table is closed to back ends.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use tidings_protocol::error::ErrorCode;

use super::problem::{ApiError, ApiResult};
use crate::app::App;
use crate::auth::caller::Caller;

/// Makes users and reads people.
pub const USERS: &str = "users";
/// Opens and ends sessions of users.
pub const SESSIONS: &str = "sessions";
/// Makes and changes rooms, their members and invitations.
pub const ROOMS: &str = "rooms";
/// Reads and sends messages, and moves receipts.
pub const MESSAGES: &str = "messages";

/// Every scope that a key can have.
pub const SCOPES: &[&str] = &[USERS, SESSIONS, ROOMS, MESSAGES];

/// Routes by how they begin, segment by segment; the first that fits decides.
const TABLE: &[(&str, &str)] = &[
    ("/v1/users/{id}/sessions", SESSIONS),
    ("/v1/users", USERS),
    ("/v1/me/password", SESSIONS),
    ("/v1/me", USERS),
    ("/v1/presence", USERS),
    ("/v1/sessions", SESSIONS),
    ("/v1/devices", SESSIONS),
    ("/v1/socket-tickets", SESSIONS),
    ("/v1/socket", SESSIONS),
    ("/v1/rooms/{room}/messages", MESSAGES),
    ("/v1/rooms/{room}/events", MESSAGES),
    ("/v1/rooms/{room}/receipts", MESSAGES),
    ("/v1/rooms/{room}/unread", MESSAGES),
    ("/v1/unread", MESSAGES),
    ("/v1/rooms", ROOMS),
    ("/v1/directory", ROOMS),
    ("/v1/invitations", ROOMS),
];

/// The scope that a route needs, if back ends may use it at all.
#[must_use]
pub fn needed(route: &str) -> Option<&'static str> {
    let fits = |beginning: &str| {
        let rest = route.strip_prefix(beginning);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    TABLE
        .iter()
        .find(|(beginning, _)| fits(beginning))
        .map(|(_, scope)| *scope)
}

/// Lets a back end pass if its key has the scope of the route.
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if !Caller::is_back_end(request.headers()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    match allow(&app, &mut parts).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => error.into_response(),
    }
}

async fn allow(app: &Arc<App>, parts: &mut Parts) -> ApiResult<()> {
    let caller = Caller::from_request_parts(parts, app).await?;
    let route = parts
        .extensions
        .get::<MatchedPath>()
        .map(MatchedPath::as_str);
    match route.and_then(needed) {
        Some(scope) => caller.require_scope(scope),
        None => Err(ApiError::with(ErrorCode::Forbidden, "not for API keys")),
    }
}

/// That a back end calls. For a user, what only back ends do does not exist.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BackEnd;

impl FromRequestParts<Arc<App>> for BackEnd {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> ApiResult<Self> {
        match Caller::from_request_parts(parts, app).await? {
            Caller::BackEnd { .. } => Ok(Self),
            Caller::User(_) => Err(ApiError::new(ErrorCode::NotFound)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_needs_the_scope_of_its_family_and_no_other_route_is_open() {
        for (route, scope) in [
            ("/v1/users/{id}", Some(USERS)),
            ("/v1/users/{id}/sessions", Some(SESSIONS)),
            ("/v1/rooms", Some(ROOMS)),
            ("/v1/rooms/{room}/members/{user}", Some(ROOMS)),
            ("/v1/rooms/{room}/messages/{seq}", Some(MESSAGES)),
            ("/v1/socket", Some(SESSIONS)),
            ("/v1/limits", None),
            ("/v1/rooms-of-tomorrow", None),
            ("/v1/accounts", None),
            ("/healthz", None),
        ] {
            assert_eq!(needed(route), scope, "{route}");
        }
    }

    #[test]
    fn every_entry_of_the_table_can_be_reached() {
        for (route, scope) in TABLE {
            assert_eq!(needed(route), Some(*scope), "{route}");
        }
    }
}
