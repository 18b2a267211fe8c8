//! Pages of history: which seqs they cover, how they touch, and when they need not be sent again.

use serde_json::{Value, json};

use crate::world::{Person, World, seqs};

/// A room of 40 messages with other events between them; the seqs of the messages.
async fn busy_room(ana: &Person, bob: &Person) -> (String, Vec<u64>) {
    let room = ana.room("channel", "Bread", &[]).await;
    let mut said = Vec::new();
    for number in 0..40 {
        said.push(ana.say(&room, &format!("message {number}")).await);
        match number % 10 {
            3 => drop(
                bob.post(&format!("/v1/rooms/{room}/join"), json!({}))
                    .await
                    .ok(200),
            ),
            7 => drop(
                bob.post(&format!("/v1/rooms/{room}/leave"), json!({}))
                    .await
                    .ok(204),
            ),
            _ => {}
        }
    }
    (room, said)
}

async fn page(person: &Person, room: &str, query: &str) -> Value {
    person
        .get(&format!("/v1/rooms/{room}/messages?{query}"))
        .await
        .ok(200)
}

fn number(page: &Value, field: &str) -> u64 {
    page[field].as_u64().unwrap()
}

#[tokio::test]
async fn walking_back_the_pages_touch_exactly_and_hold_everything_once() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let (room, said) = busy_room(&ana, &bob).await;
    for limit in [1, 7, 39, 40, 41, 200] {
        let mut found = Vec::new();
        let mut next = page(&ana, &room, &format!("limit={limit}")).await;
        assert_eq!(
            next["last_seq"], next["head"],
            "the latest page reaches the head"
        );
        loop {
            found.splice(0..0, seqs(&next["messages"]));
            let first = number(&next, "first_seq");
            if next["has_before"] == false {
                assert_eq!(first, 1);
                break;
            }
            next = page(&ana, &room, &format!("before={first}&limit={limit}")).await;
            assert_eq!(number(&next, "last_seq") + 1, first);
            assert_eq!(next["has_after"], true);
        }
        assert_eq!(found, said, "pages of {limit}");
    }
}

#[tokio::test]
async fn walking_on_the_pages_touch_exactly_and_hold_everything_once() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let (room, said) = busy_room(&ana, &bob).await;
    for limit in [1, 7, 40, 200] {
        let mut found = Vec::new();
        let mut next = page(&ana, &room, &format!("after=0&limit={limit}")).await;
        assert_eq!(
            (&next["first_seq"], &next["has_before"]),
            (&json!(1), &json!(false))
        );
        loop {
            found.extend(seqs(&next["messages"]));
            let last = number(&next, "last_seq");
            if next["has_after"] == false {
                assert_eq!(last, number(&next, "head"));
                break;
            }
            next = page(&ana, &room, &format!("after={last}&limit={limit}")).await;
            assert_eq!(number(&next, "first_seq"), last + 1);
        }
        assert_eq!(found, said, "pages of {limit}");
    }
}

#[tokio::test]
async fn around_a_seq_both_sides_are_shown_and_it_is_among_them() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let (room, said) = busy_room(&ana, &bob).await;
    let middle = said[20];
    let shown = page(&ana, &room, &format!("around={middle}&limit=5")).await;
    assert_eq!(seqs(&shown["messages"]), said[18..23]);
    let before = page(
        &ana,
        &room,
        &format!("before={}&limit=3", shown["first_seq"]),
    )
    .await;
    assert_eq!(seqs(&before["messages"]), said[15..18]);
    let after = page(&ana, &room, &format!("after={}&limit=3", shown["last_seq"])).await;
    assert_eq!(seqs(&after["messages"]), said[23..26]);
    let alone = page(&ana, &room, &format!("around={middle}&limit=1")).await;
    assert_eq!(seqs(&alone["messages"]), [middle]);
    let end = page(&ana, &room, "around=1000000&limit=4").await;
    assert_eq!(
        seqs(&end["messages"]),
        said[38..],
        "beyond the head there is one side only"
    );
}

#[tokio::test]
async fn an_empty_stretch_says_so() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let latest = page(&ana, &room, "").await;
    let expected = json!({"messages": [], "first_seq": 1, "last_seq": 2, "head": 2,
        "has_before": false, "has_after": false});
    assert_eq!(latest, expected, "two events and no message");
    let beyond = page(&ana, &room, "after=18446744073709551615").await;
    assert_eq!(
        (&beyond["first_seq"], &beyond["last_seq"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(page(&ana, &room, "before=1").await["messages"], json!([]));
}

#[tokio::test]
async fn a_page_that_one_holds_is_not_sent_again_until_something_happens() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = ana.room("group", "Bread", &[&bob]).await;
    ana.say(&room, "hi").await;
    let path = format!("/v1/rooms/{room}/messages?limit=10");
    let first = ana.get(&path).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && tag.ends_with('"'), "{tag}");
    let held = ana.get_with(&path, "If-None-Match", &tag).await;
    assert_eq!(
        (held.header("etag"), held.header("cache-control")),
        (&*tag, "private, no-cache")
    );
    assert_eq!(held.ok(304), Value::Null);
    let among = format!("\"x\", {tag}");
    ana.get_with(&path, "If-None-Match", &among).await.ok(304);
    let other = format!("/v1/rooms/{room}/messages?limit=11");
    ana.get_with(&other, "If-None-Match", &tag).await.ok(200);
    ana.patch(&format!("/v1/rooms/{room}"), json!({"description": "x"}))
        .await
        .ok(200);
    ana.get_with(&path, "If-None-Match", &tag).await.ok(200);
    let tag = ana.get(&path).await.header("etag").to_owned();
    bob.say(&room, "ho").await;
    let fresh = ana.get_with(&path, "If-None-Match", &tag).await.ok(200);
    assert_eq!(fresh["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_tag_opens_no_room_and_is_not_anothers_view() {
    let world = World::start().await;
    let [ana, bob, eve] = world.people(["ana", "bob", "eve"]).await;
    let room = ana.room("group", "Bread", &[]).await;
    ana.patch(
        &format!("/v1/rooms/{room}"),
        json!({"history": "since_joined"}),
    )
    .await
    .ok(200);
    ana.say(&room, "before").await;
    ana.put(&format!("/v1/rooms/{room}/members/{}", bob.id), json!({}))
        .await
        .ok(200);
    let path = format!("/v1/rooms/{room}/messages");
    let hers = ana.get(&path).await.header("etag").to_owned();
    let his = bob.get_with(&path, "If-None-Match", &hers).await.ok(200);
    assert_eq!(his["messages"], json!([]));
    for tag in [hers.as_str(), "*"] {
        eve.get_with(&path, "If-None-Match", tag)
            .await
            .refused(404, "not_found");
    }
}

#[tokio::test]
async fn the_log_itself_is_read_without_holes() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let (room, _) = busy_room(&ana, &bob).await;
    let head = ana.get(&format!("/v1/rooms/{room}")).await.ok(200)["head"]
        .as_u64()
        .unwrap();
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let path = format!("/v1/rooms/{room}/events?after={after}&limit=9");
        let stretch = ana.get(&path).await.ok(200);
        found.extend(seqs(&stretch["events"]));
        after = *found.last().unwrap();
        assert_eq!(stretch["head"], head);
        if stretch["complete"] == true {
            break;
        }
    }
    assert_eq!(found, (1..=head).collect::<Vec<_>>());
    let first = ana
        .get(&format!("/v1/rooms/{room}/events?limit=2"))
        .await
        .ok(200);
    assert_eq!(first["events"][0]["kind"], "room.created");
    assert_eq!(first["events"][1]["body"]["role"], "owner");
    for after in [head, head + 5, u64::MAX] {
        let end = ana
            .get(&format!("/v1/rooms/{room}/events?after={after}"))
            .await
            .ok(200);
        assert_eq!(end, json!({"events": [], "head": head, "complete": true}));
    }
}
