//! What every answer has in common: a request id, a problem's body, what is left of the budget,
//! headers that keep browsers safe, and one line in the log.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tidings_domain::limits::BODY_BYTES_MAX;
use tidings_protocol::error::{ErrorCode, Problem};
use tracing::Instrument as _;

use crate::app::App;
use crate::auth::caller::{Identity, SpentBudget};
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
    let (method, route) = (request.method().clone(), route_of(&request));
    let budget = SpentBudget::default();
    request.extensions_mut().insert(budget.clone());
    let answering = async {
        match admit(&app, request).await {
            Ok(request) => next.run(request).await,
            Err(refused) => refused.into_response(),
        }
    };
    let answered = tokio::time::timeout(REQUEST_TIMEOUT, answering).instrument(span.clone());
    let mut response = answered.await.unwrap_or_else(|_| {
        ApiError::with(ErrorCode::Unavailable, "the request took too long").into_response()
    });
    tell_problem(&mut response, &id);
    add_headers(response.headers_mut(), &id);
    add_budget(response.headers_mut(), &budget);
    let took_us = app.engine.clock.monotonic_us() - began_us;
    app.answers.note(response.status(), took_us);
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(%method, %route, status, took_us, "answered"));
    response
}

/// The pattern of the request's route, for the log. Never the path itself: an invitation's code
/// stands in it, and what stands in a log is no secret any more.
fn route_of(request: &Request) -> String {
    let matched = request.extensions().get::<MatchedPath>();
    matched.map_or("none", MatchedPath::as_str).to_owned()
}

/// Where people come in: the first to wait when the processor does not keep up.
const ENTRANCES: [&str; 3] = ["/v1/sessions", "/v1/accounts", "/v1/guests"];

/// Looks at who asks, and refuses what need not be looked at further: a body that says it is too
/// long, somebody new when there is too much to do already, or an address that asks too often without saying who it is. A token that does not serve
/// says nothing.
async fn admit(app: &App, request: Request) -> Result<Request, ApiError> {
    if says_too_long(request.headers()) {
        return Err(ApiError::new(ErrorCode::TooLarge));
    }
    if !request.uri().path().starts_with("/v1/") {
        return Ok(request);
    }
    if is_somebody_new(&request) {
        app.strain.admit_new()?;
    }
    // A body cannot be looked at by two threads, so nothing of the request is held while waiting.
    let (mut parts, body) = request.into_parts();
    let mut is_anonymous = true;
    if parts.headers.contains_key(header::AUTHORIZATION) {
        let identity = Identity::of(app, &parts.headers).await;
        is_anonymous = identity.is_unknown();
        parts.extensions.insert(identity);
    }
    if is_anonymous && let Some(Peer(peer)) = parts.extensions.get() {
        let client = app.addresses.client(*peer, &parts.headers);
        let now_us = app.engine.clock.monotonic_us();
        app.addresses.attempt(client, Attempt::Anonymous, now_us)?;
    }
    Ok(Request::from_parts(parts, body))
}

fn is_somebody_new(request: &Request) -> bool {
    let path = request.uri().path();
    path == "/v1/socket" || (request.method() == Method::POST && ENTRANCES.contains(&path))
}

fn says_too_long(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    length.is_some_and(|length| length > BODY_BYTES_MAX)
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
