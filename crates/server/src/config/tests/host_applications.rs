//! Host applications: an issuer, an algorithm and one key that fits it.

use super::*;

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

#[test]
fn secrets_are_not_shown() {
    let secret = "0123456789abcdef0123456789abcdef";
    let line = format!("secret = '{secret}'");
    let config = jwt(&[ISSUER, "algorithm = 'HS256'", &line]).unwrap();
    assert!(!describe::effective(&config).contains(secret));
    assert!(!format!("{config:?}").contains(secret));
    assert!(describe::effective(&config).contains("secret = \"(hidden)\""));
}
