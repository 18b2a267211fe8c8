//! `/v1/rooms/{room}/members` and `/bans`: who is in a room, and who may not be.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use tidings_domain::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use tidings_domain::{Action, RoomId, UserId};
use tidings_engine::commands::put_member::put_member;
use tidings_engine::commands::remove_member::{ban_member, remove_member, unban_member};
use tidings_protocol::rest::ListQuery;
use tidings_protocol::rest::member::{Bans, Member, Members, PutMember};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Json;
use super::extract::{PathOf, QueryOf, field_if, page_limit};
use super::fields;
use super::problem::ApiResult;
use super::problem_answers::{Adding, Changing, Looking, LookingAsStaff};
use super::views::member::{self, Onlooker};
use crate::app::App;
use crate::auth::caller::UserCaller;

/// Bans that a room's list shows; the earliest ids of them, if there are ever more.
const BANS_SHOWN_MAX: usize = 10_000;

/// The routes of members and bans.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(put, remove))
        .routes(routes!(bans))
        .routes(routes!(ban, unban))
}

async fn onlooker(
    app: &App,
    room: RoomId,
    caller: UserCaller,
    action: Action,
) -> ApiResult<Onlooker> {
    let standing = app.engine.rooms.require(room, caller.user, action).await?;
    Ok(Onlooker {
        user: caller.user,
        room,
        facts: standing.facts,
    })
}

/// List a room's members
///
/// In a stable order. `limit` is 1 to 200, and 50 where it is left out.
#[utoipa::path(
    get, path = "/rooms/{room}/members", tag = "members", operation_id = "list_members",
    params(("room" = uuid::Uuid, Path), ListQuery),
    responses((status = 200, description = "Members", body = Members), Looking),
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
    QueryOf(query): QueryOf<ListQuery>,
) -> ApiResult<Json<Members>> {
    let limit = page_limit(query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let after = field_if("after", query.after.as_deref())?;
    let onlooker = onlooker(&app, room, caller, Action::Read).await?;
    let mut found = app
        .engine
        .store
        .directory
        .members(room, after, limit + 1)
        .await?;
    let last = fields::cut(&mut found, limit);
    let next = last.map(|(membership, _)| membership.user.to_string());
    Ok(Json(Members {
        members: onlooker.members(&app.engine, found).await?,
        next,
    }))
}

/// Add a user, or change a member's role
///
/// A newcomer gets the room's ordinary role where none is given. Nobody gives a role above their
/// own, or changes who is not below them.
#[utoipa::path(
    put, path = "/rooms/{room}/members/{user}", tag = "members", operation_id = "put_member", request_body = PutMember,
    params(("room" = uuid::Uuid, Path), ("user" = uuid::Uuid, Path)),
    responses((status = 200, description = "The member as they are now", body = Member), Adding),
)]
async fn put(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf((room, user)): PathOf<(RoomId, UserId)>,
    Json(body): Json<PutMember>,
) -> ApiResult<Json<Member>> {
    let role = body.role.as_deref().map(fields::role).transpose()?;
    put_member(&app.engine, caller.actor(), room, user, role).await?;
    let onlooker = onlooker(&app, room, caller, Action::Read).await?;
    Ok(Json(onlooker.member(&app.engine, user).await?))
}

/// Take a member out
///
/// Oneself is leaving. Others only if they are below oneself.
#[utoipa::path(
    delete, path = "/rooms/{room}/members/{user}", tag = "members", operation_id = "remove_member",
    params(("room" = uuid::Uuid, Path), ("user" = uuid::Uuid, Path)),
    responses((status = 204, description = "They are out"), Changing),
)]
async fn remove(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf((room, user)): PathOf<(RoomId, UserId)>,
) -> ApiResult<StatusCode> {
    remove_member(&app.engine, caller.actor(), room, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List who may not come back
///
/// For moderators, admins and owners.
#[utoipa::path(
    get, path = "/rooms/{room}/bans", tag = "members", operation_id = "list_bans",
    params(("room" = uuid::Uuid, Path)),
    responses((status = 200, description = "Bans", body = Bans), LookingAsStaff),
)]
async fn bans(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
) -> ApiResult<Json<Bans>> {
    onlooker(&app, room, caller, Action::Remove).await?;
    let found = app
        .engine
        .store
        .directory
        .bans(room, BANS_SHOWN_MAX)
        .await?;
    Ok(Json(Bans {
        bans: member::bans(&app.engine, found).await?,
    }))
}

/// Take a member out, and do not let them come back
///
/// Who has left already can be banned too.
#[utoipa::path(
    put, path = "/rooms/{room}/bans/{user}", tag = "members", operation_id = "ban_member",
    params(("room" = uuid::Uuid, Path), ("user" = uuid::Uuid, Path)),
    responses((status = 204, description = "They may not come back"), Changing),
)]
async fn ban(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf((room, user)): PathOf<(RoomId, UserId)>,
) -> ApiResult<StatusCode> {
    ban_member(&app.engine, caller.actor(), room, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let somebody come back
#[utoipa::path(
    delete, path = "/rooms/{room}/bans/{user}", tag = "members", operation_id = "unban_member",
    params(("room" = uuid::Uuid, Path), ("user" = uuid::Uuid, Path)),
    responses((status = 204, description = "They may come back"), Changing),
)]
async fn unban(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf((room, user)): PathOf<(RoomId, UserId)>,
) -> ApiResult<StatusCode> {
    unban_member(&app.engine, caller.actor(), room, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
