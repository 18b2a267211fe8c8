//! All addresses that the server answers, in one place.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use tidings_domain::limits::BODY_BYTES_MAX;
use tidings_protocol::error::ErrorCode;

use crate::app::App;
use crate::rest::problem::ApiError;
use crate::{edge, metrics, rest, transport, web_client};

/// The router, with its state and layers.
pub fn router(app: Arc<App>) -> Router {
    let (api, document) = rest::router(&app);
    let scopes = from_fn_with_state(app.clone(), rest::scopes::check);
    let socket = get(transport::websocket::upgrade).layer(scopes);
    Router::new()
        .merge(api)
        .merge(crate::openapi::routes(&document))
        .route("/v1/socket", socket)
        .route("/healthz", get(healthy))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics_page))
        .fallback(fallback)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(app.clone(), edge::seated))
        .layer(from_fn_with_state(app.clone(), edge::finish))
        .with_state(app)
}

/// The process lives.
async fn healthy() -> &'static str {
    "ok\n"
}

/// The store answers, so that work can be taken.
async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.engine.store.log.start().await {
        Ok(_) => "ready\n".into_response(),
        Err(outage) => {
            tracing::error!(%outage, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the store does not answer\n",
            )
                .into_response()
        }
    }
}

async fn metrics_page(State(app): State<Arc<App>>) -> Response {
    let content_type = [(header::CONTENT_TYPE, metrics::CONTENT_TYPE)];
    (content_type, metrics::render(&app)).into_response()
}

/// Everything else is the web client's, except below `/v1`, where it does not exist.
async fn fallback(request: axum::extract::Request) -> Response {
    if request.uri().path().starts_with("/v1") {
        return ApiError::new(ErrorCode::NotFound).into_response();
    }
    web_client::serve(&request)
}
