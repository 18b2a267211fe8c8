//! Its lines, its exit codes, its files.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::process::{Server, folder, refused, said};

#[test]
fn a_server_makes_its_folder_says_where_it_is_and_leaves_with_0_when_asked() {
    for signal in ["-TERM", "-INT"] {
        let home = folder();
        let server = Server::start(&home.path().join("data"));
        assert!(
            server.url.starts_with("http://127.0.0.1:"),
            "{}",
            server.url
        );
        assert_eq!(server.end(signal), Some(0), "{signal}");
    }
}

#[tokio::test]
async fn health_and_metrics_are_there_without_a_token() {
    let home = folder();
    let server = Server::start(home.path());
    assert_eq!(server.get("/healthz").await.0, 200);
    assert_eq!(server.get("/readyz").await.0, 200);
    let (status, page) = server.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(
        page.contains("\ntidings_requests_total{status=\"2xx\"} 2\n"),
        "{page}"
    );
    assert!(page.contains("\ntidings_connections "), "{page}");
}

#[test]
fn a_second_server_on_a_folder_is_refused_with_6_and_told_who_holds_it() {
    let home = folder();
    let server = Server::start(home.path());
    let data = home.path().to_str().unwrap();
    let (code, complaint) = refused(["serve", "--listen", "127.0.0.1:0", "--data", data]);
    assert_eq!(code, 6);
    let holder = format!("(process {})", server.child.id());
    assert!(complaint.contains(&holder), "{complaint}");
    let (code, _) = refused(["rebuild", "--data", data]);
    assert_eq!(code, 6, "nothing is rebuilt under a running server");
}

#[test]
fn folders_are_made_as_deep_as_needed_and_for_the_owners_eyes() {
    let home = folder();
    drop(Server::start(&home.path().join("a/b/c")));
    for made in ["a", "a/b", "a/b/c"] {
        let rights = std::fs::metadata(home.path().join(made)).unwrap();
        assert_eq!(rights.permissions().mode() & 0o777, 0o700, "{made}");
    }
    assert!(home.path().join("a/b/c/tidings.db").is_file());
}

#[test]
fn an_address_that_is_taken_is_refused_with_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = folder();
    let data = home.path().to_str().unwrap();
    let (code, complaint) = refused(["serve", "--listen", &address, "--data", data]);
    assert_eq!(code, 1);
    assert!(
        complaint.contains(&format!("cannot listen on {address}")),
        "{complaint}"
    );
}

#[test]
fn a_configuration_that_cannot_hold_is_refused_with_3_before_anything_is_made() {
    let home = folder();
    let data = home.path().join("data");
    let data = data.to_str().unwrap();
    let (code, complaint) = refused(["serve", "--data", data, "--set", "limits.sends_burst=0"]);
    assert_eq!(code, 3);
    assert!(
        complaint.contains("write --set limits.sends_burst=30"),
        "{complaint}"
    );
    let (code, complaint) = refused(["serve", "--data", data, "--listen", "0.0.0.0:0"]);
    assert_eq!(code, 3);
    assert!(
        complaint.contains("public_url = \"https://chat.example.org\""),
        "{complaint}"
    );
    assert!(!home.path().join("data").exists());
}

#[test]
fn a_configuration_is_checked_with_the_keys_that_it_names() {
    let home = folder();
    let file = home.path().join("tidings.toml");
    let key = home.path().join("app.pem");
    let jwt = format!(
        "[[auth.jwt]]\nissuer = 'app'\nalgorithm = 'RS256'\npublic_key_file = '{}'\n",
        key.display()
    );
    std::fs::write(&file, jwt).unwrap();
    let file = file.to_str().unwrap();
    let (code, complaint) = refused(["config", "check", "--config", file]);
    assert_eq!(code, 3);
    assert!(complaint.contains("app.pem"), "{complaint}");
    assert!(said(["config", "--config", file]).contains("public_key_file"));
    assert!(said(["config", "check"]).contains("would start"));
}

#[tokio::test]
async fn a_backup_made_beside_a_running_server_is_whole_and_is_served_again() {
    let home = folder();
    let data = home.path().join("data");
    let server = Server::start(&data);
    let account = json!({"username": "ana", "password": "correct horse"});
    assert_eq!(server.post("/v1/accounts", &account).await.0, 201);
    let backup = home.path().join("backup.db");
    let (data, backup) = (data.to_str().unwrap(), backup.to_str().unwrap());

    let summary = said(["backup", "--data", data, "--to", backup]);
    assert!(summary.contains("copied and checked"), "{summary}");
    assert!(said(["check", "--data", data]).contains("is what its log says"));
    assert!(said(["check", "--backup", backup]).contains("is whole"));
    let (code, complaint) = refused(["backup", "--data", data, "--to", backup]);
    assert_eq!(code, 1, "a backup replaces nothing");
    assert!(complaint.contains("exists already"), "{complaint}");
    assert_eq!(server.end("-TERM"), Some(0));

    let restored = home.path().join("restored");
    std::fs::create_dir(&restored).unwrap();
    std::fs::copy(backup, restored.join("tidings.db")).unwrap();
    let server = Server::start(&restored);
    assert_eq!(server.post("/v1/sessions", &account).await.0, 201);
}

#[test]
fn a_damaged_backup_is_found_with_5() {
    let home = folder();
    let data = home.path().join("data");
    drop(Server::start(&data));
    let backup = home.path().join("backup.db");
    let (data, path) = (data.to_str().unwrap(), backup.to_str().unwrap());
    said(["backup", "--data", data, "--to", path]);
    let mut bytes = std::fs::read(&backup).unwrap();
    // A page in the middle, so that the file is still known for what it is.
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0xff);
    std::fs::write(&backup, bytes).unwrap();
    let (code, complaint) = refused(["check", "--backup", path]);
    assert_eq!(code, 5, "{complaint}");
    assert!(complaint.contains("damaged"), "{complaint}");
}

#[tokio::test]
async fn an_api_key_works_beside_a_running_server_until_it_is_revoked() {
    let home = folder();
    let server = Server::start(home.path());
    let data = home.path().to_str().unwrap();
    let made = [
        "api-key", "create", "--data", data, "--name", "our shop", "--scopes", "users",
    ];
    let key = said(made);
    let key = key.trim_end();
    assert!(key.starts_with("tk_") && key.len() == 46, "{key}");

    let user = format!(
        "{}/v1/users/0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10",
        server.url
    );
    let ask = async || {
        let request = reqwest::Client::new().put(&user).bearer_auth(key);
        let answer = request
            .json(&json!({"display_name": "Ana"}))
            .send()
            .await
            .unwrap();
        answer.status().as_u16()
    };
    assert_eq!(ask().await, 200);
    let list = said(["api-key", "list", "--data", data]);
    assert!(list.contains("our shop") && !list.contains(key), "{list}");
    let id = list.split_whitespace().next().unwrap();
    said(["api-key", "revoke", "--data", data, id]);
    assert_eq!(ask().await, 401);
    let (code, _) = refused(["api-key", "revoke", "--data", data, id]);
    assert_eq!(code, 2, "there is no such key any more");
    let database = std::fs::read(home.path().join("tidings.db")).unwrap();
    let is_there = database
        .windows(key.len())
        .any(|bytes| bytes == key.as_bytes());
    assert!(!is_there, "only the hash is kept");
}

#[test]
fn a_scope_that_there_is_not_is_refused_with_2() {
    let create = ["api-key", "create", "--name", "x", "--scopes", "everything"];
    let (code, complaint) = refused(create);
    assert_eq!(code, 2);
    assert!(
        complaint.contains("possible values: users, sessions, rooms, messages"),
        "{complaint}"
    );
}

#[test]
fn the_document_of_the_api_is_printed_as_it_is_served() {
    let document: Value = serde_json::from_str(&said(["openapi"])).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/v1/rooms"]["post"].is_object());
}

#[test]
fn made_up_conversations_are_spoken_and_come_back_line_for_line() {
    let home = folder();
    let logs = home.path().join("logs");
    let logs = logs.to_str().unwrap();
    said(["replay", "--generate", logs]);
    let first = std::fs::read(format!("{logs}/made-up-1.txt")).unwrap();
    let end = first
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .nth(59)
        .unwrap()
        .0;
    let short = home.path().join("short.txt");
    std::fs::write(&short, &first[..=end]).unwrap();

    let server = Server::start(&home.path().join("data"));
    let short = short.to_str().unwrap();
    let report = said([
        "replay",
        "--url",
        &server.url,
        "--speed",
        "max",
        "--watchers",
        "2",
        short,
    ]);
    assert!(report.contains("60 lines of"), "{report}");
    assert!(
        report.contains("watcher 2 heard all 60 messages once and in order"),
        "{report}"
    );
    assert!(
        report.contains("history equals the input line for line in 1 of 1 files"),
        "{report}"
    );
}

#[test]
fn every_command_explains_itself() {
    for command in [
        "serve", "backup", "config", "api-key", "check", "rebuild", "replay", "openapi",
    ] {
        let help = said([command, "--help"]);
        assert!(help.contains("Usage: tidings"), "{help}");
    }
    let help = said(["--help"]);
    for exit in [
        "3  the configuration is refused",
        "6  the database is in use",
        "7  the data",
    ] {
        assert!(help.contains(exit), "{help}");
    }
}
