//! Messages that are none, by REST: each is refused by name, and leaves no trace.

use serde_json::{Value, json};

use crate::world::{Person, World};

/// A room of one's own, and the address of its messages.
async fn room_of(ana: &Person) -> (String, String) {
    let room = ana.room("group", "Bread", &[]).await;
    let messages = format!("/v1/rooms/{room}/messages");
    (room, messages)
}

#[tokio::test]
async fn a_wrong_field_of_a_message_is_named() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let (_, messages) = room_of(&ana).await;
    let many: Vec<Value> = (0..51)
        .map(|n| json!(format!("0192f0c1-7d7a-7cc0-8000-0000000000{n:02}")))
        .collect();
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    for (body, field) in [
        (json!({}), "text"),
        (json!({"text": null}), "text"),
        (json!({"text": 7}), "text"),
        (json!({"text": ""}), "text"),
        (json!({"text": " \n\t"}), "text"),
        (json!({"text": "a\u{0}b"}), "text"),
        (json!({"text": {"$ne": 1}}), "text"),
        (json!({"text": "a", "client_id": "1"}), "client_id"),
        (
            json!({"text": "a", "client_id": "00000000-0000-0000-0000-000000000000"}),
            "client_id",
        ),
        (json!({"text": "a", "reply_to": 3}), "reply_to"),
        (json!({"text": "a", "reply_to": 0}), "reply_to"),
        (json!({"text": "a", "reply_to": u64::MAX}), "reply_to"),
        (json!({"text": "a", "reply_to": -1}), "reply_to"),
        (json!({"text": "a", "reply_to": "1"}), "reply_to"),
        (json!({"text": "a", "mentions": "ana"}), "mentions"),
        (
            json!({"text": "a", "mentions": [ana.id, "bob"]}),
            "mentions[1]",
        ),
        (json!({"text": "a", "mentions": many}), "mentions"),
        (json!({"text": "a", "metadata": [1]}), "metadata"),
        (json!({"text": "a", "metadata": {"a": deep}}), "metadata"),
        (
            json!({"text": "a", "metadata": {"a": "x".repeat(5_000)}}),
            "metadata",
        ),
    ] {
        let told = format!("{body:.200}");
        assert_eq!(
            ana.post(&messages, body).await.wrong_field(),
            field,
            "{told}"
        );
    }
    ana.post(&messages, json!({"text": "x".repeat(16_385)}))
        .await
        .refused(413, "too_large");
    ana.post(&messages, json!({"text": "x".repeat(70_000)}))
        .await
        .refused(413, "too_large");
    ana.post(&messages, json!({"text": "x".repeat(16_384)}))
        .await
        .ok(201);
    let page = ana.get(&messages).await.ok(200);
    assert_eq!(page["head"], 3, "nothing that was refused left a trace");
}

#[tokio::test]
async fn what_is_no_json_is_refused_whatever_it_is() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let (_, messages) = room_of(&ana).await;
    let tower = format!("{}\"a\"{}", "[".repeat(30_000), "]".repeat(30_000));
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{\"text\":\"a\"} x",
        "{\"text\":NaN}",
        "{\"text\":\"\\ud800\"}",
        "{\"text\":\"a\",\"reply_to\":1e400}",
        &format!("{{\"text\":\"a\",\"metadata\":{{\"a\":{tower}}}}}"),
        &tower,
    ] {
        let answer = ana.post_bytes(&messages, body.as_bytes().to_vec()).await;
        assert_eq!(answer.wrong_field(), "body", "{body:.60}");
    }
    let doubled = ana
        .post_bytes(&messages, b"{\"text\":\"a\",\"text\":\"b\"}".to_vec())
        .await;
    assert_eq!(doubled.wrong_field(), "text");
    let broken = ana
        .post_bytes(&messages, b"{\"text\":\"\xff\xfe\"}".to_vec())
        .await;
    broken.refused(400, "invalid_request");
    let untyped = ana.call("POST", &messages, None).await;
    untyped.refused(415, "unsupported_media_type");
}
