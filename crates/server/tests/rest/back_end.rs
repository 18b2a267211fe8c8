//! Back ends with API keys.

use serde_json::json;

use crate::server::{Person, TestServer};
use crate::sockets::Socket;

#[tokio::test]
async fn a_back_end_makes_its_users_and_brings_them_up_to_date() {
    let server = TestServer::start().await;
    let key = server.api_key(&["users"]).await;
    let path = "/v1/users/customer%2F7%20%C3%A9";
    let body = json!({"display_name": "Ana", "username": "ana"});
    let made = server.put(path, &body).by(&key).expect(200).await;
    assert_eq!(made["origin"], "external");
    let renamed = json!({"display_name": "Ana B."});
    let again = server.put(path, &renamed).by(&key).expect(200).await;
    assert_eq!(again["id"], made["id"]);
    assert_eq!(
        (&again["display_name"], &again["username"]),
        (&json!("Ana B."), &json!("ana"))
    );
    let other = server.put("/v1/users/8", &body).by(&key).expect(200).await;
    assert!(other.get("username").is_none(), "another user has it");
    let long = format!("/v1/users/{}", "x".repeat(256));
    server
        .put(&long, &body)
        .by(&key)
        .refused(400, "invalid_request")
        .await;
}

#[tokio::test]
async fn a_new_name_reaches_those_who_share_a_room() {
    let server = TestServer::start().await;
    let key = server.api_key(&["users"]).await;
    let put = |name: &str| {
        let body = json!({ "display_name": name });
        server.put("/v1/users/7", &body).by(&key)
    };
    let ana = put("Ana").expect(200).await;
    let bob = server.sign_up("bob").await;
    let room = json!({"kind": "group", "name": "Two", "members": [ana["id"]]});
    let made = server.post("/v1/rooms", &room).by(&bob.token);
    made.expect(201).await;
    let mut socket = Socket::open(&server, &bob.token).await;
    socket.is_live().await;
    put("Ana B.").expect(200).await;
    let told = socket.next(|frame| frame["type"] == "profile").await;
    assert_eq!(told["user"]["id"], ana["id"]);
    assert_eq!(told["user"]["display_name"], "Ana B.");
}

#[tokio::test]
async fn a_back_end_opens_sessions_and_acts_for_users() {
    let server = TestServer::start().await;
    let key = server.api_key(&["users", "sessions", "rooms"]).await;
    let body = json!({"display_name": "Ana"});
    let ana = server.put("/v1/users/7", &body).by(&key).expect(200).await;
    let id = ana["id"].as_str().unwrap();
    let path = format!("/v1/users/{id}/sessions");
    let answer = server
        .post(&path, &json!({"device_name": "Phone"}))
        .by(&key)
        .send()
        .await;
    assert_eq!(
        (answer.status, answer.header("cache-control")),
        (201, Some("no-store"))
    );
    let session = Person::of(&answer.body);
    assert_eq!(
        server.get("/v1/me").by(&session.token).expect(200).await["id"],
        id
    );

    let room = json!({"kind": "group", "name": "Support"});
    let call = server
        .post("/v1/rooms", &room)
        .by(&key)
        .header("Tidings-On-Behalf-Of", id);
    assert_eq!(call.expect(201).await["created_by"], id);
    server
        .post("/v1/rooms", &room)
        .by(&key)
        .refused(400, "invalid_request")
        .await;
    for nobody in ["0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10", "ana", ""] {
        let call = server
            .post("/v1/rooms", &room)
            .by(&key)
            .header("Tidings-On-Behalf-Of", nobody);
        call.refused(400, "invalid_request").await;
    }
    let unknown = "/v1/users/0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10/sessions";
    server
        .post(unknown, &json!({}))
        .by(&key)
        .refused(404, "not_found")
        .await;
}

#[tokio::test]
async fn a_key_may_what_its_scopes_say_and_nothing_else() {
    let server = TestServer::start().await;
    let bob = server.sign_up("bob").await;
    let key = server.api_key(&["rooms"]).await;
    let as_bob = |method: &str, path: &str| {
        server
            .call(method, path)
            .by(&key)
            .header("Tidings-On-Behalf-Of", &bob.id)
    };
    as_bob("GET", "/v1/rooms").expect(200).await;
    for (method, path) in [
        ("GET", "/v1/me"),
        ("GET", "/v1/unread"),
        ("GET", "/v1/sessions"),
        ("POST", "/v1/socket-tickets"),
        (
            "GET",
            "/v1/rooms/0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10/messages",
        ),
    ] {
        as_bob(method, path).refused(403, "forbidden").await;
    }
    let body = json!({"display_name": "Ana"});
    server
        .put("/v1/users/7", &body)
        .by(&key)
        .refused(403, "forbidden")
        .await;
}

#[tokio::test]
async fn a_socket_on_behalf_of_a_user_needs_the_scope_of_sessions() {
    let server = TestServer::start().await;
    let bob = server.sign_up("bob").await;
    for (scopes, is_open) in [
        (&["rooms", "messages", "users"][..], false),
        (&["sessions"], true),
    ] {
        let bearer = format!("Bearer {}", server.api_key(scopes).await);
        let headers = [
            ("authorization", &*bearer),
            ("tidings-on-behalf-of", &*bob.id),
        ];
        let opened = Socket::with(&server, &headers).await;
        assert_eq!(opened.is_ok(), is_open, "{scopes:?}");
        if let Ok(mut socket) = opened {
            assert_eq!(
                socket.hello().await["welcome"]["user"]["id"],
                bob.id.as_str()
            );
        }
    }
}

#[tokio::test]
async fn for_a_user_the_doors_of_back_ends_do_not_exist() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let body = json!({"display_name": "Ana"});
    server
        .put("/v1/users/7", &body)
        .by(&ana.token)
        .refused(404, "not_found")
        .await;
    let path = format!("/v1/users/{}/sessions", ana.id);
    server
        .post(&path, &json!({}))
        .by(&ana.token)
        .refused(404, "not_found")
        .await;
    // A header is no key.
    let bob = server.sign_up("bob").await;
    let call = server
        .get("/v1/me")
        .by(&ana.token)
        .header("Tidings-On-Behalf-Of", &bob.id);
    assert_eq!(call.expect(200).await["id"], ana.id.as_str());
}

#[tokio::test]
async fn a_revoked_key_is_refused() {
    let server = TestServer::start().await;
    let key = server.api_key(&["users"]).await;
    let body = json!({"display_name": "Ana"});
    server.put("/v1/users/7", &body).by(&key).expect(200).await;
    let accounts = &server.app.engine.store.accounts;
    let kept = accounts.api_keys().await.unwrap();
    assert!(accounts.revoke_api_key(kept[0].id).await.unwrap());
    server
        .put("/v1/users/7", &body)
        .by(&key)
        .refused(401, "unauthenticated")
        .await;
}
