//! Links into a room: made, looked behind, followed, used up, taken back.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::world::{Person, World};

async fn preview(who: &Person, code: &str) -> crate::world::Answer {
    who.get(&format!("/v1/invitations/{code}")).await
}

#[tokio::test]
async fn a_link_shows_the_room_to_anybody_and_lets_in_who_follows_it() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = ana.room("group", "Bread", &[]).await;
    ana.say(&room, "nobody outside reads this").await;
    let made = ana
        .post(
            &format!("/v1/rooms/{room}/invitations"),
            json!({"uses_max": 5}),
        )
        .await;
    assert_eq!(made.header("cache-control"), "no-store");
    let made = made.ok(201);
    let code = made["code"].as_str().unwrap();
    let url = made["url"].as_str().unwrap();
    assert!(
        url.starts_with("http://127.0.0.1:") && url.ends_with(&format!("/join/{code}")),
        "{url}"
    );
    let seen = preview(&world.nobody(), code).await.ok(200);
    assert_eq!(
        seen["room"],
        json!({"id": room, "kind": "group", "name": "Bread", "members": 1})
    );
    assert_eq!(
        (&seen["invited_by"]["id"], &seen["joined"]),
        (&json!(ana.id), &json!(false))
    );
    let joined = bob.accept(code).await.ok(200);
    assert_eq!(
        (&joined["id"], &joined["membership"]["role"]),
        (&json!(room), &json!("member"))
    );
    assert_eq!(preview(&bob, code).await.ok(200)["joined"], true);
    let again = bob.accept(code).await.ok(200);
    assert_eq!(
        again["head"], joined["head"],
        "who is in stays and spends nothing"
    );
    let listed = ana
        .get(&format!("/v1/rooms/{room}/invitations"))
        .await
        .ok(200);
    let listed = listed["invitations"].as_array().unwrap();
    assert_eq!(
        (&listed[0]["uses"], &listed[0]["uses_max"]),
        (&json!(1), &json!(5))
    );
    assert_eq!((listed[0].get("code"), listed[0].get("url")), (None, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_who_follow_a_link_for_one_at_once_exactly_one_joins() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let code = ana.invite(&room, json!({"uses_max": 1})).await;
    let mut following = JoinSet::new();
    for person in world.crowd(20).await {
        let code = code.clone();
        following.spawn(async move { (person.accept(&code).await, person) });
    }
    let (mut joined, mut outside) = (0, Vec::new());
    while let Some(followed) = following.join_next().await {
        let (answer, person) = followed.unwrap();
        if answer.status == 200 {
            joined += 1;
        } else {
            answer.refused(410, "invitation_spent");
            outside.push(person);
        }
    }
    assert_eq!(joined, 1);
    assert_eq!(
        ana.get(&format!("/v1/rooms/{room}")).await.ok(200)["members"],
        2
    );
    for person in outside {
        person
            .get(&format!("/v1/rooms/{room}"))
            .await
            .refused(404, "not_found");
    }
    preview(&world.nobody(), &code)
        .await
        .refused(410, "invitation_spent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_who_follow_a_link_for_all_at_once_all_join() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let code = ana.invite(&room, json!({})).await;
    let mut following = JoinSet::new();
    for person in world.crowd(20).await {
        let code = code.clone();
        following.spawn(async move { person.accept(&code).await });
    }
    while let Some(followed) = following.join_next().await {
        followed.unwrap().ok(200);
    }
    let listed = ana
        .get(&format!("/v1/rooms/{room}/invitations"))
        .await
        .ok(200);
    assert_eq!(listed["invitations"][0]["uses"], 20);
}

#[tokio::test]
async fn a_link_that_was_taken_back_or_has_run_out_opens_nothing() {
    let world = World::start().await;
    let [ana, bob] = world.people(["ana", "bob"]).await;
    let room = ana.room("group", "Bread", &[]).await;
    let path = format!("/v1/rooms/{room}/invitations");
    let made = ana.post(&path, json!({})).await.ok(201);
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    ana.delete(&one).await.ok(204);
    ana.delete(&one).await.refused(404, "not_found");
    let code = made["code"].as_str().unwrap();
    bob.accept(code).await.refused(410, "invitation_spent");
    preview(&bob, code).await.refused(410, "invitation_spent");
    assert_eq!(
        preview(&ana, code).await.ok(200)["joined"],
        true,
        "who is in still sees it"
    );
    let short = ana.invite(&room, json!({"expires_in_s": 1})).await;
    let run_out = async {
        while preview(&bob, &short).await.status == 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), run_out)
        .await
        .unwrap();
    bob.accept(&short).await.refused(410, "invitation_spent");
    assert_eq!(ana.get(&path).await.ok(200)["invitations"], json!([]));
    assert_eq!(bob.get("/v1/rooms").await.ok(200)["rooms"], json!([]));
}

#[tokio::test]
async fn a_repeated_request_is_told_the_same_code_although_it_is_stored_nowhere() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let path = format!("/v1/rooms/{room}/invitations");
    let body = json!({"uses_max": 3, "expires_in_s": 3600});
    let first = ana.post_once("k", &path, body.clone()).await.ok(201);
    let again = ana.post_once("k", &path, body.clone()).await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(again.ok(201), first);
    let other = ana
        .post_once("k", &path, json!({"uses_max": 4, "expires_in_s": 3600}))
        .await;
    other.refused(422, "idempotency_key_reused");
    assert_ne!(
        ana.post_once("k2", &path, body.clone()).await.ok(201)["code"],
        first["code"]
    );
    assert_ne!(ana.post(&path, body).await.ok(201)["code"], first["code"]);
    let elsewhere = ana.room("group", "Butter", &[]).await;
    let elsewhere = format!("/v1/rooms/{elsewhere}/invitations");
    let other = ana.post_once("k", &elsewhere, json!({})).await.ok(201);
    assert_ne!(other["code"], first["code"], "another room's");
    assert_eq!(
        ana.get(&path).await.ok(200)["invitations"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let code = first["code"].as_str().unwrap();
    assert!(
        holds(world.folder.path(), "Bread"),
        "the search finds what is there"
    );
    assert!(!holds(world.folder.path(), code));
}

/// Whether any file below a folder contains a text.
fn holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let bytes = std::fs::read(&path).unwrap();
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    })
}

#[tokio::test]
async fn what_was_never_a_code_is_no_invitation() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let code = ana.invite(&room, json!({})).await;
    let neighbour = if code.starts_with('A') { "B" } else { "A" };
    let long = "A".repeat(5_000);
    for wrong in [
        &format!("{neighbour}{}", &code[1..]),
        &code[1..],
        &format!("{code}A"),
        &code.to_lowercase().to_uppercase(),
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "%E2%80%AE",
        "%FF",
        &long,
    ] {
        preview(&world.nobody(), wrong)
            .await
            .refused(404, "not_found");
        ana.accept(wrong).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_look_with_a_bad_token_is_refused_and_not_taken_for_one_without() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let code = ana.invite(&room, json!({})).await;
    let path = format!("/v1/invitations/{code}");
    let forged = world
        .nobody()
        .get_with(&path, "Authorization", "Bearer ta_forged")
        .await;
    forged.refused(401, "unauthenticated");
    world
        .nobody()
        .accept(&code)
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn bounds_of_invitations_are_refused_by_name() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let path = format!("/v1/rooms/{room}/invitations");
    for (field, value) in [
        ("expires_in_s", json!(0)),
        ("expires_in_s", json!(-1)),
        ("expires_in_s", json!(1_000_000_000_000_u64)),
        ("expires_in_s", json!(u64::MAX)),
        ("expires_in_s", json!("1")),
        ("uses_max", json!(0)),
        ("uses_max", json!(1_000_000_000)),
        ("uses_max", json!(-7)),
        ("uses_max", json!(1.5)),
        ("uses_max", json!({"$gt": 0})),
    ] {
        let body = Value::Object([(field.to_owned(), value.clone())].into_iter().collect());
        assert_eq!(ana.post(&path, body).await.wrong_field(), field, "{value}");
    }
}

#[tokio::test]
async fn a_room_has_so_many_live_invitations_and_no_more() {
    let world = World::start().await;
    let ana = world.person("ana").await;
    let room = ana.room("group", "Bread", &[]).await;
    let path = format!("/v1/rooms/{room}/invitations");
    let mut id = Value::Null;
    for _ in 0..100 {
        id = ana.post(&path, json!({})).await.ok(201)["id"].clone();
    }
    ana.post(&path, json!({}))
        .await
        .refused(422, "limit_reached");
    ana.delete(&format!("{path}/{}", id.as_str().unwrap()))
        .await
        .ok(204);
    ana.post(&path, json!({})).await.ok(201);
}

#[tokio::test]
async fn an_invitation_is_revoked_only_in_its_own_room() {
    let world = World::start().await;
    let [ana, eve] = world.people(["ana", "eve"]).await;
    let room = ana.room("group", "Bread", &[]).await;
    let hers = eve.room("group", "Eve's", &[]).await;
    let made = ana
        .post(&format!("/v1/rooms/{room}/invitations"), json!({}))
        .await
        .ok(201);
    let id = made["id"].as_str().unwrap();
    eve.delete(&format!("/v1/rooms/{hers}/invitations/{id}"))
        .await
        .refused(404, "not_found");
    eve.delete(&format!("/v1/rooms/{room}/invitations/{id}"))
        .await
        .refused(404, "not_found");
    preview(&world.nobody(), made["code"].as_str().unwrap())
        .await
        .ok(200);
}
