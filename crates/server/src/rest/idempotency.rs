//! `Idempotency-Key`: a `POST` that is repeated under its key is answered, not done again.
//!
//! Leaves alone what contains tokens, which are never stored; what can succeed later: the answer to
//! that would stand in its own way; and sends, which their client ids name. What makes a room or a
//! message derives its id from the key, so that a crash between the effect and its answer's record
//! does no harm.
//! *Invariant*: of one caller and key, one request runs at a time.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts as _, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hashbrown::HashSet;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tidings_engine::ports::SavedAnswer;
use tidings_protocol::error::{ErrorCode, Problem};

use super::body::whole_body;
use super::extract::IdempotencyKey;
use super::problem::{ApiError, ApiResult};
use crate::app::App;
use crate::auth::caller::Caller;

/// An answer is given again for so long.
const KEPT_MS: i64 = 24 * 3_600_000;
/// Bytes of an answer that can be kept; no answer to a `POST` is near it.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
/// When to ask again while the first request runs.
const IN_PROGRESS_RETRY_MS: u64 = 500;
/// On answers that were given before.
static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The requests with a key that are under way. *Lock*: held for set work only.
#[derive(Default)]
pub struct InProgress {
    running: Mutex<HashSet<(String, String)>>,
}

/// A request's turn; over when dropped, however the request ended.
struct Turn<'a> {
    of: &'a InProgress,
    name: (String, String),
}

impl InProgress {
    fn begin(&self, owner: &str, key: &str) -> Option<Turn<'_>> {
        let name = (owner.to_owned(), key.to_owned());
        let is_first = self.running.lock().insert(name.clone());
        is_first.then(|| Turn { of: self, name })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.of.running.lock().remove(&self.name);
    }
}

/// Answers a repeated `POST` with its first answer.
pub(crate) async fn replay(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_kept = request.method() == Method::POST && !holds_tokens(path) && !is_send(path);
    if !is_kept {
        return next.run(request).await;
    }
    match IdempotencyKey::of(request.headers()) {
        Err(error) => error.into_response(),
        Ok(IdempotencyKey(None)) => next.run(request).await,
        Ok(IdempotencyKey(Some(key))) => match once(&app, &key, request, next).await {
            Ok(response) => response,
            Err(error) => error.into_response(),
        },
    }
}

/// Whether a path's answers contain tokens.
fn holds_tokens(path: &str) -> bool {
    let alone = [
        "/v1/accounts",
        "/v1/guests",
        "/v1/socket-tickets",
        "/v1/sessions",
    ];
    alone.contains(&path) || path.starts_with("/v1/sessions/") || path.ends_with("/sessions")
}

/// Whether a path is a room's messages. A send is named for ever by its client id, for which the
/// key stands if there is none: to keep its answer besides would cost a second commit.
fn is_send(path: &str) -> bool {
    let room = path
        .strip_prefix("/v1/rooms/")
        .and_then(|rest| rest.strip_suffix("/messages"));
    room.is_some_and(|room| !room.contains('/'))
}

async fn once(app: &Arc<App>, key: &str, request: Request, next: Next) -> ApiResult<Response> {
    let (mut parts, body) = request.into_parts();
    let owner = Caller::from_request_parts(&mut parts, app).await?.owner();
    let (request, request_hash) = hashed(parts, body).await?;
    let Some(_turn) = app.in_progress.begin(&owner, key) else {
        let problem = Problem::new(ErrorCode::IdempotencyInProgress);
        return Err(ApiError(Box::new(
            problem.retry_after_ms(IN_PROGRESS_RETRY_MS),
        )));
    };
    let now = app.engine.clock.now();
    let not_before = now.plus_millis(-KEPT_MS);
    let directory = &app.engine.store.directory;
    if let Some(saved) = directory.saved_answer(&owner, key, not_before).await? {
        return again(saved, request_hash);
    }
    let (response, body) = whole(next.run(request).await).await?;
    if let Some(body) = body {
        let status = response.status().as_u16();
        let answer = SavedAnswer {
            request_hash,
            status,
            body,
            at: now,
        };
        if let Err(outage) = directory.save_answer(&owner, key, answer, not_before).await {
            tracing::warn!(%outage, "an answer is not kept for its idempotency key");
        }
    }
    Ok(response)
}

/// The request as it came, and SHA-256 of method, address and body.
async fn hashed(parts: Parts, body: Body) -> ApiResult<(Request, [u8; 32])> {
    let body = whole_body(Request::from_parts(parts.clone(), body), &()).await?;
    let mut hash = Sha256::new();
    for part in [
        parts.method.as_str().as_bytes(),
        parts.uri.to_string().as_bytes(),
        &body,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    Ok((
        Request::from_parts(parts, Body::from(body)),
        hash.finalize().into(),
    ))
}

/// The answer, and what to keep of it: `None` for one that can be another the next time.
async fn whole(response: Response) -> ApiResult<(Response, Option<Vec<u8>>)> {
    if let Some(ApiError(problem)) = response.extensions().get::<ApiError>() {
        // That the key was used before says nothing of the request that it was used for.
        let is_reuse = problem.known_code() == Some(ErrorCode::IdempotencyKeyReused);
        let is_final = problem.status < 500 && !problem.retryable && !is_reuse;
        let kept = is_final.then(|| as_json(problem));
        return Ok((response, kept));
    }
    if response.status().is_server_error() || is_secret(&response) {
        return Ok((response, None));
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_BYTES_MAX).await.map_err(|error| {
        tracing::error!(%error, "an answer could not be read to be kept");
        ApiError::new(ErrorCode::Internal)
    })?;
    let kept = body.to_vec();
    Ok((Response::from_parts(parts, Body::from(body)), Some(kept)))
}

/// Whether nobody may store an answer, because it tells a secret: neither may we.
fn is_secret(response: &Response) -> bool {
    let control = response.headers().get(header::CACHE_CONTROL);
    control.is_some_and(|control| control.as_bytes() == b"no-store")
}

fn as_json(problem: &Problem) -> Vec<u8> {
    serde_json::to_vec(problem).expect("a problem is plain text and numbers")
}

/// The first answer once more, if this is the same request.
fn again(saved: SavedAnswer, request_hash: [u8; 32]) -> ApiResult<Response> {
    if saved.request_hash != request_hash {
        return Err(ApiError::new(ErrorCode::IdempotencyKeyReused));
    }
    let status = StatusCode::from_u16(saved.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match serde_json::from_slice::<Problem>(&saved.body) {
        Ok(problem) if status.is_client_error() => ApiError(Box::new(problem)).into_response(),
        _ => as_it_was(status, saved.body),
    };
    response
        .headers_mut()
        .insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    Ok(response)
}

fn as_it_was(status: StatusCode, body: Vec<u8>) -> Response {
    let is_empty = body.is_empty();
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if !is_empty {
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_of_a_name_runs_at_a_time() {
        let running = InProgress::default();
        let turn = running.begin("user:a", "k").expect("nobody else runs");
        assert!(running.begin("user:a", "k").is_none());
        assert!(running.begin("user:b", "k").is_some(), "another owner");
        drop(turn);
        assert!(running.begin("user:a", "k").is_some());
    }

    #[test]
    fn answers_with_tokens_are_left_alone() {
        for path in [
            "/v1/accounts",
            "/v1/guests",
            "/v1/sessions",
            "/v1/sessions/refresh",
            "/v1/socket-tickets",
            "/v1/users/0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10/sessions",
        ] {
            assert!(holds_tokens(path), "{path}");
        }
        assert!(!holds_tokens("/v1/rooms"));
    }

    #[test]
    fn sends_are_left_alone_and_nothing_that_looks_like_one() {
        assert!(is_send(
            "/v1/rooms/0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10/messages"
        ));
        for path in ["/v1/rooms", "/v1/rooms/a/b/messages", "/v1/messages"] {
            assert!(!is_send(path), "{path}");
        }
    }
}
