//! The WebSocket handshake, from any method, version and headers.
//!
//! Properties: what is accepted has exactly one host, key and version, names the upgrade, and has no
//! body; the answer proves the very key, and names a subprotocol only if client and server know it;
//! a second key or host turns it into a refusal; what is refused gets a 4xx that says why.

use std::str::FromStr as _;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use tidings_protocol::Encoding;
use tidings_websocket::handshake::{Accepted, Rejection, check};

const ACCEPTABLE: &str = "GET 1\nhost: a\nupgrade: websocket\nconnection: keep-alive, Upgrade\n\
    sec-websocket-version: 13\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\n";

struct Request {
    method: Method,
    version: Version,
    headers: HeaderMap,
}

impl Request {
    /// A line `METHOD VERSION`, then a header a line; what is no header is left out.
    fn read(data: &[u8]) -> Option<Self> {
        let mut lines = data.split(|byte| *byte == b'\n');
        let first = std::str::from_utf8(lines.next()?).ok()?;
        let (method, version) = first.split_once(' ')?;
        let version = match version {
            "0" => Version::HTTP_10,
            "2" => Version::HTTP_2,
            _ => Version::HTTP_11,
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = HeaderName::from_bytes(&line[..colon]).ok()?;
            let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
            headers.try_append(name, value).ok()?;
        }
        Some(Self {
            method: Method::from_str(method).ok()?,
            version,
            headers,
        })
    }

    fn check(&self) -> Result<Accepted, Rejection> {
        let offered = Encoding::ALL.map(Encoding::subprotocol);
        check(&self.method, self.version, &self.headers, &offered)
    }

    fn lone(&self, name: &HeaderName) -> &HeaderValue {
        let mut values = self.headers.get_all(name).iter();
        let value = values
            .next()
            .expect("accepted without a header that it needs");
        assert_eq!(values.next(), None, "accepted with two of {name}");
        value
    }

    fn names(&self, name: &HeaderName, token: &str) -> bool {
        let lines = self.headers.get_all(name).iter();
        lines
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
            .any(|each| each.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }
}

/// Holds one input against the properties.
pub fn run(data: &[u8]) {
    let Some(request) = Request::read(data) else {
        return;
    };
    match request.check() {
        Ok(accepted) => is_in_order(request, accepted),
        Err(rejection) => {
            let response = rejection.response();
            assert!(response.status().is_client_error());
            crate::is_brief(&rejection.to_string());
        }
    }
}

fn is_in_order(mut request: Request, accepted: Accepted) {
    assert_eq!(
        (&request.method, request.version),
        (&Method::GET, Version::HTTP_11)
    );
    request.lone(&header::HOST);
    assert_eq!(request.lone(&header::SEC_WEBSOCKET_VERSION), "13");
    assert!(request.names(&header::UPGRADE, "websocket"));
    assert!(request.names(&header::CONNECTION, "upgrade"));
    assert!(!request.headers.contains_key(header::TRANSFER_ENCODING));
    let key = request.lone(&header::SEC_WEBSOCKET_KEY).clone();
    assert_eq!(key.len(), 24, "sixteen bytes in base64");
    let response = accepted.response(&Encoding::ALL.map(Encoding::subprotocol));
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    if let Some(chosen) = response.headers().get(header::SEC_WEBSOCKET_PROTOCOL) {
        let chosen = chosen.to_str().expect("a name of ours");
        assert!(request.names(&header::SEC_WEBSOCKET_PROTOCOL, chosen));
    }
    let proof = &response.headers()[header::SEC_WEBSOCKET_ACCEPT];
    assert_eq!(proof.len(), 28, "a digest of SHA-1 in base64");
    for doubled in [
        header::SEC_WEBSOCKET_KEY,
        header::HOST,
        header::SEC_WEBSOCKET_VERSION,
    ] {
        let mut twice = request.headers.clone();
        let again = twice[&doubled].clone();
        twice.append(doubled, again);
        let before = std::mem::replace(&mut request.headers, twice);
        assert!(request.check().is_err(), "accepted with a header twice");
        request.headers = before;
    }
}

/// Requests that are in order, and ones that nearly are.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let protocols = "sec-websocket-protocol: x, tidings.v1.proto,tidings.v1.json\n";
    [
        ACCEPTABLE.trim_end().to_owned(),
        format!("{ACCEPTABLE}{protocols}content-length: 0"),
        format!("{ACCEPTABLE}transfer-encoding: chunked"),
        ACCEPTABLE.replace("GET 1", "POST 0").trim_end().to_owned(),
        format!("{ACCEPTABLE}sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    .map(String::into_bytes)
    .to_vec()
}
