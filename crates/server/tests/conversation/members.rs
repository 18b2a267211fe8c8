//! Who is in a room, with which role, and who may not come back.

use serde_json::json;

use crate::world::{Person, World, texts};

async fn put_role(actor: &Person, room: &str, user: &Person, role: &str) -> crate::world::Answer {
    actor
        .put(
            &format!("/v1/rooms/{room}/members/{}", user.id),
            json!({"role": role}),
        )
        .await
}

#[tokio::test]
async fn members_are_listed_in_pages_and_each_once() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let crowd = world.crowd(7).await;
    let room = ana
        .room("group", "Bread", &crowd.iter().collect::<Vec<_>>())
        .await;
    let (mut found, mut after) = (Vec::new(), String::new());
    for expected in [3, 3, 2] {
        let path = format!("/v1/rooms/{room}/members?limit=3{after}");
        let page = ana.get(&path).await.ok(200);
        let members = page["members"].as_array().unwrap();
        assert_eq!(members.len(), expected);
        found.extend(
            members
                .iter()
                .map(|m| m["user"]["id"].as_str().unwrap().to_owned()),
        );
        after = page["next"]
            .as_str()
            .map(|next| format!("&after={next}"))
            .unwrap_or_default();
    }
    assert_eq!(after, "", "eight of eight are all");
    let mut expected: Vec<_> = crowd
        .iter()
        .chain([&ana])
        .map(|person| person.id.clone())
        .collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
    let path = format!("/v1/rooms/{room}/members?after=x");
    assert_eq!(ana.get(&path).await.wrong_field(), "after");
}

#[tokio::test]
async fn roles_are_given_from_above_and_never_above_ones_own() {
    let world = World::start().await;
    let [ana, bob, cy, dee] = world.people(["ana", "bob", "cy", "dee"]).await;
    let room = ana.room("group", "Bread", &[&bob, &cy]).await;
    let made = put_role(&ana, &room, &bob, "admin").await.ok(200);
    assert_eq!(
        (&made["role"], &made["user"]["display_name"]),
        (&json!("admin"), &json!("bob"))
    );
    put_role(&bob, &room, &cy, "owner")
        .await
        .refused(403, "forbidden");
    put_role(&bob, &room, &ana, "member")
        .await
        .refused(403, "forbidden");
    put_role(&bob, &room, &dee, "owner")
        .await
        .refused(403, "forbidden");
    put_role(&bob, &room, &dee, "moderator").await.ok(200);
    put_role(&bob, &room, &cy, "admin").await.ok(200);
    put_role(&bob, &room, &cy, "reader")
        .await
        .refused(403, "forbidden");
    put_role(&cy, &room, &cy, "moderator").await.ok(200);
    put_role(&cy, &room, &cy, "admin")
        .await
        .refused(403, "forbidden");
    assert_eq!(
        put_role(&ana, &room, &ana, "member").await.wrong_field(),
        "role"
    );
    assert_eq!(
        put_role(&ana, &room, &cy, "king").await.wrong_field(),
        "role"
    );
    let path = format!("/v1/rooms/{room}/members/{}", cy.id);
    assert_eq!(
        ana.put(&path, json!({"role": 7})).await.wrong_field(),
        "role"
    );
    assert_eq!(
        ana.put(&path, json!({})).await.ok(200)["role"],
        "moderator",
        "nothing is asked"
    );
}

#[tokio::test]
async fn nobody_takes_out_an_equal_or_somebody_above() {
    let world = World::start().await;
    let [ana, bob, cy] = world.people(["ana", "bob", "cy"]).await;
    let room = ana.room("group", "Bread", &[&bob, &cy]).await;
    for person in [&bob, &cy] {
        put_role(&ana, &room, person, "moderator").await.ok(200);
    }
    for above in [&ana, &cy] {
        let member = format!("/v1/rooms/{room}/members/{}", above.id);
        bob.delete(&member).await.refused(403, "forbidden");
        let ban = format!("/v1/rooms/{room}/bans/{}", above.id);
        bob.put(&ban, json!({})).await.refused(403, "forbidden");
    }
    ana.delete(&format!("/v1/rooms/{room}/members/{}", cy.id))
        .await
        .ok(204);
    bob.delete(&format!("/v1/rooms/{room}/members/{}", cy.id))
        .await
        .refused(404, "not_found");
    bob.delete(&format!("/v1/rooms/{room}/members/{}", bob.id))
        .await
        .ok(204);
    assert_eq!(
        ana.get(&format!("/v1/rooms/{room}")).await.ok(200)["members"],
        1
    );
}

#[tokio::test]
async fn who_is_banned_comes_back_by_no_door_until_the_ban_is_lifted() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = ana.room("channel", "Bread", &[&bob]).await;
    let code = ana.invite(&room, json!({})).await;
    let ban = format!("/v1/rooms/{room}/bans/{}", bob.id);
    ana.put(&ban, json!({})).await.ok(204);
    ana.put(&ban, json!({})).await.ok(204);
    bob.get(&format!("/v1/rooms/{room}/messages"))
        .await
        .refused(404, "not_found");
    let join = format!("/v1/rooms/{room}/join");
    bob.post(&join, json!({})).await.refused(403, "banned");
    bob.accept(&code).await.refused(403, "banned");
    let member = format!("/v1/rooms/{room}/members/{}", bob.id);
    ana.put(&member, json!({})).await.refused(403, "banned");
    let bans = ana.get(&format!("/v1/rooms/{room}/bans")).await.ok(200);
    assert_eq!(bans["bans"][0]["user"]["id"], bob.id);
    assert!(bans["bans"][0]["banned_at_ms"].as_i64().unwrap() > 1_500_000_000_000);
    ana.delete(&ban).await.ok(204);
    ana.delete(&ban).await.refused(404, "not_found");
    assert_eq!(
        ana.get(&format!("/v1/rooms/{room}/bans")).await.ok(200)["bans"],
        json!([])
    );
    bob.post(&join, json!({})).await.ok(200);
    assert_eq!(
        ana.get(&format!("/v1/rooms/{room}/invitations"))
            .await
            .ok(200)["invitations"][0]["uses"],
        0
    );
}

#[tokio::test]
async fn who_has_left_can_be_banned_and_a_stranger_is_no_member() {
    let world = World::start().await;
    let [ana, bob, eve] = world.people(["ana", "bob", "eve"]).await;
    let room = ana.room("channel", "Bread", &[&bob]).await;
    bob.post(&format!("/v1/rooms/{room}/leave"), json!({}))
        .await
        .ok(204);
    ana.put(&format!("/v1/rooms/{room}/bans/{}", bob.id), json!({}))
        .await
        .ok(204);
    bob.post(&format!("/v1/rooms/{room}/join"), json!({}))
        .await
        .refused(403, "banned");
    let stranger = format!("/v1/rooms/{room}/bans/{}", eve.id);
    ana.put(&stranger, json!({}))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn a_direct_room_has_no_other_members_and_no_staff() {
    let world = World::start().await;
    let [ana, bob, eve] = world.people(["ana", "bob", "eve"]).await;
    let direct = json!({"kind": "direct", "user": bob.id});
    let room = ana.post("/v1/rooms", direct).await.ok(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/rooms/{room}");
    let forbidden = [
        ana.put(&format!("{path}/members/{}", eve.id), json!({}))
            .await,
        ana.delete(&format!("{path}/members/{}", bob.id)).await,
        ana.put(&format!("{path}/bans/{}", bob.id), json!({})).await,
        ana.post(&format!("{path}/invitations"), json!({})).await,
        ana.post(&format!("{path}/leave"), json!({})).await,
        ana.patch(&path, json!({"name": "ours"})).await,
        ana.delete(&path).await,
        put_role(&ana, &room, &bob, "reader").await,
    ];
    for answer in forbidden {
        answer.refused(403, "forbidden");
    }
    eve.get(&path).await.refused(404, "not_found");
    eve.post(&format!("{path}/join"), json!({}))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn an_unknown_user_is_told_to_who_may_add_and_to_nobody_else() {
    let world = World::start().await;
    let [ana, eve] = world.people(["ana", "eve"]).await;
    let room = ana.room("channel", "Bread", &[]).await;
    let ghost = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";
    let path = format!("/v1/rooms/{room}/members/{ghost}");
    let told = ana.put(&path, json!({})).await;
    assert_eq!(told.body["detail"], "no such user");
    let strange = [
        eve.put(&path, json!({})).await,
        eve.put(&format!("/v1/rooms/{room}/members/{}", ana.id), json!({}))
            .await,
        eve.put(&format!("/v1/rooms/{ghost}/members/{ghost}"), json!({}))
            .await,
    ];
    for answer in strange {
        assert_eq!(answer.body["detail"], "no such room");
        answer.refused(404, "not_found");
    }
}

#[tokio::test]
async fn members_show_their_receipts_unless_they_hide_what_they_read() {
    let world = World::start().await;
    let [ana, bob, cy] = world.people(["ana", "bob", "cy"]).await;
    let room = ana.room("group", "Bread", &[&bob, &cy]).await;
    cy.patch("/v1/me", json!({"privacy": {"receipts": "nobody"}}))
        .await
        .ok(200);
    ana.say(&room, "hi").await;
    for reader in [&bob, &cy] {
        reader
            .put(&format!("/v1/rooms/{room}/receipts/me"), json!({"read": 5}))
            .await
            .ok(200);
    }
    let list = ana.get(&format!("/v1/rooms/{room}/members")).await.ok(200);
    let receipt = |id: &str| {
        let members = list["members"].as_array().unwrap();
        members.iter().find(|m| m["user"]["id"] == id).unwrap()["receipt"].clone()
    };
    assert_eq!(receipt(&bob.id), json!({"delivered": 5, "read": 5}));
    assert_eq!(receipt(&cy.id), json!({"delivered": 5, "read": 0}));
    let own = cy.get(&format!("/v1/rooms/{room}/members")).await.ok(200);
    let own = own["members"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["user"]["id"] == cy.id)
        .unwrap();
    assert_eq!(
        own["receipt"]["read"], 5,
        "one's own are never hidden from oneself"
    );
    let live = ana.room("live", "Show", &[&bob]).await;
    let shown = bob.get(&format!("/v1/rooms/{live}/members")).await.ok(200);
    let shown = shown["members"].as_array().unwrap();
    let with_receipt = shown
        .iter()
        .filter(|member| member.get("receipt").is_some())
        .count();
    assert_eq!(
        (shown.len(), with_receipt),
        (2, 1),
        "a live room shows one's own alone"
    );
    assert_eq!(
        texts(&json!([shown[0]["user"], shown[1]["user"]]), "origin"),
        ["guest", "guest"]
    );
}
