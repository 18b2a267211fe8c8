//! A scripted peer: it answers requests with what the test says, and hands every socket to the test.
//!
//! The real server cannot stand here: the client knows nothing of it. Replays against the real one
//! are among the server's tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tidings_client::api::{Api, Session};
use tidings_client::clock::SystemClock;
use tidings_domain::CommandId;
use tidings_protocol::codec::{decode_command, encode};
use tidings_protocol::rest::session::SignIn;
use tidings_protocol::socket::frame::{Ack, AckBody, Checkpoint, Resume, Welcome};
use tidings_protocol::{Command, Encoding, ServerFrame};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

pub(crate) const ROOM: &str = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";
pub(crate) const ANA: &str = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f11";

const YEAR_2100_MS: u64 = 4_102_444_800_000;

/// A listening peer.
pub(crate) struct Peer {
    pub(crate) session: Arc<Session>,
    sockets: mpsc::Receiver<Socket>,
}

impl Peer {
    /// Listens, and signs a client in; `events` is the log of the one room.
    pub(crate) async fn start(events: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (taken, sockets) = mpsc::channel(8);
        tokio::spawn(serve(listener, Arc::new(events), taken));
        let api = Api::new(&address).unwrap();
        let who = SignIn::default();
        let session = Session::sign_in(&api, Arc::new(SystemClock::start()), &who)
            .await
            .unwrap();
        Self {
            session: Arc::new(session),
            sockets,
        }
    }

    /// The next socket that the client opens.
    pub(crate) async fn socket(&mut self) -> Socket {
        self.sockets.recv().await.unwrap()
    }

    /// The next socket, greeted; and the token and cursor that the client came with.
    pub(crate) async fn greeted(&mut self, resume: Resume) -> (Socket, String, Option<String>) {
        let mut socket = self.socket().await;
        let (id, command) = socket.hear().await;
        let Command::Hello(hello) = command else {
            panic!("{command:?} instead of hello")
        };
        let welcome = Box::new(welcome(resume));
        socket
            .say(&ServerFrame::Ack(Ack {
                id,
                body: AckBody::Welcome { welcome },
            }))
            .await;
        (socket, hello.token.unwrap(), hello.cursor)
    }
}

fn welcome(resume: Resume) -> Welcome {
    let id = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f12";
    serde_json::from_value(json!({
        "connection": 1, "user": profile(), "session_id": id, "device_id": id,
        "server_at_ms": 0, "ping_interval_ms": 25_000, "peer_timeout_ms": 45_000,
        "resume": resume, "cursor": "BEGIN",
    }))
    .unwrap()
}

fn profile() -> Value {
    json!({"id": ANA, "username": "ana", "display_name": "Ana", "origin": "account"})
}

/// Message `seq` of the room, as an event on the wire.
pub(crate) fn event(seq: u64) -> Value {
    json!({"room": ROOM, "seq": seq, "kind": "message.sent", "sender": ANA, "at_ms": 0,
           "body": {"text": format!("message {seq}")}})
}

/// One socket of the client's.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
    encoding: Encoding,
}

impl Socket {
    /// The next command.
    pub(crate) async fn hear(&mut self) -> (CommandId, Command) {
        let message = self.stream.next().await.unwrap().unwrap();
        assert_eq!(message.is_text(), self.encoding == Encoding::Json);
        decode_command(self.encoding, &message.into_data()).unwrap()
    }

    pub(crate) async fn say(&mut self, frame: &ServerFrame) {
        let bytes = encode(self.encoding, frame);
        let message = match self.encoding {
            Encoding::Json => Message::text(String::from_utf8(bytes).unwrap()),
            Encoding::Proto => Message::binary(bytes),
        };
        self.stream.send(message).await.unwrap();
    }

    pub(crate) async fn say_event(&mut self, seq: u64) {
        let text = json!({"type": "event", "event": event(seq)}).to_string();
        let frame = tidings_protocol::codec::decode_frame(Encoding::Json, text.as_bytes());
        self.say(&frame.unwrap().unwrap()).await;
    }

    pub(crate) async fn say_checkpoint(&mut self, cursor: &str) {
        let checkpoint = Checkpoint {
            cursor: cursor.to_owned(),
            live: true,
        };
        self.say(&ServerFrame::Checkpoint(checkpoint)).await;
    }

    /// Closes with a code.
    pub(crate) async fn close(mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        self.stream.close(Some(frame)).await.unwrap();
    }

    /// Breaks the connection: no close frame, only a reset.
    pub(crate) fn tear_off(self) {
        let stream = self.stream.into_inner();
        stream.set_zero_linger().unwrap();
    }
}

async fn serve(listener: TcpListener, events: Arc<Vec<Value>>, sockets: mpsc::Sender<Socket>) {
    let refreshed = Arc::new(AtomicU32::new(0));
    while let Ok((stream, _)) = listener.accept().await {
        let (events, sockets, refreshed) = (events.clone(), sockets.clone(), refreshed.clone());
        tokio::spawn(async move {
            if is_upgrade(&stream).await {
                let _test_is_over = sockets.send(upgrade(stream).await).await;
            } else {
                answer(stream, &events, &refreshed).await;
            }
        });
    }
}

/// Whether what was sent is for the socket; it is only looked at.
async fn is_upgrade(stream: &TcpStream) -> bool {
    const START: &[u8] = b"GET /v1/socket";
    let mut start = [0; START.len()];
    stream.peek(&mut start).await.unwrap_or(0) == START.len() && start == *START
}

#[expect(clippy::result_large_err, reason = "the library's own type")]
async fn upgrade(stream: TcpStream) -> Socket {
    let mut encoding = Encoding::Json;
    let choose = |request: &Request, mut response: Response| {
        let asked = request.headers()["Sec-WebSocket-Protocol"].clone();
        encoding = Encoding::from_subprotocol(asked.to_str().unwrap()).unwrap();
        response
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", asked);
        Ok(response)
    };
    let stream = accept_hdr_async(stream, choose).await.unwrap();
    Socket { stream, encoding }
}

/// Answers one request and ends the connection.
async fn answer(mut stream: TcpStream, events: &[Value], refreshed: &AtomicU32) {
    let mut bytes = vec![0; 16 * 1024];
    let length = stream.read(&mut bytes).await.unwrap();
    let request = String::from_utf8_lossy(&bytes[..length]).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default();
    let body = match path.split_once("/events?after=") {
        Some((_, query)) => page(events, query.split('&').next().unwrap().parse().unwrap()),
        None if path.ends_with("/refresh") => {
            session(refreshed.fetch_add(1, Ordering::Relaxed) + 1)
        }
        None => session(0),
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream
        .write_all(format!("{head}{body}").as_bytes())
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
}

/// Two events at a time, so that a client has to ask again.
fn page(events: &[Value], after: u64) -> Value {
    let later = events
        .iter()
        .filter(|event| event["seq"].as_u64().unwrap() > after);
    json!({"events": later.take(2).collect::<Vec<_>>(), "head": events.len(), "complete": false})
}

fn session(number: u32) -> Value {
    let id = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f12";
    json!({"user": profile(), "session_id": id, "device_id": id,
           "access_token": format!("token-{number}"), "access_expires_at_ms": YEAR_2100_MS,
           "refresh_token": format!("refresh-{number}"), "refresh_expires_at_ms": YEAR_2100_MS})
}
