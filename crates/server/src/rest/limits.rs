//! `GET /v1/limits`: every limit and interval that a client can meet.

use std::sync::Arc;

use axum::extract::State;
use tidings_protocol::limits::Limits;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Json;
use super::problem_answers::Anonymous;
use crate::app::App;

/// The route of the limits.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(show))
}

/// Show every limit and interval
///
/// And what changes at which size of a room. Needs no token: a form for signing up wants to know.
#[utoipa::path(
    get, path = "/limits", tag = "limits", operation_id = "show_limits", security(()),
    responses((status = 200, description = "What holds on this server", body = Limits), Anonymous),
)]
async fn show(State(app): State<Arc<App>>) -> Json<Limits> {
    Json(Limits::new(app.config.shown_limits()))
}
