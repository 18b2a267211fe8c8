//! `/v1/rooms/{room}/invitations` and `/v1/invitations/{code}`: links into a room.
//!
//! A code is sixteen secret bytes, told once to who makes the invitation and kept as a hash. With
//! an idempotency key it follows from the key, so that a repeated request is told the same code
//! although nothing of it was stored.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};
use tidings_domain::{Action, InvitationId, RoomId, UserId};
use tidings_engine::commands::accept_invitation::{accept_invitation, preview_invitation};
use tidings_engine::commands::create_invitation::{
    self, create_invitation, list_invitations, revoke_invitation,
};
use tidings_engine::ports;
use tidings_engine::refusal::Refusal;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::rest::invitation::{
    CreateInvitation, Invitation, InvitationView, Invitations,
};
use tidings_protocol::rest::room::Room;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Json;
use super::extract::{IdempotencyKey, PathOf};
use super::problem::{ApiError, ApiResult};
use super::problem_answers::{Changing, Joining, LookingAsStaff, Making, Previewing};
use super::views;
use super::views::room::my_room;
use crate::app::App;
use crate::auth::caller::{Caller, UserCaller};
use crate::random;

const CODE_BYTES: usize = 16;

/// The routes of invitations.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(revoke))
        .routes(routes!(preview))
        .routes(routes!(accept))
}

/// What opens the door.
struct Code([u8; CODE_BYTES]);

impl Code {
    fn new(app: &App, user: UserId, room: RoomId, key: Option<&str>) -> Self {
        match key {
            None => Self(random::secret()),
            // The ids have one length, so that no key can make one name look like another.
            Some(key) => Self(
                app.tokens
                    .derived_secret(&format!("invitation {user} {room} {key}")),
            ),
        }
    }

    /// What was once told; whatever else is in a link is no invitation.
    fn parse(text: &str) -> ApiResult<Self> {
        random::bytes(text)
            .map(Self)
            .ok_or_else(|| Refusal::NotFound("invitation").into())
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The answer to who makes it: the one place where the code is told.
    fn told(&self, app: &App, mut invitation: Invitation) -> Response {
        let code = random::text(&self.0);
        let url = format!("{}/join/{code}", app.public_url());
        (invitation.code, invitation.url) = (Some(code), Some(url));
        let unstored = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        (StatusCode::CREATED, unstored, Json(invitation)).into_response()
    }
}

/// Make an invitation
///
/// `code` and `url` are told this once. In groups for members, in open rooms for moderators,
/// admins and owners.
#[utoipa::path(
    post, path = "/rooms/{room}/invitations", tag = "invitations",
    operation_id = "create_invitation", request_body = CreateInvitation,
    params(
        ("room" = uuid::Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Sent again, it is the same invitation, for ever"),
    ),
    responses((status = 201, description = "Made", body = Invitation), Making),
)]
async fn create(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<CreateInvitation>,
) -> ApiResult<Response> {
    let code = Code::new(&app, caller.user, room, key.as_deref());
    if key.is_some()
        && let Some(earlier) = earlier(&app, caller, room, &code, &body).await?
    {
        let mut told = code.told(&app, views::invitation::invitation(&earlier));
        told.headers_mut()
            .insert("idempotent-replayed", HeaderValue::from_static("true"));
        return Ok(told);
    }
    let request = create_invitation::CreateInvitation {
        id: InvitationId::from_uuid(random::id()),
        code_hash: code.hash(),
        room,
        expires_in_s: body.expires_in_s,
        uses_max: body.uses_max,
    };
    let made = create_invitation(&app.engine, caller.user, request).await?;
    Ok(code.told(&app, views::invitation::made(&made)))
}

/// What an earlier request with this key has made.
async fn earlier(
    app: &App,
    caller: UserCaller,
    room: RoomId,
    code: &Code,
    body: &CreateInvitation,
) -> ApiResult<Option<ports::Invitation>> {
    app.engine
        .rooms
        .require(room, caller.user, Action::Invite)
        .await?;
    let Some(found) = app.engine.store.directory.invitation(code.hash()).await? else {
        return Ok(None);
    };
    let lives_ms = found
        .expires_at
        .map(|end| end.millis() - found.created_at.millis());
    let asked_ms = body
        .expires_in_s
        .map(|s| i64::try_from(s).unwrap_or(i64::MAX).saturating_mul(1_000));
    if lives_ms == asked_ms && found.uses_max == body.uses_max {
        Ok(Some(found))
    } else {
        Err(ApiError::new(ErrorCode::IdempotencyKeyReused))
    }
}

/// List a room's invitations that still work
///
/// Without their codes.
#[utoipa::path(
    get, path = "/rooms/{room}/invitations", tag = "invitations",
    operation_id = "list_invitations", params(("room" = uuid::Uuid, Path)),
    responses((status = 200, description = "Invitations", body = Invitations), LookingAsStaff),
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
) -> ApiResult<Json<Invitations>> {
    let found = list_invitations(&app.engine, caller.user, room).await?;
    let invitations = found.iter().map(views::invitation::invitation).collect();
    Ok(Json(Invitations { invitations }))
}

/// Take an invitation back
#[utoipa::path(
    delete, path = "/rooms/{room}/invitations/{id}", tag = "invitations",
    operation_id = "revoke_invitation",
    params(("room" = uuid::Uuid, Path), ("id" = uuid::Uuid, Path)),
    responses((status = 204, description = "It works no more"), Changing),
)]
async fn revoke(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf((room, id)): PathOf<(RoomId, InvitationId)>,
) -> ApiResult<StatusCode> {
    revoke_invitation(&app.engine, caller.user, room, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who looks at an invitation: somebody with a good token, or somebody without any.
struct Visitor(Option<UserId>);

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> ApiResult<Self> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self(None));
        }
        let caller = Caller::from_request_parts(parts, app).await?;
        Ok(Self(caller.user().ok().map(|user| user.user)))
    }
}

/// Look at what one is invited to
///
/// Also without a token.
#[utoipa::path(
    get, path = "/invitations/{code}", tag = "invitations", operation_id = "preview_invitation",
    params(("code" = String, Path)), security((), ("bearer" = [])),
    responses((status = 200, description = "The room, and who invites", body = InvitationView), Previewing),
)]
async fn preview(
    State(app): State<Arc<App>>,
    Visitor(visitor): Visitor,
    PathOf(code): PathOf<String>,
) -> ApiResult<Json<InvitationView>> {
    let hash = Code::parse(&code)?.hash();
    let preview = preview_invitation(&app.engine, visitor, hash).await?;
    let inviter = app.engine.people.get(preview.invitation.created_by).await?;
    let inviter = inviter.ok_or(Refusal::NotFound("invitation"))?;
    Ok(Json(views::invitation::preview(preview, &inviter)))
}

/// Join the room behind an invitation
///
/// Who is in it already stays, and spends nothing.
#[utoipa::path(
    post, path = "/invitations/{code}/accept", tag = "invitations",
    operation_id = "accept_invitation", params(("code" = String, Path)),
    responses((status = 200, description = "The room that one is in now", body = Room), Joining),
)]
async fn accept(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(code): PathOf<String>,
) -> ApiResult<Json<Room>> {
    let hash = Code::parse(&code)?.hash();
    let room = accept_invitation(&app.engine, caller.actor(), hash).await?;
    Ok(Json(my_room(&app.engine, room, caller.user).await?))
}
