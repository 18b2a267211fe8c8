//! Keys of host applications at an address.

use serde_json::json;

use crate::host_tokens::{entry, refused};
use crate::key_server::KeyServer;
use crate::server::TestServer;
use crate::signers::{Signer, key_set};

#[tokio::test]
async fn keys_at_an_address_are_fetched_at_the_first_token_and_no_oftener_than_needed() {
    let app = Signer::es256().named("one");
    let keys = KeyServer::start(&app.key_set()).await;
    let toml = entry("ES256", &format!("jwks_url = \"{}\"", keys.url));
    let server = TestServer::with_auth(&toml).await;
    assert_eq!(keys.asked(), 0);
    let token = app.sign(&json!({}));
    let together = (0..5).map(|_| server.get("/v1/me").by(&token).send());
    for answer in futures_util::future::join_all(together).await {
        assert_eq!(answer.status, 200, "{:#}", answer.body);
    }
    assert_eq!(keys.asked(), 1);
    let next = Signer::es256().named("two");
    keys.publish(&key_set(&[&app, &next]));
    for kid in ["two", "../../etc/passwd", "http://127.0.0.1:1/keys", ""] {
        refused(&server, &next.clone().named(kid).sign(&json!({}))).await;
    }
    assert_eq!(
        keys.asked(),
        1,
        "unknown keys do not make us ask more than every thirty seconds"
    );
}

#[tokio::test]
async fn an_address_that_fails_lies_or_points_elsewhere_gives_no_keys() {
    let app = Signer::ed25519().named("one");
    let elsewhere = KeyServer::start(&app.key_set()).await;
    let set = app.key_set();
    let padded = format!("{}{}", " ".repeat(300 * 1024), set);
    for response in [
        "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_owned(),
        format!(
            "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
            elsewhere.url
        ),
        format!(
            "HTTP/1.1 203 Nearly\r\nContent-Length: {}\r\n\r\n{set}",
            set.len()
        ),
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{padded}",
            padded.len()
        ),
        format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{set}"),
        format!("HTTP/1.1 200 OK\r\n\r\n{}", "[".repeat(100_000)),
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"keys\":[]}".to_owned(),
        "SSH-2.0-OpenSSH_9.2\r\n".to_owned(),
    ] {
        let keys = KeyServer::start("").await;
        keys.say(&response);
        let toml = entry("EdDSA", &format!("jwks_url = \"{}\"", keys.url));
        let server = TestServer::with_auth(&toml).await;
        refused(&server, &app.sign(&json!({}))).await;
        assert_eq!(keys.asked(), 1);
    }
    assert_eq!(elsewhere.asked(), 0, "redirects are not followed");
}
