//! Oneself and others.

use serde_json::json;

use crate::server::TestServer;
use crate::sockets::Socket;

#[tokio::test]
async fn a_profile_changes_where_it_is_named_and_null_clears() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let change = json!({"avatar_url": "https://example.org/a.png", "status_text": "at sea",
        "privacy": {"receipts": "nobody"}});
    let me = server
        .patch("/v1/me", &change)
        .by(&ana.token)
        .expect(200)
        .await;
    assert_eq!(me["display_name"], "ana");
    assert_eq!(me["avatar_url"], "https://example.org/a.png");
    assert_eq!(
        me["privacy"],
        json!({"receipts": "nobody", "last_seen": "everyone", "presence": "everyone"})
    );
    let cleared = json!({"avatar_url": null, "display_name": "Ana"});
    let me = server
        .patch("/v1/me", &cleared)
        .by(&ana.token)
        .expect(200)
        .await;
    assert!(me.get("avatar_url").is_none());
    assert_eq!(
        (&me["status_text"], &me["display_name"]),
        (&json!("at sea"), &json!("Ana"))
    );
    for (change, field) in [
        (json!({"avatar_url": "javascript:alert(1)"}), "avatar_url"),
        (json!({"display_name": "\u{202e}ana"}), "display_name"),
        (json!({"status_text": "x".repeat(101)}), "status_text"),
        (
            json!({"privacy": {"presence": "friends"}}),
            "privacy.presence",
        ),
        (json!({"privacy": 7}), "privacy"),
    ] {
        let answer = server.patch("/v1/me", &change).by(&ana.token).send().await;
        assert_eq!(
            (answer.status, &answer.body["errors"][0]["field"]),
            (400, &json!(field))
        );
    }
}

#[tokio::test]
async fn people_are_found_by_name_page_by_page() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    for name in ["bob", "bill", "carl"] {
        server.sign_up(name).await;
    }
    let page = server
        .get("/v1/users?query=b&limit=1")
        .by(&ana.token)
        .expect(200)
        .await;
    assert_eq!(page["users"][0]["username"], "bill");
    let next = page["next"].as_str().unwrap();
    let path = format!("/v1/users?query=b&limit=1&after={next}");
    let page = server.get(&path).by(&ana.token).expect(200).await;
    assert_eq!(page["users"][0]["username"], "bob");
    assert!(page.get("next").is_none());
    for path in [
        "/v1/users?limit=0",
        "/v1/users?limit=1000000000",
        "/v1/users?after=x",
    ] {
        server
            .get(path)
            .by(&ana.token)
            .refused(400, "invalid_request")
            .await;
    }
    let path = format!("/v1/users/{}", ana.id);
    assert_eq!(
        server.get(&path).by(&ana.token).expect(200).await["username"],
        "ana"
    );
    for unknown in [
        "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10",
        "ana",
        "%ff",
        "..%2f..%2fetc",
    ] {
        let path = format!("/v1/users/{unknown}");
        server
            .get(&path)
            .by(&ana.token)
            .refused(404, "not_found")
            .await;
    }
}

#[tokio::test]
async fn presence_is_told_of_those_with_whom_one_shares_a_room_and_of_nobody_else() {
    let server = TestServer::start().await;
    let (ana, bob) = (server.sign_up("ana").await, server.sign_up("bob").await);
    let _bob_is_here = Socket::open(&server, &bob.token).await;
    let path = format!("/v1/presence?users={},{}", bob.id, ana.id);
    let of_bob = |body: &serde_json::Value| {
        let entries = body["presence"].as_array().unwrap();
        entries
            .iter()
            .find(|one| one["user"] == bob.id.as_str())
            .cloned()
    };
    let strangers = server.get(&path).by(&ana.token).expect(200).await;
    assert_eq!(of_bob(&strangers), None);
    let room = json!({"kind": "group", "name": "Two", "members": [bob.id]});
    server
        .post("/v1/rooms", &room)
        .by(&ana.token)
        .expect(201)
        .await;
    let known = server.get(&path).by(&ana.token).expect(200).await;
    assert!(of_bob(&known).is_some());
    let hide = json!({"privacy": {"presence": "nobody"}});
    server
        .patch("/v1/me", &hide)
        .by(&bob.token)
        .expect(200)
        .await;
    let hidden = server.get(&path).by(&ana.token).expect(200).await;
    assert_eq!(of_bob(&hidden).unwrap()["presence"], "offline");
    server
        .get("/v1/presence?users=x")
        .by(&ana.token)
        .refused(400, "invalid_request")
        .await;
    server
        .get("/v1/presence")
        .by(&ana.token)
        .refused(400, "invalid_request")
        .await;
}
