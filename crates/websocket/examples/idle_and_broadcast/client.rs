//! Very many clients on one thread.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Socket, Type};

use crate::wire::{MASKED_PING, MASKED_PONG, UPGRADE_REQUEST};

/// How many connections are opened before all are heard.
const BATCH: usize = 2000;
const CLIENTS_PER_ADDRESS: usize = 2000;
const STALLED_AFTER: Duration = Duration::from_secs(20);

/// Open WebSockets to one server.
pub(crate) struct Clients {
    address: SocketAddr,
    poll: Poll,
    events: Events,
    streams: Vec<mio::net::TcpStream>,
    buffer: Vec<u8>,
}

impl Clients {
    pub(crate) fn new(address: SocketAddr) -> io::Result<Self> {
        let (poll, events) = (Poll::new()?, Events::with_capacity(1024));
        Ok(Self {
            address,
            poll,
            events,
            streams: Vec::new(),
            buffer: vec![0; 64 * 1024],
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.streams.len()
    }

    /// Opens connections until there are `count`. Now and then, and at last, it hears a pong on
    /// every one, so that none is pinged or taken for dead meanwhile.
    pub(crate) fn grow(&mut self, count: usize, pong_bytes: usize) -> io::Result<()> {
        while self.len() < count {
            for _ in 0..BATCH.min(count - self.len()) {
                self.open()?;
            }
            self.hear_pongs(pong_bytes)?;
        }
        Ok(())
    }

    /// Pings on every connection, and waits for all the pongs.
    pub(crate) fn hear_pongs(&mut self, pong_bytes: usize) -> io::Result<()> {
        let mut left = self.len() * pong_bytes;
        for stream in &mut self.streams {
            stream.write_all(&MASKED_PING)?;
        }
        self.read_until(|_, _, bytes| {
            left -= bytes.len();
            left == 0
        })
    }

    fn open(&mut self) -> io::Result<()> {
        let mut stream = mio::net::TcpStream::from_std(self.shake_hands()?);
        let token = Token(self.len());
        self.poll
            .registry()
            .register(&mut stream, token, Interest::READABLE)?;
        self.streams.push(stream);
        Ok(())
    }

    /// Connects from an address of the loopback that is shared with few others, so that ports do
    /// not run out.
    fn connect(&self) -> io::Result<TcpStream> {
        let own = Ipv4Addr::new(127, 0, 1, (self.len() / CLIENTS_PER_ADDRESS) as u8 + 1);
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((own, 0)).into())?;
        socket.connect(&self.address.into())?;
        Ok(socket.into())
    }

    fn shake_hands(&self) -> io::Result<TcpStream> {
        let mut stream = self.connect()?;
        stream.set_nodelay(true)?;
        stream.write_all(UPGRADE_REQUEST)?;
        let mut response = Vec::new();
        while !response.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            response.extend(byte);
        }
        if !response.starts_with(b"HTTP/1.1 101 ") {
            return Err(io::Error::other("the handshake failed"));
        }
        stream.set_nonblocking(true)?;
        Ok(stream)
    }

    pub(crate) fn send(&mut self, client: usize, bytes: &[u8]) -> io::Result<()> {
        self.streams[client].write_all(bytes)
    }

    /// Answers every ping until `until`.
    pub(crate) fn answer_pings(&mut self, until: Instant) -> io::Result<()> {
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            self.read_once(left, |_, stream, bytes| {
                for _ in 0..bytes.len() / 2 {
                    stream
                        .write_all(&MASKED_PONG)
                        .expect("a pong fits into an idle connection");
                }
                false
            })?;
        }
        Ok(())
    }

    /// Reads whatever comes until `done` says so, which sees who got which bytes.
    pub(crate) fn read_until(
        &mut self,
        mut done: impl FnMut(usize, &mut mio::net::TcpStream, &[u8]) -> bool,
    ) -> io::Result<()> {
        let deadline = Instant::now() + STALLED_AFTER;
        while Instant::now() < deadline {
            if self.read_once(Duration::from_secs(1), &mut done)? {
                return Ok(());
            }
        }
        Err(io::Error::other("the server stalled"))
    }

    fn read_once(
        &mut self,
        wait: Duration,
        mut see: impl FnMut(usize, &mut mio::net::TcpStream, &[u8]) -> bool,
    ) -> io::Result<bool> {
        self.poll.poll(&mut self.events, Some(wait))?;
        let mut done = false;
        for event in &self.events {
            let Token(client) = event.token();
            let stream = &mut self.streams[client];
            loop {
                match stream.read(&mut self.buffer) {
                    Ok(0) => return Err(io::Error::other("the server closed")),
                    Ok(length) => {
                        done |= see(client, stream, &self.buffer[..length]);
                        if length < self.buffer.len() {
                            break;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(done)
    }
}
