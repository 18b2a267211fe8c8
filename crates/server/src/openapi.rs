//! The OpenAPI document, made of the very table of routes that serves, and a page that shows it.
//!
//! The page and its script come from the binary: nothing is fetched from anywhere else.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use tidings_protocol::error::{ErrorCode, FieldError, Outcome, Problem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, SecurityRequirement};
use utoipa::{Modify, OpenApi as _};
use utoipa_swagger_ui::Config;

use crate::app::App;
use crate::rest;
use crate::rest::problem::ApiError;

/// Where the document is.
const DOCUMENT_PATH: &str = "/openapi.json";
/// Name of the way to say who one is.
const BEARER: &str = "bearer";

/// The page's own scripts and nothing else; its styles are partly written by its script.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

static PAGE: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from(DOCUMENT_PATH);
    Arc::new(
        config
            .display_request_duration(true)
            .persist_authorization(false),
    )
});

/// What the document says besides the routes.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Tidings",
        description = "Loads and changes the state of a chat. What is said in rooms as it happens \
            comes over the socket at `/v1/socket`; its frames, the order of things and what to do \
            when they fail are in docs/protocol.md.\n\nErrors are `application/problem+json`: read \
            `code`, and `retryable` and `outcome` to know whether to send again.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    components(schemas(Problem, FieldError, Outcome)),
    tags(
        (name = "accounts", description = "Making accounts and guests, and changing passwords"),
        (name = "sessions", description = "Signing in, staying in, going out; tickets for sockets"),
        (name = "devices", description = "The clients that one has installed"),
        (name = "people", description = "Oneself and others; who is here"),
        (name = "rooms", description = "Rooms, and the directory of those that are open"),
        (name = "members", description = "Who is in a room, and who may not come back"),
        (name = "invitations", description = "Links into a room"),
        (name = "messages", description = "What was said, and the log that it stands in"),
        (name = "receipts", description = "How far everybody has got, and what is unread"),
        (name = "limits", description = "Every limit and interval of this server"),
        (name = "back ends", description = "What a host application does with an API key"),
    ),
    modifiers(&Bearer),
)]
struct Frame;

/// A token, of whatever kind, for everything that does not say otherwise.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "An access token of this server, a JWT of a host application, or a back end's API \
                 key (`tk_…`). A back end that acts for a user says for whom in the header \
                 `Tidings-On-Behalf-Of: <user id>`.",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(BEARER, SecurityScheme::Http(scheme));
        document.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(
            BEARER,
            [],
        )]);
    }
}

/// The document without its routes.
pub(crate) fn frame() -> OpenApi {
    Frame::openapi()
}

/// The document of everything that is served under `/v1`.
#[must_use]
pub fn document() -> OpenApi {
    rest::routes().into_openapi()
}

/// Serves the document, and a page that shows it.
pub fn routes(document: &OpenApi) -> Router<Arc<App>> {
    let json = document
        .to_json()
        .expect("the document is text, numbers and lists");
    let json = Bytes::from(json);
    Router::new()
        .route(
            DOCUMENT_PATH,
            get(async move || as_file("application/json", json.clone().into())),
        )
        .route("/docs", get(async || Redirect::permanent("/docs/")))
        .route("/docs/", get(async || page("index.html")))
        .route(
            "/docs/{*file}",
            get(async |Path(file): Path<String>| page(&file)),
        )
}

fn page(file: &str) -> Response {
    let Ok(Some(found)) = utoipa_swagger_ui::serve(file, PAGE.clone()) else {
        return ApiError::new(ErrorCode::NotFound).into_response();
    };
    let body = match found.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    let mut response = as_file(&found.content_type, body.into());
    let policy = HeaderValue::from_static(PAGE_POLICY);
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

fn as_file(content_type: &str, body: Body) -> Response {
    let headers: [(HeaderName, &str); 2] = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, body).into_response()
}
