//! One WebSocket: opened, read and written as frames of the protocol.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tidings_domain::CommandId;
use tidings_protocol::codec::{decode_frame, encode_command};
use tidings_protocol::{Command, Encoding};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::machine::Input;

/// Opening a socket takes at most so long, and so does writing a command.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Many small connections are as usual as one: the library's own 128 KiB would be too much.
const READ_BUFFER_BYTES: usize = 16 * 1024;
/// No frame of the server's is nearly as large.
const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An open socket.
pub(super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    encoding: Encoding,
}

impl Socket {
    /// Opens a socket; `None` when that fails or takes too long.
    pub(super) async fn open(address: &str, encoding: Encoding) -> Option<Self> {
        match tokio::time::timeout(TIMEOUT, connect(address, encoding)).await {
            Ok(Ok(stream)) => Some(Self { stream, encoding }),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the socket could not be opened");
                None
            }
            Err(_) => {
                tracing::debug!("the socket did not open in time");
                None
            }
        }
    }

    /// Waits for what comes next. Cancel safety: nothing is lost when it is dropped.
    pub(super) async fn next(&mut self) -> Input {
        match self.stream.next().await {
            Some(Ok(message)) => self.read(message),
            Some(Err(error)) => {
                tracing::debug!(%error, "the socket broke");
                Input::Disconnected(None)
            }
            None => Input::Disconnected(None),
        }
    }

    fn read(&self, message: Message) -> Input {
        let bytes = match message {
            Message::Text(text) => text.into(),
            Message::Binary(bytes) => bytes,
            Message::Close(frame) => {
                return Input::Disconnected(frame.map(|frame| frame.code.into()));
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return Input::Heard,
        };
        match decode_frame(self.encoding, &bytes) {
            Ok(Some(frame)) => Input::Frame(frame),
            Ok(None) => Input::Heard,
            Err(error) => {
                // What it said is fetched when the next event shows that something is lacking.
                tracing::warn!(%error, "passed over");
                Input::Heard
            }
        }
    }

    /// Writes a command; false when the socket does not take it.
    pub(super) async fn write(&mut self, id: CommandId, command: &Command) -> Result<(), Broken> {
        let bytes = encode_command(self.encoding, id, command);
        let message = match self.encoding {
            Encoding::Json => Message::text(String::from_utf8(bytes).expect("JSON is UTF-8")),
            Encoding::Proto => Message::binary(bytes),
        };
        match tokio::time::timeout(TIMEOUT, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Broken),
        }
    }

    /// Says good-bye, without waiting for an answer.
    pub(super) async fn close(mut self) {
        let _gone = tokio::time::timeout(TIMEOUT, self.stream.close(None)).await;
    }
}

/// The socket does not take what is written.
#[derive(Debug)]
pub(super) struct Broken;

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(address: &str, encoding: Encoding) -> Result<Stream, Box<Error>> {
    let mut request = address.into_client_request()?;
    let subprotocol = HeaderValue::from_static(encoding.subprotocol());
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", subprotocol);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(FRAME_BYTES_MAX))
        .max_frame_size(Some(FRAME_BYTES_MAX));
    let no_delay = true;
    let (stream, _response) = connect_async_with_config(request, Some(config), no_delay).await?;
    Ok(stream)
}
