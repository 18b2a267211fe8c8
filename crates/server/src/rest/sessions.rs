//! `/v1/sessions` and `/v1/socket-tickets`: signing in, staying in, going out.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use tidings_domain::limits::SOCKET_TICKET_EXPIRY_MS;
use tidings_domain::name::Username;
use tidings_domain::user::User;
use tidings_domain::{SessionId, Timestamp};
use tidings_protocol::error::ErrorCode;
use tidings_protocol::rest::session::{
    RefreshSession, Session, SessionEntry, Sessions, SignIn, SocketTicket,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Confidential, Json};
use super::extract::{ClientOf, PathOf, PathPart};
use super::problem::{ApiError, ApiResult};
use super::problem_answers::{Changing, Listing, Making, SigningIn};
use crate::app::App;
use crate::auth::caller::UserCaller;
use crate::auth::logins::{self, LoginDevice};
use crate::edge::address::{Attempt, ClientAddress};
use crate::random;

/// The routes of sessions.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sign_in, list, end_others))
        .routes(routes!(refresh))
        .routes(routes!(end))
        .routes(routes!(issue_ticket))
}

/// Sign in
///
/// The answer to an unknown user name and to a wrong password is the same, and takes as long.
#[utoipa::path(
    post, path = "/sessions", tag = "sessions", operation_id = "sign_in", request_body = SignIn,
    responses((status = 201, description = "Signed in", body = Session), SigningIn),
    security(()),
)]
async fn sign_in(
    State(app): State<Arc<App>>,
    ClientOf(client): ClientOf,
    Json(body): Json<SignIn>,
) -> ApiResult<(StatusCode, Confidential<Session>)> {
    let device = LoginDevice::read(body.device_id.as_deref(), body.device_name.as_deref())?;
    let user = identify(&app, client, &body.username, body.password).await?;
    let session = logins::open(&app, &user, device).await?;
    Ok((StatusCode::CREATED, Confidential(session)))
}

/// The account that has this name and password.
async fn identify(
    app: &App,
    client: Option<ClientAddress>,
    username: &str,
    password: String,
) -> ApiResult<User> {
    let now_us = app.engine.clock.monotonic_us();
    app.addresses.attempt(client, Attempt::SignIn, now_us)?;
    // What can be no user name is checked like any other that nobody has.
    let username = Username::parse(username).ok();
    let found = match &username {
        Some(name) => {
            app.addresses.account_sign_in(name.as_str(), now_us)?;
            app.engine.store.accounts.credentials(name).await?
        }
        None => None,
    };
    let (user, hash) = found.unzip();
    let is_right = app.passwords.is_right(password, hash).await?;
    let wrong = || ApiError::new(ErrorCode::WrongCredentials);
    user.filter(|_| is_right).ok_or_else(wrong)
}

/// Trade a refresh token for a new pair of tokens
///
/// Each refresh token works once. If one comes a second time the session ends, for one of the two
/// who hold it is a thief; within ten seconds of its first use the answer is given again.
#[utoipa::path(
    post, path = "/sessions/refresh", tag = "sessions", operation_id = "refresh_session", request_body = RefreshSession,
    responses((status = 200, description = "New tokens", body = Session), SigningIn),
    security(()),
)]
async fn refresh(
    State(app): State<Arc<App>>,
    Json(body): Json<RefreshSession>,
) -> ApiResult<Confidential<Session>> {
    logins::refresh(&app, &body.refresh_token)
        .await
        .map(Confidential)
}

/// List one's sessions, the latest used first
#[utoipa::path(
    get, path = "/sessions", tag = "sessions", operation_id = "list_sessions",
    responses((status = 200, description = "One's sessions", body = Sessions), Listing),
)]
async fn list(State(app): State<Arc<App>>, caller: UserCaller) -> ApiResult<Json<Sessions>> {
    let found = app.engine.store.accounts.sessions(caller.user).await?;
    let entries = found.into_iter().map(|session| SessionEntry {
        id: session.id,
        device_id: session.device,
        device_name: session.device_name.into(),
        created_at_ms: session.created_at,
        last_used_at_ms: session.last_used_at,
        current: session.id == caller.session,
    });
    Ok(Json(Sessions {
        sessions: entries.collect(),
    }))
}

/// Which session a path names.
#[derive(Debug, Clone, Copy)]
enum Named {
    Current,
    Id(SessionId),
}

impl PathPart for Named {
    fn read(text: &str) -> Option<Self> {
        match text {
            "current" => Some(Self::Current),
            _ => SessionId::read(text).map(Self::Id),
        }
    }
}

/// End a session: `current` for one's own
///
/// Its tokens cease to work at once, and its sockets close within a second. The token of a host
/// application opens no session here: it ends by itself.
#[utoipa::path(
    delete, path = "/sessions/{id}", tag = "sessions", operation_id = "end_session",
    params(("id" = String, Path, description = "A session's id, or `current`")),
    responses((status = 204, description = "Ended"), Changing),
)]
async fn end(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(named): PathOf<Named>,
) -> ApiResult<StatusCode> {
    let session = match named {
        Named::Current => caller.session,
        Named::Id(session) => session,
    };
    if logins::end(&app, caller.user, session).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::with(ErrorCode::NotFound, "no such session"))
    }
}

/// End all sessions but one's own
#[utoipa::path(
    delete, path = "/sessions", tag = "sessions", operation_id = "end_other_sessions",
    responses((status = 204, description = "Ended"), Changing),
)]
async fn end_others(State(app): State<Arc<App>>, caller: UserCaller) -> ApiResult<StatusCode> {
    logins::end_others(&app, caller.user, caller.session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get a ticket for a socket
///
/// For browsers, which cannot set headers on a socket: it may stand in the address, because it
/// works once, for thirty seconds.
#[utoipa::path(
    post, path = "/socket-tickets", tag = "sessions", operation_id = "issue_socket_ticket",
    responses((status = 201, description = "A ticket", body = SocketTicket), Making),
)]
async fn issue_ticket(
    State(app): State<Arc<App>>,
    caller: UserCaller,
) -> ApiResult<(StatusCode, Confidential<SocketTicket>)> {
    let secret = random::secret();
    if !app
        .tickets
        .issue(secret, caller, app.engine.clock.monotonic_ms())
    {
        return Err(ApiError::new(ErrorCode::Overloaded));
    }
    let ticket = SocketTicket {
        ticket: random::text(&secret),
        expires_at_ms: expiry(app.engine.clock.now()),
    };
    Ok((StatusCode::CREATED, Confidential(ticket)))
}

fn expiry(now: Timestamp) -> Timestamp {
    now.plus_millis(i64::try_from(SOCKET_TICKET_EXPIRY_MS).unwrap_or(i64::MAX))
}
