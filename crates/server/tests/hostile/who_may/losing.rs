//! What somebody loses is lost at once, on every socket that is open: within a second, as measured
//! from the answer to whoever took it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::hall::Hall;
use crate::socket::{Socket, refused};

const ID: &str = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";
/// The promise.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Takes Eve out in this way, and sees that her sockets hear of it and of nothing later.
async fn leaves_nothing(method: &str, path: impl Fn(&Hall) -> String, reason: &str) {
    let mut hall = Hall::open().await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(Socket::open(&hall.world, &hall.eve).await);
    }
    let taken = hall.ana.call(method, &path(&hall), Some(&json!({}))).await;
    taken.ok(204);
    let since = Instant::now();
    for socket in &mut sockets {
        let is_last = |frame: &Value| frame["event"]["body"]["user"] == hall.eve.id;
        let last = socket.until(is_last).await;
        assert_eq!(last["event"]["body"]["reason"], reason);
    }
    assert!(since.elapsed() < AT_ONCE, "{:?}", since.elapsed());
    for _ in 0..3 {
        hall.goes_on().await;
    }
    let typing = json!({"type": "typing", "room": hall.room});
    Socket::open(&hall.world, &hall.bob).await.ask(typing).await;
    for socket in &mut sockets {
        refused(
            &socket.send(&hall.room, ID, "still here?").await,
            "not_found",
        );
        let later = socket.events_so_far().await;
        assert!(later.is_empty(), "after {method}: {later:#?}");
    }
    for path in [
        "",
        "/messages",
        "/events",
        "/members",
        "/receipts",
        "/unread",
    ] {
        let path = format!("/v1/rooms/{}{path}", hall.room);
        hall.eve.get(&path).await.refused(404, "not_found");
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn after_removal_nothing_is_heard() {
    let path = |hall: &Hall| format!("/v1/rooms/{}/members/{}", hall.room, hall.eve.id);
    leaves_nothing("DELETE", path, "removed").await;
}

#[tokio::test]
async fn after_a_ban_nothing_is_heard_and_no_door_leads_back() {
    let path = |hall: &Hall| format!("/v1/rooms/{}/bans/{}", hall.room, hall.eve.id);
    leaves_nothing("PUT", path, "banned").await;
}

#[tokio::test]
async fn after_a_demotion_what_the_role_allowed_is_refused() {
    let mut hall = Hall::open().await;
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    let ack = eve.send(&hall.room, ID, "as a member").await;
    hall.note(ack["seq"].as_u64().unwrap(), "as a member");
    let place = format!("/v1/rooms/{}/members/{}", hall.room, hall.eve.id);
    hall.ana
        .put(&place, json!({"role": "reader"}))
        .await
        .ok(200);
    let id = tidings_server::random::id().to_string();
    refused(&eve.send(&hall.room, &id, "as a reader").await, "forbidden");
    let signal = json!({"type": "signal", "room": hall.room, "name": "a", "data": 1});
    refused(&eve.ask(signal).await, "forbidden");
    // What was said before is still there for who asks again, and is not said twice.
    let again = eve.send(&hall.room, ID, "as a member").await;
    assert_eq!(
        (&again["duplicate"], &again["seq"]),
        (&json!(true), &ack["seq"])
    );
    // A reader still hears.
    hall.goes_on().await;
    let heard = eve.events_so_far().await;
    assert!(
        heard
            .iter()
            .any(|frame| frame["event"]["kind"] == "message.sent")
    );
}

/// Ends sessions of an account in this way, and sees that the sockets of those close with 4102.
async fn closes_others(method: &str, path: &str, body: Value) {
    let mut hall = Hall::open_with(|config| config.limits.sign_ins_per_min_account = 100).await;
    let nobody = hall.world.nobody();
    let account = json!({"username": "mallory", "password": "correct horse"});
    let mut people = Vec::new();
    for way in ["/v1/accounts", "/v1/sessions", "/v1/sessions"] {
        let session = nobody.post(way, account.clone()).await.ok(201);
        people.push(nobody.by(&session));
    }
    let mut sockets = Vec::new();
    let mut silent = Vec::new();
    for person in &people {
        sockets.push(Socket::open(&hall.world, person).await);
        silent.push(Socket::silent(&hall.world, person).await);
    }
    people[0].call(method, path, Some(&body)).await.ok(204);
    let since = Instant::now();
    for socket in &mut sockets[1..] {
        assert_eq!(socket.close_code().await, 4102);
    }
    assert!(since.elapsed() < AT_ONCE, "{:?}", since.elapsed());
    // Half-authenticated: the upgrade was let in before, and the hello comes afterwards.
    for socket in &mut silent[1..] {
        refused(
            &socket.ask(json!({"type": "hello"})).await,
            "session_revoked",
        );
    }
    for person in &people[1..] {
        person.get("/v1/me").await.refused(401, "session_revoked");
    }
    assert_eq!(
        sockets[0].ask(json!({"type": "ping"})).await["type"],
        "ack",
        "one's own goes on"
    );
    hall.goes_on().await;
}

#[tokio::test]
async fn after_logging_out_everywhere_the_other_sockets_close() {
    closes_others("DELETE", "/v1/sessions", json!({})).await;
}

#[tokio::test]
async fn after_a_change_of_password_the_other_sockets_close() {
    let body = json!({"current_password": "correct horse", "new_password": "another horse"});
    closes_others("PUT", "/v1/me/password", body).await;
}
