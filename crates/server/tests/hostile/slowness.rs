//! Hundreds who are slow: with headers, with bodies, with reading. Everybody else is served.

use std::time::Duration;

use crate::hall::Hall;
use crate::wire::{Wire, upgrade_lines};

/// So many at a time.
const CROWD: usize = 300;
/// Beyond the time that a request may take.
const LONGER_THAN_A_REQUEST: Duration = Duration::from_secs(45);

/// Opens so many connections that say the same.
async fn crowd(hall: &Hall, said: &[u8]) -> Vec<Wire> {
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let mut wire = Wire::connect_narrow(hall.world.address).await;
        wire.send(said).await;
        crowd.push(wire);
    }
    crowd
}

#[tokio::test]
async fn hundreds_of_slow_headers_are_hung_up_on_after_five_seconds() {
    let mut hall = Hall::open().await;
    let half = upgrade_lines(hall.world.address)[..3].join("\r\n");
    let crowd = crowd(&hall, half.as_bytes()).await;
    hall.goes_on().await;
    for mut wire in crowd {
        // A byte now and then does not help: the time is that of all headers together.
        wire.send(b"X").await;
        let answer = wire.rest(LONGER_THAN_A_REQUEST).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408 "),
            "{answer}"
        );
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn hundreds_of_slow_bodies_are_answered_503_after_thirty_seconds() {
    let mut hall = Hall::open().await;
    let head = "POST /v1/guests HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
                Content-Length: 100\r\n\r\n{";
    let crowd = crowd(&hall, head.as_bytes()).await;
    hall.goes_on().await;
    for mut wire in crowd {
        let answer = tokio::time::timeout(LONGER_THAN_A_REQUEST, wire.0.readable());
        answer.await.expect("an answer in time").unwrap();
        let head = wire.head().await;
        assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
        assert!(
            head.contains("retry-after: 1") || head.contains("problem+json"),
            "{head}"
        );
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn hundreds_who_ask_and_do_not_read_hold_nobody_up() {
    let mut hall = Hall::open().await;
    let asked = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(20);
    let crowd = crowd(&hall, asked.as_bytes()).await;
    hall.goes_on().await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        let mut deaf = Wire::greeted(&hall.world, &hall.eve).await;
        deaf.send(&crate::wire::text(r#"{"type":"ping","id":2}"#).repeat(1_000))
            .await;
        sockets.push(deaf);
    }
    hall.goes_on().await;
    drop((crowd, sockets));
    hall.goes_on().await;
}

#[tokio::test]
async fn who_answers_no_ping_is_left_with_4002() {
    let mut hall = Hall::open_with(|config| {
        config.heartbeat.ping_interval_ms = 1_000;
        config.heartbeat.peer_timeout_ms = 4_000;
    })
    .await;
    let mut deaf = Wire::greeted(&hall.world, &hall.eve).await;
    let mut leaving = tokio::spawn(async move { deaf.close_code().await });
    // Ana and Bob answer theirs as long as somebody reads for them.
    let code = loop {
        hall.goes_on().await;
        let left = tokio::time::timeout(Duration::from_millis(100), &mut leaving).await;
        if let Ok(code) = left {
            break code.unwrap();
        }
    };
    assert_eq!(code, 4002);
    hall.goes_on().await;
}
