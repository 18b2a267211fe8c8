//! Takes a request's JSON body, or says exactly what is wrong with it.

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::json;

use super::problem::ApiError;

/// A JSON body: of a request, read with typed errors; of an answer, written.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::with(
                ErrorCode::UnsupportedMediaType,
                "send `Content-Type: application/json`",
            ));
        }
        let bytes = whole_body(request, state).await?;
        Ok(Self(json::read(&bytes)?))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A JSON answer that holds tokens: nobody on the way may keep it.
#[derive(Debug, Clone)]
pub struct Confidential<T>(pub T);

impl<T: Serialize> IntoResponse for Confidential<T> {
    fn into_response(self) -> Response {
        let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        (no_store, Json(self.0)).into_response()
    }
}

/// The body's bytes, within the limit that the router sets.
pub(super) async fn whole_body<S: Send + Sync>(
    request: Request,
    state: &S,
) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                ApiError::new(ErrorCode::TooLarge)
            } else {
                ApiError::with(ErrorCode::InvalidRequest, "the body could not be read")
            }
        })
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}
