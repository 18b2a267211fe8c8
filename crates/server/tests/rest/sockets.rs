//! Just enough of the socket to see it open and close.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::server::TestServer;

/// Longest wait for what comes at once on a machine that is not overloaded.
const PATIENCE: Duration = Duration::from_secs(10);

/// A socket.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>, u64);

impl Socket {
    /// Opens one with a token, and says hello.
    pub(crate) async fn open(server: &TestServer, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        let mut socket = Self::with(server, &[("authorization", &bearer)])
            .await
            .unwrap();
        let ack = socket.hello().await;
        assert_eq!(ack["type"], "ack", "{ack:#}");
        socket
    }

    /// Opens one with these headers, and says nothing.
    pub(crate) async fn with(
        server: &TestServer,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Error> {
        let url = format!("ws://{}/v1/socket", server.address);
        let mut request = url.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        connect_async(request)
            .await
            .map(|(stream, _)| Self(stream, 1))
    }

    /// Opens one with a ticket.
    pub(crate) async fn with_ticket(server: &TestServer, ticket: &str) -> Result<Self, Error> {
        let url = format!("ws://{}/v1/socket?ticket={ticket}", server.address);
        connect_async(url).await.map(|(stream, _)| Self(stream, 1))
    }

    /// Says hello; the answer.
    pub(crate) async fn hello(&mut self) -> Value {
        let hello = json!({"type": "hello", "id": 1}).to_string();
        self.0.send(Message::text(hello)).await.unwrap();
        self.next(|_| true).await
    }

    /// Waits until it hears what is told to the living alone.
    pub(crate) async fn is_live(&mut self) {
        self.next(|frame| frame["type"] == "checkpoint" && frame["live"] == true)
            .await;
    }

    /// Sends a command, under an id of its own; the answer.
    pub(crate) async fn ask(&mut self, mut command: Value) -> Value {
        self.1 += 1;
        let id = self.1;
        command["id"] = id.into();
        self.0
            .send(Message::text(command.to_string()))
            .await
            .unwrap();
        self.next(|frame| frame["id"] == id).await
    }

    /// Sees that the server does not close within this time.
    pub(crate) async fn is_open_for(&mut self, time: Duration) {
        let heard = async { while let Some(Ok(_)) = self.0.next().await {} };
        let closed = tokio::time::timeout(time, heard).await;
        assert!(closed.is_err(), "the server closed the socket");
    }

    /// Waits for the first frame that is meant.
    pub(crate) async fn next(&mut self, is_meant: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.0.next());
            let message = message.await.expect("a frame comes in time");
            let Message::Text(text) = message.expect("an open socket").unwrap() else {
                continue;
            };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if is_meant(&frame) {
                return frame;
            }
        }
    }

    /// Waits for the server to close; with which code.
    pub(crate) async fn close_code_within(&mut self, limit: Duration) -> u16 {
        let closed = async {
            while let Some(Ok(message)) = self.0.next().await {
                if let Message::Close(frame) = message {
                    return frame.map_or(1005, |frame| frame.code.into());
                }
            }
            1006
        };
        tokio::time::timeout(limit, closed)
            .await
            .expect("the socket closes in time")
    }
}
