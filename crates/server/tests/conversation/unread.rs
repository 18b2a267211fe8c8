//! Receipts and what is unread: counted, explained, marked, read.

use serde_json::{Value, json};

use crate::world::{Person, World};

async fn two_in_a_room(world: &World) -> (Person, Person, String) {
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = ana.room("group", "Bread", &[&bob]).await;
    (ana, bob, format!("/v1/rooms/{room}"))
}

async fn say(person: &Person, path: &str, body: Value) -> u64 {
    let sent = person.post(&format!("{path}/messages"), body).await.ok(201);
    sent["seq"].as_u64().unwrap()
}

async fn read(person: &Person, path: &str, body: Value) -> Value {
    person
        .put(&format!("{path}/receipts/me"), body)
        .await
        .ok(200)
}

#[tokio::test]
async fn every_counted_message_is_named_and_reading_takes_it_off() {
    let world = World::start().await;
    let (ana, bob, room) = two_in_a_room(&world).await;
    let mut said = Vec::new();
    for number in 0..5 {
        let mentions = if number == 2 {
            vec![bob.id.clone(), bob.id.clone()]
        } else {
            vec![]
        };
        said.push(say(&ana, &room, json!({"text": "hi", "mentions": mentions})).await);
    }
    ana.patch(&room, json!({"description": "no message"}))
        .await
        .ok(200);
    let told = bob.get(&format!("{room}/unread")).await.ok(200);
    assert_eq!(
        told,
        json!({"messages": 5, "mentions": 1, "first": said[0], "seqs": said})
    );
    assert_eq!(
        ana.get(&format!("{room}/unread")).await.ok(200)["messages"],
        0,
        "one's own"
    );
    let after = read(&bob, &room, json!({"read": said[1]})).await;
    let unread = json!({"messages": 3, "mentions": 1, "first": said[2]});
    assert_eq!(
        after,
        json!({"delivered": said[1], "read": said[1], "unread": unread})
    );
    let after = read(&bob, &room, json!({"read": said[4]})).await;
    assert_eq!(after["unread"], json!({"messages": 0, "mentions": 0}));
    assert_eq!(
        bob.get("/v1/unread").await.ok(200),
        json!({"rooms": [], "messages": 0, "mentions": 0})
    );
}

#[tokio::test]
async fn watermarks_only_rise_and_stop_at_the_head() {
    let world = World::start().await;
    let (ana, bob, room) = two_in_a_room(&world).await;
    for _ in 0..3 {
        say(&ana, &room, json!({"text": "hi"})).await;
    }
    let at = |told: &Value| {
        (
            told["delivered"].as_u64().unwrap(),
            told["read"].as_u64().unwrap(),
        )
    };
    assert_eq!(
        at(&read(&bob, &room, json!({"delivered": 5})).await),
        (5, 0)
    );
    assert_eq!(at(&read(&bob, &room, json!({"read": 4})).await), (5, 4));
    assert_eq!(
        at(&read(&bob, &room, json!({"read": 2, "delivered": 1})).await),
        (5, 4)
    );
    assert_eq!(
        at(&read(&bob, &room, json!({"read": u64::MAX})).await),
        (6, 6)
    );
    say(&ana, &room, json!({"text": "later"})).await;
    assert_eq!(
        at(&read(&bob, &room, json!({"read": 1})).await),
        (6, 6),
        "no mark for the future"
    );
    let path = format!("{room}/receipts/me");
    for (body, field) in [
        (json!({}), "read"),
        (json!({"read": -1}), "read"),
        (json!({"read": "6"}), "read"),
        (json!({"delivered": 1.5}), "delivered"),
        (json!({"delivered": [6]}), "delivered"),
    ] {
        assert_eq!(bob.put(&path, body).await.wrong_field(), field);
    }
}

#[tokio::test]
async fn receipts_are_ones_own_to_move_and_shown_as_their_owner_wishes() {
    let world = World::start().await;
    let (ana, bob, room) = two_in_a_room(&world).await;
    let seq = say(&ana, &room, json!({"text": "hi"})).await;
    let others = bob
        .put(&format!("{room}/receipts/{}", ana.id), json!({"read": seq}))
        .await;
    others.refused(404, "not_found");
    read(&bob, &room, json!({"read": seq})).await;
    let receipt = |list: &Value, id: &str| {
        let list = list["receipts"].as_array().unwrap();
        list.iter()
            .find(|receipt| receipt["user"] == id)
            .unwrap()
            .clone()
    };
    let seen = ana.get(&format!("{room}/receipts")).await.ok(200);
    assert_eq!(
        receipt(&seen, &bob.id),
        json!({"user": bob.id, "delivered": seq, "read": seq})
    );
    bob.patch("/v1/me", json!({"privacy": {"receipts": "nobody"}}))
        .await
        .ok(200);
    let seen = ana.get(&format!("{room}/receipts")).await.ok(200);
    assert_eq!(
        receipt(&seen, &bob.id),
        json!({"user": bob.id, "delivered": seq, "read": 0})
    );
    let own = bob.get(&format!("{room}/receipts")).await.ok(200);
    assert_eq!(receipt(&own, &bob.id)["read"], seq);
}

#[tokio::test]
async fn a_live_room_shows_ones_own_receipt_alone() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = ana.room("live", "Show", &[&bob]).await;
    let path = format!("/v1/rooms/{room}");
    let seq = ana.say(&room, "welcome").await;
    assert_eq!(
        read(&bob, &path, json!({"read": seq})).await["unread"]["messages"],
        0
    );
    let own = json!({"receipts": [{"user": bob.id, "delivered": seq, "read": seq}]});
    assert_eq!(bob.get(&format!("{path}/receipts")).await.ok(200), own);
}

#[tokio::test]
async fn marked_unread_counts_again_until_it_is_read_again() {
    let world = World::start().await;
    let (ana, bob, room) = two_in_a_room(&world).await;
    let mut said = Vec::new();
    for _ in 0..4 {
        said.push(say(&ana, &room, json!({"text": "hi"})).await);
    }
    read(&bob, &room, json!({"read": said[3]})).await;
    let marked = bob
        .put(&format!("{room}/unread"), json!({"from": said[1]}))
        .await
        .ok(200);
    assert_eq!(
        marked,
        json!({"messages": 3, "mentions": 0, "first": said[1]})
    );
    assert_eq!(
        bob.get(&format!("{room}/unread")).await.ok(200)["seqs"],
        json!(said[1..])
    );
    let receipt = bob.get(&room).await.ok(200)["receipt"].clone();
    assert_eq!(receipt["read"], said[3], "the watermark does not fall");
    assert_eq!(
        read(&bob, &room, json!({"read": said[3]})).await["unread"]["messages"],
        0
    );
    for (from, status) in [
        (json!(0), 400),
        (json!(-1), 400),
        (json!("1"), 400),
        (Value::Null, 400),
    ] {
        let answer = bob
            .put(&format!("{room}/unread"), json!({"from": from}))
            .await;
        assert_eq!(
            (answer.status, answer.wrong_field().as_str()),
            (status, "from")
        );
    }
    let future = bob
        .put(&format!("{room}/unread"), json!({"from": u64::MAX}))
        .await
        .ok(200);
    assert_eq!(future["messages"], 0);
}

#[tokio::test]
async fn reading_everything_empties_all_rooms() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    for number in 0..30 {
        let room = ana.room("group", &format!("room {number}"), &[&bob]).await;
        ana.say(&room, "one").await;
        ana.say(&room, "two").await;
    }
    let sum = bob.get("/v1/unread").await.ok(200);
    assert_eq!(
        (&sum["messages"], &sum["mentions"]),
        (&json!(60), &json!(0))
    );
    assert_eq!(sum["rooms"].as_array().unwrap().len(), 30);
    let left = bob.post("/v1/unread/read-all", json!({})).await.ok(200);
    assert_eq!(left, json!({"rooms": [], "messages": 0, "mentions": 0}));
    assert_eq!(bob.get("/v1/unread").await.ok(200)["rooms"], json!([]));
}

#[tokio::test]
async fn a_thousand_unread_are_counted_no_further() {
    let world = World::start().await;
    let (ana, bob, room) = two_in_a_room(&world).await;
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..1_010 {
        let (ana, room) = (ana.clone(), room.clone());
        sending.spawn(async move { say(&ana, &room, json!({"text": "hi"})).await });
        if sending.len() >= 64 {
            sending.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(sent) = sending.join_next().await {
        sent.unwrap();
    }
    let told = bob.get(&format!("{room}/unread")).await.ok(200);
    assert_eq!(told["messages"], 1_000);
    assert_eq!(told["seqs"].as_array().unwrap().len(), 1_000);
    assert_eq!(bob.get("/v1/unread").await.ok(200)["messages"], 1_000);
}
