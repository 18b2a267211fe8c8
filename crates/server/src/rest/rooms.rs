//! `/v1/rooms` and `/v1/directory`: rooms made, listed, changed, joined and left.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use tidings_domain::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, ROOM_PAGE_ITEMS_MAX};
use tidings_domain::{Cursor, RoomId, RoomKind, RoomSettings, UserId};
use tidings_engine::commands::change_room::{RoomChange, change_room};
use tidings_engine::commands::create_room::{self, create_room, open_direct_room};
use tidings_engine::commands::delete_room::delete_room;
use tidings_engine::commands::join_room::join_room;
use tidings_engine::commands::leave_room::leave_room;
use tidings_protocol::rest::room::{ChangeRoom, CreateRoom, Directory, Room, Rooms};
use tidings_protocol::rest::{ListQuery, SearchQuery};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Json;
use super::extract::{IdempotencyKey, PathOf, QueryOf, field, field_if, page_limit};
use super::fields;
use super::problem::{ApiError, ApiResult};
use super::problem_answers::{Changing, Joining, Listing, Looking, Making};
use super::views::room::{directory_entry, my_room, my_rooms};
use crate::app::App;
use crate::auth::caller::UserCaller;
use crate::random;

/// The routes of rooms.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create, list))
        .routes(routes!(show, change, delete))
        .routes(routes!(join))
        .routes(routes!(leave))
        .routes(routes!(directory))
}

/// Make a room, or open the direct room with somebody
///
/// A `direct` room takes `user` alone and is made once for each pair. All other kinds need a name.
#[utoipa::path(
    post, path = "/rooms", tag = "rooms", operation_id = "create_room", request_body = CreateRoom,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the room's creation: sent again, it is the same room")),
    responses(
        (status = 201, description = "Made", body = Room),
        (status = 200, description = "The direct room that there was", body = Room),
        Making,
    ),
)]
async fn create(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    key: IdempotencyKey,
    Json(body): Json<CreateRoom>,
) -> ApiResult<(StatusCode, Json<Room>)> {
    let (id, status) = match fields::kind(&body.kind)? {
        RoomKind::Direct => open_direct(&app, caller, body).await?,
        kind => (
            make(&app, caller, key, kind, body).await?,
            StatusCode::CREATED,
        ),
    };
    Ok((status, Json(my_room(&app.engine, id, caller.user).await?)))
}

async fn open_direct(
    app: &App,
    caller: UserCaller,
    body: CreateRoom,
) -> ApiResult<(RoomId, StatusCode)> {
    let missing = || ApiError::field("user", "a direct room needs the other person");
    let other: UserId = field("user", body.user.as_deref().ok_or_else(missing)?)?;
    let room = open_direct_room(&app.engine, caller.actor(), other).await?;
    Ok((
        room.id,
        if room.is_new {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        },
    ))
}

async fn make(
    app: &App,
    caller: UserCaller,
    IdempotencyKey(key): IdempotencyKey,
    kind: RoomKind,
    body: CreateRoom,
) -> ApiResult<RoomId> {
    if body.user.is_some() {
        return Err(ApiError::field(
            "user",
            "only a direct room takes one; others take `members`",
        ));
    }
    let id = match key {
        Some(key) => RoomId::from_idempotency_key(caller.user, &key),
        None => RoomId::from_uuid(random::id()),
    };
    let request = create_room::CreateRoom {
        id,
        kind,
        members: fields::ids("members", body.members.as_deref().unwrap_or_default())?,
        settings: settings(body)?,
    };
    create_room(&app.engine, caller.actor(), request).await?;
    Ok(id)
}

fn settings(body: CreateRoom) -> ApiResult<RoomSettings> {
    let history = body.history.as_deref().map(fields::history).transpose()?;
    let metadata = body.metadata.map(fields::metadata).transpose()?;
    Ok(RoomSettings {
        name: body.name.as_deref().map(fields::name).transpose()?,
        description: body
            .description
            .map(fields::description)
            .transpose()?
            .flatten(),
        avatar_url: body.avatar_url.map(fields::avatar_url).transpose()?,
        history: history.unwrap_or_default(),
        slow_mode_s: body.slow_mode_s.unwrap_or_default(),
        archived: false,
        metadata: metadata.unwrap_or_default(),
    })
}

/// List one's rooms, the most recent first
///
/// `cursor` is the place at which the first page was read: open the socket with it, and nothing
/// falls between the list and the stream. `limit` is 1 to 1,000, and 50 where it is left out.
#[utoipa::path(
    get, path = "/rooms", tag = "rooms", operation_id = "list_rooms", params(ListQuery),
    responses((status = 200, description = "One's rooms", body = Rooms), Listing),
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    QueryOf(query): QueryOf<ListQuery>,
) -> ApiResult<Json<Rooms>> {
    let limit = page_limit(query.limit, PAGE_ITEMS_DEFAULT, ROOM_PAGE_ITEMS_MAX)?;
    let after = query.after.as_deref().map(fields::position).transpose()?;
    let mut found = app
        .engine
        .store
        .directory
        .my_rooms(caller.user, after, limit + 1)
        .await?;
    let last = fields::cut(&mut found.rooms, limit);
    let next = last.map(|last| last.room.head_position.to_string());
    Ok(Json(Rooms {
        rooms: my_rooms(&app.engine, found.rooms).await?,
        cursor: Cursor::at(app.engine.epoch, found.position).to_string(),
        next,
    }))
}

/// Show a room
#[utoipa::path(
    get, path = "/rooms/{room}", tag = "rooms", operation_id = "show_room",
    params(("room" = uuid::Uuid, Path)),
    responses((status = 200, description = "The room", body = Room), Looking),
)]
async fn show(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
) -> ApiResult<Json<Room>> {
    Ok(Json(my_room(&app.engine, room, caller.user).await?))
}

/// Change a room's settings
///
/// What is left out stays; `null` clears. For admins and owners.
#[utoipa::path(
    patch, path = "/rooms/{room}", tag = "rooms", operation_id = "change_room", request_body = ChangeRoom,
    params(("room" = uuid::Uuid, Path)),
    responses((status = 200, description = "The room as it is now", body = Room), Changing),
)]
async fn change(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
    Json(body): Json<ChangeRoom>,
) -> ApiResult<Json<Room>> {
    change_room(&app.engine, caller.actor(), room, changes(body)?).await?;
    Ok(Json(my_room(&app.engine, room, caller.user).await?))
}

fn changes(body: ChangeRoom) -> ApiResult<RoomChange> {
    let description = fields::patch(body.description, fields::description)?;
    let metadata = fields::patch(body.metadata, fields::metadata)?;
    Ok(RoomChange {
        name: body.name.as_deref().map(fields::name).transpose()?,
        description: description.map(Option::flatten),
        avatar_url: fields::patch(body.avatar_url, fields::avatar_url)?,
        history: body.history.as_deref().map(fields::history).transpose()?,
        slow_mode_s: body.slow_mode_s,
        archived: body.archived,
        metadata: metadata.map(Option::unwrap_or_default),
    })
}

/// Delete a room for all
///
/// Its messages are blanked. For owners.
#[utoipa::path(
    delete, path = "/rooms/{room}", tag = "rooms", operation_id = "delete_room",
    params(("room" = uuid::Uuid, Path)),
    responses((status = 204, description = "It is gone"), Changing),
)]
async fn delete(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
) -> ApiResult<StatusCode> {
    delete_room(&app.engine, caller.actor(), room).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Join a channel or a live room
///
/// Who is in it already stays.
#[utoipa::path(
    post, path = "/rooms/{room}/join", tag = "rooms", operation_id = "join_room",
    params(("room" = uuid::Uuid, Path)),
    responses((status = 200, description = "The room that one is in now", body = Room), Joining),
)]
async fn join(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
) -> ApiResult<Json<Room>> {
    join_room(&app.engine, caller.actor(), room).await?;
    Ok(Json(my_room(&app.engine, room, caller.user).await?))
}

/// Leave a room
///
/// The last owner hands it over first, unless nobody else is in it.
#[utoipa::path(
    post, path = "/rooms/{room}/leave", tag = "rooms", operation_id = "leave_room",
    params(("room" = uuid::Uuid, Path)),
    responses((status = 204, description = "One is out"), Making),
)]
async fn leave(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(room): PathOf<RoomId>,
) -> ApiResult<StatusCode> {
    leave_room(&app.engine, caller.actor(), room).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Search the open rooms
///
/// Channels and live rooms whose name contains the query, by name. `limit` is 1 to 200, and 50
/// where it is left out.
#[utoipa::path(
    get, path = "/directory", tag = "rooms", operation_id = "search_directory", params(SearchQuery),
    responses((status = 200, description = "Open rooms", body = Directory), Listing),
)]
async fn directory(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    QueryOf(query): QueryOf<SearchQuery>,
) -> ApiResult<Json<Directory>> {
    let limit = page_limit(query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let after = field_if("after", query.after.as_deref())?;
    let wanted = fields::name_query(query.query.as_deref())?;
    let store = &app.engine.store.directory;
    let mut found = store.listed(caller.user, &wanted, after, limit + 1).await?;
    let next = fields::cut(&mut found, limit).map(|last| last.room.id.to_string());
    Ok(Json(Directory {
        rooms: found.into_iter().map(directory_entry).collect(),
        next,
    }))
}
