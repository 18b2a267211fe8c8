//! The opening handshake of RFC 6455 section 4.2, judged without I/O.
//!
//! Leaves to the server: the origin policy, authentication, and what to do with the stream.
//!
//! *Invariant*: what is [`Accepted`] was a request that the standard obliges a server to accept;
//! all else is a [`Rejection`] whose status and headers say what would have been right.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::{
    ALLOW, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue,
    SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{Method, Response, StatusCode, Version};
use sha1::{Digest, Sha1};
use thiserror::Error;

/// What the key is salted with (RFC 6455 section 1.3).
const KEY_SALT: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// How many bytes a key has once decoded (RFC 6455 section 4.1).
const KEY_BYTES: usize = 16;
const VERSION: HeaderValue = HeaderValue::from_static("13");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
const UPGRADE_TOKEN: HeaderValue = HeaderValue::from_static("upgrade");

/// An upgrade request that is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The value of `Sec-WebSocket-Accept`, which proves that the request was understood.
    pub accept_key: HeaderValue,
    /// Which of the server's subprotocols was agreed on, as an index into the list that was
    /// given to [`check`]; none if the client named none that the server speaks.
    pub subprotocol: Option<usize>,
}

impl Accepted {
    /// The `101 Switching Protocols` that completes the handshake. `subprotocols` is the list
    /// that was given to [`check`].
    #[must_use]
    pub fn response(self, subprotocols: &[&'static str]) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, UPGRADE_TOKEN);
        headers.insert(UPGRADE, WEBSOCKET);
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept_key);
        if let Some(name) = self.subprotocol.and_then(|index| subprotocols.get(index)) {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(name));
        }
        response
    }
}

/// Why a request is not upgraded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Rejection {
    /// The method is not GET.
    #[error("a WebSocket is opened by GET")]
    Method,
    /// The request is not HTTP/1.1.
    #[error("a WebSocket is opened over HTTP/1.1")]
    HttpVersion,
    /// There is not exactly one `Host`.
    #[error("exactly one Host header is needed")]
    Host,
    /// `Upgrade: websocket` or `Connection: Upgrade` is missing.
    #[error("the request must carry Upgrade: websocket and Connection: Upgrade")]
    NotAnUpgrade,
    /// `Sec-WebSocket-Version` is missing, doubled, or not 13.
    #[error("only Sec-WebSocket-Version 13 is spoken here")]
    ProtocolVersion,
    /// There is not exactly one `Sec-WebSocket-Key`.
    #[error("exactly one Sec-WebSocket-Key header is needed")]
    KeyCount,
    /// The key is not 16 bytes in base64.
    #[error("Sec-WebSocket-Key must be 16 bytes in base64")]
    Key,
    /// `Sec-WebSocket-Protocol` is there, but is no list of tokens.
    #[error("Sec-WebSocket-Protocol must be a list of tokens")]
    Subprotocols,
    /// The request announces a body, whose bytes could be taken for frames.
    #[error("an upgrade request has no body")]
    Body,
}

impl Rejection {
    /// The status to answer with.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAnUpgrade | Self::ProtocolVersion => StatusCode::UPGRADE_REQUIRED,
            Self::HttpVersion
            | Self::Host
            | Self::KeyCount
            | Self::Key
            | Self::Subprotocols
            | Self::Body => StatusCode::BAD_REQUEST,
        }
    }

    /// The headers that say what would have been right.
    #[must_use]
    pub fn headers(self) -> &'static [(HeaderName, HeaderValue)] {
        static METHOD: [(HeaderName, HeaderValue); 1] = [(ALLOW, HeaderValue::from_static("GET"))];
        static UPGRADE_TO: [(HeaderName, HeaderValue); 3] = [
            (CONNECTION, UPGRADE_TOKEN),
            (UPGRADE, WEBSOCKET),
            (SEC_WEBSOCKET_VERSION, VERSION),
        ];
        match self.status() {
            StatusCode::METHOD_NOT_ALLOWED => &METHOD,
            StatusCode::UPGRADE_REQUIRED => &UPGRADE_TO,
            _ => &[],
        }
    }

    /// The whole answer but for the body, for which `Display` is a good text.
    #[must_use]
    pub fn response(self) -> Response<()> {
        let mut response = Response::new(());
        *response.status_mut() = self.status();
        response
            .headers_mut()
            .extend(self.headers().iter().cloned());
        response
    }
}

/// Judges an upgrade request. `subprotocols` are those that the server speaks; of them the one
/// that the client names first is chosen.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(
    method: &Method,
    version: Version,
    headers: &HeaderMap,
    subprotocols: &[&str],
) -> Result<Accepted, Rejection> {
    if method != Method::GET {
        return Err(Rejection::Method);
    }
    if version != Version::HTTP_11 {
        return Err(Rejection::HttpVersion);
    }
    only(headers, &HOST).ok_or(Rejection::Host)?;
    if !asks_for_websocket(headers) {
        return Err(Rejection::NotAnUpgrade);
    }
    if only(headers, &SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        return Err(Rejection::ProtocolVersion);
    }
    if has_body(headers) {
        return Err(Rejection::Body);
    }
    let key = only(headers, &SEC_WEBSOCKET_KEY).ok_or(Rejection::KeyCount)?;
    Ok(Accepted {
        accept_key: accept_key(key)?,
        subprotocol: negotiate(headers, subprotocols)?,
    })
}

fn asks_for_websocket(headers: &HeaderMap) -> bool {
    let names = |header, token: &str| {
        list(headers, header).any(|named| named.eq_ignore_ascii_case(token.as_bytes()))
    };
    names(&UPGRADE, "websocket") && names(&CONNECTION, "upgrade")
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(TRANSFER_ENCODING)
        || headers
            .get_all(CONTENT_LENGTH)
            .iter()
            .any(|length| length != "0")
}

/// The value of a header that must be there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// The elements of a comma-separated header over all its lines; empty ones are passed over, as
/// RFC 9110 section 5.6.1 wants it.
fn list<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h [u8]> {
    let lines = headers.get_all(name).into_iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
}

fn accept_key(key: &HeaderValue) -> Result<HeaderValue, Rejection> {
    match BASE64.decode(key.as_bytes()) {
        Ok(bytes) if bytes.len() == KEY_BYTES => {}
        _ => return Err(Rejection::Key),
    }
    let digest = Sha1::new()
        .chain_update(key.as_bytes())
        .chain_update(KEY_SALT)
        .finalize();
    Ok(HeaderValue::from_str(&BASE64.encode(digest)).expect("base64 is visible ASCII"))
}

fn negotiate(headers: &HeaderMap, spoken: &[&str]) -> Result<Option<usize>, Rejection> {
    if !headers.contains_key(SEC_WEBSOCKET_PROTOCOL) {
        return Ok(None);
    }
    let wanted: Vec<&[u8]> = list(headers, &SEC_WEBSOCKET_PROTOCOL).collect();
    if wanted.is_empty() || !wanted.iter().all(|name| is_token(name)) {
        return Err(Rejection::Subprotocols);
    }
    let index_of = |name: &&[u8]| spoken.iter().position(|known| known.as_bytes() == *name);
    Ok(wanted.iter().find_map(index_of))
}

/// A `token` of RFC 9110 section 5.6.2.
fn is_token(name: &[u8]) -> bool {
    name.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests;
