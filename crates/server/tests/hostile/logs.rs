//! What must never stand in a log, at whatever level, and what nobody may write into one.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::process::{Server, folder, tidings};
use crate::wire::{Wire, request, upgrade_lines};

/// Asks, perhaps with a token; the answer's body.
async fn ask(server: &Server, path: &str, token: &str, body: Option<&Value>) -> Value {
    let url = format!("{}{path}", server.url);
    let client = reqwest::Client::new();
    let request = match body {
        Some(body) => client.post(url).json(body),
        None => client.get(url),
    };
    let request = if token.is_empty() {
        request
    } else {
        request.bearer_auth(token)
    };
    let answer = request.send().await.unwrap();
    answer.json().await.unwrap_or_default()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value:#}"))
        .to_owned()
}

#[tokio::test]
async fn tokens_tickets_codes_passwords_and_words_are_in_no_log_and_nobody_writes_its_lines() {
    let home = folder();
    let log = home.path().join("log");
    let mut command = tidings();
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--set",
        "store.sync=off",
    ]);
    command
        .args(["--set", "log.level=trace", "--data"])
        .arg(home.path().join("data"));
    command.stderr(Stdio::from(std::fs::File::create(&log).unwrap()));
    let server = Server::of(command);

    let forged = "x\u{1b}[2J\n2025-01-01T00:00:00Z ERROR forged";
    let account =
        json!({"username": "ana", "password": "a secret of mine", "device_name": "phone"});
    let session = ask(&server, "/v1/accounts", "", Some(&account)).await;
    let token = text(&session["access_token"]);
    let room = json!({"kind": "group", "name": "Bread", "description": forged});
    let room = text(&ask(&server, "/v1/rooms", &token, Some(&room)).await["id"]);
    let messages = format!("/v1/rooms/{room}/messages");
    ask(
        &server,
        &messages,
        &token,
        Some(&json!({"text": "between us"})),
    )
    .await;
    let invitations = format!("/v1/rooms/{room}/invitations");
    let code = text(&ask(&server, &invitations, &token, Some(&json!({}))).await["code"]);
    ask(&server, &format!("/v1/invitations/{code}"), "", None).await;
    ask(
        &server,
        &format!("/v1/invitations/{code}/accept"),
        &token,
        Some(&json!({})),
    )
    .await;
    ask(&server, &format!("/join/{code}"), "", None).await;
    ask(
        &server,
        &format!("/v1/invitations/{code}/nothing"),
        &token,
        None,
    )
    .await;
    let ticket =
        text(&ask(&server, "/v1/socket-tickets", &token, Some(&json!({}))).await["ticket"]);
    let address = server.url.trim_start_matches("http://").parse().unwrap();
    let mut lines = upgrade_lines(address);
    lines[0] = format!("GET /v1/socket?ticket={ticket} HTTP/1.1");
    let mut wire = Wire::connect(address).await;
    wire.send(request(&lines).as_bytes()).await;
    assert!(wire.head().await.starts_with("HTTP/1.1 101 "));
    let hello = json!({"type": "hello", "id": 1, "token": token, "device_name": forged});
    wire.send(&crate::wire::text(&hello.to_string())).await;
    wire.frame().await;
    assert_eq!(server.end("-TERM"), Some(0));

    let log = std::fs::read_to_string(&log).unwrap();
    assert!(
        log.contains("route=/v1/invitations/{code}"),
        "requests are logged: {log}"
    );
    let secrets = [
        &token,
        &text(&session["refresh_token"]),
        &code,
        &ticket,
        &"a secret of mine".to_owned(),
        &"between us".to_owned(),
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
    assert!(!log.contains('\u{1b}') && !log.lines().any(|line| line.starts_with("2025-01-01")));
}
