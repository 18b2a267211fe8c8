//! `/v1/unread` and `/v1/rooms/{room}/unread`: what one has not read, and why it says so.

use std::sync::Arc;

use axum::extract::State;
use tidings_domain::limits::UNREAD_COUNT_MAX;
use tidings_domain::{Action, RoomId, Seq};
use tidings_engine::commands::mark_unread::{mark_unread, read_all};
use tidings_protocol::rest::unread::{MarkUnread, UnreadCount, UnreadExplained, UnreadList};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Json;
use super::extract::PathOf;
use super::problem::ApiResult;
use super::problem_answers::{Changing, Listing, Looking, Making};
use super::views;
use crate::app::App;
use crate::auth::caller::UserCaller;

/// The routes of what is unread.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(explain, mark_from))
        .routes(routes!(read_everything))
}

/// Sum up what is unread
#[utoipa::path(
    get, path = "/unread", tag = "receipts", operation_id = "list_unread",
    responses((status = 200, description = "The rooms with anything unread", body = UnreadList), Listing),
)]
async fn list(State(app): State<Arc<App>>, caller: UserCaller) -> ApiResult<Json<UnreadList>> {
    let rooms = app.engine.store.history.unread_rooms(caller.user).await?;
    Ok(Json(views::unread::list(rooms)))
}

/// Explain a room's count by the very messages that were counted
#[utoipa::path(
    get, path = "/rooms/{room}/unread", tag = "receipts", operation_id = "explain_unread",
    params(("room" = uuid::Uuid, Path)),
    responses((status = 200, description = "Count and messages", body = UnreadExplained), Looking),
)]
async fn explain(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
) -> ApiResult<Json<UnreadExplained>> {
    app.engine
        .rooms
        .require(room, caller.user, Action::Read)
        .await?;
    let history = &app.engine.store.history;
    let unread = history.unread(room, caller.user).await?;
    let counted_max = usize::try_from(UNREAD_COUNT_MAX + 1).unwrap_or(usize::MAX);
    let seqs = history.unread_seqs(room, caller.user, counted_max).await?;
    Ok(Json(views::unread::explained(unread, seqs)))
}

/// Count a room as unread from a message on, until it is read again
///
/// Watermarks stay: they only rise.
#[utoipa::path(
    put, path = "/rooms/{room}/unread", tag = "receipts", operation_id = "mark_unread", request_body = MarkUnread,
    params(("room" = uuid::Uuid, Path)),
    responses((status = 200, description = "What is unread now", body = UnreadCount), Changing),
)]
async fn mark_from(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
    Json(body): Json<MarkUnread>,
) -> ApiResult<Json<UnreadCount>> {
    let unread = mark_unread(&app.engine, caller.user, room, Seq(body.from)).await?;
    Ok(Json(unread.into()))
}

/// Read everything
#[utoipa::path(
    post, path = "/unread/read-all", tag = "receipts", operation_id = "read_all",
    responses(
        (status = 200, description = "What has come meanwhile", body = UnreadList),
        Making,
    ),
)]
async fn read_everything(
    State(app): State<Arc<App>>,
    caller: UserCaller,
) -> ApiResult<Json<UnreadList>> {
    Ok(Json(views::unread::list(
        read_all(&app.engine, caller.user).await?,
    )))
}
