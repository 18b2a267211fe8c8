//! Values that cannot hold are refused, alone and together; those that can are read.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::*;

#[test]
fn a_value_of_the_wrong_kind_is_refused() {
    check(
        "[server]\nlisten = 8080\n",
        "tidings.toml:2: server.listen 8080 is not an address and a port in numbers, like \
         127.0.0.1:8080: write listen = \"127.0.0.1:8080\"",
    );
    check(
        "[auth]\nsign_up = true\nguests = 'yes'\n",
        "tidings.toml:2: auth.sign_up true is not open or closed: write sign_up = \"open\"\n\
         tidings.toml:3: auth.guests \"yes\" is not true or false: write guests = false",
    );
    check(
        "[server]\ndata = ''\n",
        "tidings.toml:2: server.data \"\" is not a path: write data = \"./data\"",
    );
    check(
        "[limits]\nsends_per_s = -1\n",
        "tidings.toml:2: limits.sends_per_s -1 is not a whole number of 0 or more: \
         write sends_per_s = 10",
    );
}

#[test]
fn a_value_out_of_bounds_is_refused() {
    check(
        "[limits]\nsends_burst = 0\n",
        "tidings.toml:2: limits.sends_burst 0 is out of bounds (1 to 1000000): \
         write sends_burst = 30",
    );
    check_environment(
        &[("TIDINGS_HEARTBEAT_PEER_TIMEOUT_MS", "60000")],
        "TIDINGS_HEARTBEAT_PEER_TIMEOUT_MS: heartbeat.peer_timeout_ms 60000 is out of bounds \
         (100 to 45000): write TIDINGS_HEARTBEAT_PEER_TIMEOUT_MS=45000",
    );
    check_flags(
        &[("--set", "server.threads", "0")],
        "--set: server.threads 0 is out of bounds (1 to 1024): write --set server.threads=1",
    );
}

#[test]
fn settings_that_contradict_each_other_are_refused_where_somebody_set_one() {
    check(
        "[heartbeat]\nping_interval_ms = 30000\npeer_timeout_ms = 30000\n",
        "tidings.toml:2: heartbeat.ping_interval_ms = 30000 contradicts \
         heartbeat.peer_timeout_ms = 30000 (tidings.toml:3): a socket must have time to answer a \
         ping, at least half of the interval: write ping_interval_ms = 16666, or change the other",
    );
    check(
        "[heartbeat]\npeer_timeout_ms = 9000\n",
        "tidings.toml:2: heartbeat.peer_timeout_ms = 9000 contradicts \
         heartbeat.ping_interval_ms = 25000 (default): a socket must have time to answer a ping, \
         at least half of the interval: set heartbeat.ping_interval_ms = 5000 too, or change this one",
    );
    check_flags(
        &[("--set", "auth.refresh_token_s", "600")],
        "--set: auth.refresh_token_s = 600 contradicts auth.access_token_s = 900 (default): \
         a session would end before its first access token: set auth.access_token_s = 300 too, or \
         change this one",
    );
    check_environment(
        &[("TIDINGS_LIMITS_CONNECTIONS_MAX", "20")],
        "TIDINGS_LIMITS_CONNECTIONS_MAX: limits.connections_max = 20 contradicts \
         limits.connections_per_ip = 50 (default): one address could never have so many: set \
         limits.connections_per_ip = 20 too, or change this one\n\
         TIDINGS_LIMITS_CONNECTIONS_MAX: limits.connections_max = 20 contradicts \
         limits.connections_per_user = 50 (default): one user could never have so many: set \
         limits.connections_per_user = 20 too, or change this one",
    );
}

#[test]
fn a_file_that_is_no_toml_is_refused_with_its_line() {
    let refusal = file("[server]\nlisten = 127.0.0.1:8080\n")
        .load()
        .unwrap_err();
    assert!(refusal.starts_with("tidings.toml:2: "), "{refusal}");
    assert!(
        refusal.ends_with("write TOML here, like `name = \"text\"` or `name = 5`"),
        "{refusal}"
    );
    let refusal = file("[log]\nlevel = 'info'\nlevel = 'warn'\n")
        .load()
        .unwrap_err();
    assert!(
        refusal.starts_with("tidings.toml:3: duplicate key"),
        "{refusal}"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_refused() {
    let inputs = Inputs {
        file: Some("no/such/file.toml".into()),
        ..Inputs::default()
    };
    let refusal = Config::load(&inputs).unwrap_err().to_string();
    assert!(
        refusal
            .starts_with("the configuration file no/such/file.toml cannot be read: No such file"),
        "{refusal}"
    );
}

#[test]
fn a_variable_that_is_not_text_is_refused() {
    let value = OsStr::from_bytes(b"\xff").to_owned();
    let environment: Vec<(OsString, OsString)> = vec![("TIDINGS_SERVER_DATA".into(), value)];
    let refusal = Config::load(&Inputs {
        environment,
        ..Inputs::default()
    })
    .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "TIDINGS_SERVER_DATA: its value is not UTF-8: write TIDINGS_SERVER_DATA=./data"
    );
}

#[test]
fn addresses_that_cannot_be_meant_are_refused() {
    check(
        "[server]\npublic_url = 'https://example.org/chat'\n",
        "tidings.toml:2: server.public_url \"https://example.org/chat\" has a path, and may only \
         have scheme, host and port: write public_url = \"https://chat.example.org\"",
    );
    check(
        "[server]\nallowed_origins = [\n  'https://a.example',\n  '*',\n]\n",
        "tidings.toml:4: server.allowed_origins[1] \"*\" would let any page act in its visitors' \
         names; name the pages that may: write allowed_origins = [\"https://chat.example.org\"]",
    );
    check(
        "[server]\ntrusted_proxies = ['10.0.0.1/8', '0.0.0.0/0', 'proxy']\n",
        "tidings.toml:2: server.trusted_proxies[0] 10.0.0.1/8 is an address inside of a network, \
         not the network: write trusted_proxies = [\"10.0.0.0/8\"]\n\
         tidings.toml:2: server.trusted_proxies[1] 0.0.0.0/0 is every address, so that anybody \
         could claim to be anybody: write trusted_proxies = [\"10.0.0.0/8\"]\n\
         tidings.toml:2: server.trusted_proxies[2] \"proxy\" is not an address or a network, like \
         10.0.0.7 or 10.0.0.0/8: write trusted_proxies = [\"10.0.0.0/8\"]",
    );
}

#[test]
fn origins_are_compared_as_browsers_spell_them() {
    let text = "[server]\nallowed_origins = ['HTTPS://Chat.Example.ORG:443/', 'http://[::1]:80']\n";
    let config = file(text).load().unwrap();
    let origins: Vec<&str> = config
        .server
        .allowed_origins
        .iter()
        .map(|origin| &**origin)
        .collect();
    assert_eq!(origins, ["https://chat.example.org", "http://[::1]"]);
    assert!(
        config
            .server
            .allowed_origins
            .iter()
            .any(|own| own == "https://chat.example.org")
    );
}

#[test]
fn lists_are_written_with_commas_in_a_variable() {
    let case = Case {
        environment: &[(
            "TIDINGS_SERVER_TRUSTED_PROXIES",
            "10.0.0.7, fd00::/8,192.168.0.0/16",
        )],
        ..Case::default()
    };
    let proxies = case.load().unwrap().server.trusted_proxies;
    let trusts = |address: &str| {
        proxies
            .iter()
            .any(|network| network.contains(address.parse().unwrap()))
    };
    assert!(trusts("10.0.0.7") && trusts("::ffff:10.0.0.7") && trusts("fd12::1"));
    assert!(trusts("192.168.255.1"));
    assert!(!trusts("10.0.0.8") && !trusts("fe80::1") && !trusts("192.169.0.1"));
}
