//! Requests that are sent again under their `Idempotency-Key`.

use serde_json::{Value, json};
use tidings_domain::Timestamp;

use crate::server::TestServer;

fn room(name: &str) -> Value {
    json!({"kind": "group", "name": name})
}

#[tokio::test]
async fn a_repeated_post_gets_the_first_answer_and_has_no_second_effect() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let first = server
        .post("/v1/rooms", &room("One"))
        .by(&ana.token)
        .key("k")
        .send()
        .await;
    assert_eq!(
        (first.status, first.header("idempotent-replayed")),
        (201, None)
    );
    let again = server
        .post("/v1/rooms", &room("One"))
        .by(&ana.token)
        .key("k")
        .send()
        .await;
    assert_eq!(
        (again.status, again.header("idempotent-replayed")),
        (201, Some("true"))
    );
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("content-type"), first.header("content-type"));
    let path = format!(
        "/v1/rooms/{}/invitations",
        first.body["id"].as_str().unwrap()
    );
    let invite = || server.post(&path, &json!({})).by(&ana.token).key("i");
    let code = invite().expect(201).await["code"].clone();
    assert_eq!(invite().expect(201).await["code"], code);
    let rooms = server.get("/v1/rooms").by(&ana.token).expect(200).await;
    assert_eq!(rooms["rooms"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_names_one_request_of_one_caller() {
    let server = TestServer::start().await;
    let (ana, bob) = (server.sign_up("ana").await, server.sign_up("bob").await);
    let made = server
        .post("/v1/rooms", &room("One"))
        .by(&ana.token)
        .key("k")
        .expect(201)
        .await;
    let other = server
        .post("/v1/rooms", &room("Two"))
        .by(&ana.token)
        .key("k");
    other.refused(422, "idempotency_key_reused").await;
    let elsewhere = server
        .call("POST", "/v1/unread/read-all")
        .by(&ana.token)
        .key("k");
    elsewhere.refused(422, "idempotency_key_reused").await;
    let bobs = server
        .post("/v1/rooms", &room("One"))
        .by(&bob.token)
        .key("k")
        .expect(201)
        .await;
    assert_ne!(bobs["id"], made["id"]);
    for key in ["two words", &"x".repeat(129)] {
        let call = server
            .post("/v1/rooms", &room("One"))
            .by(&ana.token)
            .key(key);
        call.refused(400, "invalid_request").await;
    }
}

#[tokio::test]
async fn a_final_refusal_is_given_again_with_a_request_id_of_its_own() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let nameless = json!({"kind": "group"});
    let ask = || server.post("/v1/rooms", &nameless).by(&ana.token).key("k");
    let first = ask().refused(400, "invalid_request").await;
    let again = ask().refused(400, "invalid_request").await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body["errors"], first.body["errors"]);
    assert_ne!(again.body["request_id"], first.body["request_id"]);
}

#[tokio::test]
async fn of_many_at_once_one_runs_and_all_agree() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let calls = (0..8).map(|_| {
        server
            .post("/v1/rooms", &room("One"))
            .by(&ana.token)
            .key("k")
            .send()
    });
    let answers = futures_util::future::join_all(calls).await;
    let mut ids = Vec::new();
    for answer in answers {
        match answer.status {
            201 => ids.push(answer.body["id"].clone()),
            _ => assert_eq!(
                (answer.status, answer.code()),
                (409, "idempotency_in_progress")
            ),
        }
    }
    assert!(
        !ids.is_empty() && ids.windows(2).all(|pair| pair[0] == pair[1]),
        "{ids:?}"
    );
    let rooms = server.get("/v1/rooms").by(&ana.token).expect(200).await;
    assert_eq!(rooms["rooms"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_lost_record_does_no_harm_to_rooms_and_messages() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let made = server
        .post("/v1/rooms", &room("One"))
        .by(&ana.token)
        .key("k")
        .expect(201)
        .await;
    let path = format!("/v1/rooms/{}/messages", made["id"].as_str().unwrap());
    let send = || {
        server
            .post(&path, &json!({"text": "hi"}))
            .by(&ana.token)
            .key("m")
    };
    let sent = send().expect(201).await;
    // As if the process had ended between the effect and its record.
    server.forget_answers().await;
    let again = server
        .post("/v1/rooms", &room("One"))
        .by(&ana.token)
        .key("k")
        .send()
        .await;
    assert_eq!(again.header("idempotent-replayed"), None);
    assert_eq!(again.body["id"], made["id"]);
    server.forget_answers().await;
    let resent = send().expect(200).await;
    assert_eq!(
        (&resent["seq"], &resent["duplicate"]),
        (&sent["seq"], &json!(true))
    );
}

#[tokio::test]
async fn a_send_is_named_by_its_client_id_and_no_answer_is_kept_besides() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let made = server.post("/v1/rooms", &room("One")).by(&ana.token);
    let made = made.expect(201).await;
    let path = format!("/v1/rooms/{}/messages", made["id"].as_str().unwrap());
    let send = |body| server.post(&path, &body).by(&ana.token).key("k").send();
    let sent = send(json!({"text": "one"})).await;
    assert_eq!(sent.status, 201);
    let owner = format!("user:{}", ana.id);
    let directory = &server.app.engine.store.directory;
    let kept = directory.saved_answer(&owner, "k", Timestamp(0)).await;
    assert!(kept.unwrap().is_none(), "the client id is enough");

    let again = send(json!({"text": "one"})).await;
    assert_eq!(again.header("idempotent-replayed"), None);
    let other_text = send(json!({"text": "two"})).await;
    for answer in [again, other_text] {
        let told = (
            answer.status,
            &answer.body["seq"],
            &answer.body["duplicate"],
        );
        assert_eq!(told, (200, &sent.body["seq"], &json!(true)));
    }
    let id = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";
    let named = send(json!({"text": "three", "client_id": id})).await;
    assert_eq!((named.status, &named.body["client_id"]), (201, &json!(id)));
}

#[tokio::test]
async fn answers_with_tokens_are_never_kept() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    let ticket = || {
        server
            .call("POST", "/v1/socket-tickets")
            .by(&ana.token)
            .key("k")
    };
    let first = ticket().expect(201).await;
    assert_ne!(ticket().expect(201).await["ticket"], first["ticket"]);
    let body = json!({"username": "ana", "password": crate::server::PASSWORD});
    let sign_in = || server.post("/v1/sessions", &body).key("k");
    let first = sign_in().expect(201).await;
    assert_ne!(
        sign_in().expect(201).await["session_id"],
        first["session_id"]
    );
}
