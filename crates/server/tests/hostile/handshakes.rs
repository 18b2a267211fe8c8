//! Upgrades and requests that are not as they should be.

use tidings_server::config::{Config, Inputs};

use crate::hall::Hall;
use crate::wire::{HELLO, Wire, request, text, upgrade_lines};

/// The head that a request of these lines is answered with.
async fn head_of(hall: &Hall, lines: &[String]) -> String {
    let mut wire = Wire::connect(hall.world.address).await;
    wire.send(request(lines).as_bytes()).await;
    wire.head().await
}

/// The status of an upgrade in which `from` stands as `to`.
async fn status_with(hall: &Hall, from: &str, to: &str) -> String {
    let lines = upgrade_lines(hall.world.address).join("\n");
    assert!(lines.contains(from), "{from}");
    let changed = lines.replace(from, to);
    let lines: Vec<String> = changed
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    let head = head_of(hall, &lines).await;
    head.split(' ').nth(1).unwrap_or("none").to_owned()
}

#[tokio::test]
async fn a_foreign_null_or_look_alike_origin_opens_no_socket() {
    let mut hall = Hall::open().await;
    let own = hall.world.address.to_string();
    let with = |origins: &[&str]| {
        let mut lines = upgrade_lines(hall.world.address);
        lines.extend(origins.iter().map(|origin| format!("Origin: {origin}")));
        lines
    };
    for origins in [
        vec!["https://evil.example".to_owned()],
        vec!["null".to_owned()],
        vec![String::new()],
        vec![own.clone()],
        vec![format!("http://{own}.evil.example")],
        vec![format!("http://evil.example/{own}")],
        vec![format!("http://{own}@evil.example")],
        vec![format!("http://evil.example#http://{own}")],
        vec![format!("http://{own}/")],
        vec![format!("ws://{own}")],
        vec![format!("file://{own}")],
        vec![format!("http://{own}, https://evil.example")],
        vec![format!("http://{own}"), "https://evil.example".to_owned()],
    ] {
        let origins: Vec<&str> = origins.iter().map(String::as_str).collect();
        let mut wire = Wire::connect(hall.world.address).await;
        wire.send(request(&with(&origins)).as_bytes()).await;
        let head = wire.head().await;
        assert!(head.starts_with("HTTP/1.1 403 "), "{origins:?}: {head}");
        assert!(head.contains("application/problem+json"), "{head}");
    }
    let fine = format!("http://{own}");
    let head = head_of(&hall, &with(&[&fine])).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    hall.goes_on().await;
}

#[tokio::test]
async fn an_upgrade_by_another_method_or_version_or_without_its_key_is_told_what_is_wrong() {
    let mut hall = Hall::open().await;
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let two_keys = format!("{key}\n{key}");
    for (from, to, status) in [
        ("GET ", "POST ", "405"),
        ("HTTP/1.1", "HTTP/1.0", "400"),
        (key, "", "400"),
        (key, &two_keys, "400"),
        (key, "Sec-WebSocket-Key: short", "400"),
        ("Version: 13", "Version: 12", "426"),
        (
            "Version: 13",
            "Version: 13\nSec-WebSocket-Version: 13",
            "426",
        ),
        ("Upgrade: websocket", "Upgrade: h2c", "426"),
        ("Connection: Upgrade", "Connection: close", "426"),
        ("Version: 13", "Version: 13\nContent-Length: 5", "400"),
    ] {
        assert_eq!(status_with(&hall, from, to).await, status, "{from} as {to}");
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn thousands_of_headers_or_one_of_a_megabyte_are_not_read() {
    let mut hall = Hall::open().await;
    let many: Vec<String> = (0..5_000).map(|n| format!("X-{n}: {n}")).collect();
    let few_too_many: Vec<String> = (0..65).map(|n| format!("X-{n}: {n}")).collect();
    let long = vec![format!("X-Long: {}", "x".repeat(1 << 20))];
    for more in [many, few_too_many, long] {
        let mut lines = upgrade_lines(hall.world.address);
        lines.extend(more);
        let head = head_of(&hall, &lines).await;
        assert!(head.starts_with("HTTP/1.1 431 "), "{head}");
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn a_subprotocol_of_spaces_is_none_and_one_that_nobody_speaks_is_not_spoken() {
    let mut hall = Hall::open().await;
    for (asked, status) in [
        ("   ", "400"),
        (" , ,", "400"),
        ("chat, tidings.v9.json", "101"),
        ("tidings.v1.json tidings.v1.proto", "400"),
        ("\u{1}", "400"),
    ] {
        let mut lines = upgrade_lines(hall.world.address);
        lines.push(format!("Sec-WebSocket-Protocol: {asked}"));
        let head = head_of(&hall, &lines).await;
        assert_eq!(head.split(' ').nth(1), Some(status), "{asked:?}: {head}");
        assert!(
            !head.to_lowercase().contains("sec-websocket-protocol"),
            "{head}"
        );
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn an_upgrade_without_a_host_or_with_two_is_refused() {
    let mut hall = Hall::open().await;
    let host = format!("Host: {}", hall.world.address);
    let doubled = format!("{host}\nHost: evil.example");
    assert_eq!(status_with(&hall, &host, "").await, "400");
    assert_eq!(status_with(&hall, &host, &doubled).await, "400");
    hall.goes_on().await;
}

#[tokio::test]
async fn a_request_with_both_lengths_smuggles_no_second_one() {
    let mut hall = Hall::open().await;
    // So that the body is read, and nothing but its length is in doubt.
    let json = "Content-Type: application/json";
    let smuggled = "DELETE /v1/sessions/current HTTP/1.1\r\nHost: a\r\n\r\n";
    for lengths in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: identity, chunked\r\nTransfer-Encoding: x",
        "Transfer-Encoding:\u{b}chunked",
    ] {
        let mut wire = Wire::connect(hall.world.address).await;
        let head = format!("POST /v1/guests HTTP/1.1\r\nHost: a\r\n{json}\r\n{lengths}\r\n\r\n");
        wire.send(format!("{head}0\r\n\r\n{smuggled}").as_bytes())
            .await;
        let answer = wire.head().await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{lengths}: {answer}");
        let rest = wire.rest(crate::wire::PATIENCE).await;
        assert!(
            !rest.contains("HTTP/1.1"),
            "{lengths}: a second answer: {rest}"
        );
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn silence_after_the_upgrade_ends_with_4001() {
    let mut hall = Hall::open_with(|config| config.heartbeat.hello_timeout_ms = 1_500).await;
    let mut wire = Wire::upgraded(&hall.world, &hall.eve, "", b"").await;
    assert_eq!(wire.close_code().await, 4001);
    // Being lively is not the same as saying hello.
    let mut wire = Wire::upgraded(
        &hall.world,
        &hall.eve,
        "",
        &crate::wire::masked(0x89, b"hi"),
    )
    .await;
    assert_eq!(wire.close_code().await, 4001);
    hall.goes_on().await;
}

#[tokio::test]
async fn frames_glued_to_the_upgrade_are_read_first_and_in_order() {
    let mut hall = Hall::open().await;
    let ping = text(r#"{"type":"ping","id":2}"#);
    let glued = [text(HELLO), ping.clone()].concat();
    let mut wire = Wire::upgraded(&hall.world, &hall.eve, "", &glued).await;
    let mut ids = Vec::new();
    while ids.len() < 2 {
        let (_, payload) = wire.frame().await;
        let frame: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        if frame["type"] == "ack" {
            ids.push(frame["id"].clone());
        }
    }
    assert_eq!(ids, [1, 2]);
    // Without a token the hello that is glued is refused as any other.
    let mut wire = Wire::connect(hall.world.address).await;
    let lines = upgrade_lines(hall.world.address);
    wire.send(&[request(&lines).as_bytes(), &text(HELLO)].concat())
        .await;
    wire.head().await;
    assert_eq!(wire.close_code().await, 4100);
    hall.goes_on().await;
}

/// This machine's address is limited as any other: five requests without a user.
fn five_requests(config: &mut Config) {
    config.limits.count_loopback = true;
    config.limits.anonymous_requests_per_s = 1;
    config.limits.anonymous_requests_burst = 10;
}

/// How many of so many requests are taken, each from another address, as it says.
async fn taken_of_20(hall: &Hall, forged: impl Fn(usize) -> String) -> usize {
    let mut taken = 0;
    for number in 0..20 {
        let lines = [
            "GET /v1/limits HTTP/1.1".to_owned(),
            "Host: a".to_owned(),
            format!("X-Forwarded-For: {}", forged(number)),
        ];
        let head = head_of(hall, &lines).await;
        taken += usize::from(head.starts_with("HTTP/1.1 200 "));
    }
    taken
}

#[tokio::test]
async fn a_forged_forwarded_address_is_nobodys_alibi() {
    let mut hall = Hall::open_with(five_requests).await;
    let taken = taken_of_20(&hall, |n| format!("203.0.113.{n}")).await;
    assert!(taken < 10, "{taken}");
    hall.goes_on().await;
    // Behind a proxy that is trusted, what it wrote last counts, and not what the client wrote first.
    let mut hall = Hall::open_with(|config| {
        five_requests(config);
        let flag = ["--set", "server.trusted_proxies", "127.0.0.1"].map(str::to_owned);
        let inputs = Inputs {
            flags: vec![flag.into()],
            ..Inputs::default()
        };
        config.server.trusted_proxies = Config::load(&inputs).unwrap().server.trusted_proxies;
    })
    .await;
    let forged_first = |n| format!("198.51.100.{n}, 203.0.113.7");
    let taken = taken_of_20(&hall, forged_first).await;
    assert!((10..=12).contains(&taken), "{taken}");
    let taken = taken_of_20(&hall, |n| format!("203.0.114.{n}")).await;
    assert_eq!(taken, 20, "real addresses behind the proxy are told apart");
    hall.goes_on().await;
}
