//! Takes paths, queries and the idempotency key from a request, with problems instead of the
//! framework's own refusals.
//!
//! *Invariant*: what is no id in a path is answered like an id that was never given.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Query, RawPathParams};
use http::HeaderMap;
use http::request::Parts;
use serde::de::DeserializeOwned;
use tidings_domain::limits::IDEMPOTENCY_KEY_BYTES_MAX;
use tidings_domain::{DeviceId, InvitationId, RoomId, Seq, SessionId, UserId};
use tidings_protocol::error::ErrorCode;

use super::problem::{ApiError, ApiResult};
use crate::app::App;
use crate::edge::Peer;
use crate::edge::address::ClientAddress;

/// The header that names a request, so that its repetition is harmless.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// One variable part of a path.
pub(crate) trait PathPart: Sized {
    /// Reads it; `None` for what cannot be one.
    fn read(text: &str) -> Option<Self>;
}

macro_rules! ids_in_paths {
    ($($id:ident),*) => {$(
        impl PathPart for $id {
            fn read(text: &str) -> Option<Self> {
                Self::parse(text).ok()
            }
        }
    )*};
}
ids_in_paths!(DeviceId, InvitationId, RoomId, SessionId, UserId);

impl PathPart for Seq {
    fn read(text: &str) -> Option<Self> {
        // Not `+7` and not `007`: one thing has one address.
        let number: u64 = text.parse().ok()?;
        (number > 0 && number.to_string() == text).then_some(Self(number))
    }
}

impl PathPart for String {
    fn read(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// All variable parts of a path, in its order.
pub(crate) trait PathParts: Sized {
    /// Reads them.
    fn read_all(parts: &[&str]) -> Option<Self>;
}

impl<A: PathPart> PathParts for A {
    fn read_all(parts: &[&str]) -> Option<Self> {
        let [a] = parts else { return None };
        A::read(a)
    }
}

impl<A: PathPart, B: PathPart> PathParts for (A, B) {
    fn read_all(parts: &[&str]) -> Option<Self> {
        let [a, b] = parts else { return None };
        Some((A::read(a)?, B::read(b)?))
    }
}

/// The variable parts of the path: one of them, or a pair.
#[derive(Debug, Clone)]
pub(crate) struct PathOf<T>(pub(crate) T);

impl<S: Send + Sync, T: PathParts> FromRequestParts<S> for PathOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let unknown = || ApiError::new(ErrorCode::NotFound);
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| unknown())?;
        let texts: Vec<&str> = params.iter().map(|(_, text)| text).collect();
        T::read_all(&texts).map(Self).ok_or_else(unknown)
    }
}

/// The query.
#[derive(Debug, Clone)]
pub(crate) struct QueryOf<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> ApiResult<Self> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(query)| Self(query))
            .map_err(|rejection| wrong_query(&rejection))
    }
}

/// Names the field that could not be read, which stands before what is wrong with it.
fn wrong_query(rejection: &dyn std::error::Error) -> ApiError {
    let said = rejection
        .source()
        .map_or_else(|| rejection.to_string(), ToString::to_string);
    for opening in ["missing field `", "duplicate field `"] {
        if let Some((_, rest)) = said.split_once(opening)
            && let Some((name, _)) = rest.split_once('`')
        {
            let why = if opening.starts_with('m') {
                "is missing"
            } else {
                "is given twice"
            };
            return ApiError::field(name, why);
        }
    }
    match said.split_once(": ") {
        Some((field, why)) => ApiError::field(field, why),
        None => ApiError::field("query", said),
    }
}

/// How many items a page shall have.
///
/// # Errors
/// Names the field when it is not from 1 to `max`.
pub(crate) fn page_limit(limit: Option<u64>, default: usize, max: usize) -> ApiResult<usize> {
    let Some(limit) = limit else {
        return Ok(default);
    };
    let fits = usize::try_from(limit)
        .ok()
        .filter(|limit| (1..=max).contains(limit));
    fits.ok_or_else(|| ApiError::field("limit", format!("must be from 1 to {max}")))
}

/// Reads a field's text as a domain type.
///
/// # Errors
/// Names the field.
pub(crate) fn field<T: FromStr<Err: std::fmt::Display>>(name: &str, text: &str) -> ApiResult<T> {
    text.parse().map_err(|why| ApiError::field(name, why))
}

/// Like [`field`], for one that may be left out.
///
/// # Errors
/// Names the field.
pub(crate) fn field_if<T: FromStr<Err: std::fmt::Display>>(
    name: &str,
    text: Option<&str>,
) -> ApiResult<Option<T>> {
    text.map(|text| field(name, text)).transpose()
}

/// The request's `Idempotency-Key`, if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

impl IdempotencyKey {
    /// Reads it from the headers.
    ///
    /// # Errors
    /// Names the header when it is not 1 to 128 visible ASCII characters, or is there twice.
    pub(crate) fn of(headers: &HeaderMap) -> ApiResult<Self> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        let key = match (values.next(), values.next()) {
            (None, _) => return Ok(Self(None)),
            (Some(value), None) => value.as_bytes(),
            (Some(_), Some(_)) => return Err(ApiError::field("Idempotency-Key", "is given twice")),
        };
        let is_short = (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len());
        if is_short && key.iter().all(u8::is_ascii_graphic) {
            return Ok(Self(Some(String::from_utf8_lossy(key).into_owned())));
        }
        let why = format!("must be 1 to {IDEMPOTENCY_KEY_BYTES_MAX} visible ASCII characters");
        Err(ApiError::field("Idempotency-Key", why))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> ApiResult<Self> {
        Self::of(&parts.headers)
    }
}

/// Who asks, as far as limits by address tell; `None` for whom they do not count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientOf(pub(crate) Option<ClientAddress>);

impl FromRequestParts<Arc<App>> for ClientOf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> ApiResult<Self> {
        let peer = parts.extensions.get::<Peer>();
        Ok(Self(peer.and_then(|peer| {
            app.addresses.client(peer.0, &parts.headers)
        })))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};
    use tidings_protocol::rest::SearchQuery;
    use tidings_protocol::rest::person::PresenceQuery;

    use super::*;

    async fn query<T: DeserializeOwned>(query: &str) -> ApiResult<T> {
        let request = Request::builder()
            .uri(format!("/v1/x?{query}"))
            .body(())
            .unwrap();
        let (mut parts, ()) = request.into_parts();
        QueryOf::from_request_parts(&mut parts, &())
            .await
            .map(|QueryOf(query)| query)
    }

    async fn wrong_field<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        let error = query::<T>(text).await.unwrap_err();
        assert_eq!(error.0.status, 400);
        error.0.errors[0].field.clone()
    }

    #[tokio::test]
    async fn a_wrong_query_names_its_field() {
        assert_eq!(
            wrong_field::<SearchQuery>("query=a&limit=many").await,
            "limit"
        );
        assert_eq!(wrong_field::<SearchQuery>("limit=-1").await, "limit");
        assert_eq!(wrong_field::<SearchQuery>("limit=1&limit=2").await, "limit");
        assert_eq!(wrong_field::<PresenceQuery>("").await, "users");
        let good: SearchQuery = query("query=a%20b&limit=5&other=1").await.unwrap();
        assert_eq!((good.query.as_deref(), good.limit), (Some("a b"), Some(5)));
    }

    #[test]
    fn a_limit_is_a_count_within_bounds() {
        assert_eq!(page_limit(None, 50, 200).unwrap(), 50);
        assert_eq!(page_limit(Some(200), 50, 200).unwrap(), 200);
        for limit in [0, 201, 1_000_000_000, u64::MAX] {
            let error = page_limit(Some(limit), 50, 200).unwrap_err();
            assert_eq!(error.0.errors[0].field, "limit");
        }
    }

    #[test]
    fn a_seq_has_one_spelling() {
        assert_eq!(Seq::read("7"), Some(Seq(7)));
        for text in ["0", "007", "+7", "-7", "7.0", "", "18446744073709551616"] {
            assert_eq!(Seq::read(text), None, "{text}");
        }
    }

    #[test]
    fn an_idempotency_key_is_short_visible_and_alone() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static(value));
            }
            IdempotencyKey::of(&headers)
                .map(|key| key.0)
                .map_err(|error| error.0.status)
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["a-1"]), Ok(Some("a-1".into())));
        assert_eq!(of(&[""]), Err(400));
        assert_eq!(of(&["two words"]), Err(400));
        assert_eq!(of(&["a", "a"]), Err(400));
        let long = "x".repeat(129).leak();
        assert_eq!(of(&[long]), Err(400));
    }
}
