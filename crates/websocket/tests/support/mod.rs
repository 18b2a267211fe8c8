//! A real server over TCP and HTTP for a test, and a client that writes bytes as it is told.
#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tidings_websocket::{
    Decoder, DecoderLimits, Ended, Flow, Frame, Handler, Heartbeat, Message, Offer, OutboxLimits,
    Socket, Timing, handshake, upgrade,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// A test opens fewer.
const SOCKETS_MAX: usize = 1_024;

pub const SUBPROTOCOLS: &[&str] = &["tidings.json", "tidings.binary"];

/// Whether the server greets a socket as soon as it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    AtOnce,
    Never,
}

pub struct Setup {
    pub decoder: DecoderLimits,
    pub outbox: OutboxLimits,
    pub greeting: Greeting,
    pub timing: Timing,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            decoder: DecoderLimits::default(),
            outbox: OutboxLimits::default(),
            greeting: Greeting::AtOnce,
            timing: Timing::default(),
        }
    }
}

/// A running server. Its heart beats only when the test says so.
pub struct Served {
    pub address: SocketAddr,
    pub heartbeat: Arc<Heartbeat>,
    pub sockets: Receiver<Arc<Socket>>,
    pub ended: Receiver<Ended>,
}

struct Shared<M> {
    setup: Setup,
    heartbeat: Arc<Heartbeat>,
    sockets: Sender<Arc<Socket>>,
    ended: Sender<Ended>,
    make_handler: M,
}

/// Serves WebSockets whose messages go to what `make_handler` makes.
pub async fn serve<H, M>(setup: Setup, make_handler: M) -> Served
where
    H: Handler,
    M: Fn() -> H + Send + Sync + 'static,
{
    let (sockets_in, sockets) = channel(SOCKETS_MAX);
    let (ended_in, ended) = channel(SOCKETS_MAX);
    let heartbeat = Heartbeat::new(setup.timing).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shared = Arc::new(Shared {
        setup,
        heartbeat: Arc::clone(&heartbeat),
        sockets: sockets_in,
        ended: ended_in,
        make_handler,
    });
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve_http(stream, Arc::clone(&shared)));
        }
    });
    Served {
        address,
        heartbeat,
        sockets,
        ended,
    }
}

async fn serve_http<H, M>(stream: TcpStream, shared: Arc<Shared<M>>)
where
    H: Handler,
    M: Fn() -> H + Send + Sync + 'static,
{
    let service = service_fn(|request| {
        let response = answer(request, &shared);
        async { Ok::<_, Infallible>(response) }
    });
    let server = auto::Builder::new(TokioExecutor::new());
    // A client that goes away in the middle is what some tests are about.
    let _ = server
        .serve_connection_with_upgrades(TokioIo::new(stream), service)
        .await;
}

fn answer<H, M>(mut request: Request<Incoming>, shared: &Arc<Shared<M>>) -> Response<String>
where
    H: Handler,
    M: Fn() -> H + Send + Sync + 'static,
{
    let headers = request.headers();
    match handshake::check(request.method(), request.version(), headers, SUBPROTOCOLS) {
        Ok(accepted) => {
            let upgrade = hyper::upgrade::on(&mut request);
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                let bare = upgrade::bare(upgrade).await.unwrap();
                tokio::spawn(run(bare, shared));
            });
            accepted.response(SUBPROTOCOLS).map(|()| String::new())
        }
        Err(rejection) => rejection.response().map(|()| rejection.to_string()),
    }
}

async fn run<H, M>(bare: upgrade::Bare, shared: Arc<Shared<M>>)
where
    H: Handler,
    M: Fn() -> H + Send + Sync + 'static,
{
    let socket = Socket::new(bare.stream, shared.setup.outbox, &shared.heartbeat);
    if shared.setup.greeting == Greeting::AtOnce {
        socket.greet();
    }
    // A test that does not look at sockets or at how they end has dropped the receivers.
    let _ = shared.sockets.try_send(Arc::clone(&socket));
    let decoder = Decoder::new(shared.setup.decoder);
    let ended = socket
        .run(bare.glued, decoder, (shared.make_handler)())
        .await;
    let _ = shared.ended.try_send(ended);
}

/// Sends every message back.
pub struct Echo;

impl Handler for Echo {
    type Outcome = Infallible;

    fn message(&mut self, socket: &Arc<Socket>, message: Message<'_>) -> Flow<Infallible> {
        assert_eq!(socket.reply(frame_of(&message)), Offer::Queued);
        Flow::Continue
    }

    fn resumed(&mut self, _: &Arc<Socket>, outcome: Infallible) -> Flow<Infallible> {
        match outcome {}
    }

    fn drained(&mut self, _: &Arc<Socket>) -> Flow<Infallible> {
        Flow::Continue
    }
}

pub fn frame_of(message: &Message<'_>) -> Frame {
    match message {
        Message::Text(text) => Frame::text(text),
        Message::Binary(bytes) => Frame::binary(bytes),
    }
}

/// The standard's own example of an upgrade request.
pub const UPGRADE: &str = "GET /socket HTTP/1.1\r\nHost: server.example.com\r\n\
    Upgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A client that writes and reads bytes.
pub struct Raw(pub TcpStream);

impl Raw {
    /// A client after its handshake. What it sends glued to the request is `glued`.
    pub async fn open(address: SocketAddr, glued: &[u8]) -> Self {
        let mut raw = Self(TcpStream::connect(address).await.unwrap());
        raw.shake_hands(glued).await;
        raw
    }

    /// One whose kernel takes little in advance.
    pub async fn open_narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut raw = Self(socket.connect(address).await.unwrap());
        raw.shake_hands(b"").await;
        raw
    }

    async fn shake_hands(&mut self, glued: &[u8]) {
        self.send(&[UPGRADE.as_bytes(), glued].concat()).await;
        let head = self.read_head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// The head of an HTTP response, and no byte more.
    pub async fn read_head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    /// The next frame: its first byte and its payload.
    pub async fn frame(&mut self) -> (u8, Vec<u8>) {
        let first = self.0.read_u8().await.unwrap();
        let length = match self.0.read_u8().await.unwrap() {
            126 => usize::from(self.0.read_u16().await.unwrap()),
            127 => self.0.read_u64().await.unwrap() as usize,
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).await.unwrap();
        (first, payload)
    }

    /// Expects a close frame with this code, and the end of the connection behind it.
    pub async fn expect_close(&mut self, code: u16) -> String {
        let (first, payload) = self.frame().await;
        assert_eq!(first, 0x88, "{payload:?}");
        assert_eq!(payload[..2], code.to_be_bytes());
        assert_eq!(
            self.0.read(&mut [0]).await.unwrap(),
            0,
            "nothing follows a close"
        );
        String::from_utf8(payload[2..].to_vec()).unwrap()
    }
}

/// A client's frame whose first byte is `first`.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | short as u8),
        long @ 126..=0xFFFF => {
            bytes.push(0x80 | 126);
            bytes.extend((long as u16).to_be_bytes());
        }
        long => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(KEY);
    bytes.extend(
        payload
            .iter()
            .zip(KEY.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    bytes
}

pub fn masked_text(payload: &str) -> Vec<u8> {
    masked(0x81, payload.as_bytes())
}
