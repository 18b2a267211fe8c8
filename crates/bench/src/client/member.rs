//! One member's connection: its socket, and the bytes that are on their way in or out.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};

use super::ledger::Place;
use super::orders::Manner;
use super::wire::{self, Opcode};
use crate::address::Address;

/// Connections from one source address: fewer than the system has ports for one destination, with
/// room for those that have just been closed.
const CONNECTIONS_PER_SOURCE: u32 = 8_000;

/// Of a narrow connection; the system doubles it for its own book-keeping.
const NARROW_BUFFER_BYTES: usize = 4 * 1_024;
/// What fits into a packet of an Ethernet (1,500 bytes) with its headers and time stamps.
const ETHERNET_MSS_BYTES: u32 = 1_448;

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Upgrading,
    Greeting,
    Live,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) stream: TcpStream,
    pub(crate) stage: Stage,
    pub(crate) places: Box<[Place]>,
    /// The beginning of a frame whose rest has not come.
    pub(crate) input: Vec<u8>,
    output: Vec<u8>,
    written: usize,
    /// The system takes no more for now.
    pub(crate) is_blocked: bool,
}

/// Whether all was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flush {
    Complete,
    /// The system takes no more for now.
    Blocked,
}

impl Member {
    /// Connects and asks for the upgrade.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub(crate) fn connect(
        address: &Address,
        number: u32,
        manner: Manner,
        places: Box<[Place]>,
    ) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address.socket), Type::STREAM, None)?;
        if let Some(source) = source(address.socket, number) {
            socket.bind(&source.into())?;
        }
        if manner == Manner::Narrow {
            socket.set_recv_buffer_size(NARROW_BUFFER_BYTES)?;
            socket.set_tcp_mss(ETHERNET_MSS_BYTES)?;
        }
        socket.connect(&address.socket.into())?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        let mut member = Self {
            stream: socket.into(),
            stage: Stage::Upgrading,
            places,
            input: Vec::new(),
            output: upgrade_request(address).into_bytes(),
            written: 0,
            is_blocked: false,
        };
        member.flush()?;
        Ok(member)
    }

    /// Queues a frame; [`Self::flush`] writes it.
    pub(crate) fn queue(&mut self, opcode: Opcode, payload: &[u8], key: [u8; 4]) {
        wire::put_masked(&mut self.output, opcode, payload, key);
    }

    pub(crate) fn flush(&mut self) -> io::Result<Flush> {
        while self.written < self.output.len() {
            match self.stream.write(&self.output[self.written..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Flush::Blocked),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.output = Vec::new();
        self.written = 0;
        Ok(Flush::Complete)
    }

    /// Reads once; `None` when there is nothing to read.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match self.stream.read(buffer) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => Ok(Some(length)),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

fn upgrade_request(address: &Address) -> String {
    let host = &address.authority;
    format!(
        "GET /v1/socket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n\r\n",
        wire::KEY
    )
}

/// Reads the answer to the upgrade; how long it is, or `None` when it is not all there.
pub(crate) fn read_upgrade(bytes: &[u8]) -> Result<Option<usize>, String> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(bytes).map_err(|error| error.to_string())? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let is_accepted = response.headers.iter().any(|header| {
        header.name.eq_ignore_ascii_case("sec-websocket-accept")
            && header.value == wire::ACCEPT.as_bytes()
    });
    match response.code {
        Some(101) if is_accepted => Ok(Some(length)),
        code => Err(format!("the upgrade was answered with {code:?}")),
    }
}

/// This machine has as many addresses of its own as are wanted, each with ports of its own. Those
/// of one process differ from those of others, whose closed connections linger.
fn source(address: SocketAddr, number: u32) -> Option<SocketAddr> {
    if !matches!(address.ip(), IpAddr::V4(ip) if ip.is_loopback()) {
        return None;
    }
    let [.., process] = std::process::id().to_be_bytes();
    let turn = u8::try_from(number / CONNECTIONS_PER_SOURCE).ok()?;
    let ip = Ipv4Addr::new(127, 1, process, turn.checked_add(1)?);
    Some(SocketAddr::from((ip, 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upgrade_counts_only_with_the_right_answer() {
        let good = format!(
            "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {}\r\n\r\nrest",
            wire::ACCEPT
        );
        assert_eq!(read_upgrade(good.as_bytes()), Ok(Some(good.len() - 4)));
        assert_eq!(read_upgrade(&good.as_bytes()[..40]), Ok(None));
        assert!(read_upgrade(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").is_err());
        assert!(read_upgrade(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").is_err());
    }

    #[test]
    fn many_connections_have_many_sources() {
        let server = "127.0.0.1:80".parse().unwrap();
        assert_eq!(source(server, 0), source(server, 7_999));
        assert_ne!(source(server, 0), source(server, 8_000));
        assert_eq!(source("192.0.2.1:80".parse().unwrap(), 0), None);
    }
}
