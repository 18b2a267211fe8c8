//! Tickets for sockets: what may stand in an address, because it is worth nothing afterwards.

use futures_util::future::join_all;
use serde_json::json;

use crate::hall::Hall;
use crate::wire::{Wire, request, upgrade_lines};

/// The head that an upgrade with this ticket is answered with.
async fn upgraded_with(hall: &Hall, ticket: &str) -> String {
    let mut lines = upgrade_lines(hall.world.address);
    lines[0] = format!("GET /v1/socket?ticket={ticket} HTTP/1.1");
    let mut wire = Wire::connect(hall.world.address).await;
    wire.send(request(&lines).as_bytes()).await;
    wire.head().await
}

async fn ticket(hall: &Hall) -> String {
    let made = hall.eve.post("/v1/socket-tickets", json!({})).await.ok(201);
    made["ticket"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn of_thirty_who_race_with_one_ticket_exactly_one_gets_in() {
    let mut hall = Hall::open().await;
    let one = ticket(&hall).await;
    let heads = join_all((0..30).map(|_| upgraded_with(&hall, &one))).await;
    let opened = heads
        .iter()
        .filter(|head| head.starts_with("HTTP/1.1 101 "))
        .count();
    let refused = heads
        .iter()
        .filter(|head| head.starts_with("HTTP/1.1 401 "))
        .count();
    assert_eq!((opened, refused), (1, 29));
    hall.goes_on().await;
}

#[tokio::test]
async fn what_was_never_a_ticket_opens_nothing() {
    let mut hall = Hall::open().await;
    let good = ticket(&hall).await;
    let token = hall.eve.token.clone().unwrap();
    let longer = format!("{good}A");
    for bad in [
        "",
        "x",
        &longer,
        &good[1..],
        &token,
        "%00",
        &"A".repeat(4_000),
        "..",
        "null",
    ] {
        let head = upgraded_with(&hall, bad).await;
        assert!(head.starts_with("HTTP/1.1 401 "), "{bad}: {head}");
    }
    let head = upgraded_with(&hall, &good).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    hall.goes_on().await;
}
