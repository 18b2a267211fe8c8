//! `/v1/devices`: the clients that a user has installed.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use tidings_domain::DeviceId;
use tidings_domain::name::DisplayName;
use tidings_engine::ports;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::rest::device::{ChangeDevice, Device, Devices};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Json;
use super::extract::PathOf;
use super::problem::{ApiError, ApiResult};
use super::problem_answers::{Changing, Listing};
use crate::app::App;
use crate::auth::caller::UserCaller;
use crate::auth::logins;

/// The routes of devices.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(rename, remove))
}

/// List one's devices, the latest used first
#[utoipa::path(
    get, path = "/devices", tag = "devices", operation_id = "list_devices",
    responses((status = 200, description = "One's devices", body = Devices), Listing),
)]
async fn list(State(app): State<Arc<App>>, caller: UserCaller) -> ApiResult<Json<Devices>> {
    let found = app.engine.store.accounts.devices(caller.user).await?;
    let devices = found
        .into_iter()
        .map(|device| view(device, caller))
        .collect();
    Ok(Json(Devices { devices }))
}

/// Rename a device
#[utoipa::path(
    patch, path = "/devices/{id}", tag = "devices", operation_id = "rename_device", request_body = ChangeDevice,
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, description = "The device", body = Device), Changing),
)]
async fn rename(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(device): PathOf<DeviceId>,
    Json(body): Json<ChangeDevice>,
) -> ApiResult<Json<Device>> {
    let name = DisplayName::parse(&body.name).map_err(|why| ApiError::field("name", why))?;
    let accounts = &app.engine.store.accounts;
    let renamed = accounts.rename_device(caller.user, device, name).await?;
    Ok(Json(view(renamed.ok_or_else(unknown)?, caller)))
}

/// Remove a device, and end its sessions
#[utoipa::path(
    delete, path = "/devices/{id}", tag = "devices", operation_id = "remove_device",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 204, description = "Removed"), Changing),
)]
async fn remove(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    PathOf(device): PathOf<DeviceId>,
) -> ApiResult<StatusCode> {
    let ended = app
        .engine
        .store
        .accounts
        .remove_device(caller.user, device)
        .await?;
    logins::take_leave(&app, &ended.ok_or_else(unknown)?);
    Ok(StatusCode::NO_CONTENT)
}

fn unknown() -> ApiError {
    ApiError::with(ErrorCode::NotFound, "no such device")
}

fn view(device: ports::Device, caller: UserCaller) -> Device {
    Device {
        id: device.id,
        name: device.name.into(),
        created_at_ms: device.created_at,
        last_used_at_ms: device.last_used_at,
        current: device.id == caller.device,
    }
}
