//! A socket of somebody, command by command.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::wire::PATIENCE;
use crate::world::{Person, World};

/// A socket, and the events that it has heard.
pub(crate) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last_id: u64,
    /// Frames that came while something else was waited for.
    heard: Vec<Value>,
}

impl Socket {
    /// Opens one, and says nothing.
    pub(crate) async fn silent(world: &World, person: &Person) -> Self {
        let url = format!("ws://{}/v1/socket", world.address);
        let mut request = url.into_client_request().unwrap();
        if let Some(token) = &person.token {
            let bearer = format!("Bearer {token}").parse().unwrap();
            request.headers_mut().insert("authorization", bearer);
        }
        let (stream, _) = connect_async(request).await.unwrap();
        Self {
            stream,
            last_id: 0,
            heard: Vec::new(),
        }
    }

    /// Opens one and says hello.
    pub(crate) async fn open(world: &World, person: &Person) -> Self {
        let mut socket = Self::silent(world, person).await;
        let ack = socket.ask(json!({"type": "hello"})).await;
        assert!(ack["welcome"].is_object(), "{ack:#}");
        socket
    }

    /// Opens one with a cursor; the welcome.
    pub(crate) async fn at(world: &World, person: &Person, cursor: &str) -> (Self, Value) {
        let mut socket = Self::silent(world, person).await;
        let mut ack = socket.ask(json!({"type": "hello", "cursor": cursor})).await;
        (socket, ack["welcome"].take())
    }

    /// Sends a command under an id of its own; its answer.
    pub(crate) async fn ask(&mut self, mut command: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        command["id"] = id.into();
        self.say(&command.to_string()).await;
        self.answer_to(id).await
    }

    /// Sends a frame of text, whatever it says. That the server has hung up is found by reading.
    pub(crate) async fn say(&mut self, text: &str) {
        let _ = self.stream.send(Message::text(text)).await;
    }

    /// The answer to a command.
    pub(crate) async fn answer_to(&mut self, id: u64) -> Value {
        let is_answer = |frame: &Value| {
            frame["id"] == id && (frame["type"] == "ack" || frame["type"] == "refusal")
        };
        self.until(is_answer).await
    }

    /// The first frame that is meant, of those that have come or will. Others stay for later.
    pub(crate) async fn until(&mut self, is_meant: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.heard.iter().position(&is_meant) {
            return self.heard.remove(at);
        }
        loop {
            let message = tokio::time::timeout(PATIENCE, self.stream.next());
            let message = message
                .await
                .unwrap_or_else(|_| panic!("silence; heard {:#?}", self.heard));
            let Message::Text(text) = message.expect("an open socket").unwrap() else {
                continue;
            };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if is_meant(&frame) {
                return frame;
            }
            self.heard.push(frame);
        }
    }

    /// The next durable event.
    pub(crate) async fn event(&mut self) -> Value {
        self.until(|frame| frame["type"] == "event").await["event"].take()
    }

    /// Says something in a room; the answer.
    pub(crate) async fn send(&mut self, room: &str, client_id: &str, text: &str) -> Value {
        let send = json!({"type": "send", "room": room, "client_id": client_id, "text": text});
        self.ask(send).await
    }

    /// The durable events that have come by now: all that were sent before the answer to a ping.
    pub(crate) async fn events_so_far(&mut self) -> Vec<Value> {
        self.ask(json!({"type": "ping"})).await;
        let heard = std::mem::take(&mut self.heard);
        let (events, others) = heard
            .into_iter()
            .partition(|frame| frame["type"] == "event");
        self.heard = others;
        events
    }

    /// Waits for the server to close; with which code.
    pub(crate) async fn close_code(&mut self) -> u16 {
        let closed = async {
            while let Some(Ok(message)) = self.stream.next().await {
                if let Message::Close(frame) = message {
                    return frame.map_or(1005, |frame| frame.code.into());
                }
            }
            1006
        };
        let closed = tokio::time::timeout(PATIENCE, closed);
        closed.await.expect("the socket closes in time")
    }
}

/// Holds an answer to be a refusal with this code.
#[track_caller]
pub(crate) fn refused(answer: &Value, code: &str) {
    assert_eq!(
        (&answer["type"], &answer["code"]),
        (&json!("refusal"), &json!(code)),
        "{answer:#}"
    );
    assert_eq!(answer["outcome"], "not_done", "{answer:#}");
}
