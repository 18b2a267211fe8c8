//! Tokens of host applications.

use std::io::Write as _;
use std::time::Duration;

use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tidings_domain::UserId;
use tidings_server::auth::hosts::HostTokens;

use crate::server::{TestServer, loaded};
use crate::signers::{Signer, completed, encode, now_s};
use crate::sockets::Socket;

const SECRET: &str = "a secret of thirty-two bytes, more or less";

/// An entry of the configuration, for issuer `app`.
pub(crate) fn entry(algorithm: &str, key: &str) -> String {
    format!("[[auth.jwt]]\nissuer = \"app\"\nalgorithm = \"{algorithm}\"\n{key}\n")
}

fn shared_secret() -> String {
    entry("HS256", &format!("secret = \"{SECRET}\""))
}

fn file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

async fn me(server: &TestServer, token: &str) -> Value {
    server.get("/v1/me").by(token).expect(200).await
}

pub(crate) async fn refused(server: &TestServer, token: &str) {
    server
        .get("/v1/me")
        .by(token)
        .refused(401, "unauthenticated")
        .await;
}

#[tokio::test]
async fn a_user_is_made_at_first_sight_and_renamed_when_the_application_renames_them() {
    let server = TestServer::with_auth(&(shared_secret() + "username_claim = \"login\"")).await;
    let app = Signer::hs256(SECRET);
    let ana = me(&server, &app.sign(&json!({"name": "Ana", "login": "Ana"}))).await;
    assert_eq!(ana["id"], UserId::from_subject("app", "7").to_string());
    assert_eq!(
        (&ana["display_name"], &ana["username"]),
        (&json!("Ana"), &json!("ana"))
    );
    assert_eq!(ana["origin"], "external");
    let renamed = me(&server, &app.sign(&json!({"name": "Ana B."}))).await;
    assert_eq!(
        (&renamed["id"], &renamed["display_name"]),
        (&ana["id"], &json!("Ana B."))
    );
    let silent = me(&server, &app.sign(&json!({}))).await;
    assert_eq!(
        silent["display_name"], "Ana B.",
        "a token without a name changes none"
    );
    let nameless = me(&server, &app.sign(&json!({"sub": "auth0|8"}))).await;
    assert_eq!(nameless["display_name"], "auth0|8");
    let hostile = me(
        &server,
        &app.sign(&json!({"sub": "9\u{202e}", "name": " "})),
    )
    .await;
    assert!(
        hostile["display_name"]
            .as_str()
            .unwrap()
            .starts_with("user ")
    );
}

#[tokio::test]
async fn a_user_of_a_back_end_is_the_user_of_its_tokens() {
    let server = TestServer::with_auth(&shared_secret()).await;
    let key = server.api_key(&["users"]).await;
    let body = json!({"display_name": "Ana"});
    let put = server.put("/v1/users/7", &body).by(&key).expect(200).await;
    assert_eq!(
        me(&server, &Signer::hs256(SECRET).sign(&json!({}))).await["id"],
        put["id"]
    );
}

#[tokio::test]
async fn public_keys_of_each_kind_check_tokens() {
    for (name, signer) in [
        ("RS256", Signer::rs256()),
        ("ES256", Signer::es256()),
        ("EdDSA", Signer::ed25519()),
    ] {
        let pem = file(&signer.public);
        let key = format!("public_key_file = {:?}", pem.path());
        let server = TestServer::with_auth(&entry(name, &key)).await;
        me(&server, &signer.sign(&json!({}))).await;
        let set = file(&signer.clone().named("k").key_set());
        let key = format!("jwks_file = {:?}", set.path());
        let server = TestServer::with_auth(&entry(name, &key)).await;
        me(&server, &signer.clone().named("k").sign(&json!({}))).await;
        me(&server, &signer.sign(&json!({}))).await;
        refused(&server, &signer.named("other").sign(&json!({}))).await;
    }
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let signer = Signer::rs256();
    let pem = file(&signer.public);
    let key = format!("public_key_file = {:?}", pem.path());
    let server = TestServer::with_auth(&entry("RS256", &key)).await;
    let good = signer.sign(&json!({}));
    let (head, signature) = good.rsplit_once('.').unwrap();
    let claims = encode(completed(&json!({})).to_string());
    let none = encode(r#"{"alg":"none","typ":"JWT"}"#);
    // The public key is no secret, so whoever takes it for one lets anybody in.
    let confused = Signer::hs256(&signer.public).sign(&json!({}));
    let stranger = Signer::es256().sign(&json!({}));
    let critical = Header {
        crit: Some(vec!["b64".into()]),
        ..Header::new(Algorithm::RS256)
    };
    let critical = signer.sign_under(&critical, &json!({}));
    let other_claims = encode(completed(&json!({"sub": "8"})).to_string());
    let swapped = format!(
        "{}.{other_claims}.{signature}",
        head.split('.').next().unwrap()
    );
    for token in [
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{head}."),
        head.to_owned(),
        format!("{good}."),
        format!("{good}A"),
        swapped,
        confused,
        stranger,
        critical,
        format!("..{}", "A".repeat(100)),
        "x".repeat(7_000),
    ] {
        refused(&server, &token).await;
    }
    let long = signer.sign(&json!({"padding": "x".repeat(6_200)}));
    assert!(long.len() > 8 * 1024);
    let limits = &server.app.hosts;
    assert!(
        limits.user_of(&server.app, &long).await.is_err(),
        "longer than any header may be"
    );
    me(&server, &good).await;
}

#[tokio::test]
async fn claims_are_held_to_the_configuration() {
    let toml = shared_secret() + "audience = \"chat\"\nleeway_s = 0";
    let server = TestServer::with_auth(&toml).await;
    let app = Signer::hs256(SECRET);
    let with = |mut changes: Value| {
        if changes.get("aud").is_none() {
            changes["aud"] = "chat".into();
        }
        app.sign(&changes)
    };
    me(&server, &with(json!({}))).await;
    me(&server, &with(json!({"aud": ["other", "chat"]}))).await;
    for changes in [
        json!({"iss": "another"}),
        json!({"iss": null}),
        json!({"aud": "other"}),
        json!({"aud": []}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": {"$ne": 1}}),
        json!({"exp": null}),
        json!({"exp": "never"}),
        json!({"nbf": now_s() + 30}),
        json!({"exp": now_s() - 1, "aud": "other"}),
    ] {
        refused(&server, &with(changes)).await;
    }
    let expired = with(json!({"exp": now_s() - 1}));
    server
        .get("/v1/me")
        .by(&expired)
        .refused(401, "token_expired")
        .await;
}

#[tokio::test]
async fn two_issuers_with_one_key_id_are_two() {
    let (one, two) = (Signer::ed25519().named("k"), Signer::ed25519().named("k"));
    let (first, second) = (file(&one.key_set()), file(&two.key_set()));
    let toml = entry("EdDSA", &format!("jwks_file = {:?}", first.path()))
        + &entry("EdDSA", &format!("jwks_file = {:?}", second.path()))
            .replace("\"app\"", "\"two\"");
    let server = TestServer::with_auth(&toml).await;
    me(&server, &one.sign(&json!({}))).await;
    let of_two = me(&server, &two.sign(&json!({"iss": "two"}))).await;
    assert_eq!(of_two["id"], UserId::from_subject("two", "7").to_string());
    refused(&server, &one.sign(&json!({"iss": "two"}))).await;
    refused(&server, &two.sign(&json!({}))).await;
}

#[tokio::test]
async fn two_entries_of_one_issuer_are_tried_in_order() {
    let old = "the secret of last year, which still works";
    let toml = shared_secret() + &entry("HS256", &format!("secret = \"{old}\""));
    let server = TestServer::with_auth(&toml).await;
    let now = me(&server, &Signer::hs256(SECRET).sign(&json!({}))).await;
    let then = me(&server, &Signer::hs256(old).sign(&json!({}))).await;
    assert_eq!(now["id"], then["id"]);
    let expired = Signer::hs256(SECRET).sign(&json!({"exp": now_s() - 300}));
    server
        .get("/v1/me")
        .by(&expired)
        .refused(401, "token_expired")
        .await;
    refused(
        &server,
        &Signer::hs256("nobody's secret, thirty-two bytes long").sign(&json!({})),
    )
    .await;
}

#[tokio::test]
async fn a_socket_of_a_host_token_ends_with_it() {
    let server = TestServer::with_auth(&(shared_secret() + "leeway_s = 0")).await;
    let app = Signer::hs256(SECRET);
    let mut socket = Socket::open(&server, &app.sign(&json!({"exp": now_s() + 2}))).await;
    assert_eq!(
        socket.close_code_within(Duration::from_secs(10)).await,
        4101
    );
}

#[tokio::test]
async fn a_socket_goes_on_with_the_next_token_of_the_same_host_user_and_of_no_other() {
    let server = TestServer::with_auth(&(shared_secret() + "leeway_s = 0")).await;
    let app = Signer::hs256(SECRET);
    let first = app.sign(&json!({"jti": "a", "iat": now_s(), "exp": now_s() + 3}));
    let mut socket = Socket::open(&server, &first).await;
    let account = server.sign_up("ana").await;
    let stranger = app.sign(&json!({"sub": "8", "jti": "b"}));
    for token in [&stranger, &account.token] {
        let refused = socket.ask(json!({"type": "token", "token": token})).await;
        assert_eq!(refused["code"], "forbidden", "{refused:#}");
    }
    let exp = now_s() + 600;
    let next = app.sign(&json!({"jti": "b", "iat": now_s() + 1, "exp": exp}));
    let renewed = socket.ask(json!({"type": "token", "token": next})).await;
    assert_eq!(renewed["access_expires_at_ms"], exp * 1_000, "{renewed:#}");
    // It outlives the first token, and the interval at which expired ones are shown out.
    socket.is_open_for(Duration::from_secs(6)).await;
}

#[tokio::test]
async fn a_socket_of_an_account_does_not_go_on_with_a_host_token() {
    let server = TestServer::with_auth(&shared_secret()).await;
    let ana = server.sign_up("ana").await;
    let mut socket = Socket::open(&server, &ana.token).await;
    let host = Signer::hs256(SECRET).sign(&json!({}));
    let other = server.sign_in("ana").await;
    for token in [&host, &other.token] {
        let refused = socket.ask(json!({"type": "token", "token": token})).await;
        assert_eq!(refused["code"], "forbidden", "{refused:#}");
    }
}

#[tokio::test]
async fn a_host_token_has_no_session_that_could_be_listed_or_ended() {
    let server = TestServer::with_auth(&shared_secret()).await;
    let token = Signer::hs256(SECRET).sign(&json!({"jti": "a"}));
    let sessions = server.get("/v1/sessions").by(&token).expect(200).await;
    assert_eq!(sessions["sessions"], json!([]));
    server
        .delete("/v1/sessions/current")
        .by(&token)
        .refused(404, "not_found")
        .await;
}

#[test]
fn a_key_that_cannot_be_used_is_refused_at_start_with_its_place_and_reason() {
    let rsa = file(&Signer::rs256().public);
    let ec = file(&Signer::es256().public);
    let empty_set = file("{\"keys\": []}");
    let short = file("too short");
    let private =
        file("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n");
    for (algorithm, key, why) in [
        ("HS256", format!("secret_file = {:?}", rsa.path()), "PEM"),
        (
            "HS256",
            format!("secret_file = {:?}", short.path()),
            "32 bytes",
        ),
        (
            "RS256",
            format!("public_key_file = {:?}", ec.path()),
            "RS256",
        ),
        (
            "ES256",
            format!("public_key_file = {:?}", rsa.path()),
            "ES256",
        ),
        (
            "EdDSA",
            format!("public_key_file = {:?}", private.path()),
            "private",
        ),
        (
            "RS256",
            format!("jwks_file = {:?}", empty_set.path()),
            "no key for RS256",
        ),
        (
            "RS256",
            format!("jwks_file = {:?}", short.path()),
            "Key Set",
        ),
        (
            "RS256",
            "jwks_file = \"/nowhere/at/all\"".to_owned(),
            "/nowhere/at/all",
        ),
    ] {
        let toml = shared_secret() + &entry(algorithm, &key);
        let error = HostTokens::new(&loaded(&toml).unwrap().auth)
            .err()
            .expect(why)
            .to_string();
        assert!(
            error.contains("number 2 (app)") && error.contains(why),
            "{error}"
        );
    }
}
