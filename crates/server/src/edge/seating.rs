//! What a server that is full still answers.
//!
//! *Limit*: connections beyond the last place are few (`edge::address`), and end with their first
//! answer. Health and metrics are answered as always; everything else is told to come later.

use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use tidings_protocol::error::{ErrorCode, Problem};

use super::SeatOf;
use crate::app::App;
use crate::metrics::Crowded;
use crate::rest::problem::ApiError;

/// Who is refused comes back after this: by then others have gone, or not.
const RETRY_MS: u64 = 2_000;
/// What those who watch over a server look at.
const WATCHED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// A layer: whoever sits on a spare seat is answered once, by the pages for operators or by a 503.
pub async fn seated(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let seat = request.extensions().get::<SeatOf>();
    if !seat.is_some_and(|seat| seat.0.is_spare()) {
        return next.run(request).await;
    }
    let mut response = if WATCHED.contains(&request.uri().path()) {
        next.run(request).await
    } else {
        app.turned_away.note(Crowded::Total);
        let problem = Problem::new(ErrorCode::Overloaded).retry_after_ms(RETRY_MS);
        ApiError(Box::new(problem)).into_response()
    };
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}
