//! REST under `/v1`, one module a resource. What is served and what is documented come from one
//! table: each module's `routes`.

mod accounts;
mod back_end;
pub mod body;
mod devices;
pub(crate) mod extract;
mod fields;
pub mod idempotency;
mod invitations;
mod limits;
mod members;
mod messages;
mod page_tag;
mod people;
pub mod problem;
mod problem_answers;
mod receipts;
mod rooms;
pub mod scopes;
mod sessions;
mod unread;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use http::{HeaderValue, header};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

/// Everything under `/v1`, and the document that describes it.
pub fn router(app: &Arc<App>) -> (Router<Arc<App>>, OpenApi) {
    let (router, document) = routes().split_for_parts();
    // The last layer is the outermost: who may comes before what was answered earlier.
    let router = router
        .route_layer(from_fn_with_state(app.clone(), idempotency::replay))
        .route_layer(from_fn_with_state(app.clone(), scopes::check))
        .route_layer(map_response(keep_private));
    (router, document)
}

/// Whatever is answered is for who asked, and may be another thing the next time.
async fn keep_private(mut response: Response) -> Response {
    let private = HeaderValue::from_static("private, no-cache");
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(private);
    response
}

/// The routes, as they are served and as they are documented.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    let resources = OpenApiRouter::new()
        .merge(accounts::routes())
        .merge(sessions::routes())
        .merge(devices::routes())
        .merge(people::routes())
        .merge(back_end::routes())
        .merge(rooms::routes())
        .merge(members::routes())
        .merge(invitations::routes())
        .merge(messages::routes())
        .merge(receipts::routes())
        .merge(unread::routes())
        .merge(limits::routes());
    OpenApiRouter::with_openapi(crate::openapi::frame()).nest("/v1", resources)
}
