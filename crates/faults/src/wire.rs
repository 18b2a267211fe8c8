//! One WebSocket of a client, opened from the address and with the buffers that a fault asks for.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tidings_client::machine::Input;
use tidings_domain::CommandId;
use tidings_protocol::codec::{decode_frame, encode_command};
use tidings_protocol::{Command, Encoding};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// Opening a socket takes at most so long, and so does writing a command.
const TIMEOUT: Duration = Duration::from_secs(10);
const READ_BUFFER_BYTES: usize = 4 * 1024;
const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How to open a socket.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Dial {
    /// From which address.
    pub(crate) from: Option<IpAddr>,
    /// How much the system keeps for who does not read; its default where nothing is said.
    pub(crate) receive_buffer_bytes: Option<u32>,
    /// Bytes a second that are read; all that comes where nothing is said.
    pub(crate) reads_bytes_per_s: Option<u32>,
}

/// An open socket.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
    dial: Dial,
    rest: Duration,
    /// Where it was opened from; by this it can be cut.
    pub(crate) local: SocketAddr,
}

/// The socket does not take what is written.
#[derive(Debug)]
pub(crate) struct Broken;

impl Socket {
    /// Opens a socket; `None` when that fails or takes too long.
    pub(crate) async fn open(to: SocketAddr, dial: Dial) -> Option<Self> {
        tokio::time::timeout(TIMEOUT, open(to, dial)).await.ok()?
    }

    /// Waits for what comes next. Cancel safety: nothing is lost when it is dropped.
    pub(crate) async fn next(&mut self) -> Input {
        if !self.rest.is_zero() {
            tokio::time::sleep(self.rest).await;
            self.rest = Duration::ZERO;
        }
        match self.stream.next().await {
            Some(Ok(message)) => self.read(message),
            Some(Err(_)) | None => Input::Disconnected(None),
        }
    }

    fn read(&mut self, message: Message) -> Input {
        if let Some(bytes_per_s) = self.dial.reads_bytes_per_s {
            let bytes = u32::try_from(message.len()).unwrap_or(u32::MAX);
            self.rest = Duration::from_secs(1) * bytes / bytes_per_s;
        }
        let bytes = match message {
            Message::Text(text) => text.into(),
            Message::Binary(bytes) => bytes,
            Message::Close(frame) => {
                return Input::Disconnected(frame.map(|frame| frame.code.into()));
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Input::Heard,
        };
        match decode_frame(Encoding::Json, &bytes) {
            Ok(Some(frame)) => Input::Frame(frame),
            Ok(None) | Err(_) => Input::Heard,
        }
    }

    pub(crate) async fn write(&mut self, id: CommandId, command: &Command) -> Result<(), Broken> {
        let bytes = encode_command(Encoding::Json, id, command);
        let text = String::from_utf8(bytes).expect("JSON is UTF-8");
        match tokio::time::timeout(TIMEOUT, self.stream.send(Message::text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Broken),
        }
    }

    /// Says good-bye, without waiting for an answer.
    pub(crate) async fn close(mut self) {
        let _gone = tokio::time::timeout(TIMEOUT, self.stream.close(None)).await;
    }
}

async fn open(to: SocketAddr, dial: Dial) -> Option<Socket> {
    let socket = TcpSocket::new_v4().ok()?;
    if let Some(from) = dial.from {
        socket.bind(SocketAddr::new(from, 0)).ok()?;
    }
    if let Some(bytes) = dial.receive_buffer_bytes {
        socket.set_recv_buffer_size(bytes).ok()?;
    }
    socket.set_nodelay(true).ok()?;
    let stream = socket.connect(to).await.ok()?;
    let local = stream.local_addr().ok()?;
    let request = format!("ws://{to}/v1/socket").into_client_request().ok()?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    let opened = client_async_with_config(request, stream, Some(config)).await;
    let (stream, _response) = opened.ok()?;
    let rest = Duration::ZERO;
    Some(Socket {
        stream,
        dial,
        rest,
        local,
    })
}
