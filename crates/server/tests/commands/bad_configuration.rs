//! A configuration that cannot hold: refused at the start with its line and what to write instead,
//! with exit code 3, before anything is made or bound.

use crate::process::{folder, refused};

/// Starts a server with this file; what it complains of, without the folder's name.
fn complaint_of(text: &str) -> String {
    let home = folder();
    let file = home.path().join("tidings.toml");
    std::fs::write(&file, text).unwrap();
    let data = home.path().join("data");
    let (file, data_text) = (file.to_str().unwrap(), data.to_str().unwrap());
    let (code, complaint) = refused(["serve", "--config", file, "--data", data_text]);
    assert_eq!(code, 3, "{complaint}");
    assert!(!data.exists(), "nothing was made");
    complaint.replace(file, "tidings.toml")
}

#[test]
fn an_unknown_key() {
    assert_eq!(
        complaint_of("[limits]\nsends_burst = 5\nsend_per_s = 5\n"),
        "tidings: tidings.toml:3: limits.send_per_s is no setting: write sends_per_s = 10\n"
    );
}

#[test]
fn an_unknown_section() {
    assert_eq!(
        complaint_of("\n[sever]\ndrain_s = 1\n"),
        "tidings: tidings.toml:2: there is no section [sever]: write [server]\n"
    );
}

#[test]
fn a_unit_that_is_missing() {
    assert_eq!(
        complaint_of("[heartbeat]\nping_interval = 25\n"),
        "tidings: tidings.toml:2: heartbeat.ping_interval lacks its unit: write \
         ping_interval_ms = 25000\n"
    );
    assert_eq!(
        complaint_of("[server]\ndrain = \"10s\"\n"),
        "tidings: tidings.toml:2: server.drain lacks its unit: write drain_s = 10\n"
    );
}

#[test]
fn a_limit_that_contradicts_another() {
    assert_eq!(
        complaint_of(
            "[limits]\nconnections_max = 10\nconnections_per_ip = 20\nconnections_per_user = 5\n"
        ),
        "tidings: tidings.toml:3: limits.connections_per_ip = 20 contradicts \
         limits.connections_max = 10 (tidings.toml:2): one address could never have so many: \
         write connections_per_ip = 10, or change the other\n"
    );
}

#[test]
fn a_limit_out_of_bounds() {
    assert_eq!(
        complaint_of("[limits]\nsends_burst = 0\n"),
        "tidings: tidings.toml:2: limits.sends_burst 0 is out of bounds (1 to 1000000): write \
         sends_burst = 30\n"
    );
}

#[test]
fn what_is_no_toml() {
    let complaint = complaint_of("[server]\nlisten = 127.0.0.1:8080\n");
    assert!(
        complaint.starts_with("tidings: tidings.toml:2: "),
        "{complaint}"
    );
    assert!(complaint.contains("write TOML here"), "{complaint}");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let complaint = complaint_of("[log]\nlevel = 'loud'\n[store]\nreaders = 'many'\n");
    let mut lines: Vec<&str> = complaint.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 2, "{complaint}");
    assert!(
        lines
            .iter()
            .any(|line| line.contains("tidings.toml:2: log.level")),
        "{complaint}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.contains("tidings.toml:4: store.readers")),
        "{complaint}"
    );
}
