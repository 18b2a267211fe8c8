//! A client that writes bytes as it is told.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::world::{Person, World};

/// Longest wait for what comes at once on a machine that is not overloaded.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A connection. Headers of an upgrade that is as it should be, apart so that a test can break one.
pub(crate) struct Wire(pub(crate) TcpStream);

/// The headers of an upgrade, line by line.
pub(crate) fn upgrade_lines(address: SocketAddr) -> Vec<String> {
    vec![
        "GET /v1/socket HTTP/1.1".to_owned(),
        format!("Host: {address}"),
        "Upgrade: websocket".to_owned(),
        "Connection: Upgrade".to_owned(),
        "Sec-WebSocket-Version: 13".to_owned(),
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==".to_owned(),
    ]
}

/// A request of these lines.
pub(crate) fn request(lines: &[String]) -> String {
    format!("{}\r\n\r\n", lines.join("\r\n"))
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// One whose kernel takes little in advance.
    pub(crate) async fn connect_narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        Self(socket.connect(address).await.unwrap())
    }

    /// A socket of this person, not greeted yet; headers and frames may be added to the request.
    pub(crate) async fn upgraded(world: &World, person: &Person, more: &str, glued: &[u8]) -> Self {
        let mut wire = Self::connect(world.address).await;
        let mut lines = upgrade_lines(world.address);
        let token = person.token.as_ref().expect("somebody who signed in");
        lines.push(format!("Authorization: Bearer {token}{more}"));
        wire.send(&[request(&lines).as_bytes(), glued].concat())
            .await;
        let head = wire.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        wire
    }

    /// A socket of this person, greeted.
    pub(crate) async fn greeted(world: &World, person: &Person) -> Self {
        let mut wire = Self::upgraded(world, person, "", &text(HELLO)).await;
        let (_, payload) = wire.frame().await;
        let ack = String::from_utf8(payload).unwrap();
        assert!(ack.contains("\"welcome\""), "{ack}");
        wire
    }

    /// Writes; that the server has hung up meanwhile is for the test's reading to find out.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    /// An answer's head.
    pub(crate) async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match self.byte().await {
                Some(byte) => head.push(byte),
                None => break,
            }
        }
        String::from_utf8(head).unwrap()
    }

    async fn byte(&mut self) -> Option<u8> {
        let byte = tokio::time::timeout(PATIENCE, self.0.read_u8());
        byte.await.expect("an answer in time").ok()
    }

    /// Everything that comes until the server hangs up, or `limit` passes.
    pub(crate) async fn rest(&mut self, limit: Duration) -> String {
        let mut rest = Vec::new();
        let reading = self.0.read_to_end(&mut rest);
        let ended = tokio::time::timeout(limit, reading).await;
        // A reset is an end as well.
        let _ = ended.expect("the server hangs up in time");
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// The server's next frame: its first byte and its payload.
    pub(crate) async fn frame(&mut self) -> (u8, Vec<u8>) {
        let read = async {
            let first = self.0.read_u8().await?;
            let length = match self.0.read_u8().await? {
                126 => u64::from(self.0.read_u16().await?),
                127 => self.0.read_u64().await?,
                short => u64::from(short),
            };
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.0.read_exact(&mut payload).await?;
            std::io::Result::Ok((first, payload))
        };
        let read = tokio::time::timeout(PATIENCE, read);
        read.await
            .expect("a frame in time")
            .expect("an open connection")
    }

    /// Passes over what else comes until the close frame; its code.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            let (first, payload) = self.frame().await;
            if first == 0x88 {
                return u16::from_be_bytes([payload[0], payload[1]]);
            }
        }
    }
}

/// The plainest hello.
pub(crate) const HELLO: &str = r#"{"type":"hello","id":1}"#;

/// A masked frame.
pub(crate) fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [7, 11, 13, 17];
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..=125 => frame.push(0x80 | u8::try_from(short).unwrap()),
        middle @ 126..=65_535 => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(middle).unwrap().to_be_bytes());
        }
        long => {
            frame.push(0x80 | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

/// A masked frame of text.
pub(crate) fn text(text: &str) -> Vec<u8> {
    masked(0x81, text.as_bytes())
}
