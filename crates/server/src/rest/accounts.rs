//! `/v1/accounts`, `/v1/guests` and `/v1/me/password`: who may come in, and by what.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use tidings_domain::UserId;
use tidings_domain::name::{DisplayName, Username};
use tidings_domain::user::{Privacy, User, UserOrigin};
use tidings_engine::ports::{NewAccount, Refresh, SignUp};
use tidings_engine::refusal::Refusal;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::rest::account::{self, ChangePassword, GuestSignUp};
use tidings_protocol::rest::session::Session;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::{Confidential, Json};
use super::extract::{ClientOf, IdempotencyKey};
use super::problem::{ApiError, ApiResult};
use super::problem_answers::{Confirming, SigningUp};
use crate::app::App;
use crate::auth::caller::UserCaller;
use crate::auth::logins::{self, LoginDevice};
use crate::config::SignUpPolicy;
use crate::edge::address::Attempt;
use crate::random;

/// The routes of accounts.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(be_guest))
        .routes(routes!(change_password))
}

/// Make an account and sign in
///
/// Sent again with the same `Idempotency-Key` and the same password, it is a sign-in.
#[utoipa::path(
    post, path = "/accounts", tag = "accounts", operation_id = "sign_up", request_body = account::SignUp,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the account's creation")),
    responses((status = 201, description = "Signed in", body = Session), SigningUp),
    security(()),
)]
async fn sign_up(
    State(app): State<Arc<App>>,
    ClientOf(client): ClientOf,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<account::SignUp>,
) -> ApiResult<(StatusCode, Confidential<Session>)> {
    if app.config.auth.sign_up == SignUpPolicy::Closed {
        return Err(ApiError::new(ErrorCode::SignUpClosed));
    }
    app.addresses
        .attempt(client, Attempt::SignUp, app.engine.clock.monotonic_us())?;
    let username = Username::parse(&body.username);
    let username = username.map_err(|why| ApiError::field("username", why))?;
    let display_name = body.display_name.as_deref().unwrap_or(username.as_str());
    let display_name = shown_as(display_name)?;
    let device = LoginDevice::read(None, body.device_name.as_deref())?;
    let id = match &key {
        Some(key) => UserId::from_idempotency_key(username.as_str(), key),
        None => UserId::from_uuid(random::id()),
    };
    let user = User {
        username: Some(username),
        ..fresh(&app, id, UserOrigin::Account, display_name)
    };
    let user = make_account(&app, user, body.password).await?;
    let session = logins::open(&app, &user, device).await?;
    Ok((StatusCode::CREATED, Confidential(session)))
}

/// Makes the account, or finds the one that an earlier try made, if the password is the same.
async fn make_account(app: &App, user: User, password: String) -> ApiResult<User> {
    let password_hash = app.passwords.hash(password.clone()).await?;
    let account = NewAccount {
        user: user.clone(),
        password_hash,
    };
    let accounts = &app.engine.store.accounts;
    let SignUp::UsernameTaken(holder) = accounts.sign_up(account).await? else {
        return Ok(user);
    };
    let taken = || ApiError::new(ErrorCode::UsernameTaken);
    if holder != user.id {
        return Err(taken());
    }
    let hash = accounts.password_hash(holder).await?;
    if !app.passwords.is_right(password, hash).await? {
        return Err(taken());
    }
    accounts.user(holder).await?.ok_or_else(taken)
}

/// Come in under a mere name
#[utoipa::path(
    post, path = "/guests", tag = "accounts", operation_id = "be_guest", request_body = GuestSignUp,
    responses((status = 201, description = "Signed in", body = Session), SigningUp),
    security(()),
)]
async fn be_guest(
    State(app): State<Arc<App>>,
    ClientOf(client): ClientOf,
    Json(body): Json<GuestSignUp>,
) -> ApiResult<(StatusCode, Confidential<Session>)> {
    if !app.config.auth.guests {
        return Err(ApiError::with(
            ErrorCode::SignUpClosed,
            "guests are not let in here",
        ));
    }
    app.addresses
        .attempt(client, Attempt::SignUp, app.engine.clock.monotonic_us())?;
    let device = LoginDevice::read(None, body.device_name.as_deref())?;
    let id = UserId::from_uuid(random::id());
    let guest = fresh(&app, id, UserOrigin::Guest, shown_as(&body.display_name)?);
    let guest = app
        .engine
        .store
        .accounts
        .provision(guest, Refresh::Keep)
        .await?;
    let session = logins::open(&app, &guest, device).await?;
    Ok((StatusCode::CREATED, Confidential(session)))
}

/// Change one's password
///
/// Ends all other sessions: whoever knew the old password is out.
#[utoipa::path(
    put, path = "/me/password", tag = "accounts", operation_id = "change_password", request_body = ChangePassword,
    responses((status = 204, description = "Changed"), Confirming),
)]
async fn change_password(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    Json(body): Json<ChangePassword>,
) -> ApiResult<StatusCode> {
    // A stolen token must not serve to guess the password.
    let account = caller.user.to_string();
    app.addresses
        .account_sign_in(&account, app.engine.clock.monotonic_us())?;
    let accounts = &app.engine.store.accounts;
    let Some(hash) = accounts.password_hash(caller.user).await? else {
        return Err(ApiError::with(
            ErrorCode::Forbidden,
            "you sign in without a password",
        ));
    };
    if !app
        .passwords
        .is_right(body.current_password, Some(hash))
        .await?
    {
        return Err(ApiError::new(ErrorCode::WrongCredentials));
    }
    let hash = app
        .passwords
        .hash(body.new_password)
        .await
        .map_err(|refusal| match refusal {
            Refusal::Invalid { detail, .. } => ApiError::field("new_password", detail),
            other => other.into(),
        })?;
    accounts.set_password_hash(caller.user, hash).await?;
    logins::end_others(&app, caller.user, caller.session).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A user as they begin.
pub(super) fn fresh(app: &App, id: UserId, origin: UserOrigin, display_name: DisplayName) -> User {
    User {
        id,
        origin,
        username: None,
        display_name,
        avatar_url: None,
        status_text: None,
        privacy: Privacy::default(),
        created_at: app.engine.clock.now(),
        last_seen_at: None,
    }
}

/// Reads the name under which somebody is shown.
pub(super) fn shown_as(text: &str) -> ApiResult<DisplayName> {
    DisplayName::parse(text).map_err(|why| ApiError::field("display_name", why))
}
