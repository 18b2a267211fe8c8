//! Limits of those who do not say who they are, or say it wrongly.

use std::time::Duration;

use serde_json::json;
use tidings_server::config::Config;

use crate::server::{Person, TestServer};
use crate::sockets::Socket;

/// This machine's address is limited as any other, to five requests without a user.
fn five_requests(config: &mut Config) {
    config.limits.count_loopback = true;
    config.limits.anonymous_requests_per_s = 1;
    config.limits.anonymous_requests_burst = 5;
}

/// A user without the requests of a sign-up.
async fn provisioned(server: &TestServer) -> Person {
    let key = server.api_key(&["users", "sessions"]).await;
    let body = json!({"display_name": "Ana"});
    let ana = server
        .put("/v1/users/ana", &body)
        .by(&key)
        .expect(200)
        .await;
    let path = format!("/v1/users/{}/sessions", ana["id"].as_str().unwrap());
    Person::of(&server.post(&path, &json!({})).by(&key).expect(201).await)
}

#[tokio::test]
async fn wrong_tokens_are_counted_as_requests_of_nobody() {
    let server = TestServer::with(five_requests).await;
    let ana = provisioned(&server).await;
    let ask = |token: &str| server.get("/v1/me").by(token).send();
    let mut refused = Vec::new();
    for token in [
        "ta_wrong",
        "tk_wrong",
        "no token",
        "eyJhbGciOiJub25lIn0.e30.",
        "ta_",
        "x",
    ] {
        let answer = ask(token).await;
        refused.push((answer.status, answer.code().to_owned()));
    }
    let wrong = (401, "unauthenticated".to_owned());
    assert!(
        refused[..5].iter().all(|answer| *answer == wrong),
        "{refused:?}"
    );
    assert_eq!(refused[5], (429, "rate_limited".to_owned()));
    let limited = ask("tk_wrong").await;
    assert!(limited.header("retry-after").is_some());
    // Those behind the same address who say who they are do not suffer for it.
    server.get("/v1/me").by(&ana.token).expect(200).await;
}

#[tokio::test]
async fn a_wrong_token_opens_no_way_around_the_limit_of_requests_without_one() {
    let server = TestServer::with(five_requests).await;
    let ask = || server.get("/v1/limits").by("ta_wrong").send();
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(ask().await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
}

#[tokio::test]
async fn a_session_that_was_ended_counts_as_nobody() {
    let server = TestServer::with(five_requests).await;
    let ana = provisioned(&server).await;
    let end = server.delete("/v1/sessions/current").by(&ana.token);
    end.expect(204).await;
    let ask = || server.get("/v1/me").by(&ana.token).send();
    for _ in 0..5 {
        assert_eq!(ask().await.code(), "session_revoked");
    }
    assert_eq!(ask().await.code(), "rate_limited");
}

/// Waits until the page of metrics has this line.
async fn counted(server: &TestServer, line: &str) {
    let has_line = async {
        loop {
            let page = tidings_server::metrics::render(&server.app);
            if page.lines().any(|one| one == line) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), has_line).await;
    assert!(waited.is_ok(), "never counted {line}");
}

#[tokio::test]
async fn connections_for_which_there_is_no_place_are_counted_by_the_limit() {
    let server = TestServer::with(|config| config.limits.connections_per_user = 1).await;
    let ana = server.sign_up("ana").await;
    let _first = Socket::open(&server, &ana.token).await;
    let mut second = Socket::with(
        &server,
        &[("authorization", &format!("Bearer {}", ana.token))],
    )
    .await
    .unwrap();
    assert_eq!(second.hello().await["code"], "limit_reached");
    assert_eq!(
        second.close_code_within(Duration::from_secs(10)).await,
        4003
    );
    counted(
        &server,
        "tidings_connections_refused_total{reason=\"user\"} 1",
    )
    .await;

    for (change, reason) in [
        (
            (|config| config.limits.connections_per_ip = 1) as fn(&mut Config),
            "address",
        ),
        (|config| config.limits.new_connections_per_s_ip = 1, "rate"),
    ] {
        let server = TestServer::with(|config| {
            config.limits.count_loopback = true;
            change(config);
        })
        .await;
        let _first = Socket::with(&server, &[]).await.unwrap();
        assert!(Socket::with(&server, &[]).await.is_err(), "{reason}");
        let line = format!("tidings_connections_refused_total{{reason=\"{reason}\"}} 1");
        counted(&server, &line).await;
    }
}

#[tokio::test]
async fn a_server_that_is_full_says_so_and_still_answers_who_watches_over_it() {
    let server = TestServer::with(|config| config.limits.connections_max = 1).await;
    let only = Socket::with(&server, &[]).await.unwrap();
    assert!(Socket::with(&server, &[]).await.is_err());
    let refused = server.get("/v1/me").send().await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("retry-after"), Some("2"));
    assert_eq!(refused.code(), "overloaded");
    for page in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(server.get(page).send().await.status, 200, "{page}");
    }
    counted(
        &server,
        "tidings_connections_refused_total{reason=\"total\"} 2",
    )
    .await;
    drop(only);
    let has_place = async {
        while Socket::with(&server, &[]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), has_place).await;
    assert!(waited.is_ok(), "its place is never free again");
}
