//! What must be decided before others can reach the server.

use super::*;

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
