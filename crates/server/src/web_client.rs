//! The web client, embedded in the binary.
//!
//! Files whose names carry a hash of their content are cached for ever; the page itself is asked
//! for each time. Paths that are no file are the client's own routes and get the page.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, Request, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Files;

const PAGE: &str = "index.html";
/// Scripts and connections only of this server; pictures of people may come from elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src 'self' https: data:; \
     style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; object-src 'none'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Answers with a file, or with the page.
pub fn serve(request: &Request<Body>) -> Response {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    let named = (!path.is_empty()).then(|| Files::get(path)).flatten();
    if let Some(file) = named {
        return answer(request, path, &file);
    }
    if path.starts_with("assets/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    match Files::get(PAGE) {
        Some(page) => answer(request, PAGE, &page),
        None => not_built(),
    }
}

fn answer(request: &Request<Body>, path: &str, file: &EmbeddedFile) -> Response {
    let tag = format!(
        "\"{}\"",
        crate::random::text(&file.metadata.sha256_hash()[..16])
    );
    let caching = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = request.headers().get(header::IF_NONE_MATCH);
    let is_known = known.is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.to_vec().into_response()
    };
    let media_type = file.metadata.mimetype().to_owned();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media_type.as_str()),
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, caching),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

fn not_built() -> Response {
    let text = "This binary was built without the web client. Build it with `make web`, \
                then build the server again.\n";
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}
