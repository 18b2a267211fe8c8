//! Names that mean nothing are refused, with the one that was meant.

use super::*;

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_one_that_was_meant() {
    check(
        "[server]\n\nlisten_on = 5\ndatta = 'x'\n",
        "tidings.toml:4: server.datta is no setting: write data = \"./data\"\n\
         tidings.toml:3: server.listen_on is no setting: write listen = \"127.0.0.1:8080\"",
    );
    check(
        "[log]\ncolour = 'red'\n",
        "tidings.toml:2: log.colour is no setting: remove it, or use one of format, level",
    );
    check(
        "[sever]\nlisten = ''\n",
        "tidings.toml:1: there is no section [sever]: write [server]",
    );
    check(
        "[kubernetes]\n",
        "tidings.toml:1: there is no section [kubernetes]: use one of [server], [auth], [store], \
         [limits], [heartbeat], [log]",
    );
    check(
        "listen = '127.0.0.1:1'\n",
        "tidings.toml:1: listen stands outside of any section: put it under [server]",
    );
}

#[test]
fn a_missing_or_wrong_unit_is_refused() {
    check(
        "[heartbeat]\nping_interval = 25000\n",
        "tidings.toml:2: heartbeat.ping_interval lacks its unit: write ping_interval_ms = 25000",
    );
    check(
        "[heartbeat]\nping_interval_s = 25\n",
        "tidings.toml:2: heartbeat.ping_interval_s has another unit: write ping_interval_ms = 25000",
    );
    check(
        "[heartbeat]\nping_interval_ms = '25s'\n",
        "tidings.toml:2: heartbeat.ping_interval_ms \"25s\" is not a whole number of 0 or more: \
         write ping_interval_ms = 25000",
    );
}

#[test]
fn an_unknown_variable_is_refused_with_the_one_that_was_meant() {
    check_environment(
        &[
            ("TIDINGS_LIMIT_SENDS_BURST", "5"),
            ("HOME", "x"),
            ("TIDINGSFOO", "x"),
        ],
        "TIDINGS_LIMIT_SENDS_BURST: there is no such setting: write TIDINGS_LIMITS_SENDS_BURST, or \
         unset it",
    );
    check_environment(
        &[("TIDINGS_PORT", "9000")],
        "TIDINGS_PORT: there is no such setting: unset it, or name it after a setting: \
         TIDINGS_SECTION_NAME",
    );
}

#[test]
fn what_kubernetes_says_of_a_service_named_tidings_is_passed_over() {
    let case = Case {
        environment: &[
            ("TIDINGS_SERVICE_HOST", "10.0.0.1"),
            ("TIDINGS_SERVICE_PORT", "80"),
            ("TIDINGS_SERVICE_PORT_HTTP", "80"),
            ("TIDINGS_PORT", "tcp://10.0.0.1:80"),
            ("TIDINGS_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("TIDINGS_REDIS_PORT_6379_TCP", "tcp://10.0.0.2:6379"),
        ],
        ..Case::default()
    };
    assert_eq!(case.load().unwrap(), Config::default());
}

#[test]
fn an_unknown_name_in_a_flag_is_refused() {
    check_flags(
        &[("--set", "server.lisen", "x")],
        "--set: server.lisen is no setting: write --set server.listen=127.0.0.1:8080",
    );
    check_flags(
        &[("--set", "sends_burst", "5")],
        "--set: there is no setting sends_burst: write --set limits.sends_burst=…",
    );
    check_flags(
        &[("--listen", "server.listen", "localhost")],
        "--listen: server.listen localhost is not an address and a port in numbers, like \
         127.0.0.1:8080: write --listen 127.0.0.1:8080",
    );
}

#[test]
fn the_same_setting_by_two_flags_is_refused() {
    check_flags(
        &[
            ("--listen", "server.listen", "127.0.0.1:1"),
            ("--set", "server.listen", "127.0.0.1:2"),
        ],
        "--set: server.listen is set twice by flags (--listen is the other): leave one of them out",
    );
}
