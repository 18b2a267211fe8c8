//! What only back ends do, with an API key: their users, and sessions for them.
//!
//! A user whom a back end names is the user of the issuer `app`: a host application whose tokens
//! say `"iss": "app"` and the same `sub` speaks of the same person.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use tidings_domain::UserId;
use tidings_domain::name::Username;
use tidings_domain::user::{User, UserOrigin};
use tidings_engine::ports::Refresh;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::rest::back_end::{OpenSession, PutUser};
use tidings_protocol::rest::person::Profile;
use tidings_protocol::rest::session::Session;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::accounts::{fresh, shown_as};
use super::body::{Confidential, Json};
use super::extract::PathOf;
use super::fields;
use super::problem::{ApiError, ApiResult};
use super::problem_answers::Changing;
use super::scopes::BackEnd;
use crate::app::App;
use crate::auth::external_users::provision;
use crate::auth::logins::{self, LoginDevice};

/// Under which issuer back ends name users.
const ISSUER: &str = "app";
/// Bytes of an external id, as of a token's subject.
const EXTERNAL_ID_BYTES_MAX: usize = 255;

/// The routes of back ends.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(put_user))
        .routes(routes!(open_session))
}

/// Make a user, or bring one up to date
///
/// Here, and only here, `id` is the name that the back end itself has for the user. The answer
/// tells the user id, which is the same every time. A username that another user has is left out.
/// Needs an API key with the scope `users`.
#[utoipa::path(
    put, path = "/users/{id}", tag = "back ends", operation_id = "put_user", request_body = PutUser,
    params(("id" = String, Path, description = "The back end's own name for the user: 1 to 255 bytes")),
    responses((status = 200, description = "The user", body = Profile), Changing),
)]
async fn put_user(
    State(app): State<Arc<App>>,
    _: BackEnd,
    PathOf(external_id): PathOf<String>,
    Json(body): Json<PutUser>,
) -> ApiResult<Json<Profile>> {
    if external_id.len() > EXTERNAL_ID_BYTES_MAX {
        let why = format!("must have at most {EXTERNAL_ID_BYTES_MAX} bytes");
        return Err(ApiError::field("id", why));
    }
    let username = body.username.as_deref().map(Username::parse).transpose();
    let id = UserId::from_subject(ISSUER, &external_id);
    let user = User {
        username: username.map_err(|why| ApiError::field("username", why))?,
        avatar_url: body.avatar_url.map(fields::avatar_url).transpose()?,
        ..fresh(
            &app,
            id,
            UserOrigin::External,
            shown_as(&body.display_name)?,
        )
    };
    let stored = provision(&app.engine, user, Refresh::Names).await?;
    Ok(Json(Profile::from(stored.as_ref())))
}

/// Open a session for a user
///
/// For a back end that signs its users in by its own means and hands them the tokens. Needs an API
/// key with the scope `sessions`.
#[utoipa::path(
    post, path = "/users/{id}/sessions", tag = "back ends", operation_id = "open_session", request_body = OpenSession,
    params(("id" = uuid::Uuid, Path)),
    responses((status = 201, description = "A session", body = Session), Changing),
)]
async fn open_session(
    State(app): State<Arc<App>>,
    _: BackEnd,
    PathOf(user): PathOf<UserId>,
    Json(body): Json<OpenSession>,
) -> ApiResult<(StatusCode, Confidential<Session>)> {
    let device = LoginDevice::read(body.device_id.as_deref(), body.device_name.as_deref())?;
    let user = app.engine.people.get(user).await?;
    let user = user.ok_or_else(|| ApiError::with(ErrorCode::NotFound, "no such user"))?;
    let session = logins::open(&app, &user, device).await?;
    Ok((StatusCode::CREATED, Confidential(session)))
}
