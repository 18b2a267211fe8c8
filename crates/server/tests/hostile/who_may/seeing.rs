//! What must not be told: that something is there, who somebody is, what was said elsewhere.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::hall::Hall;
use crate::socket::Socket;

#[tokio::test]
async fn an_upgrade_without_hello_hears_nothing() {
    let mut hall = Hall::open().await;
    let mut eve = Socket::silent(&hall.world, &hall.eve).await;
    for _ in 0..3 {
        hall.goes_on().await;
    }
    // The first frame there is, is the answer to the hello; the stream begins with it.
    let first = eve.ask(json!({"type": "hello"})).await;
    assert_eq!(first["welcome"]["resume"], "fresh");
    assert!(eve.events_so_far().await.is_empty());
    hall.goes_on().await;
}

#[tokio::test]
async fn the_neighbours_of_an_id_are_no_rooms() {
    let mut hall = Hall::open().await;
    let room: Uuid = hall.room.parse().unwrap();
    let nowhere = hall
        .eve
        .get("/v1/rooms/0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10")
        .await;
    let nowhere = nowhere.body["detail"].clone();
    for step in [-2_i128, -1, 1, 2, 256, 1 << 64] {
        let neighbour = Uuid::from_u128(room.as_u128().wrapping_add_signed(step));
        let answer = hall.eve.get(&format!("/v1/rooms/{neighbour}")).await;
        assert_eq!(answer.body["detail"], nowhere);
        answer.refused(404, "not_found");
    }
    // Rooms made in one moment share their first half, and not what cannot be guessed.
    let other: Uuid = hall.ana.room("group", "Rye", &[]).await.parse().unwrap();
    let unlike = (room.as_u128() ^ other.as_u128()) & ((1 << 62) - 1);
    assert!(unlike.count_ones() > 8, "{room} and {other}");
    hall.goes_on().await;
}

#[tokio::test]
async fn roles_smuggled_in_by_json_are_not_looked_at() {
    let mut hall = Hall::open().await;
    let room = format!("/v1/rooms/{}", hall.room);
    let own = format!("{room}/members/{}", hall.eve.id);
    hall.eve
        .put(&own, json!({"role": "owner"}))
        .await
        .refused(403, "forbidden");
    for role in [
        json!("god"),
        json!(["owner"]),
        json!({"$set": "owner"}),
        json!(4),
    ] {
        let answer = hall.ana.put(&own, json!({"role": role})).await;
        assert_eq!(answer.wrong_field(), "role");
    }
    let smuggled = json!({"display_name": "Eve", "role": "owner", "origin": "account", "id": hall.ana.id,
        "membership": {"role": "owner"}, "admin": true, "scopes": ["users"]});
    let me = hall.eve.patch("/v1/me", smuggled).await.ok(200);
    assert_eq!(
        (&me["id"], &me["origin"]),
        (&json!(hall.eve.id), &json!("guest"))
    );
    let code = hall.ana.invite(&hall.room, json!({"role": "owner"})).await;
    let newcomer = hall.world.person("newcomer").await;
    let accept = format!("/v1/invitations/{code}/accept");
    let joined = newcomer
        .post(&accept, json!({"role": "owner"}))
        .await
        .ok(200);
    assert_eq!(joined["membership"]["role"], "member");
    let seen = hall.eve.get(&room).await.ok(200);
    assert_eq!(seen["membership"]["role"], "member");
    hall.goes_on().await;
}

#[tokio::test]
async fn mentions_and_replies_tell_nothing_of_what_one_cannot_see() {
    let mut hall = Hall::open().await;
    let secret = hall.ana.room("group", "A secret name", &[]).await;
    hall.ana.say(&secret, "a secret word").await;
    let ghost = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";
    let hidden = hall.world.person("Hidden Person").await;
    let path = format!("/v1/rooms/{}/messages", hall.room);
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    let mut hidden_hears = Socket::open(&hall.world, &hidden).await;
    // To mention somebody who is elsewhere and somebody who is nowhere is one and the same.
    let mut answers = Vec::new();
    for mentioned in [&hidden.id, &ghost.to_owned(), &secret] {
        let text = format!("see @{mentioned} in {secret}#1");
        let sent = hall
            .eve
            .post(&path, json!({"text": text, "mentions": [mentioned]}))
            .await;
        let sent = sent.ok(201);
        hall.note(sent["seq"].as_u64().unwrap(), &text);
        let event = eve.event().await;
        assert_eq!(
            event["body"]["mentions"],
            json!([mentioned]),
            "the id as it was written"
        );
        answers.push(keys(&sent));
        for told in [event.to_string(), sent.to_string()] {
            assert!(
                !told.contains("Hidden Person") && !told.contains("secret name"),
                "{told}"
            );
        }
    }
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "{answers:?}"
    );
    assert!(
        hidden_hears.events_so_far().await.is_empty(),
        "a mention lets nobody in"
    );
    let unread = hidden.get("/v1/unread").await.ok(200);
    assert_eq!(unread["mentions"], 0, "{unread:#}");
    // A reply to what lies in another room, or beyond what is there, is a wrong field.
    let head = hall
        .eve
        .get(&format!("/v1/rooms/{}", hall.room))
        .await
        .ok(200)["head"]
        .as_u64();
    let beyond = json!({"text": "a", "reply_to": head.unwrap() + 1});
    assert_eq!(hall.eve.post(&path, beyond).await.wrong_field(), "reply_to");
    hall.goes_on().await;
}

/// Which fields an answer has.
fn keys(answer: &Value) -> Vec<String> {
    answer.as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn a_preview_of_an_invitation_tells_what_is_outside_of_the_door_and_no_more() {
    let mut hall = Hall::open().await;
    let code = hall.ana.invite(&hall.room, json!({})).await;
    let preview = hall
        .world
        .nobody()
        .get(&format!("/v1/invitations/{code}"))
        .await
        .ok(200);
    let room = keys(&preview["room"]);
    for private in [
        "last_message",
        "head",
        "metadata",
        "created_by",
        "receipt",
        "unread",
    ] {
        assert!(!room.contains(&private.to_owned()), "{preview:#}");
    }
    assert!(
        preview["room"]["members"].is_u64(),
        "how many, not who: {preview:#}"
    );
    assert!(!preview.to_string().contains(&hall.bob.id), "{preview:#}");
    hall.goes_on().await;
}
