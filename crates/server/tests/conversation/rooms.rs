//! Rooms made, listed, changed, found and left.

use serde_json::{Value, json};

use crate::world::{Person, World, texts};

async fn show(person: &Person, room: &str) -> Value {
    person.get(&format!("/v1/rooms/{room}")).await.ok(200)
}

#[tokio::test]
async fn two_people_in_a_group_see_one_room_each_from_their_own_place() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let body = json!({"kind": "group", "name": "  Bread  ", "description": "sour\nand sweet",
        "avatar_url": "https://example.org/b.png", "slow_mode_s": 0, "metadata": {"colour": 7},
        "members": [bob.id, bob.id, ana.id]});
    let made = ana.post("/v1/rooms", body).await.ok(201);
    assert_eq!(made["name"], "Bread");
    assert_eq!(made["description"], "sour\nand sweet");
    assert_eq!(made["metadata"], json!({"colour": 7}));
    assert_eq!((&made["members"], &made["head"]), (&json!(2), &json!(3)));
    assert_eq!(
        made["membership"],
        json!({"role": "owner", "joined_seq": 2, "visible_from": 1})
    );
    let room = made["id"].as_str().unwrap();
    ana.say(room, "who bakes?").await;
    let seen = show(&bob, room).await;
    assert_eq!(seen["membership"]["role"], "member");
    assert_eq!(seen["created_by"], ana.id);
    assert_eq!(
        seen["unread"],
        json!({"messages": 1, "mentions": 0, "first": 4})
    );
    assert_eq!(seen["last_message"]["text"], "who bakes?");
    assert_eq!(
        show(&ana, room).await["receipt"],
        json!({"delivered": 4, "read": 4})
    );
}

#[tokio::test]
async fn a_direct_room_is_made_once_for_each_pair_whoever_asks_and_however_many_at_once() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let open = |who: &Person, other: &Person| {
        let (who, body) = (who.clone(), json!({"kind": "direct", "user": other.id}));
        tokio::spawn(async move { who.post("/v1/rooms", body).await })
    };
    let mut asked = Vec::new();
    for _ in 0..10 {
        asked.extend([open(&ana, &bob), open(&bob, &ana)]);
    }
    let (mut rooms, mut made) = (Vec::new(), 0);
    for answer in asked {
        let answer = answer.await.unwrap();
        made += usize::from(answer.status == 201);
        let status = answer.status.clamp(200, 201);
        rooms.push(answer.ok(status)["id"].as_str().unwrap().to_owned());
    }
    rooms.dedup();
    assert_eq!((rooms.len(), made), (1, 1));
    let (hers, his) = (show(&ana, &rooms[0]).await, show(&bob, &rooms[0]).await);
    assert_eq!(hers["peer"]["display_name"], "bob");
    assert_eq!(his["peer"]["id"], ana.id);
    assert_eq!((&hers["members"], hers.get("name")), (&json!(2), None));
}

#[tokio::test]
async fn a_direct_room_needs_another_person_who_exists() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let open = |user: Value| ana.post("/v1/rooms", json!({"kind": "direct", "user": user}));
    assert_eq!(open(Value::Null).await.wrong_field(), "user");
    assert_eq!(open(json!("bob")).await.wrong_field(), "user");
    assert_eq!(open(json!(ana.id)).await.wrong_field(), "user");
    open(json!("0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10"))
        .await
        .refused(404, "not_found");
    let both = json!({"kind": "group", "name": "a", "user": ana.id});
    assert_eq!(ana.post("/v1/rooms", both).await.wrong_field(), "user");
}

#[tokio::test]
async fn a_creation_repeated_under_its_key_is_one_room() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let body = json!({"kind": "group", "name": "Bread"});
    let first = ana.post_once("k1", "/v1/rooms", body.clone()).await.ok(201);
    let again = ana.post_once("k1", "/v1/rooms", body.clone()).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.ok(201), first);
    let other = json!({"kind": "group", "name": "Butter"});
    ana.post_once("k1", "/v1/rooms", other)
        .await
        .refused(422, "idempotency_key_reused");
    assert_ne!(
        ana.post_once("k2", "/v1/rooms", body).await.ok(201)["id"],
        first["id"]
    );
    assert_eq!(
        ana.get("/v1/rooms").await.ok(200)["rooms"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn the_list_is_paged_by_activity_without_loss() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let mut rooms = Vec::new();
    for name in ["one", "two", "three", "four", "five"] {
        rooms.push(ana.room("group", name, &[]).await);
    }
    ana.say(&rooms[0], "up it goes").await;
    let (mut names, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = ana.get(&format!("/v1/rooms?limit=2{after}")).await.ok(200);
        names.extend(texts(&page["rooms"], "name").into_iter().map(str::to_owned));
        pages += 1;
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(names, ["one", "five", "four", "three", "two"]);
    assert_eq!(pages, 3);
    let whole = ana.get("/v1/rooms?limit=5").await.ok(200);
    assert_eq!(whole.get("next"), None, "five of five are all");
    assert!(!whole["cursor"].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn what_a_change_leaves_out_stays_and_null_clears() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = ana.room("group", "Bread", &[&bob]).await;
    let path = format!("/v1/rooms/{room}");
    let body =
        json!({"description": "d", "avatar_url": "https://example.org/a", "metadata": {"a": 1}});
    ana.patch(&path, body).await.ok(200);
    let changed = ana
        .patch(&path, json!({"name": "Rye", "description": null}))
        .await
        .ok(200);
    assert_eq!(
        (&changed["name"], changed.get("description")),
        (&json!("Rye"), None)
    );
    assert_eq!(changed["avatar_url"], "https://example.org/a");
    assert_eq!(changed["metadata"], json!({"a": 1}));
    let head = changed["head"].clone();
    let same = ana
        .patch(&path, json!({"name": "Rye", "metadata": {"a": 1}}))
        .await
        .ok(200);
    assert_eq!(same["head"], head, "what changes nothing is no event");
    let cleared = ana
        .patch(&path, json!({"metadata": null, "avatar_url": null}))
        .await
        .ok(200);
    assert_eq!(
        (&cleared["metadata"], cleared.get("avatar_url")),
        (&json!({}), None)
    );
    assert_eq!(show(&bob, &room).await["name"], "Rye");
}

#[tokio::test]
async fn an_archived_room_is_read_and_not_written_to() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("channel", "Bread", &[]).await;
    ana.say(&room, "before").await;
    ana.patch(&format!("/v1/rooms/{room}"), json!({"archived": true}))
        .await
        .ok(200);
    let messages = format!("/v1/rooms/{room}/messages");
    ana.post(&messages, json!({"text": "after"}))
        .await
        .refused(409, "archived");
    assert_eq!(
        texts(&ana.get(&messages).await.ok(200)["messages"], "text"),
        ["before"]
    );
    assert_eq!(ana.get("/v1/directory").await.ok(200)["rooms"], json!([]));
    ana.patch(&format!("/v1/rooms/{room}"), json!({"archived": false}))
        .await
        .ok(200);
    ana.say(&room, "again").await;
}

#[tokio::test]
async fn slow_mode_asks_an_ordinary_member_to_wait_and_tells_how_long() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = ana.room("group", "Bread", &[&bob]).await;
    ana.patch(&format!("/v1/rooms/{room}"), json!({"slow_mode_s": 600}))
        .await
        .ok(200);
    bob.say(&room, "one").await;
    let refused = bob
        .post(
            &format!("/v1/rooms/{room}/messages"),
            json!({"text": "two"}),
        )
        .await;
    let wait_s: u64 = refused.header("retry-after").parse().unwrap();
    assert!((590..=600).contains(&wait_s), "{wait_s}");
    refused.refused(429, "slow_mode");
    ana.say(&room, "staff").await;
    ana.say(&room, "may").await;
}

#[tokio::test]
async fn the_directory_shows_open_rooms_and_who_joins_is_in() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    ana.room("group", "secret bread", &[]).await;
    let rye = ana.room("channel", "Rye Bread", &[]).await;
    ana.room("live", "Bread Show", &[]).await;
    ana.room("channel", "Butter", &[]).await;
    let found = bob.get("/v1/directory?query=BREAD").await.ok(200);
    assert_eq!(texts(&found["rooms"], "name"), ["Bread Show", "Rye Bread"]);
    assert_eq!(found["rooms"][1]["joined"], false);
    let first = bob.get("/v1/directory?limit=2").await.ok(200);
    let next = first["next"].as_str().unwrap();
    let second = bob
        .get(&format!("/v1/directory?limit=2&after={next}"))
        .await
        .ok(200);
    assert_eq!(texts(&first["rooms"], "name"), ["Bread Show", "Butter"]);
    assert_eq!(texts(&second["rooms"], "name"), ["Rye Bread"]);
    assert_eq!(second.get("next"), None);
    let joined = bob
        .post(&format!("/v1/rooms/{rye}/join"), json!({}))
        .await
        .ok(200);
    assert_eq!(joined["members"], 2);
    let again = bob
        .post(&format!("/v1/rooms/{rye}/join"), json!({}))
        .await
        .ok(200);
    assert_eq!(again["head"], joined["head"], "who is in stays in");
    assert_eq!(
        bob.get("/v1/directory?query=rye").await.ok(200)["rooms"][0]["joined"],
        true
    );
}

#[tokio::test]
async fn the_last_owner_hands_over_before_leaving_and_the_last_member_just_leaves() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = ana.room("group", "Bread", &[&bob]).await;
    let leave = format!("/v1/rooms/{room}/leave");
    assert_eq!(ana.post(&leave, json!({})).await.wrong_field(), "room");
    let owner = json!({"role": "owner"});
    ana.put(&format!("/v1/rooms/{room}/members/{}", bob.id), owner)
        .await
        .ok(200);
    ana.post(&leave, json!({})).await.ok(204);
    ana.get(&format!("/v1/rooms/{room}"))
        .await
        .refused(404, "not_found");
    ana.post(&leave, json!({})).await.refused(404, "not_found");
    bob.post(&leave, json!({})).await.ok(204);
    assert_eq!(bob.get("/v1/rooms").await.ok(200)["rooms"], json!([]));
}

#[tokio::test]
async fn a_deleted_room_is_gone_for_all_and_its_words_from_the_disk() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = ana.room("channel", "Bread", &[&bob]).await;
    let seq = bob.say(&room, "unforgettable-marmalade").await;
    ana.delete(&format!("/v1/rooms/{room}")).await.ok(204);
    for path in [
        "",
        "/messages",
        "/members",
        "/receipts",
        "/unread",
        &format!("/messages/{seq}"),
    ] {
        bob.get(&format!("/v1/rooms/{room}{path}"))
            .await
            .refused(404, "not_found");
    }
    bob.post(&format!("/v1/rooms/{room}/join"), json!({}))
        .await
        .refused(404, "not_found");
    for list in ["/v1/rooms", "/v1/directory", "/v1/unread"] {
        assert_eq!(bob.get(list).await.ok(200)["rooms"], json!([]), "{list}");
    }
    ana.delete(&format!("/v1/rooms/{room}"))
        .await
        .refused(404, "not_found");
}
