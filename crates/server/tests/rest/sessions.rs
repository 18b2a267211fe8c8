//! Signing in, refreshing, revoking; devices; tickets.

use std::time::Duration;

use serde_json::{Value, json};
use tidings_domain::limits::DEVICES_PER_USER_MAX;
use tidings_engine::ports::Rotation;

use crate::server::{PASSWORD, Person, TestServer};
use crate::sockets::Socket;

fn credentials(username: &str, password: &str) -> Value {
    json!({"username": username, "password": password})
}

#[tokio::test]
async fn an_unknown_name_a_wrong_password_and_no_name_at_all_get_one_answer() {
    let server = TestServer::start().await;
    server.sign_up("ana").await;
    let mut bodies = Vec::new();
    for (username, password) in [
        ("ana", "wrong horse"),
        ("bob", PASSWORD),
        ("not a name", ""),
    ] {
        let call = server.post("/v1/sessions", &credentials(username, password));
        let mut body = call.refused(401, "wrong_credentials").await.body;
        body.as_object_mut().unwrap().remove("request_id");
        bodies.push(body);
    }
    assert!(
        bodies.windows(2).all(|pair| pair[0] == pair[1]),
        "{bodies:#?}"
    );
}

#[tokio::test]
async fn guesses_at_one_account_are_limited_however_its_name_is_spelled() {
    let server = TestServer::with(|config| config.limits.sign_ins_per_min_account = 2).await;
    server.sign_up("ana").await;
    for username in ["ana", " ANA"] {
        let call = server.post("/v1/sessions", &credentials(username, "wrong horse"));
        call.refused(401, "wrong_credentials").await;
    }
    let call = server.post("/v1/sessions", &credentials("Ana", PASSWORD));
    call.refused(429, "rate_limited").await;
}

#[tokio::test]
async fn a_refresh_token_works_once_and_a_lost_answer_is_given_again() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let refresh =
        |token: &str| server.post("/v1/sessions/refresh", &json!({"refresh_token": token}));
    let second = refresh(&ana.refresh_token).expect(200).await;
    assert_ne!(second["refresh_token"], ana.refresh_token.as_str());
    assert_eq!(second["session_id"], ana.session.as_str());
    let again = refresh(&ana.refresh_token).expect(200).await;
    assert_eq!(
        again["refresh_token"], second["refresh_token"],
        "within ten seconds"
    );
    let second = Person::of(&second);
    server.get("/v1/me").by(&second.token).expect(200).await;
    for token in ["", "tr_", &ana.token, &format!("{}x", ana.refresh_token)] {
        refresh(token).refused(401, "unauthenticated").await;
    }
}

#[tokio::test]
async fn a_refresh_token_that_comes_twice_ends_the_session_and_its_sockets() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let mut socket = Socket::open(&server, &ana.token).await;
    let refresh =
        |token: &str| server.post("/v1/sessions/refresh", &json!({"refresh_token": token}));
    let second = Person::of(&refresh(&ana.refresh_token).expect(200).await);
    let third = Person::of(&refresh(&second.refresh_token).expect(200).await);
    // Two turns later it is no lost answer any more.
    refresh(&ana.refresh_token)
        .refused(401, "session_revoked")
        .await;
    assert_eq!(socket.close_code_within(Duration::from_secs(1)).await, 4102);
    server
        .get("/v1/me")
        .by(&third.token)
        .refused(401, "session_revoked")
        .await;
    refresh(&third.refresh_token)
        .refused(401, "session_revoked")
        .await;
}

#[tokio::test]
async fn a_refresh_token_ceases_to_work_when_its_session_expires() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let accounts = &server.app.engine.store.accounts;
    let session = tidings_domain::SessionId::parse(&ana.session).unwrap();
    // As if it had been refreshed long ago, to end now.
    let now = server.app.engine.clock.now();
    let turned = accounts.rotate(session, 1, now, now, 0).await.unwrap();
    assert!(matches!(turned, Rotation::Current { generation: 2, .. }));
    let body = json!({"refresh_token": ana.refresh_token});
    server
        .post("/v1/sessions/refresh", &body)
        .refused(401, "session_revoked")
        .await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_their_sockets_close_within_a_second() {
    let server = TestServer::start().await;
    let here = server.sign_up("ana").await;
    let there = server.sign_in("ana").await;
    let bob = server.sign_up("bob").await;
    let mut socket = Socket::open(&server, &there.token).await;
    let list = server.get("/v1/sessions").by(&here.token).expect(200).await;
    let listed = list["sessions"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    let current: Vec<_> = listed.iter().filter(|one| one["current"] == true).collect();
    assert_eq!(current.len(), 1);
    assert_eq!(current[0]["id"], here.session.as_str());

    let path = format!("/v1/sessions/{}", there.session);
    server
        .delete(&path)
        .by(&bob.token)
        .refused(404, "not_found")
        .await;
    server.delete(&path).by(&here.token).expect(204).await;
    assert_eq!(socket.close_code_within(Duration::from_secs(1)).await, 4102);
    server
        .get("/v1/me")
        .by(&there.token)
        .refused(401, "session_revoked")
        .await;
    server
        .delete(&path)
        .by(&here.token)
        .refused(404, "not_found")
        .await;
    server
        .delete("/v1/sessions/nonsense")
        .by(&here.token)
        .refused(404, "not_found")
        .await;
    server
        .delete("/v1/sessions/current")
        .by(&here.token)
        .expect(204)
        .await;
    server
        .get("/v1/me")
        .by(&here.token)
        .refused(401, "session_revoked")
        .await;
    server.get("/v1/me").by(&bob.token).expect(200).await;
}

#[tokio::test]
async fn all_sessions_but_ones_own_end_at_once() {
    let server = TestServer::start().await;
    let here = server.sign_up("ana").await;
    let there = server.sign_in("ana").await;
    server
        .delete("/v1/sessions")
        .by(&here.token)
        .expect(204)
        .await;
    server
        .get("/v1/me")
        .by(&there.token)
        .refused(401, "session_revoked")
        .await;
    server.get("/v1/me").by(&here.token).expect(200).await;
}

#[tokio::test]
async fn a_device_is_known_again_renamed_and_removed_with_its_sessions() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let mut body = credentials("ana", PASSWORD);
    body["device_id"] = ana.device.clone().into();
    body["device_name"] = "Phone".into();
    let again = Person::of(&server.post("/v1/sessions", &body).expect(201).await);
    assert_eq!(again.device, ana.device);
    let bob = server.sign_up("bob").await;
    body["username"] = "bob".into();
    let foreign = Person::of(&server.post("/v1/sessions", &body).expect(201).await);
    assert_ne!(
        foreign.device, ana.device,
        "another user gets a device of their own"
    );

    let path = format!("/v1/devices/{}", ana.device);
    let renamed = server
        .patch(&path, &json!({"name": " Desk "}))
        .by(&ana.token)
        .expect(200)
        .await;
    assert_eq!(renamed["name"], "Desk");
    assert_eq!(renamed["current"], true);
    server
        .patch(&path, &json!({"name": "x"}))
        .by(&bob.token)
        .refused(404, "not_found")
        .await;
    server
        .delete(&path)
        .by(&bob.token)
        .refused(404, "not_found")
        .await;
    let other = server.sign_in("ana").await;
    let mut socket = Socket::open(&server, &ana.token).await;
    server.delete(&path).by(&other.token).expect(204).await;
    assert_eq!(socket.close_code_within(Duration::from_secs(1)).await, 4102);
    server
        .get("/v1/me")
        .by(&again.token)
        .refused(401, "session_revoked")
        .await;
    let devices = server.get("/v1/devices").by(&other.token).expect(200).await;
    assert_eq!(devices["devices"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_device_too_many_pushes_out_the_one_unused_for_longest() {
    let server = TestServer::with(|config| config.limits.sign_ins_per_min_account = 100).await;
    let first = server.sign_up("ana").await;
    let mut socket = Socket::open(&server, &first.token).await;
    for _ in 1..DEVICES_PER_USER_MAX {
        server.sign_in("ana").await;
    }
    server.get("/v1/me").by(&first.token).expect(200).await;
    server.sign_in("ana").await;
    assert_eq!(socket.close_code_within(Duration::from_secs(1)).await, 4102);
    server
        .get("/v1/me")
        .by(&first.token)
        .refused(401, "session_revoked")
        .await;
}

#[tokio::test]
async fn a_ticket_opens_one_socket_and_no_second_one() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let answer = server
        .call("POST", "/v1/socket-tickets")
        .by(&ana.token)
        .send()
        .await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let ticket = answer.body["ticket"].as_str().unwrap();
    let mut socket = Socket::with_ticket(&server, ticket).await.unwrap();
    assert_eq!(
        socket.hello().await["welcome"]["user"]["id"],
        ana.id.as_str()
    );
    let refused = Socket::with_ticket(&server, ticket).await;
    assert!(
        refused.is_err()
            || refused
                .unwrap()
                .close_code_within(Duration::from_secs(2))
                .await
                == 4100
    );
}

#[tokio::test]
async fn what_was_authenticated_before_a_session_ended_does_not_outlive_it() {
    let server = TestServer::start().await;
    let (here, there) = (server.sign_up("ana").await, server.sign_in("ana").await);
    let ticket = server
        .call("POST", "/v1/socket-tickets")
        .by(&there.token)
        .expect(201)
        .await;
    let bearer = format!("Bearer {}", there.token);
    let mut silent = Socket::with(&server, &[("authorization", &bearer)])
        .await
        .unwrap();
    server
        .delete(&format!("/v1/sessions/{}", there.session))
        .by(&here.token)
        .expect(204)
        .await;
    let mut late = Socket::with_ticket(&server, ticket["ticket"].as_str().unwrap())
        .await
        .unwrap();
    for socket in [&mut silent, &mut late] {
        assert_eq!(socket.hello().await["code"], "session_revoked");
        assert_eq!(socket.close_code_within(Duration::from_secs(1)).await, 4102);
    }
}

#[tokio::test]
async fn an_access_token_of_nobody_opens_nothing() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let (rest, last) = ana.token.split_at(ana.token.len() - 1);
    let forged = format!("{rest}{}", if last == "A" { "B" } else { "A" });
    for token in ["", "ta_", "x", &ana.refresh_token, &forged, "tk_nobody"] {
        server
            .get("/v1/me")
            .by(token)
            .refused(401, "unauthenticated")
            .await;
    }
    server.get("/v1/me").refused(401, "unauthenticated").await;
    server
        .get("/v1/me")
        .header("authorization", "Basic YTpi")
        .refused(401, "unauthenticated")
        .await;
}
