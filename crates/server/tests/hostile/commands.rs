//! Commands on the socket that are none, come at the wrong time, or say what is not theirs to say.

use serde_json::{Value, json};
use tidings_protocol::Command;

use crate::hall::Hall;
use crate::socket::{Socket, refused};
use crate::wire::{Wire, text};

const ID: &str = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";

/// The answer to a frame that has the id 77, written as it is.
async fn answer_to(hall: &Hall, frame: &str) -> Value {
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    eve.say(frame).await;
    let answer = eve.answer_to(77).await;
    // It goes on, for it was a command that was wrong and not the client.
    assert_eq!(eve.ask(json!({"type": "ping"})).await["type"], "ack");
    answer
}

#[tokio::test]
async fn a_hundred_thousand_levels_are_refused_at_whatever_place_they_stand() {
    let mut hall = Hall::open().await;
    let tower = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let deep = tower(32_000);
    let room = &hall.room;
    for frame in [
        format!(r#"{{"id":77,"type":"signal","room":"{room}","name":"a","data":{deep}}}"#),
        format!(r#"{{"id":77,"type":"focus","rooms":{deep}}}"#),
        format!(r#"{{"id":77,"type":{deep}}}"#),
        format!(r#"{{"id":77,"type":"send","room":"{room}","client_id":"{ID}","text":{deep}}}"#),
    ] {
        refused(&answer_to(&hall, &frame).await, "invalid_request");
    }
    for (frame, code) in [(deep, 4200), (tower(100_000), 1009)] {
        let mut eve = Socket::open(&hall.world, &hall.eve).await;
        eve.say(&frame).await;
        assert_eq!(eve.close_code().await, code);
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn numbers_strings_and_keys_that_json_does_not_have_are_refused_by_their_id() {
    let mut hall = Hall::open().await;
    let room = hall.room.clone();
    let send = |more: &str| {
        format!(r#"{{"id":77,"type":"send","room":"{room}","client_id":"{ID}",{more}}}"#)
    };
    for frame in [
        send(r#""text":"a","reply_to":1e400"#),
        send(r#""text":"a","reply_to":-1"#),
        send(r#""text":"a","reply_to":NaN"#),
        send(r#""text":"a","reply_to":Infinity"#),
        send(r#""text":"a","reply_to":18446744073709551616"#),
        send(r#""text":"a","text":"b""#),
        send(r#""text":"\ud800""#),
        send(r#""text":"\udc00\ud800""#),
        send(r#""text":"a\u0000b""#),
        send("\"text\":\"a\u{1}b\""),
        send(r#""text":"a","metadata":{"a":1e999}"#),
        send(r#""text":"a","mentions":{"0":"a"}"#),
        send(r#""text":"a""#) + "x",
    ] {
        refused(&answer_to(&hall, &frame).await, "invalid_request");
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn what_has_no_id_is_no_command_and_ends_with_4200() {
    let mut hall = Hall::open().await;
    for frame in [
        "",
        "null",
        "[]",
        "{}",
        r#"{"type":"ping"}"#,
        r#"{"type":"ping","id":0}"#,
        r#"{"type":"ping","id":1e400}"#,
        r#"{"type":"ping","id":"1"}"#,
        r#"{"type":"ping","id":9007199254740993}"#,
        r#"{"type":"ping","id":2,"id":3}"#,
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let mut eve = Socket::open(&hall.world, &hall.eve).await;
        eve.say(frame).await;
        assert_eq!(eve.close_code().await, 4200, "{frame}");
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn every_command_before_hello_is_refused_and_ends_with_4201() {
    let mut hall = Hall::open().await;
    for name in Command::NAMES.iter().filter(|name| **name != "hello") {
        let mut eve = Socket::silent(&hall.world, &hall.eve).await;
        let answer = eve.ask(crate::who_may::example(&hall, name)).await;
        refused(&answer, "hello_first");
        assert_eq!(eve.close_code().await, 4201, "{name}");
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn a_second_hello_as_somebody_else_changes_nobody() {
    let mut hall = Hall::open().await;
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    let token = hall.bob.token.clone();
    refused(
        &eve.ask(json!({"type": "hello", "token": token})).await,
        "already_greeted",
    );
    refused(
        &eve.ask(json!({"type": "token", "token": token})).await,
        "forbidden",
    );
    let ack = eve.send(&hall.room, ID, "as whom?").await;
    let seq = ack["seq"].as_u64().unwrap();
    hall.note(seq, "as whom?");
    let path = format!("/v1/rooms/{}/messages/{seq}", hall.room);
    assert_eq!(hall.bob.get(&path).await.ok(200)["sender"], hall.eve.id);
    hall.goes_on().await;
}

#[tokio::test]
async fn a_hello_with_another_token_than_the_upgrade_is_that_tokens() {
    let mut hall = Hall::open().await;
    // Who holds both tokens may be either; nobody becomes the one by holding the other's.
    let mut socket = Socket::silent(&hall.world, &hall.eve).await;
    let hello = json!({"type": "hello", "token": hall.ana.token});
    assert_eq!(
        socket.ask(hello).await["welcome"]["user"]["id"],
        hall.ana.id
    );
    let mut socket = Socket::silent(&hall.world, &hall.ana).await;
    refused(
        &socket
            .ask(json!({"type": "hello", "token": "ta_forged"}))
            .await,
        "unauthenticated",
    );
    assert_eq!(socket.close_code().await, 4100);
    hall.goes_on().await;
}

#[tokio::test]
async fn a_client_id_that_comes_back_with_another_text_brings_back_the_first() {
    let mut hall = Hall::open().await;
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    let first = eve.send(&hall.room, ID, "the first").await;
    let seq = first["seq"].as_u64().unwrap();
    hall.note(seq, "the first");
    for text in ["another", "the first", "a third"] {
        let again = eve.send(&hall.room, ID, text).await;
        assert_eq!(
            (&again["seq"], &again["duplicate"]),
            (&first["seq"], &json!(true))
        );
    }
    let elsewhere = hall.eve.room("group", "Elsewhere", &[]).await;
    refused(
        &eve.send(&elsewhere, ID, "the first").await,
        "client_id_reused",
    );
    // It is the sender's own name for it: nobody else is hindered, and nobody else learns of it.
    let mut bob = Socket::open(&hall.world, &hall.bob).await;
    let bobs = bob.send(&hall.room, ID, "mine").await;
    assert_eq!(bobs["duplicate"], false);
    hall.note(bobs["seq"].as_u64().unwrap(), "mine");
    hall.goes_on().await;
}

#[tokio::test]
async fn a_forged_sender_seq_or_time_is_passed_over_and_a_forged_room_is_none() {
    let mut hall = Hall::open().await;
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    let forged = json!({"type": "send", "room": hall.room, "client_id": ID, "text": "forged",
        "sender": hall.ana.id, "user": hall.ana.id, "device": ID, "seq": 1, "at_ms": 1, "position": 1,
        "kind": "room.deleted", "duplicate": true, "role": "owner"});
    let ack = eve.ask(forged).await;
    let seq = ack["seq"].as_u64().unwrap();
    assert!(seq > 1 && ack["duplicate"] == false, "{ack:#}");
    hall.note(seq, "forged");
    let event = eve.event().await;
    assert_eq!(
        (&event["sender"], &event["kind"]),
        (&json!(hall.eve.id), &json!("message.sent"))
    );
    assert!(event["at_ms"].as_u64().unwrap() > 1_000_000_000_000);
    assert_ne!(event["device"], ID);
    let closed = hall.ana.room("group", "Closed", &[]).await;
    let nowhere = eve.send(ID, ID, "x").await;
    let stranger = eve.send(&closed, ID, "x").await;
    refused(&stranger, "not_found");
    assert_eq!(
        stranger["detail"], nowhere["detail"],
        "tells that there is a room"
    );
    hall.goes_on().await;
}

#[tokio::test]
async fn operators_where_a_string_is_due_are_refused() {
    let mut hall = Hall::open().await;
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    for operator in [
        json!({"$ne": null}),
        json!({"$gt": ""}),
        json!([]),
        json!(null),
        json!(1),
        json!(true),
    ] {
        for (command, field) in [
            (
                json!({"type": "send", "room": hall.room, "client_id": ID, "text": "a"}),
                "room",
            ),
            (
                json!({"type": "send", "room": hall.room, "client_id": ID, "text": "a"}),
                "client_id",
            ),
            (
                json!({"type": "send", "room": hall.room, "client_id": ID, "text": "a"}),
                "text",
            ),
            (json!({"type": "read", "room": hall.room, "seq": 1}), "room"),
            (json!({"type": "typing", "room": hall.room}), "room"),
            (
                json!({"type": "signal", "room": hall.room, "name": "a", "data": 1}),
                "name",
            ),
            (
                json!({"type": "status", "availability": "away"}),
                "availability",
            ),
            (json!({"type": "token", "token": "a"}), "token"),
        ] {
            let mut command = command;
            command[field] = operator.clone();
            let answer = eve.ask(command).await;
            refused(&answer, "invalid_request");
            // Of a choice between words only that it is none of them is told.
            let names_it = answer["detail"].as_str().unwrap().contains(field);
            assert!(names_it || field == "availability", "{answer:#}");
        }
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn a_text_too_long_is_too_large_and_an_empty_one_is_invalid_as_by_rest() {
    let mut hall = Hall::open().await;
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    let path = format!("/v1/rooms/{}/messages", hall.room);
    let long = "x".repeat(16_385);
    for (text, status, code) in [
        (long.as_str(), 413, "too_large"),
        (" ", 400, "invalid_request"),
    ] {
        refused(&eve.send(&hall.room, ID, text).await, code);
        hall.eve
            .post(&path, json!({"text": text}))
            .await
            .refused(status, code);
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn who_does_not_heed_refusals_is_shown_out_with_4202_and_holds_nobody_up() {
    let mut hall = Hall::open_with(|config| {
        config.limits.sends_per_s = 1;
        config.limits.sends_burst = 20;
    })
    .await;
    let elsewhere = hall.eve.room("group", "Spam", &[]).await;
    let mut flood = Wire::greeted(&hall.world, &hall.eve).await;
    let batch: Vec<u8> = (2..502)
        .flat_map(|id| {
            let client_id = tidings_server::random::id();
            let send = json!({"type": "send", "id": id, "room": elsewhere, "client_id": client_id,
                "text": "spam"});
            text(&send.to_string())
        })
        .collect();
    let mut answers = 0;
    'flood: for _ in 0..100 {
        flood.send(&batch).await;
        for _ in 0..500 {
            let (first, payload) = flood.frame().await;
            if first == 0x88 {
                assert_eq!(payload[..2], 4202_u16.to_be_bytes());
                break 'flood;
            }
            answers += 1;
        }
        hall.goes_on().await;
    }
    assert!((1_000..50_000).contains(&answers), "{answers}");
    hall.goes_on().await;
}
