//! Making accounts and guests, and changing passwords.

use serde_json::json;
use tidings_server::config::SignUpPolicy;

use crate::server::{PASSWORD, Person, TestServer};

#[tokio::test]
async fn an_account_is_made_once_and_its_session_works() {
    let server = TestServer::start().await;
    let body = json!({"username": " Ana ", "password": PASSWORD, "display_name": "Ana B."});
    let answer = server.post("/v1/accounts", &body).send().await;
    assert_eq!(answer.status, 201, "{:#}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.body["user"]["username"], "ana");
    let ana = Person::of(&answer.body);
    let me = server.get("/v1/me").by(&ana.token).expect(200).await;
    assert_eq!(me["display_name"], "Ana B.");
    assert_eq!(me["origin"], "account");
    server
        .post("/v1/accounts", &body)
        .refused(409, "username_taken")
        .await;
}

#[tokio::test]
async fn a_repeated_sign_up_with_its_key_and_password_is_a_sign_in() {
    let server = TestServer::start().await;
    let body = json!({"username": "ana", "password": PASSWORD});
    let first = Person::of(
        &server
            .post("/v1/accounts", &body)
            .key("k1")
            .expect(201)
            .await,
    );
    let again = Person::of(
        &server
            .post("/v1/accounts", &body)
            .key("k1")
            .expect(201)
            .await,
    );
    assert_eq!(first.id, again.id);
    assert_ne!(first.session, again.session, "tokens are never stored");
    server
        .post("/v1/accounts", &body)
        .key("k2")
        .refused(409, "username_taken")
        .await;
    let other = json!({"username": "ana", "password": "another horse"});
    server
        .post("/v1/accounts", &other)
        .key("k1")
        .refused(409, "username_taken")
        .await;
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let server = TestServer::start().await;
    for (body, field) in [
        (json!({"password": PASSWORD}), "username"),
        (json!({"username": "a", "password": PASSWORD}), "username"),
        (json!({"username": "ana", "password": "short"}), "password"),
        (
            json!({"username": "ana", "password": "x".repeat(300)}),
            "password",
        ),
        (
            json!({"username": "ana", "password": PASSWORD, "display_name": "  "}),
            "display_name",
        ),
        (
            json!({"username": "ana", "password": PASSWORD, "device_name": "a\nb"}),
            "device_name",
        ),
        (
            json!({"username": {"$ne": 1}, "password": PASSWORD}),
            "username",
        ),
    ] {
        let answer = server
            .post("/v1/accounts", &body)
            .refused(400, "invalid_request")
            .await;
        assert_eq!(answer.body["errors"][0]["field"], field, "{body}");
    }
}

#[tokio::test]
async fn sign_up_and_guests_are_closed_unless_the_configuration_opens_them() {
    let server = TestServer::with(|config| config.auth.sign_up = SignUpPolicy::Closed).await;
    let body = json!({"username": "ana", "password": PASSWORD});
    server
        .post("/v1/accounts", &body)
        .refused(403, "sign_up_closed")
        .await;
    let body = json!({"display_name": "Visitor"});
    server
        .post("/v1/guests", &body)
        .refused(403, "sign_up_closed")
        .await;
}

#[tokio::test]
async fn a_guest_has_a_name_and_nothing_else() {
    let server = TestServer::with(|config| config.auth.guests = true).await;
    let body = json!({"display_name": "Visitor"});
    let session = server.post("/v1/guests", &body).expect(201).await;
    assert_eq!(session["user"]["origin"], "guest");
    assert!(session["user"].get("username").is_none());
    let guest = Person::of(&session);
    let change = json!({"current_password": "", "new_password": PASSWORD});
    server
        .put("/v1/me/password", &change)
        .by(&guest.token)
        .refused(403, "forbidden")
        .await;
    let ana = server.sign_up("ana").await;
    let found = server
        .get("/v1/users?query=visitor")
        .by(&ana.token)
        .expect(200)
        .await;
    assert_eq!(found["users"], json!([]), "guests cannot be searched for");
}

#[tokio::test]
async fn a_changed_password_ends_all_other_sessions() {
    let server = TestServer::start().await;
    let here = server.sign_up("ana").await;
    let there = server.sign_in("ana").await;
    let change = json!({"current_password": "wrong horse", "new_password": "better horse"});
    server
        .put("/v1/me/password", &change)
        .by(&here.token)
        .refused(401, "wrong_credentials")
        .await;
    let change = json!({"current_password": PASSWORD, "new_password": "short"});
    let answer = server
        .put("/v1/me/password", &change)
        .by(&here.token)
        .send()
        .await;
    assert_eq!(answer.body["errors"][0]["field"], "new_password");
    let change = json!({"current_password": PASSWORD, "new_password": "better horse"});
    server
        .put("/v1/me/password", &change)
        .by(&here.token)
        .expect(204)
        .await;
    server
        .get("/v1/me")
        .by(&there.token)
        .refused(401, "session_revoked")
        .await;
    server.get("/v1/me").by(&here.token).expect(200).await;
    let body = json!({"username": "ana", "password": PASSWORD});
    server
        .post("/v1/sessions", &body)
        .refused(401, "wrong_credentials")
        .await;
    let body = json!({"username": "ana", "password": "better horse"});
    server.post("/v1/sessions", &body).expect(201).await;
}

#[tokio::test]
async fn sign_ups_from_one_address_are_limited() {
    let server = TestServer::with(|config| {
        config.limits.count_loopback = true;
        config.limits.sign_ups_per_min_ip = 1;
    })
    .await;
    server.sign_up("ana").await;
    let body = json!({"username": "bob", "password": PASSWORD});
    let answer = server
        .post("/v1/accounts", &body)
        .refused(429, "rate_limited")
        .await;
    assert!(
        answer
            .header("retry-after")
            .unwrap()
            .parse::<u64>()
            .unwrap()
            > 0
    );
    assert!(answer.body["retry_after_ms"].as_u64().unwrap() > 0);
}
