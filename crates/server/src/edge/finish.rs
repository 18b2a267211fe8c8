//! What every answer has in common: a request id, a problem's body, what is left of the budget,
//! headers that keep browsers safe, and one line in the log.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tidings_domain::limits::BODY_BYTES_MAX;
use tidings_protocol::error::{ErrorCode, Problem};
use tracing::Instrument as _;

use crate::app::App;
use crate::auth::caller::SpentBudget;
use crate::edge::{Peer, address::Attempt};
use crate::random;
use crate::rest::problem::ApiError;

/// A request's body must have arrived, and its answer be made, within this.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The outermost layer.
pub async fn finish(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let id = random::id().to_string();
    let began_us = app.engine.clock.monotonic_us();
    let span = tracing::info_span!("request", %id);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let budget = SpentBudget::default();
    request.extensions_mut().insert(budget.clone());
    let answered = async {
        if let Some(refused) = refuse(&app, &request) {
            return refused;
        }
        match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => axum::response::IntoResponse::into_response(ApiError::with(
                ErrorCode::Unavailable,
                "the request took too long",
            )),
        }
    };
    let mut response = answered.instrument(span.clone()).await;
    tell_problem(&mut response, &id);
    add_headers(response.headers_mut(), &id);
    add_budget(response.headers_mut(), &budget);
    let took_us = app.engine.clock.monotonic_us() - began_us;
    app.answers.note(response.status(), took_us);
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(%method, path, status, took_us, "answered"));
    response
}

/// Refuses what need not be looked at: a body that says it is too long, or an address that asks
/// too often without saying who it is.
fn refuse(app: &App, request: &Request) -> Option<Response> {
    use axum::response::IntoResponse as _;
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok());
    if length
        .and_then(|text| text.parse::<usize>().ok())
        .is_some_and(|n| n > BODY_BYTES_MAX)
    {
        return Some(ApiError::new(ErrorCode::TooLarge).into_response());
    }
    let is_anonymous = !request.headers().contains_key(header::AUTHORIZATION);
    let peer = request.extensions().get::<Peer>()?;
    if is_anonymous && request.uri().path().starts_with("/v1/") {
        let client = app.addresses.client(peer.0, request.headers());
        let now_us = app.engine.clock.monotonic_us();
        if let Err(exceeded) = app.addresses.attempt(client, Attempt::Anonymous, now_us) {
            let problem = Problem::new(ErrorCode::RateLimited);
            let problem = problem.retry_after_ms(exceeded.retry_after_ms);
            return Some(ApiError(Box::new(problem)).into_response());
        }
    }
    None
}

/// Writes a problem's body, now that the request's id is known; and turns the bare refusals of
/// the framework into problems.
fn tell_problem(response: &mut Response, id: &str) {
    let told = response
        .extensions_mut()
        .remove::<ApiError>()
        .map(|error| *error.0);
    let problem = match (told, response.status()) {
        (Some(problem), _) => problem,
        (None, StatusCode::METHOD_NOT_ALLOWED) => Problem::new(ErrorCode::MethodNotAllowed),
        (None, StatusCode::PAYLOAD_TOO_LARGE) => Problem::new(ErrorCode::TooLarge),
        _ => return,
    };
    let problem = problem.request_id(id);
    if let Some(seconds) = problem.retry_after_s() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    let media_type = HeaderValue::from_static(Problem::MEDIA_TYPE);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    let body = serde_json::to_vec(&problem).expect("a problem is plain text and numbers");
    *response.body_mut() = Body::from(body);
}

fn add_headers(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    let defaults = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in defaults {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

fn add_budget(headers: &mut HeaderMap, spent: &SpentBudget) {
    let Some((limit, budget)) = *spent.0.lock() else {
        return;
    };
    headers.insert("ratelimit-limit", HeaderValue::from(limit));
    headers.insert("ratelimit-remaining", HeaderValue::from(budget.remaining));
    headers.insert(
        "ratelimit-reset",
        HeaderValue::from(budget.reset_ms.div_ceil(1_000)),
    );
}
