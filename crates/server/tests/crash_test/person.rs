//! People at a server that dies: who speaks sends again what was not acknowledged, who listens
//! comes back with the last cursor. Written against the protocol with an outside WebSocket client.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Nobody waits longer than this for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two tries to reach a server that is down.
const PAUSE: Duration = Duration::from_millis(20);
/// Sends under way at a time.
const IN_FLIGHT: usize = 8;

/// A signed-in user.
pub struct Account {
    url: String,
    token: String,
    http: reqwest::Client,
}

impl Account {
    /// Makes an account.
    pub async fn sign_up(url: &str, name: &str) -> Self {
        let http = reqwest::Client::new();
        let body = json!({"username": name, "password": "correct horse battery"});
        let answer = http
            .post(format!("{url}/v1/accounts"))
            .json(&body)
            .send()
            .await
            .unwrap();
        let session: Value = answer.json().await.unwrap();
        let token = session["access_token"]
            .as_str()
            .expect("a session")
            .to_owned();
        Self {
            url: url.to_owned(),
            token,
            http,
        }
    }

    /// Makes a channel; its id.
    pub async fn make_channel(&self, name: &str) -> String {
        let room = self
            .post("/v1/rooms", json!({"kind": "channel", "name": name}))
            .await;
        room["id"].as_str().expect("a room").to_owned()
    }

    /// Joins a channel.
    pub async fn join(&self, room: &str) {
        self.post(&format!("/v1/rooms/{room}/join"), json!({}))
            .await;
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self
            .http
            .post(format!("{}{path}", self.url))
            .bearer_auth(&self.token);
        request
            .json(&body)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// The client ids of a room's events, by seq.
    pub async fn whole_log(&self, room: &str) -> BTreeMap<u64, Option<String>> {
        let mut log = BTreeMap::new();
        let mut after = 0;
        loop {
            let path = format!(
                "{}/v1/rooms/{room}/events?after={after}&limit=200",
                self.url
            );
            let answer = self
                .http
                .get(path)
                .bearer_auth(&self.token)
                .send()
                .await
                .unwrap();
            let page: Value = answer.json().await.unwrap();
            for event in page["events"].as_array().expect("a page of events") {
                after = event["seq"].as_u64().unwrap();
                log.insert(after, event["client_id"].as_str().map(str::to_owned));
            }
            if page["complete"] == true {
                return log;
            }
        }
    }

    /// A greeted socket; tries until the server is up.
    async fn connect(&self, cursor: Option<&str>) -> Socket {
        let address = format!("{}/v1/socket", self.url.replacen("http", "ws", 1));
        let try_for_long = async {
            loop {
                if let Ok((mut socket, _)) = tokio_tungstenite::connect_async(&address).await {
                    let hello = json!({
                        "type": "hello", "id": 1, "token": self.token, "cursor": cursor,
                    });
                    if socket.send(Message::text(hello.to_string())).await.is_ok() {
                        return socket;
                    }
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(PATIENCE, try_for_long)
            .await
            .expect("the server comes back")
    }
}

/// The next frame; `None` when the connection is gone.
async fn hear(socket: &mut Socket) -> Option<Value> {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next())
            .await
            .expect("no silence")?
        {
            Ok(Message::Text(text)) => return serde_json::from_str(&text).ok(),
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// Somebody who sends as fast as acks allow.
pub struct Speaker {
    stop: Arc<AtomicBool>,
    task: JoinHandle<HashMap<String, Option<u64>>>,
}

impl Speaker {
    /// Begins to speak.
    pub fn start(account: Arc<Account>, room: String) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(speak(account, room, stop.clone()));
        Self { stop, task }
    }

    /// Stops, once all is acknowledged: what was sent, with the seqs of the acks.
    pub async fn finish(self) -> HashMap<String, Option<u64>> {
        self.stop.store(true, Ordering::Release);
        self.task.await.expect("the speaker speaks to the end")
    }
}

async fn speak(
    account: Arc<Account>,
    room: String,
    stop: Arc<AtomicBool>,
) -> HashMap<String, Option<u64>> {
    let mut said: HashMap<String, Option<u64>> = HashMap::new();
    let mut waiting: BTreeMap<u64, String> = BTreeMap::new();
    let mut last_id = 1;
    loop {
        let mut socket = account.connect(None).await;
        let mut again: Vec<(u64, String)> = waiting.clone().into_iter().collect();
        loop {
            while waiting.len() < IN_FLIGHT && again.is_empty() && !stop.load(Ordering::Acquire) {
                last_id += 1;
                let client_id = uuid::Uuid::now_v7().to_string();
                said.insert(client_id.clone(), None);
                waiting.insert(last_id, client_id.clone());
                again.push((last_id, client_id));
            }
            if waiting.is_empty() {
                return said;
            }
            if !send_all(&mut socket, &room, &mut again).await {
                break;
            }
            let Some(frame) = hear(&mut socket).await else {
                break;
            };
            let answered = frame["id"].as_u64().and_then(|id| waiting.remove(&id));
            if let Some(client_id) = answered {
                assert_eq!(frame["type"], "ack", "{frame}");
                said.insert(client_id, frame["seq"].as_u64());
            }
        }
    }
}

async fn send_all(socket: &mut Socket, room: &str, frames: &mut Vec<(u64, String)>) -> bool {
    for (id, client_id) in frames.drain(..) {
        let frame = json!({
            "type": "send", "id": id, "room": room, "client_id": client_id, "text": client_id,
        });
        if socket.send(Message::text(frame.to_string())).await.is_err() {
            return false;
        }
    }
    true
}

/// Somebody who only listens, and passes over what was heard already.
pub struct Watcher {
    up_to: Arc<std::sync::atomic::AtomicU64>,
    task: JoinHandle<Vec<u64>>,
}

impl Watcher {
    /// Begins to listen.
    pub fn start(account: Arc<Account>, room: String) -> Self {
        let up_to = Arc::new(std::sync::atomic::AtomicU64::new(u64::MAX));
        let task = tokio::spawn(watch(account, room, up_to.clone()));
        Self { up_to, task }
    }

    /// Listens until the event `last` was heard: the seqs that were heard, in order.
    pub async fn finish(self, last: u64) -> Vec<u64> {
        self.up_to.store(last, Ordering::Release);
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .expect("the watcher hears the end")
            .expect("the watcher listens to the end")
    }
}

async fn watch(
    account: Arc<Account>,
    room: String,
    up_to: Arc<std::sync::atomic::AtomicU64>,
) -> Vec<u64> {
    let mut heard: Vec<u64> = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut socket = account.connect(cursor.as_deref()).await;
        loop {
            if heard
                .last()
                .is_some_and(|last| *last >= up_to.load(Ordering::Acquire))
            {
                return heard;
            }
            let next = tokio::time::timeout(Duration::from_millis(200), hear(&mut socket)).await;
            let Ok(next) = next else { continue };
            let Some(frame) = next else { break };
            note(&frame, &room, &mut heard, &mut cursor);
        }
    }
}

fn note(frame: &Value, room: &str, heard: &mut Vec<u64>, cursor: &mut Option<String>) {
    match frame["type"].as_str() {
        Some("ack") => {
            let welcome = &frame["welcome"];
            assert_ne!(
                welcome["resume"], "reset",
                "a crash is no reason to begin anew: {frame}"
            );
            if cursor.is_none() {
                *cursor = welcome["cursor"].as_str().map(str::to_owned);
            }
        }
        Some("checkpoint") => *cursor = frame["cursor"].as_str().map(str::to_owned),
        Some("event") if frame["event"]["room"] == room => {
            let seq = frame["event"]["seq"].as_u64().expect("an event has a seq");
            if heard.last().is_none_or(|last| seq > *last) {
                heard.push(seq);
            }
        }
        Some("gap") => panic!("so little needs no gap: {frame}"),
        _ => {}
    }
}
