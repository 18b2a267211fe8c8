//! Upgrade requests, right and wrong, and how each is judged.

use super::*;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// A request as the standard's own example has it, with lines changed: `Name: value` sets,
/// `+Name: value` adds, `-Name` removes.
fn judge(changes: &[&str]) -> Result<Accepted, Rejection> {
    let mut headers = HeaderMap::new();
    let example = [
        "Host: server.example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        &format!("Sec-WebSocket-Key: {KEY}"),
        "Sec-WebSocket-Version: 13",
    ];
    for line in example.iter().chain(changes) {
        change(&mut headers, line);
    }
    check(
        &Method::GET,
        Version::HTTP_11,
        &headers,
        &["tidings.json", "tidings.binary"],
    )
}

fn change(headers: &mut HeaderMap, line: &str) {
    if let Some(name) = line.strip_prefix('-') {
        headers.remove(name);
        return;
    }
    let (name, value) = line.split_once(':').unwrap();
    let value = HeaderValue::from_bytes(value.strip_prefix(' ').unwrap().as_bytes()).unwrap();
    match name.strip_prefix('+') {
        Some(name) => drop(headers.append(HeaderName::try_from(name).unwrap(), value)),
        None => drop(headers.insert(HeaderName::try_from(name).unwrap(), value)),
    }
}

#[test]
fn the_example_of_the_standard_gets_its_answer() {
    let response = judge(&[]).unwrap().response(&[]);
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(
        response.headers()[SEC_WEBSOCKET_ACCEPT],
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    assert_eq!(response.headers()[UPGRADE], "websocket");
    assert_eq!(response.headers()[CONNECTION], "upgrade");
    assert!(!response.headers().contains_key(SEC_WEBSOCKET_PROTOCOL));
}

#[test]
fn tokens_are_found_in_lists_lines_and_any_case() {
    for fine in [
        &["Connection: keep-alive, UPGRADE"][..],
        &["Connection: keep-alive", "+Connection:  ,, upgrade ,"],
        &["Upgrade: h2c, WebSocket"],
        &["Content-Length: 0"],
    ] {
        assert!(judge(fine).is_ok(), "{fine:?}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    for (changes, rejection) in [
        (&["-Host"][..], Rejection::Host),
        (&["+Host: other.example.com"], Rejection::Host),
        (&["-Upgrade"], Rejection::NotAnUpgrade),
        (&["Upgrade: websockets"], Rejection::NotAnUpgrade),
        (&["-Connection"], Rejection::NotAnUpgrade),
        (&["Connection: close"], Rejection::NotAnUpgrade),
        (&["-Sec-WebSocket-Version"], Rejection::ProtocolVersion),
        (&["Sec-WebSocket-Version: 8"], Rejection::ProtocolVersion),
        (&["Sec-WebSocket-Version: 013"], Rejection::ProtocolVersion),
        (&["+Sec-WebSocket-Version: 13"], Rejection::ProtocolVersion),
        (&["-Sec-WebSocket-Key"], Rejection::KeyCount),
        (
            &["+Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
            Rejection::KeyCount,
        ),
        (&["Sec-WebSocket-Key: "], Rejection::Key),
        (&["Sec-WebSocket-Key: c2hvcnQ="], Rejection::Key),
        (
            &["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAAA"],
            Rejection::Key,
        ),
        (
            &["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"],
            Rejection::Key,
        ),
        (
            &["Sec-WebSocket-Key: not base64 at all!!!!!=="],
            Rejection::Key,
        ),
        (&["Sec-WebSocket-Protocol:     "], Rejection::Subprotocols),
        (&["Sec-WebSocket-Protocol: a b"], Rejection::Subprotocols),
        (
            &["Sec-WebSocket-Protocol: tidings.json, \"x\""],
            Rejection::Subprotocols,
        ),
        (&["Content-Length: 5"], Rejection::Body),
        (&["Transfer-Encoding: chunked"], Rejection::Body),
    ] {
        assert_eq!(judge(changes), Err(rejection), "{changes:?}");
    }
}

#[test]
fn only_get_over_http_1_1_opens_a_socket() {
    let headers = HeaderMap::new();
    let by = |method, version| check(&method, version, &headers, &[]).unwrap_err();
    assert_eq!(by(Method::POST, Version::HTTP_11), Rejection::Method);
    assert_eq!(by(Method::GET, Version::HTTP_10), Rejection::HttpVersion);
    assert_eq!(by(Method::GET, Version::HTTP_2), Rejection::HttpVersion);
}

#[test]
fn the_subprotocol_is_the_clients_first_choice_that_the_server_speaks() {
    let chosen = |line: &str| judge(&[line]).unwrap().subprotocol;
    assert_eq!(
        chosen("Sec-WebSocket-Protocol: tidings.binary, tidings.json"),
        Some(1)
    );
    assert_eq!(
        chosen("Sec-WebSocket-Protocol: other, tidings.json"),
        Some(0)
    );
    assert_eq!(chosen("Sec-WebSocket-Protocol: TIDINGS.JSON"), None);
    let lines = [
        "Sec-WebSocket-Protocol: other",
        "+Sec-WebSocket-Protocol: tidings.binary",
    ];
    let response = judge(&lines)
        .unwrap()
        .response(&["tidings.json", "tidings.binary"]);
    assert_eq!(response.headers()[SEC_WEBSOCKET_PROTOCOL], "tidings.binary");
}

#[test]
fn rejections_say_what_would_have_been_right() {
    let response = Rejection::ProtocolVersion.response();
    assert_eq!(response.status(), StatusCode::UPGRADE_REQUIRED);
    assert_eq!(response.headers()[SEC_WEBSOCKET_VERSION], "13");
    assert_eq!(response.headers()[UPGRADE], "websocket");
    let response = Rejection::Method.response();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(response.headers()[ALLOW], "GET");
    assert_eq!(Rejection::Key.status(), StatusCode::BAD_REQUEST);
}
