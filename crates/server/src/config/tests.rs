//! What is refused, word for word, and what outranks what.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use super::{Config, ConfigError, Inputs, JwtKey, LogLevel, SignUpPolicy, Source, describe};

/// What is written where.
#[derive(Default)]
struct Case<'a> {
    file: Option<&'a str>,
    environment: &'a [(&'a str, &'a str)],
    flags: &'a [(&'a str, &'a str, &'a str)],
}

impl Case<'_> {
    fn load(&self) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tidings.toml");
        let file = self.file.map(|text| {
            std::fs::write(&path, text).unwrap();
            path.clone()
        });
        let flags = self.flags.iter();
        let inputs = Inputs {
            flags: flags
                .map(|(f, s, v)| (f.to_string(), s.to_string(), v.to_string()))
                .collect(),
            environment: self
                .environment
                .iter()
                .map(|(n, v)| (n.into(), v.into()))
                .collect(),
            file,
        };
        let shown = |error: ConfigError| {
            error
                .to_string()
                .replace(path.to_str().unwrap(), "tidings.toml")
        };
        Config::load(&inputs).map_err(shown)
    }
}

fn file(text: &str) -> Case<'_> {
    Case {
        file: Some(text),
        ..Case::default()
    }
}

fn check(text: &str, refusal: &str) {
    assert_eq!(file(text).load().unwrap_err(), refusal, "{text}");
}

fn check_environment(environment: &[(&str, &str)], refusal: &str) {
    let case = Case {
        environment,
        ..Case::default()
    };
    assert_eq!(case.load().unwrap_err(), refusal);
}

fn check_flags(flags: &[(&str, &str, &str)], refusal: &str) {
    let case = Case {
        flags,
        ..Case::default()
    };
    assert_eq!(case.load().unwrap_err(), refusal);
}

#[test]
fn nothing_written_is_the_default() {
    let config = Case::default().load().unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    config.check_exposure().unwrap();
}

#[test]
fn a_flag_outranks_the_environment_which_outranks_the_file() {
    let text = "[log]\nlevel = 'error'\n[limits]\nsends_burst = 3\nsends_per_s = 3\n";
    let case = Case {
        file: Some(text),
        environment: &[
            ("TIDINGS_LOG_LEVEL", "warn"),
            ("TIDINGS_LIMITS_SENDS_BURST", "4"),
        ],
        flags: &[("--set", "log.level", "debug")],
    };
    let config = case.load().unwrap();
    assert_eq!(config.log.level, LogLevel::Debug);
    assert_eq!(
        (config.limits.sends_burst, config.limits.sends_per_s),
        (4, 3)
    );
    assert_eq!(config.source("log.level"), Source::Flag("--set".into()));
    let variable = Source::Environment("TIDINGS_LIMITS_SENDS_BURST".into());
    assert_eq!(config.source("limits.sends_burst"), variable);
    assert!(matches!(
        config.source("limits.sends_per_s"),
        Source::File { line: 5, .. }
    ));
    assert_eq!(config.source("limits.signals_per_s"), Source::Default);
}

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
fn the_environment_may_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.toml");
    std::fs::write(&path, "[auth]\nguests = true\n").unwrap();
    let environment = vec![("TIDINGS_CONFIG".into(), path.into_os_string())];
    let config = Config::load(&Inputs {
        environment,
        ..Inputs::default()
    })
    .unwrap();
    assert!(config.auth.guests);
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

const ISSUER: &str = "issuer = 'https://app.example'";

fn jwt(lines: &[&str]) -> Result<Config, String> {
    let text = format!("[[auth.jwt]]\n{}\n", lines.join("\n"));
    file(&text).load()
}

#[test]
fn a_host_application_needs_an_issuer_an_algorithm_and_one_key() {
    let refused = |lines: &[&str]| jwt(lines).unwrap_err();
    assert_eq!(
        refused(&["algorithm = 'HS256'", "secret_file = 's'"]),
        "tidings.toml:1: auth.jwt[0] has no issuer: write issuer = \"https://app.example.org\""
    );
    assert_eq!(
        refused(&[ISSUER, "secret_file = 's'"]),
        "tidings.toml:1: auth.jwt[0] has no algorithm: write algorithm = \"RS256\""
    );
    assert_eq!(
        refused(&[ISSUER, "algorithm = 'EdDSA'"]),
        "tidings.toml:1: auth.jwt[0] has no key: write exactly one of public_key_file, jwks_url or \
         jwks_file"
    );
    assert_eq!(
        refused(&[
            ISSUER,
            "algorithm = 'HS256'",
            "secret_file = 's'",
            "jwks_file = 'j'"
        ]),
        "tidings.toml:1: auth.jwt[0] has 2 keys (secret_file, jwks_file): write exactly one of \
         secret or secret_file"
    );
}

#[test]
fn a_key_that_does_not_fit_the_algorithm_is_refused() {
    assert_eq!(
        jwt(&[ISSUER, "algorithm = 'HS256'", "public_key_file = 'k.pem'"]).unwrap_err(),
        "tidings.toml:1: auth.jwt[0] has algorithm = \"HS256\", which public_key_file does not fit: \
         write secret or secret_file"
    );
    assert_eq!(
        jwt(&[ISSUER, "algorithm = 'none'", "jwks_file = 'j'"]).unwrap_err(),
        "tidings.toml:3: auth.jwt[0].algorithm \"none\" is not HS256 or RS256 or ES256 or EdDSA: \
         write it as docs/configuration.md says"
    );
}

#[test]
fn a_short_secret_is_refused_and_not_repeated() {
    let refusal = jwt(&[ISSUER, "algorithm = 'HS256'", "secret = 'hunter2'"]).unwrap_err();
    assert_eq!(
        refusal,
        "tidings.toml:4: auth.jwt[0].secret has less than 32 bytes: write it as \
         docs/configuration.md says"
    );
}

#[test]
fn keys_are_fetched_over_tls_or_from_this_machine() {
    let with = |url: &str| {
        let url = format!("jwks_url = '{url}'");
        jwt(&[ISSUER, "algorithm = 'RS256'", &url])
    };
    let refusal = with("http://id.example/jwks").unwrap_err();
    assert!(
        refusal.contains("is not https, and keys from there could be anybody's"),
        "{refusal}"
    );
    for good in [
        "https://id.example/jwks",
        "http://127.0.0.1:9/jwks",
        "http://localhost/jwks",
    ] {
        let config = with(good).unwrap();
        assert!(matches!(&config.auth.jwt[0].key, JwtKey::JwksUrl(url) if &**url == good));
    }
}

#[test]
fn an_unknown_key_of_a_host_application_is_refused_with_its_line() {
    assert_eq!(
        jwt(&[
            ISSUER,
            "algorithm = 'RS256'",
            "jwks_file = 'j'",
            "leeway = 5"
        ])
        .unwrap_err(),
        "tidings.toml:5: auth.jwt[0].leeway lacks its unit: write leeway_s = 30"
    );
    assert_eq!(
        jwt(&[
            ISSUER,
            "algorithm = 'RS256'",
            "jwks_file = 'j'",
            "leeway_s = 900"
        ])
        .unwrap_err(),
        "tidings.toml:5: auth.jwt[0].leeway_s 900 is out of bounds (0 to 300): write it as \
         docs/configuration.md says"
    );
}

#[test]
fn a_host_application_can_come_from_the_environment() {
    let value = "[{ issuer = 'https://app.example', algorithm = 'HS256', secret_file = 's' }]";
    let case = Case {
        environment: &[("TIDINGS_AUTH_JWT", value)],
        ..Case::default()
    };
    let config = case.load().unwrap();
    assert_eq!(config.auth.jwt[0].key, JwtKey::SecretFile("s".into()));
    check_environment(
        &[("TIDINGS_AUTH_JWT", "https://app.example")],
        "TIDINGS_AUTH_JWT: auth.jwt[0] https://app.example is not a table as described under \
         auth.jwt: write TIDINGS_AUTH_JWT=[{ issuer = \"https://app.example.org\", algorithm = \
         \"RS256\", public_key_file = \"app.pem\" }]",
    );
}

fn exposed(text: &str) -> String {
    let config = file(text).load().unwrap();
    config
        .check_exposure()
        .map_or_else(|exposed| exposed.to_string(), |()| String::new())
}

#[test]
fn beyond_this_machine_defaults_that_would_be_unsafe_are_refused_ready_to_paste() {
    assert_eq!(
        exposed("[server]\nlisten = '0.0.0.0:8080'\n[store]\nsync = 'off'\n"),
        "others can reach 0.0.0.0:8080, and there these must be decided. Write into the \
         configuration file (or set the same by flags or environment):\n\
         \n[server]\n# the address under which people reach it, by a proxy that speaks TLS; not set \
         yet\npublic_url = \"https://chat.example.org\"\n\
         \n[auth]\n# or \"open\", if whoever finds the server may make an account; not set yet\n\
         sign_up = \"closed\"\n\
         \n[store]\n# it is \"off\" so far: a power cut may damage the database\nsync = \"full\"\n"
    );
}

#[test]
fn what_is_pasted_from_the_refusal_is_accepted() {
    let refusal = exposed("[server]\nlisten = '0.0.0.0:8080'\n");
    let (_, paste) = refusal.split_once("\n\n").unwrap();
    let flags = &[("--listen", "server.listen", "0.0.0.0:8080")];
    let case = Case {
        file: Some(paste),
        flags,
        ..Case::default()
    };
    case.load().unwrap().check_exposure().unwrap();
}

#[test]
fn beyond_this_machine_http_needs_to_be_decided() {
    let listen = "[auth]\nsign_up = 'open'\n[server]\nlisten = '[::]:80'\n";
    let text = |more: &str| format!("{listen}{more}\n");
    assert!(exposed(&text("public_url = 'http://a.example'")).contains("in the clear"));
    assert_eq!(
        exposed(&text(
            "public_url = 'http://a.example'\ninsecure_http = true"
        )),
        ""
    );
    assert_eq!(exposed(&text("public_url = 'https://a.example'")), "");
    check(
        &text("public_url = 'https://a.example'\ninsecure_http = true"),
        "tidings.toml:6: server.insecure_http = true contradicts server.public_url = \
         \"https://a.example\": leave insecure_http out: an address with https needs no leave",
    );
}

#[test]
fn on_this_machine_nothing_needs_to_be_decided() {
    for listen in [
        "127.0.0.1:1",
        "127.9.9.9:1",
        "[::1]:1",
        "[::ffff:127.0.0.1]:1",
    ] {
        let text = format!("[server]\nlisten = '{listen}'\n[store]\nsync = 'off'\n");
        assert_eq!(exposed(&text), "", "{listen}");
    }
}

#[test]
fn sign_ups_are_open_beyond_this_machine_only_if_somebody_said_so() {
    let text = "[server]\nlisten = '10.1.2.3:80'\npublic_url = 'https://a.example'\n";
    assert!(exposed(text).contains("sign_up"));
    let text = format!("{text}[auth]\nsign_up = 'open'\n");
    assert_eq!(exposed(&text), "");
    assert_eq!(file(&text).load().unwrap().auth.sign_up, SignUpPolicy::Open);
}

#[test]
fn the_document_is_what_the_table_says() {
    let written = include_str!("../../../../docs/configuration.md");
    assert!(
        written == describe::document(),
        "docs/configuration.md is out of date: tidings config docs > docs/configuration.md"
    );
}

#[test]
fn what_is_shown_can_be_read_again() {
    let text =
        "[server]\nthreads = 3\n[[auth.jwt]]\nissuer = 'i'\nalgorithm = 'ES256'\njwks_file = 'j'\n";
    let config = file(text).load().unwrap();
    let shown = describe::effective(&config);
    assert!(
        shown.contains("# public_url                             # not set"),
        "{shown}"
    );
    assert!(
        shown.contains("level = \"info\"                           # default"),
        "{shown}"
    );
    let again = file(&shown).load().unwrap();
    assert_eq!((again.server, again.auth), (config.server, config.auth));
}

#[test]
fn secrets_are_not_shown() {
    let secret = "0123456789abcdef0123456789abcdef";
    let line = format!("secret = '{secret}'");
    let config = jwt(&[ISSUER, "algorithm = 'HS256'", &line]).unwrap();
    assert!(!describe::effective(&config).contains(secret));
    assert!(!format!("{config:?}").contains(secret));
    assert!(describe::effective(&config).contains("secret = \"(hidden)\""));
}

#[test]
fn every_setting_has_a_variable_and_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> =
        describe::names().lines().map(str::to_owned).collect();
    assert_eq!(names.len(), Config::keys().len());
    assert!(
        names
            .iter()
            .any(|line| line.contains("TIDINGS_LIMITS_SIGN_INS_PER_MIN_IP"))
    );
}
