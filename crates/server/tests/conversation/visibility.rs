//! What is seen by whom: history from one's joining on, and nothing after one's leaving.

use serde_json::{Value, json};

use crate::world::{Person, World, seqs};

/// A room with one message before bob joined (seq 5 of his), and one after.
async fn closed_past(ana: &Person, bob: &Person) -> String {
    let body = json!({"kind": "group", "name": "Bread", "history": "since_joined"});
    let room = ana.post("/v1/rooms", body).await.ok(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    ana.say(&room, "before").await;
    let mention = json!({"text": "bob will never see this", "mentions": [bob.id]});
    ana.post(&format!("/v1/rooms/{room}/messages"), mention)
        .await
        .ok(201);
    ana.put(&format!("/v1/rooms/{room}/members/{}", bob.id), json!({}))
        .await
        .ok(200);
    room
}

#[tokio::test]
async fn a_newcomer_sees_nothing_of_a_closed_past_by_any_address() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = closed_past(&ana, &bob).await;
    let path = format!("/v1/rooms/{room}");
    let shown = bob.get(&path).await.ok(200);
    assert_eq!(shown["membership"]["visible_from"], 5);
    assert_eq!(shown.get("last_message"), None);
    assert_eq!(shown["unread"], json!({"messages": 0, "mentions": 0}));
    for query in [
        "",
        "?before=5",
        "?after=0",
        "?around=3",
        "?before=100",
        "?after=2&limit=1",
    ] {
        let page = bob.get(&format!("{path}/messages{query}")).await.ok(200);
        assert_eq!(page["messages"], json!([]), "{query}");
        assert_eq!(page["has_before"], false, "{query}");
        assert!(page["first_seq"].as_u64().unwrap() >= 5, "{query}: {page}");
    }
    for seq in [3, 4] {
        bob.get(&format!("{path}/messages/{seq}"))
            .await
            .refused(404, "not_found");
        ana.get(&format!("{path}/messages/{seq}")).await.ok(200);
    }
    for after in [0, 1, 4] {
        let stretch = bob
            .get(&format!("{path}/events?after={after}"))
            .await
            .ok(200);
        assert_eq!(seqs(&stretch["events"]), [5], "after {after}");
    }
    let reply = json!({"text": "what?", "reply_to": 3});
    assert_eq!(
        bob.post(&format!("{path}/messages"), reply)
            .await
            .wrong_field(),
        "reply_to"
    );
    let marked = bob
        .put(&format!("{path}/unread"), json!({"from": 1}))
        .await
        .ok(200);
    assert_eq!(marked["messages"], 0);
    assert_eq!(
        bob.get(&format!("{path}/unread")).await.ok(200)["seqs"],
        json!([])
    );
    assert_eq!(bob.get("/v1/unread").await.ok(200)["rooms"], json!([]));
}

#[tokio::test]
async fn who_cannot_see_an_event_has_not_read_it() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = closed_past(&ana, &bob).await;
    let receipts = format!("/v1/rooms/{room}/receipts/me");
    let told = bob
        .put(&receipts, json!({"read": 4, "delivered": 4}))
        .await
        .ok(200);
    assert_eq!((&told["read"], &told["delivered"]), (&json!(0), &json!(0)));
    let told = bob.put(&receipts, json!({"read": 5})).await.ok(200);
    assert_eq!((&told["read"], &told["delivered"]), (&json!(5), &json!(5)));
}

#[tokio::test]
async fn who_comes_back_begins_anew_and_who_left_sees_nothing_more() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = closed_past(&ana, &bob).await;
    let messages = format!("/v1/rooms/{room}/messages");
    ana.say(&room, "hello bob").await;
    assert_eq!(seqs(&bob.get(&messages).await.ok(200)["messages"]), [6]);
    ana.delete(&format!("/v1/rooms/{room}/members/{}", bob.id))
        .await
        .ok(204);
    for path in [
        "",
        "/messages",
        "/messages/6",
        "/events",
        "/members",
        "/receipts",
        "/unread",
    ] {
        bob.get(&format!("/v1/rooms/{room}{path}"))
            .await
            .refused(404, "not_found");
    }
    bob.post(&messages, json!({"text": "still here"}))
        .await
        .refused(404, "not_found");
    ana.say(&room, "bob has gone").await;
    ana.put(&format!("/v1/rooms/{room}/members/{}", bob.id), json!({}))
        .await
        .ok(200);
    assert_eq!(bob.get(&messages).await.ok(200)["messages"], json!([]));
    bob.get(&format!("{messages}/6"))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn an_open_past_is_all_there_for_a_newcomer() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = ana.room("channel", "Bread", &[]).await;
    let said = [ana.say(&room, "one").await, ana.say(&room, "two").await];
    let joined = bob
        .post(&format!("/v1/rooms/{room}/join"), json!({}))
        .await
        .ok(200);
    assert_eq!(joined["last_message"]["text"], "two");
    let page = bob.get(&format!("/v1/rooms/{room}/messages")).await.ok(200);
    assert_eq!(seqs(&page["messages"]), said);
    let stretch = bob.get(&format!("/v1/rooms/{room}/events")).await.ok(200);
    assert_eq!(
        (&stretch["head"], &stretch["complete"]),
        (&joined["head"], &Value::Bool(true))
    );
    assert_eq!(stretch["events"][0]["seq"], 1);
}
