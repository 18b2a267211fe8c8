//! A server in a folder of its own, and people who talk to it.
#![allow(dead_code, reason = "several tests take from it what they need")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tidings_server::app::{App, bind, serve};
use tidings_server::config::Config;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running server. Ends with the test.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) address: SocketAddr,
    /// What a test cannot reach from outside: the store, the cursor of a place.
    pub(crate) app: Arc<App>,
    base: String,
    client: Client,
    _stop: oneshot::Sender<()>,
    _serving: JoinHandle<()>,
}

impl World {
    /// Starts a server whose limits of rate are out of the way.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(adjust: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let mut config = Config::default();
        config.server.listen = listener.local_addr().unwrap();
        config.server.data = folder.path().to_owned();
        config.auth.guests = true;
        config.limits.requests_burst = 1_000_000;
        config.limits.sends_burst = 1_000_000;
        adjust(&mut config);
        let address = config.server.listen;
        let base = format!("http://{address}");
        let app: Arc<App> = App::open(config).await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = app.clone();
        let serving = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            serve(served, listener, stopped).await;
        });
        let client = Client::builder()
            .no_proxy()
            // The server hangs up on a connection that says nothing for five seconds.
            .pool_idle_timeout(Duration::from_secs(2))
            .build()
            .unwrap();
        Self {
            folder,
            address,
            app,
            base,
            client,
            _stop: stop,
            _serving: serving,
        }
    }

    /// Somebody who has not said who they are.
    pub(crate) fn nobody(&self) -> Person {
        Person {
            base: self.base.clone(),
            client: self.client.clone(),
            token: None,
            id: String::new(),
        }
    }

    /// Somebody new.
    pub(crate) async fn person(&self, name: &str) -> Person {
        let nobody = self.nobody();
        let session = nobody
            .post("/v1/guests", json!({"display_name": name}))
            .await
            .ok(201);
        nobody.by(&session)
    }

    /// Several who are new.
    pub(crate) async fn people<const N: usize>(&self, names: [&str; N]) -> [Person; N] {
        let mut people = Vec::new();
        for name in names {
            people.push(self.person(name).await);
        }
        people
            .try_into()
            .unwrap_or_else(|_| unreachable!("as many people as names"))
    }

    /// So many who are new.
    pub(crate) async fn crowd(&self, size: usize) -> Vec<Person> {
        let mut crowd = Vec::new();
        for number in 0..size {
            crowd.push(self.person(&format!("person {number}")).await);
        }
        crowd
    }
}

/// Somebody who talks to the server.
#[derive(Clone)]
pub(crate) struct Person {
    base: String,
    client: Client,
    pub(crate) token: Option<String>,
    pub(crate) id: String,
}

impl Person {
    /// Whoever this is, by the session of another answer to a sign-in.
    pub(crate) fn by(&self, session: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            token: Some(text(&session["access_token"])),
            id: text(&session["user"]["id"]),
            ..self.clone()
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.request(method.parse().unwrap(), path);
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(format!("{method} {path}"), request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, Some(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, Some(&body)).await
    }

    /// A `GET` with one more header.
    pub(crate) async fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        let request = self.request(Method::GET, path).header(name, value);
        Answer::of(format!("GET {path}"), request).await
    }

    /// A `POST` under an idempotency key.
    pub(crate) async fn post_once(&self, key: &str, path: &str, body: Value) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("Idempotency-Key", key)
            .json(&body);
        Answer::of(format!("POST {path} under {key}"), request).await
    }

    /// A body of any bytes that calls itself JSON.
    pub(crate) async fn post_bytes(&self, path: &str, body: Vec<u8>) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header("Content-Type", "application/json");
        Answer::of(format!("POST {path}"), request.body(body)).await
    }

    /// A room of one's own with these people; its id.
    pub(crate) async fn room(&self, kind: &str, name: &str, members: &[&Self]) -> String {
        let members: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
        let body = json!({"kind": kind, "name": name, "members": members});
        let room = self.post("/v1/rooms", body).await.ok(201);
        room["id"].as_str().unwrap().to_owned()
    }

    /// Says something; its seq.
    pub(crate) async fn say(&self, room: &str, text: &str) -> u64 {
        let sent = self
            .post(&format!("/v1/rooms/{room}/messages"), json!({"text": text}))
            .await;
        sent.ok(201)["seq"].as_u64().unwrap()
    }

    /// A link into a room; its code.
    pub(crate) async fn invite(&self, room: &str, body: Value) -> String {
        let made = self
            .post(&format!("/v1/rooms/{room}/invitations"), body)
            .await
            .ok(201);
        made["code"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn accept(&self, code: &str) -> Answer {
        self.post(&format!("/v1/invitations/{code}/accept"), json!({}))
            .await
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    async fn of(request: String, built: RequestBuilder) -> Self {
        let response = built.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap();
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        Self {
            request,
            status,
            headers,
            body,
        }
    }

    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.request, self.body);
        self.body
    }

    /// An answer that is a problem of this status and code; the first wrong field, if it names one.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> String {
        let (request, body) = (&self.request, &self.body);
        assert_eq!(
            (self.status, body["code"].as_str()),
            (status, Some(code)),
            "{request}: {body}"
        );
        let media_type = self.headers["content-type"].to_str().unwrap();
        assert_eq!(media_type, "application/problem+json", "{request}");
        assert_eq!(
            body["request_id"].as_str(),
            self.headers["x-request-id"].to_str().ok()
        );
        body["errors"][0]["field"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The wrong field that the answer names.
    #[track_caller]
    pub(crate) fn wrong_field(self) -> String {
        self.refused(400, "invalid_request")
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .unwrap_or_else(|| panic!("{}: no {name}", self.request))
            .to_str()
            .unwrap()
    }
}

/// The seqs of a page's messages.
pub(crate) fn seqs(messages: &Value) -> Vec<u64> {
    let messages = messages.as_array().unwrap();
    messages
        .iter()
        .map(|message| message["seq"].as_u64().unwrap())
        .collect()
}

/// The texts of one field over a list.
pub(crate) fn texts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    let list = list.as_array().unwrap();
    list.iter()
        .map(|item| item[field].as_str().unwrap())
        .collect()
}
