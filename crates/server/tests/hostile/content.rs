//! Content that is made to do something to whoever shows it.

use serde_json::json;

use crate::hall::Hall;
use crate::socket::Socket;

const SCRIPT: &str = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`";

#[tokio::test]
async fn script_in_every_field_stays_text_of_a_type_that_no_browser_runs() {
    let mut hall = Hall::open().await;
    let path = format!("/v1/rooms/{}", hall.room);
    let messages = format!("{path}/messages");
    let change = json!({"name": SCRIPT, "description": SCRIPT, "metadata": {SCRIPT: SCRIPT}});
    hall.ana.patch(&path, change).await.ok(200);
    hall.ana
        .patch(
            "/v1/me",
            json!({"display_name": SCRIPT, "status_text": SCRIPT}),
        )
        .await
        .ok(200);
    let sent = hall
        .ana
        .post(
            &messages,
            json!({"text": SCRIPT, "metadata": {"a": SCRIPT}}),
        )
        .await;
    hall.note(sent.ok(201)["seq"].as_u64().unwrap(), SCRIPT);
    let wrong = format!("/v1/rooms?limit={}", "%3Cscript%3Ealert(1)%3C/script%3E");
    for asked in [
        &path,
        &messages,
        "/v1/me",
        &wrong,
        "/v1/%3Cscript%3E",
        "/v1/invitations/%3Csvg%3E",
    ] {
        let answer = hall.ana.get(asked).await;
        let media_type = answer.header("content-type");
        assert!(
            matches!(media_type, "application/json" | "application/problem+json"),
            "{asked}"
        );
        assert_eq!(
            answer.header("x-content-type-options"),
            "nosniff",
            "{asked}"
        );
        assert_eq!(answer.header("x-frame-options"), "DENY", "{asked}");
    }
    let room = hall.bob.get(&path).await.ok(200);
    assert_eq!(
        (&room["name"], &room["metadata"][SCRIPT]),
        (&json!(SCRIPT), &json!(SCRIPT))
    );
    hall.goes_on().await;
}

#[tokio::test]
async fn links_that_run_or_hold_something_are_no_pictures() {
    let mut hall = Hall::open().await;
    for url in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://example.org/1",
        "//example.org/a",
        "/etc/passwd",
        "http:example.org",
        "https://",
        "https://a b/",
        "https://example.org/\u{202e}gpj.exe",
    ] {
        let answer = hall.eve.patch("/v1/me", json!({"avatar_url": url})).await;
        assert_eq!(answer.wrong_field(), "avatar_url", "{url:?}");
    }
    // In a text they are text: what makes links of it is to look at where they lead.
    let text =
        "[a](javascript:alert(1)) ![b](data:image/svg+xml,<svg onload=alert(1)>) <javascript:x>";
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    let id = tidings_server::random::id().to_string();
    let seq = eve.send(&hall.room, &id, text).await["seq"]
        .as_u64()
        .unwrap();
    hall.note(seq, text);
    hall.goes_on().await;
}

#[tokio::test]
async fn directions_and_towers_of_marks_are_in_no_name_and_hold_nobody_up_in_a_text() {
    let mut hall = Hall::open().await;
    let tower = format!("a{}", "\u{301}".repeat(8_000));
    for name in [
        &tower,
        "Ana\u{202e}",
        "\u{2067}Ana",
        "A\u{200b}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
        "a\nb",
        "a\u{1b}[31m",
        "\u{0}",
    ] {
        let answer = hall
            .eve
            .patch("/v1/me", json!({"display_name": name}))
            .await;
        assert_eq!(answer.wrong_field(), "display_name", "{name:.20?}");
    }
    let mut eve = Socket::open(&hall.world, &hall.eve).await;
    let unbroken = "x".repeat(16_384);
    let nested = format!("{}{}", ">".repeat(8_000), "[".repeat(8_000));
    let lists: String = (0..120)
        .map(|depth| format!("{}- a\n", " ".repeat(depth)))
        .collect();
    for text in [
        &tower,
        &unbroken,
        &nested,
        &lists,
        "\u{202e}\u{2066}gnp.exe\u{1b}[2J",
    ] {
        let id = tidings_server::random::id().to_string();
        let ack = eve.send(&hall.room, &id, text).await;
        hall.note(
            ack["seq"].as_u64().unwrap_or_else(|| panic!("{ack:#}")),
            text,
        );
        hall.goes_on().await;
    }
    let id = tidings_server::random::id().to_string();
    let megabyte = "x".repeat(1 << 20);
    let path = format!("/v1/rooms/{}/messages", hall.room);
    hall.eve
        .post(&path, json!({"text": megabyte, "client_id": id}))
        .await
        .refused(413, "too_large");
    hall.goes_on().await;
}

#[tokio::test]
async fn names_that_are_paths_lead_nowhere() {
    let mut hall = Hall::open().await;
    for name in [
        "../../etc/passwd",
        "..",
        "/etc/passwd",
        "a/b",
        "C:\\a",
        "a\u{0}b",
        "%2e%2e",
        "a.b/../c",
    ] {
        let account = json!({"username": name, "password": "correct horse"});
        let answer = hall.world.nobody().post("/v1/accounts", account).await;
        assert_eq!(answer.wrong_field(), "username", "{name}");
    }
    let mut wire = crate::wire::Wire::connect(hall.world.address).await;
    for path in [
        "/../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/tidings.db",
        "/assets/../../tidings.db",
        "/docs/../../etc/passwd",
        "/docs/..%2fetc",
    ] {
        wire.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
            .await;
        let head = wire.head().await;
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        tokio::io::AsyncReadExt::read_exact(&mut wire.0, &mut body)
            .await
            .unwrap();
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(
            !body.contains("root:") && !body.contains("SQLite format"),
            "{path}: {body}"
        );
    }
    hall.goes_on().await;
}
