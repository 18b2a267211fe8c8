//! `/v1/rooms/{room}/messages` and `/events`: what was said, and the log itself.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tidings_domain::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use tidings_domain::text::MessageText;
use tidings_domain::{Action, ClientId, MessageBody, RoomId, Seq, UserId};
use tidings_engine::commands::send_message::{self, send};
use tidings_engine::pages::Want;
use tidings_engine::refusal::Refusal;
use tidings_protocol::rest::message::{
    Events, EventsQuery, Message, MessagesQuery, Page, SendMessage, Sent,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Json;
use super::extract::{IdempotencyKey, PathOf, QueryOf, field, page_limit};
use super::fields;
use super::page_tag::PageTag;
use super::problem::{ApiError, ApiResult};
use super::problem_answers::{Looking, Sending};
use super::views;
use crate::app::App;
use crate::auth::caller::UserCaller;
use crate::random;

/// The routes of messages and events.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list, post))
        .routes(routes!(show))
        .routes(routes!(events))
}

/// Read a page of messages
///
/// The latest, or those before, after or around a seq. Pages touch exactly when one's
/// `last_seq + 1` is the other's `first_seq`.
#[utoipa::path(
    get, path = "/rooms/{room}/messages", tag = "messages", operation_id = "list_messages",
    params(("room" = uuid::Uuid, Path), MessagesQuery,
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the page that one holds")),
    responses(
        (status = 200, description = "Messages, ascending", body = Page,
            headers(("ETag" = String, description = "Weak; names what the page says"))),
        (status = 304, description = "As one holds it"),
        Looking,
    ),
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
    QueryOf(query): QueryOf<MessagesQuery>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let limit = page_limit(query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let want = wanted(&query)?;
    let standing = app
        .engine
        .rooms
        .require(room, caller.user, Action::Read)
        .await?;
    let tag = PageTag::new(app.engine.epoch, &standing, want, limit);
    let told = [
        (header::ETAG, tag.header()),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
    ];
    if tag.is_held(&headers) {
        return Ok((StatusCode::NOT_MODIFIED, told).into_response());
    }
    let page = app.engine.pages.page(room, &standing, want, limit).await?;
    Ok((told, Json(views::message::page(page))).into_response())
}

fn wanted(query: &MessagesQuery) -> ApiResult<Want> {
    let seq = |field: &str, seq: u64| match seq {
        0 => Err(ApiError::field(field, "seqs begin with 1")),
        seq => Ok(Seq(seq)),
    };
    match (query.before, query.after, query.around) {
        (None, None, None) => Ok(Want::Latest),
        (Some(before), None, None) => Ok(Want::Before(seq("before", before)?)),
        (None, Some(after), None) => Ok(Want::After(Seq(after))),
        (None, None, Some(around)) => Ok(Want::Around(seq("around", around)?)),
        (_, Some(_), _) => Err(ApiError::field(
            "after",
            "stands alone: before, after or around",
        )),
        _ => Err(ApiError::field(
            "around",
            "stands alone: before, after or around",
        )),
    }
}

/// Say something
///
/// The same `client_id` makes one message, for ever: when in doubt, send again. An
/// `Idempotency-Key` may stand for it; without either, every request is another message.
#[utoipa::path(
    post, path = "/rooms/{room}/messages", tag = "messages", operation_id = "send_message",
    request_body = SendMessage,
    params(("room" = uuid::Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "Stands for a `client_id`")),
    responses(
        (status = 201, description = "Sent", body = Sent),
        (status = 200, description = "An earlier try had sent it", body = Sent),
        Sending,
    ),
)]
async fn post(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
    IdempotencyKey(key): IdempotencyKey,
    Json(body): Json<SendMessage>,
) -> ApiResult<(StatusCode, Json<Sent>)> {
    let client_id = client_id(body.client_id.as_deref(), key.as_deref(), caller.user)?;
    let message = send_message::SendMessage {
        room,
        client_id,
        body: content(body)?,
    };
    let sent = send(&app.engine, caller.actor(), message).await?;
    let send_message::Sent { seq, at, duplicate } = sent;
    let status = if duplicate {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((
        status,
        Json(Sent {
            room,
            seq,
            at_ms: at,
            client_id,
            duplicate,
        }),
    ))
}

/// What the message is named by: the client's own id, else the idempotency key.
fn client_id(named: Option<&str>, key: Option<&str>, sender: UserId) -> ApiResult<ClientId> {
    match (named, key) {
        (Some(named), _) => field("client_id", named),
        (None, Some(key)) => {
            let derived = |_| ClientId::from_idempotency_key(sender, key);
            Ok(ClientId::parse(key).unwrap_or_else(derived))
        }
        (None, None) => Ok(ClientId::from_uuid(random::id())),
    }
}

fn content(body: SendMessage) -> ApiResult<MessageBody> {
    let text = MessageText::parse(body.text)?;
    let metadata = body.metadata.map(fields::metadata).transpose()?;
    Ok(MessageBody {
        text,
        reply_to: body.reply_to.map(Seq),
        mentions: fields::ids("mentions", body.mentions.as_deref().unwrap_or_default())?,
        metadata: metadata.unwrap_or_default(),
    })
}

/// Show one message
#[utoipa::path(
    get, path = "/rooms/{room}/messages/{seq}", tag = "messages", operation_id = "show_message",
    params(("room" = uuid::Uuid, Path), ("seq" = u64, Path)),
    responses((status = 200, description = "The message as it reads now", body = Message), Looking),
)]
async fn show(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf((room, seq)): PathOf<(RoomId, Seq)>,
) -> ApiResult<Json<Message>> {
    let standing = app
        .engine
        .rooms
        .require(room, caller.user, Action::Read)
        .await?;
    let unseen = Refusal::NotFound("message");
    if seq < standing.visible_from {
        return Err(unseen.into());
    }
    let found = app.engine.store.history.message(room, seq).await?;
    Ok(Json(found.ok_or(unseen)?.into()))
}

/// Read the log itself
///
/// To fill a `gap`. `complete` says whether the events reach the head.
#[utoipa::path(
    get, path = "/rooms/{room}/events", tag = "messages", operation_id = "list_events",
    params(("room" = uuid::Uuid, Path), EventsQuery),
    responses((status = 200, description = "Events, ascending, without holes", body = Events), Looking),
)]
async fn events(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
    QueryOf(query): QueryOf<EventsQuery>,
) -> ApiResult<Json<Events>> {
    let limit = page_limit(query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let after = Seq(query.after.unwrap_or_default());
    let standing = app
        .engine
        .rooms
        .require(room, caller.user, Action::Read)
        .await?;
    let stretch = app
        .engine
        .pages
        .events(room, &standing, after, limit)
        .await?;
    Ok(Json(views::message::events(&stretch)))
}
