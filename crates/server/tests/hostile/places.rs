//! Places in the log that are not one's own: cursors, watermarks, subscriptions.

use serde_json::{Value, json};
use tidings_domain::{Cursor, Epoch, Position};

use crate::hall::Hall;
use crate::socket::{Socket, refused};

async fn said(hall: &mut Hall, times: usize) {
    for _ in 0..times {
        hall.goes_on().await;
    }
}

#[tokio::test]
async fn cursors_from_the_future_from_elsewhere_or_from_nowhere_are_reset_by_name() {
    let mut hall = Hall::open().await;
    let epoch = hall.world.app.engine.epoch;
    let at = |epoch, position| Cursor::at(epoch, Position(position)).to_string();
    let good = at(epoch, 1);
    let (mut cut, mut forged) = (good.clone(), good.clone());
    cut.pop();
    forged.replace_range(10..11, if &good[10..11] == "A" { "B" } else { "A" });
    for (cursor, reason) in [
        (at(epoch, 1_000_000), "ahead"),
        (at(epoch, u64::MAX), "ahead"),
        (at(Epoch(epoch.0 ^ 1), 1), "epoch_changed"),
        (cut, "cursor_invalid"),
        (forged, "cursor_invalid"),
        ("-1".to_owned(), "cursor_invalid"),
        ("0".to_owned(), "cursor_invalid"),
        (String::new(), "cursor_invalid"),
        ("../../etc/passwd".to_owned(), "cursor_invalid"),
        ("A".repeat(60_000), "cursor_invalid"),
    ] {
        let (mut socket, welcome) = Socket::at(&hall.world, &hall.eve, &cursor).await;
        assert_eq!(
            (&welcome["resume"], &welcome["reason"]),
            (&json!("reset"), &json!(reason))
        );
        assert!(
            socket.events_so_far().await.is_empty(),
            "the stream begins now"
        );
    }
    hall.goes_on().await;
}

/// The seqs that a socket hears of a room until it is live.
async fn seqs_until_live(socket: &mut Socket, room: &str) -> Vec<u64> {
    socket
        .until(|frame| frame["type"] == "checkpoint" && frame["live"] == true)
        .await;
    let events = socket.events_so_far().await;
    let of_room = events.iter().filter(|frame| frame["event"]["room"] == room);
    of_room
        .map(|frame| frame["event"]["seq"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn an_ancient_cursor_brings_what_one_may_see_once_and_in_order() {
    let mut hall = Hall::open().await;
    said(&mut hall, 5).await;
    let newcomer = hall.world.person("newcomer").await;
    let path = format!("/v1/rooms/{}/members/{}", hall.room, newcomer.id);
    hall.ana
        .patch(
            &format!("/v1/rooms/{}", hall.room),
            json!({"history": "since_joined"}),
        )
        .await
        .ok(200);
    hall.ana.put(&path, json!({})).await.ok(200);
    said(&mut hall, 2).await;
    let ancient = Cursor::at(hall.world.app.engine.epoch, Position(0)).to_string();
    let (mut socket, welcome) = Socket::at(&hall.world, &hall.eve, &ancient).await;
    assert_eq!(welcome["resume"], "resumed");
    let all = seqs_until_live(&mut socket, &hall.room).await;
    let head = *all.last().unwrap();
    assert_eq!(all, (1..=head).collect::<Vec<_>>());
    let (mut socket, _) = Socket::at(&hall.world, &newcomer, &ancient).await;
    let since = seqs_until_live(&mut socket, &hall.room).await;
    assert_eq!(
        since,
        (head - 2..=head).collect::<Vec<_>>(),
        "from their own coming on"
    );
    let stranger = hall.world.person("stranger").await;
    let (mut socket, _) = Socket::at(&hall.world, &stranger, &ancient).await;
    assert!(seqs_until_live(&mut socket, &hall.room).await.is_empty());
    hall.goes_on().await;
}

#[tokio::test]
async fn two_sockets_that_resume_from_one_place_both_hear_all_of_it() {
    let mut hall = Hall::open().await;
    let list = hall.eve.get("/v1/rooms").await.ok(200);
    let cursor = list["cursor"].as_str().unwrap();
    said(&mut hall, 3).await;
    let (mut one, _) = Socket::at(&hall.world, &hall.eve, cursor).await;
    let (mut two, _) = Socket::at(&hall.world, &hall.eve, cursor).await;
    let heard = seqs_until_live(&mut one, &hall.room).await;
    assert_eq!(heard.len(), 3);
    assert_eq!(heard, seqs_until_live(&mut two, &hall.room).await);
    // A cursor grants nothing: with it a stranger hears what a stranger may.
    let stranger = hall.world.person("stranger").await;
    let (mut socket, welcome) = Socket::at(&hall.world, &stranger, cursor).await;
    assert_eq!(welcome["resume"], "resumed");
    assert!(seqs_until_live(&mut socket, &hall.room).await.is_empty());
    hall.goes_on().await;
    assert_eq!(one.event().await["seq"], two.event().await["seq"]);
}

#[tokio::test]
async fn a_hundred_thousand_subscriptions_are_refused_at_the_first_too_many() {
    let mut hall = Hall::open().await;
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    let id = |n: usize| json!(format!("0192f0c1-7d7a-7cc0-8000-{n:012}"));
    let many: Vec<Value> = (0..1_000).map(id).collect();
    for _ in 0..100 {
        // Who shares no room with one is not watched, and takes no place.
        let watched = eve.ask(json!({"type": "presence", "watch": many})).await;
        assert_eq!(watched["presence"], json!([]), "{watched:#}");
        let focused = eve.ask(json!({"type": "focus", "rooms": many})).await;
        refused(&focused, "limit_reached");
    }
    let page = tidings_server::metrics::render(&hall.world.app);
    assert!(page.contains("\ntidings_presence_watches 0\n"), "{page}");
    let all: Vec<Value> = (0..100_000).map(id).collect();
    eve.say(&json!({"type": "focus", "id": 1_000, "rooms": all}).to_string())
        .await;
    assert_eq!(eve.close_code().await, 1009);
    hall.goes_on().await;
}

#[tokio::test]
async fn more_people_than_may_be_watched_are_refused_and_those_before_stay() {
    let mut hall = Hall::open().await;
    let crowd = hall.world.crowd(501).await;
    let crowded = hall.ana.room("channel", "Crowd", &[&hall.eve]).await;
    for person in &crowd {
        let join = format!("/v1/rooms/{crowded}/join");
        person.post(&join, json!({})).await.ok(200);
    }
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    let ids: Vec<&str> = crowd.iter().map(|person| person.id.as_str()).collect();
    let all = eve.ask(json!({"type": "presence", "watch": ids})).await;
    refused(&all, "limit_reached");
    let most = eve
        .ask(json!({"type": "presence", "watch": ids[..500]}))
        .await;
    assert_eq!(most["presence"].as_array().unwrap().len(), 500);
    let one_more = eve
        .ask(json!({"type": "presence", "watch": ids[500..]}))
        .await;
    refused(&one_more, "limit_reached");
    let instead = json!({"type": "presence", "watch": ids[500..], "unwatch": ids[..1]});
    assert_eq!(
        eve.ask(instead).await["presence"].as_array().unwrap().len(),
        1
    );
    hall.goes_on().await;
}

#[tokio::test]
async fn watermarks_are_ones_own_and_neither_fall_nor_go_beyond_the_head() {
    let mut hall = Hall::open().await;
    said(&mut hall, 5).await;
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    let path = format!("/v1/rooms/{}", hall.room);
    let head = hall.eve.get(&path).await.ok(200)["head"].as_u64().unwrap();
    let bobs = hall.bob.get(&path).await.ok(200)["receipt"].clone();
    for (seq, stands) in [(4, 4), (2, 4), (1_000_000_000, head), (3, head), (0, head)] {
        let read = json!({"type": "read", "room": hall.room, "seq": seq, "user": hall.bob.id});
        let ack = eve.ask(read).await;
        assert_eq!(
            (&ack["read"], &ack["delivered"]),
            (&json!(stands), &json!(stands)),
            "{seq}: {ack:#}"
        );
        let delivered = json!({"type": "delivered", "room": hall.room, "seq": seq});
        assert_eq!(eve.ask(delivered).await["delivered"], stands);
        let own = format!("{path}/receipts/me");
        let put = hall
            .eve
            .put(&own, json!({"read": seq, "user": hall.bob.id}));
        assert_eq!(put.await.ok(200)["read"], stands);
    }
    for seq in [
        json!(-1),
        json!(1.5),
        json!("1"),
        json!(18_446_744_073_709_551_615_u64),
    ] {
        let ack = eve
            .ask(json!({"type": "read", "room": hall.room, "seq": seq}))
            .await;
        assert!(ack["type"] == "refusal" || ack["read"] == head, "{ack:#}");
    }
    let theirs = format!("{path}/receipts/{}", hall.bob.id);
    hall.eve
        .put(&theirs, json!({"read": 1}))
        .await
        .refused(404, "not_found");
    assert_eq!(
        hall.bob.get(&path).await.ok(200)["receipt"],
        bobs,
        "nobody else moved"
    );
    hall.goes_on().await;
}
