//! What is sent: kept to the byte, made once, refused by the field that is wrong.

use serde_json::json;

use crate::world::{Person, World};

const ID: &str = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";

async fn room_of(ana: &Person) -> (String, String) {
    let room = ana.room("group", "Bread", &[]).await;
    let messages = format!("/v1/rooms/{room}/messages");
    (room, messages)
}

#[tokio::test]
async fn a_message_reads_as_it_was_written() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let (room, messages) = room_of(&ana).await;
    let first = ana.say(&room, "first").await;
    let text =
        "  **hi** <script>alert(1)</script>\r\n\u{202e}\u{1b}[31m [x](javascript:alert(1)) 👩‍👩‍👧 ";
    let body = json!({"client_id": ID, "text": text, "reply_to": first,
        "mentions": [bob.id, bob.id], "metadata": {"a": [1, {"b": null}]}, "sender": bob.id,
        "seq": 1, "at_ms": 5, "unknown": true});
    let sent = ana.post(&messages, body).await.ok(201);
    assert_eq!((&sent["seq"], &sent["client_id"]), (&json!(4), &json!(ID)));
    let message = ana.get(&format!("{messages}/4")).await.ok(200);
    assert_eq!(message["text"], text);
    assert_eq!(
        (&message["reply_to"], &message["sender"]),
        (&json!(first), &json!(ana.id))
    );
    assert_eq!(message["metadata"], json!({"a": [1, {"b": null}]}));
    assert_eq!(
        (&message["at_ms"], &message["room"]),
        (&sent["at_ms"], &json!(room))
    );
    let page = ana.get(&messages).await.ok(200);
    assert_eq!(page["messages"][1], message);
}

#[tokio::test]
async fn a_client_id_makes_one_message_for_ever_and_belongs_to_one_room() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let (room, messages) = room_of(&ana).await;
    ana.put(&format!("/v1/rooms/{room}/members/{}", bob.id), json!({}))
        .await
        .ok(200);
    let first = ana
        .post(&messages, json!({"client_id": ID, "text": "one"}))
        .await
        .ok(201);
    let again = ana
        .post(&messages, json!({"client_id": ID, "text": "two"}))
        .await
        .ok(200);
    assert_eq!(
        (&again["seq"], &again["duplicate"]),
        (&first["seq"], &json!(true))
    );
    assert_eq!(again["at_ms"], first["at_ms"]);
    let (_, elsewhere) = room_of(&ana).await;
    let reused = ana
        .post(&elsewhere, json!({"client_id": ID, "text": "one"}))
        .await;
    reused.refused(422, "client_id_reused");
    let his = bob
        .post(&messages, json!({"client_id": ID, "text": "mine"}))
        .await
        .ok(201);
    assert_eq!(
        his["duplicate"], false,
        "another sender's client ids are their own"
    );
    let texts = ana.get(&messages).await.ok(200);
    assert_eq!(texts["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_idempotency_key_stands_for_the_client_id() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let (_, messages) = room_of(&ana).await;
    let by_uuid = ana
        .post_once(ID, &messages, json!({"text": "one"}))
        .await
        .ok(201);
    assert_eq!(by_uuid["client_id"], ID);
    let same = ana
        .post(&messages, json!({"client_id": ID, "text": "one"}))
        .await
        .ok(200);
    assert_eq!(
        (&same["seq"], &same["duplicate"]),
        (&by_uuid["seq"], &json!(true))
    );
    let by_word = ana
        .post_once("order-17", &messages, json!({"text": "two"}))
        .await
        .ok(201);
    let again = ana
        .post_once("order-17", &messages, json!({"text": "two"}))
        .await;
    let again = if again.status == 200 {
        again.ok(200)
    } else {
        again.ok(201)
    };
    assert_eq!(again["seq"], by_word["seq"]);
    let named = by_word["client_id"].clone();
    let same = ana
        .post(&messages, json!({"client_id": named, "text": "two"}))
        .await
        .ok(200);
    assert_eq!(
        same["seq"], by_word["seq"],
        "the key's client id holds without the key"
    );
    let both = json!({"client_id": "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f11", "text": "three"});
    let both = ana.post_once("order-18", &messages, both).await.ok(201);
    assert_eq!(both["client_id"], "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f11");
}

#[tokio::test]
async fn a_message_that_is_none_is_not_found() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let (room, messages) = room_of(&ana).await;
    let seq = ana.say(&room, "hi").await;
    ana.get(&format!("{messages}/{seq}")).await.ok(200);
    for seq in [
        "1",
        "4",
        "0",
        "-1",
        "03",
        "1e1",
        "18446744073709551615",
        "18446744073709551616",
        "x",
    ] {
        ana.get(&format!("{messages}/{seq}"))
            .await
            .refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_flood_is_told_to_wait_and_loses_nothing_that_was_taken() {
    let world = World::start_with(|config| config.limits.sends_burst = 5).await;
    let ana = world.person("ana").await;
    let (_, messages) = room_of(&ana).await;
    let mut taken = Vec::new();
    let refused = loop {
        let sent = ana.post(&messages, json!({"text": "spam"})).await;
        if sent.status != 201 {
            break sent;
        }
        taken.push(sent.ok(201)["seq"].as_u64().unwrap());
        assert!(taken.len() < 500, "nobody is told to wait");
    };
    assert!(refused.body["retry_after_ms"].as_u64().unwrap() > 0);
    assert_eq!(refused.header("retry-after"), "1");
    refused.refused(429, "rate_limited");
    let page = ana.get(&format!("{messages}?limit=200")).await.ok(200);
    assert_eq!(crate::world::seqs(&page["messages"]), taken);
}
