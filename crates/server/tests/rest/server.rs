//! A server of one's own for each test: the same two functions that the command calls, on a free
//! port and an empty folder.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tidings_domain::{ApiKeyId, Timestamp};
use tidings_engine::ports::{ApiKey, SavedAnswer};
use tidings_server::app::{self, App};
use tidings_server::config::{Config, ConfigError, Inputs, SyncMode};
use tidings_server::random;
use tokio::sync::oneshot;

use crate::call::Call;

/// Every account of these tests has it.
pub(crate) const PASSWORD: &str = "correct horse";

/// A server that ends with the test.
pub(crate) struct TestServer {
    /// What a test cannot reach from outside: the store, the live connections.
    pub(crate) app: Arc<App>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    http: reqwest::Client,
    _data: TempDir,
    _stop: oneshot::Sender<()>,
}

/// Somebody who signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) refresh_token: String,
    pub(crate) session: String,
    pub(crate) device: String,
}

impl TestServer {
    /// With the defaults.
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    /// With other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.data = data.path().to_owned();
        config.store.sync = SyncMode::Off;
        change(&mut config);
        let listener = app::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        config.server.listen = address;
        let app = App::open(config).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = app::serve(app.clone(), listener, async { drop(stopped.await) });
        tokio::spawn(serving);
        let http = reqwest::Client::new();
        Self {
            app,
            address,
            http,
            _data: data,
            _stop: stop,
        }
    }

    /// A request to be.
    pub(crate) fn call(&self, method: &str, path: &str) -> Call {
        let url = format!("http://{}{path}", self.address);
        Call::new(self.http.request(method.parse().unwrap(), url))
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.call("DELETE", path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Call {
        self.call("POST", path).json(body)
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Call {
        self.call("PUT", path).json(body)
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Call {
        self.call("PATCH", path).json(body)
    }

    /// Makes an account.
    pub(crate) async fn sign_up(&self, username: &str) -> Person {
        let body = json!({"username": username, "password": PASSWORD});
        Person::of(&self.post("/v1/accounts", &body).expect(201).await)
    }

    /// Signs in to an account once more.
    pub(crate) async fn sign_in(&self, username: &str) -> Person {
        let body = json!({"username": username, "password": PASSWORD});
        Person::of(&self.post("/v1/sessions", &body).expect(201).await)
    }

    /// With what a configuration file says under `[auth]`.
    pub(crate) async fn with_auth(toml: &str) -> Self {
        let auth = loaded(toml).unwrap().auth;
        Self::with(|config| config.auth = auth).await
    }

    /// Forgets the answers to requests with an idempotency key, as if a day had passed.
    pub(crate) async fn forget_answers(&self) {
        let answer = SavedAnswer {
            request_hash: [0; 32],
            status: 204,
            body: vec![],
            at: Timestamp(0),
        };
        let not_before = self.app.engine.clock.now().plus_millis(1);
        let directory = &self.app.engine.store.directory;
        directory
            .save_answer("nobody", "none", answer, not_before)
            .await
            .unwrap();
    }

    /// Makes an API key.
    pub(crate) async fn api_key(&self, scopes: &[&str]) -> String {
        let text = format!("tk_{}", random::text(&random::secret::<24>()));
        let key = ApiKey {
            id: ApiKeyId::from_uuid(random::id()),
            name: "test".into(),
            scopes: scopes.iter().map(ToString::to_string).collect(),
            created_at: Timestamp(0),
        };
        let hash = Sha256::digest(&text).into();
        self.app
            .engine
            .store
            .accounts
            .create_api_key(key, hash)
            .await
            .unwrap();
        text
    }
}

/// What is read from a configuration file.
pub(crate) fn loaded(toml: &str) -> Result<Config, ConfigError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(toml.as_bytes()).unwrap();
    Config::load(&Inputs {
        file: Some(file.path().to_owned()),
        ..Inputs::default()
    })
}

impl Person {
    /// From a session's body.
    pub(crate) fn of(session: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            id: text(&session["user"]["id"]),
            token: text(&session["access_token"]),
            refresh_token: text(&session["refresh_token"]),
            session: text(&session["session_id"]),
            device: text(&session["device_id"]),
        }
    }
}
