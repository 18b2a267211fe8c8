//! Key sets that a host application publishes at an address: fetched, kept, and fetched again.
//!
//! *Invariant*: only the address from the configuration is ever asked, whatever a token says, and
//! no redirect is followed. *Limit*: five seconds and 256 KiB an answer; one fetch at a time, and
//! one in thirty seconds. An address that fails keeps the keys that it gave before.

use std::sync::Arc;
use std::time::Duration;

use http::uri::Scheme;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jsonwebtoken::Algorithm;
use parking_lot::RwLock;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;

use super::keys::{KeyError, KeySet};

/// For one answer, from connecting to its last byte.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer.
const SET_BYTES_MAX: usize = 256 * 1024;
/// Between two fetches, however many unknown keys are asked for.
const FETCH_PAUSE_MS: u64 = 30_000;
/// A set is fetched again after so long, so that withdrawn keys cease to work.
const SET_AGE_MAX_MS: u64 = 600_000;

/// Follows no redirects, and asks no proxy.
type Fetcher = Client<HttpsConnector<HttpConnector>, Empty<bytes::Bytes>>;

/// Keys at an address.
pub(super) struct RemoteKeys {
    url: Uri,
    algorithm: Algorithm,
    client: Fetcher,
    /// *Lock*: held to swap or copy a pointer.
    held: RwLock<Held>,
    /// Whose turn it is to fetch.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default, Clone)]
struct Held {
    keys: Arc<KeySet>,
    fetched_ms: Option<u64>,
    tried_ms: Option<u64>,
}

/// Why a set could not be fetched; for the log.
#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("it cannot be reached: {0:?}")]
    Unreachable(hyper_util::client::legacy::Error),
    #[error("it took more than {} s", FETCH_TIMEOUT.as_secs())]
    Slow,
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("its answer broke off: {0}")]
    Broken(Box<dyn std::error::Error + Send + Sync>),
    #[error("its answer is larger than {SET_BYTES_MAX} bytes")]
    TooLarge,
    #[error(transparent)]
    Keys(#[from] KeyError),
}

/// Why an address is not asked for keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not an address.
    #[error("not an address: {0}")]
    Malformed(String),
    /// Without the authorities that this machine trusts, no address can be.
    #[error("this machine has no list of certificate authorities: {0}")]
    Authorities(String),
}

impl RemoteKeys {
    /// Keys at `url`; nothing is fetched yet.
    pub(super) fn new(url: &str, algorithm: Algorithm) -> Result<Arc<Self>, AddressError> {
        let url: Uri = url
            .parse()
            .map_err(|_| AddressError::Malformed(url.to_owned()))?;
        let client = fetcher(&url).map_err(|error| AddressError::Authorities(error.to_string()))?;
        let (held, turn) = (RwLock::default(), tokio::sync::Mutex::default());
        Ok(Arc::new(Self {
            url,
            algorithm,
            client,
            held,
            turn,
        }))
    }

    /// The keys, fetched first if they are needed: at the first token, and when one names a key
    /// that is not among them. Old ones are renewed in the background.
    ///
    /// *Cancel safety*: a fetch goes on when who waits for it leaves.
    pub(super) async fn keys(self: &Arc<Self>, kid: Option<&str>, now_ms: u64) -> Arc<KeySet> {
        let held = self.held.read().clone();
        if !held.keys.meant(kid).is_empty() {
            if held.is_old(now_ms) && !held.is_resting(now_ms) {
                drop(tokio::spawn(self.clone().renew(now_ms)));
            }
            return held.keys;
        }
        // It fails only if the task panicked; then the keys are those from before.
        let _ = tokio::spawn(self.clone().renew(now_ms)).await;
        self.held.read().keys.clone()
    }

    /// Fetches, unless that was tried a moment ago; waits for a fetch that is under way.
    async fn renew(self: Arc<Self>, now_ms: u64) {
        let _turn = self.turn.lock().await;
        {
            let mut held = self.held.write();
            if held.is_resting(now_ms) {
                return;
            }
            held.tried_ms = Some(now_ms);
        }
        match timeout(FETCH_TIMEOUT, self.fetch())
            .await
            .unwrap_or(Err(FetchError::Slow))
        {
            Ok(keys) => {
                let mut held = self.held.write();
                held.keys = Arc::new(keys);
                held.fetched_ms = Some(now_ms);
            }
            Err(error) => {
                tracing::warn!(url = %self.url, %error, "keys were not fetched; the old ones stay");
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let request = Request::get(self.url.clone())
            .header(header::ACCEPT, "application/json")
            .body(Empty::new())
            .expect("the address was read and the header is a constant");
        let response = self
            .client
            .request(request)
            .await
            .map_err(FetchError::Unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), SET_BYTES_MAX)
            .collect()
            .await;
        let body = body.map_err(|error| match error.downcast::<LengthLimitError>() {
            Ok(_) => FetchError::TooLarge,
            Err(other) => FetchError::Broken(other),
        })?;
        Ok(KeySet::read(&body.to_bytes(), self.algorithm)?)
    }
}

/// Trusts the authorities that this machine trusts; none, where the address is of this machine.
fn fetcher(url: &Uri) -> std::io::Result<Fetcher> {
    let builder = HttpsConnectorBuilder::new();
    let builder = if url.scheme() == Some(&Scheme::HTTPS) {
        builder
            .with_provider_and_native_roots(default_provider())?
            .https_only()
    } else {
        builder.with_tls_config(trusting_nobody()).https_or_http()
    };
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(FETCH_TIMEOUT));
    let connector = builder.enable_http1().wrap_connector(connector);
    Ok(Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .build(connector))
}

fn trusting_nobody() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider speaks TLS 1.2 and 1.3")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth()
}

impl Held {
    /// Whether the last try is so recent that there is none now.
    fn is_resting(&self, now_ms: u64) -> bool {
        self.tried_ms
            .is_some_and(|tried| now_ms < tried + FETCH_PAUSE_MS)
    }

    fn is_old(&self, now_ms: u64) -> bool {
        self.fetched_ms
            .is_none_or(|fetched| now_ms >= fetched + SET_AGE_MAX_MS)
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Somewhere that answers with the status and the key ids that it holds.
    async fn publisher(says: Arc<Mutex<(u16, Vec<&'static str>)>>) -> Arc<RemoteKeys> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                drop(stream.read(&mut [0; 1024]).await);
                let (status, kids) = says.lock().clone();
                let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
                let key = |kid| json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid});
                let keys: Vec<_> = kids.into_iter().map(key).collect();
                let body = json!({ "keys": keys }).to_string();
                let length = body.len();
                let head = format!("HTTP/1.1 {status} Said\r\nContent-Length: {length}\r\n\r\n");
                drop(stream.write_all(format!("{head}{body}").as_bytes()).await);
            }
        });
        RemoteKeys::new(&url, Algorithm::EdDSA).unwrap()
    }

    async fn knows(keys: &Arc<RemoteKeys>, kid: &str, now_ms: u64) -> bool {
        !keys
            .keys(Some(kid), now_ms)
            .await
            .meant(Some(kid))
            .is_empty()
    }

    #[tokio::test]
    async fn an_unknown_key_is_looked_for_again_after_a_rest() {
        let says = Arc::new(Mutex::new((200, vec!["a"])));
        let keys = publisher(says.clone()).await;
        assert!(knows(&keys, "a", 1_000).await);
        *says.lock() = (200, vec!["a", "b"]);
        assert!(!knows(&keys, "b", 30_999).await);
        assert!(knows(&keys, "b", 31_000).await);
    }

    #[tokio::test]
    async fn an_address_that_fails_keeps_the_keys_that_it_gave_before() {
        let says = Arc::new(Mutex::new((200, vec!["a"])));
        let keys = publisher(says.clone()).await;
        assert!(knows(&keys, "a", 0).await);
        for said in [(500, vec!["b"]), (200, vec![])] {
            *says.lock() = said;
            let tried_ms = keys.held.read().tried_ms.unwrap() + FETCH_PAUSE_MS;
            assert!(!knows(&keys, "b", tried_ms).await);
            assert!(knows(&keys, "a", tried_ms).await);
        }
    }

    #[tokio::test]
    async fn a_withdrawn_key_ceases_to_work_once_its_set_is_old() {
        let says = Arc::new(Mutex::new((200, vec!["a", "b"])));
        let keys = publisher(says.clone()).await;
        assert!(knows(&keys, "a", 0).await);
        *says.lock() = (200, vec!["b"]);
        let old_ms = SET_AGE_MAX_MS;
        assert!(knows(&keys, "a", old_ms - 1).await);
        assert!(knows(&keys, "a", old_ms).await, "renewed in the background");
        while keys.held.read().fetched_ms != Some(old_ms) {
            tokio::task::yield_now().await;
        }
        assert!(!knows(&keys, "a", old_ms).await);
        assert!(knows(&keys, "b", old_ms).await);
    }

    #[tokio::test]
    async fn who_asks_while_the_first_fetch_is_under_way_waits_for_it() {
        let keys = publisher(Arc::new(Mutex::new((200, vec!["a"])))).await;
        let (one, other) = tokio::join!(knows(&keys, "a", 0), knows(&keys, "a", 0));
        assert!(one && other);
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_never_answers_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let keys = RemoteKeys::new(&url, Algorithm::EdDSA).unwrap();
        assert!(!knows(&keys, "a", 0).await);
        assert!(keys.held.read().is_resting(FETCH_PAUSE_MS - 1));
    }
}
