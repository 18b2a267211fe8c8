//! The REST interface: requests, answers, problems, and patience.
//!
//! [`Api`] speaks to one server, [`Session`] for one login there. Both say what went wrong as
//! [`ApiError`], which knows whether trying again can help; [`patiently`] tries again.

mod error;
mod patience;
mod session;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tidings_protocol::Problem;

pub use error::ApiError;
pub use patience::patiently;
pub use session::{AccessToken, Session};

/// A request takes at most so long.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// A server's REST interface.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    http: reqwest::Client,
}

/// A request that is being put together.
#[derive(Debug)]
#[must_use]
pub struct Request {
    method: Method,
    path: String,
    bearer: Option<String>,
    idempotency_key: Option<String>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// Asks for something; the path begins with `/`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path.into())
    }

    /// Makes something.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path.into())
    }

    /// Puts something in its place.
    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path.into())
    }

    const fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            bearer: None,
            idempotency_key: None,
            body: None,
        }
    }

    /// By whom: an access token or an API key.
    pub fn bearer(mut self, token: impl Into<String>) -> Self {
        self.bearer = Some(token.into());
        self
    }

    /// Makes a repetition harmless.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// With this body.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_vec(body).expect("bodies have string keys only"));
        self
    }
}

impl Api {
    /// A server's interface at an address such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// [`ApiError::Unreachable`] when the system gives no HTTP client.
    pub fn new(address: &str) -> Result<Self, ApiError> {
        let http = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        Ok(Self {
            base: address.trim_end_matches('/').to_owned(),
            http,
        })
    }

    /// The socket's address.
    #[must_use]
    pub fn socket_address(&self) -> String {
        let rest = self.base.strip_prefix("http").unwrap_or(&self.base);
        format!("ws{rest}/v1/socket")
    }

    /// Sends a request and reads its answer's body.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn call<T: DeserializeOwned>(&self, request: Request) -> Result<T, ApiError> {
        let response = self.send(request).await?;
        let status = response.status();
        let bytes = response.bytes().await?;
        serde_json::from_slice(&bytes).map_err(|error| ApiError::unreadable(status, &error))
    }

    /// Sends a request whose answer says nothing more.
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn call_for_nothing(&self, request: Request) -> Result<(), ApiError> {
        self.send(request).await.map(|_| ())
    }

    async fn send(&self, request: Request) -> Result<Response, ApiError> {
        let mut builder = self
            .http
            .request(request.method, format!("{}{}", self.base, request.path));
        if let Some(token) = request.bearer {
            builder = builder.bearer_auth(token);
        }
        if let Some(key) = request.idempotency_key {
            builder = builder.header("Idempotency-Key", key);
        }
        if let Some(body) = request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body);
        }
        let response = builder.send().await?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(refused(response).await)
        }
    }
}

async fn refused(response: Response) -> ApiError {
    let status = response.status();
    match response.bytes().await {
        Ok(bytes) => read_problem(status, &bytes),
        Err(error) => error.into(),
    }
}

fn read_problem(status: StatusCode, bytes: &[u8]) -> ApiError {
    match serde_json::from_slice::<Problem>(bytes) {
        Ok(problem) => ApiError::Problem(Box::new(problem)),
        Err(error) => ApiError::unreadable(status, &error),
    }
}

/// A part of a path or query, so that no character of it is taken for more than itself.
pub(crate) fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => write!(escaped, "%{byte:02X}").expect("a string takes all writes"),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_lies_beside_the_interface() {
        let api = Api::new("http://127.0.0.1:8080/").unwrap();
        assert_eq!(api.socket_address(), "ws://127.0.0.1:8080/v1/socket");
        let api = Api::new("https://chat.example").unwrap();
        assert_eq!(api.socket_address(), "wss://chat.example/v1/socket");
    }

    #[test]
    fn names_that_are_paths_stay_names() {
        assert_eq!(escaped("irc:`a/../b?c`"), "irc%3A%60a%2F..%2Fb%3Fc%60");
    }
}
