//! `/v1/rooms/{room}/receipts`: how far each member has got.

use std::sync::Arc;

use axum::extract::State;
use tidings_domain::limits::RECEIPTS_SHOWN_MEMBERS_MAX;
use tidings_domain::receipt::Watermarks;
use tidings_domain::{Action, RoomId, Seq, UserId};
use tidings_engine::Engine;
use tidings_engine::catchup::shows_receipts;
use tidings_engine::commands::mark_read::{Mark, mark};
use tidings_engine::ports::Outage;
use tidings_protocol::rest::receipt::{OwnReceipt, PutReceipt, ReceiptList};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Json;
use super::extract::PathOf;
use super::problem::{ApiError, ApiResult};
use super::problem_answers::{Changing, Looking};
use super::views::member::Onlooker;
use crate::app::App;
use crate::auth::caller::UserCaller;

/// The routes of receipts.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(put))
}

/// Show how far the members have got
///
/// In live rooms, and in rooms of more than 256 members, only one's own. Who shows nobody what
/// they have read has a `read` of 0.
#[utoipa::path(
    get, path = "/rooms/{room}/receipts", tag = "receipts", operation_id = "list_receipts",
    params(("room" = uuid::Uuid, Path)),
    responses((status = 200, description = "Receipts", body = ReceiptList), Looking),
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
) -> ApiResult<Json<ReceiptList>> {
    let standing = app
        .engine
        .rooms
        .require(room, caller.user, Action::Read)
        .await?;
    let onlooker = Onlooker {
        user: caller.user,
        room,
        facts: standing.facts,
    };
    let found = if shows_receipts(standing.facts.kind, standing.facts.members) {
        let members_max = RECEIPTS_SHOWN_MEMBERS_MAX as usize;
        app.engine.store.history.receipts(room, members_max).await?
    } else {
        own(&app.engine, room, caller.user).await?
    };
    Ok(Json(ReceiptList {
        receipts: onlooker.receipts(&app.engine, found).await?,
    }))
}

async fn own(
    engine: &Engine,
    room: RoomId,
    user: UserId,
) -> Result<Vec<(UserId, Watermarks)>, Outage> {
    let found = engine.store.history.receipt(room, user).await?;
    Ok(found.into_iter().map(|(marks, _)| (user, marks)).collect())
}

/// Tell how far one has got
///
/// Watermarks only rise; `read` implies `delivered`. A seq beyond the head counts as the head.
#[utoipa::path(
    put, path = "/rooms/{room}/receipts/me", tag = "receipts", operation_id = "put_receipt", request_body = PutReceipt,
    params(("room" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "Where one stands, and what is unread then", body = OwnReceipt),
        Changing,
    ),
)]
async fn put(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
    Json(body): Json<PutReceipt>,
) -> ApiResult<Json<OwnReceipt>> {
    if body.delivered.is_none() && body.read.is_none() {
        return Err(ApiError::field("read", "is missing, and so is `delivered`"));
    }
    let raise = Mark {
        room,
        delivered: Seq(body.delivered.unwrap_or_default()),
        read: Seq(body.read.unwrap_or_default()),
    };
    let marks = mark(&app.engine, caller.user, raise).await?;
    let unread = app.engine.store.history.unread(room, caller.user).await?;
    let Watermarks { delivered, read } = marks;
    Ok(Json(OwnReceipt {
        delivered,
        read,
        unread: unread.into(),
    }))
}
