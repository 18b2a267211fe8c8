//! The floor: what a delivery costs at least. One thread, epoll, one `send` a delivery; no features,
//! no storage, nothing batched.
//!
//! It speaks WebSocket as far as the clients here do, so that both ends of a delivery do the same
//! work whoever serves it. What the kernel does not take is kept and written when it does: the floor
//! loses nothing, or it would be no floor.

pub(crate) mod words;

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::net::{SendFlags, send};
use socket2::{Domain, Socket, Type};

use crate::client::wire::{self, Opcode, Scan};
use words::Wish;

const LISTENER: u64 = u64::MAX;
/// Connections that wait to be accepted.
const BACKLOG: i32 = 4_096;
const EVENTS_A_TURN: usize = 1_024;
const READ_BYTES: usize = 64 * 1_024;

#[derive(Debug, Default)]
struct Room {
    members: Vec<usize>,
    said: u64,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    is_upgraded: bool,
    input: Vec<u8>,
    /// What the kernel did not take.
    rest: Vec<u8>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Floor {
    epoll: OwnedFd,
    listener: TcpListener,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    rooms: Vec<Room>,
    buffer: Vec<u8>,
}

impl Floor {
    /// A floor on a free port of this machine.
    pub(crate) fn bind() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        let listener = TcpListener::from(socket);
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(
            &epoll,
            &listener,
            EventData::new_u64(LISTENER),
            EventFlags::IN,
        )?;
        Ok(Self {
            epoll,
            listener,
            connections: Vec::new(),
            free: Vec::new(),
            rooms: Vec::new(),
            buffer: vec![0; READ_BYTES],
        })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the process is ended.
    pub(crate) fn serve(mut self) -> io::Result<()> {
        let mut events = Vec::with_capacity(EVENTS_A_TURN);
        loop {
            match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
                Err(rustix::io::Errno::INTR) | Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            for event in events.drain(..) {
                let (key, flags) = (event.data.u64(), event.flags);
                match usize::try_from(key) {
                    _ if key == LISTENER => self.accept()?,
                    Ok(index) => self.attend(index, flags)?,
                    Err(_) => {}
                }
            }
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let index = self.free.pop().unwrap_or(self.connections.len());
            epoll::add(
                &self.epoll,
                &stream,
                EventData::new_u64(index as u64),
                EventFlags::IN,
            )?;
            let connection = Connection {
                stream,
                is_upgraded: false,
                input: Vec::new(),
                rest: Vec::new(),
            };
            if index == self.connections.len() {
                self.connections.push(None);
            }
            self.connections[index] = Some(connection);
        }
    }

    fn attend(&mut self, index: usize, flags: EventFlags) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let attended = self.try_attend(index, flags, &mut buffer);
        self.buffer = buffer;
        if let Err(error) = attended {
            if !matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe
            ) {
                return Err(error);
            }
            self.close(index);
        }
        Ok(())
    }

    fn try_attend(&mut self, index: usize, flags: EventFlags, buffer: &mut [u8]) -> io::Result<()> {
        let Some(connection) = self.connections[index].as_mut() else {
            return Ok(());
        };
        if flags.contains(EventFlags::OUT) {
            connection.write_rest(&self.epoll, index)?;
        }
        if !flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            return Ok(());
        }
        let length = match connection.stream.read(buffer) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        if connection.input.is_empty() {
            return self.take(index, &mut buffer[..length]);
        }
        let mut input = std::mem::take(&mut connection.input);
        input.extend_from_slice(&buffer[..length]);
        self.take(index, &mut input)
    }

    /// Takes all whole frames of some input and keeps the rest.
    fn take(&mut self, index: usize, input: &mut [u8]) -> io::Result<()> {
        let mut at = 0;
        while let Some(used) = self.take_one(index, &mut input[at..])? {
            at += used;
        }
        if let Some(connection) = self.connections[index].as_mut() {
            connection.input = input[at..].to_vec();
        }
        Ok(())
    }

    fn take_one(&mut self, index: usize, input: &mut [u8]) -> io::Result<Option<usize>> {
        let Some(connection) = self.connections[index].as_mut() else {
            return Ok(None);
        };
        if !connection.is_upgraded {
            return connection.upgrade(input);
        }
        let frame = match wire::scan(input) {
            Scan::Whole(frame) => frame,
            Scan::More => return Ok(None),
            Scan::Foreign => return Err(ErrorKind::UnexpectedEof.into()),
        };
        if frame.opcode == Opcode::Close {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let payload = &mut input[frame.payload_at..frame.end];
        wire::unmask(payload, frame.mask.unwrap_or_default());
        match words::read_wish(payload) {
            Some(Wish::Join(rooms)) => self.join(index, &rooms)?,
            Some(Wish::Say(room, text)) => self.say(room, text)?,
            None => {}
        }
        Ok(Some(frame.end))
    }

    fn join(&mut self, index: usize, rooms: &[u32]) -> io::Result<()> {
        for room in rooms.iter().map(|room| *room as usize) {
            if room >= self.rooms.len() {
                self.rooms.resize_with(room + 1, Room::default);
            }
            self.rooms[room].members.push(index);
        }
        let mut joined = Vec::new();
        wire::put_plain(&mut joined, Opcode::Text, b"joined");
        match self.connections[index].as_mut() {
            Some(connection) => connection.send(&joined, &self.epoll, index),
            None => Ok(()),
        }
    }

    /// Tells all members, one `send` each.
    fn say(&mut self, number: u32, text: &[u8]) -> io::Result<()> {
        let Some(room) = self.rooms.get_mut(number as usize) else {
            return Ok(());
        };
        room.said += 1;
        let mut frame = Vec::new();
        wire::put_plain(
            &mut frame,
            Opcode::Binary,
            &words::event(number, room.said, text),
        );
        for index in &room.members {
            if let Some(connection) = self.connections[*index].as_mut() {
                connection.send(&frame, &self.epoll, *index)?;
            }
        }
        Ok(())
    }

    fn close(&mut self, index: usize) {
        if self.connections[index].take().is_some() {
            self.free.push(index);
            self.rooms
                .iter_mut()
                .for_each(|room| room.members.retain(|member| *member != index));
        }
    }
}

impl Connection {
    /// Answers the upgrade once the whole request is there.
    fn upgrade(&mut self, input: &[u8]) -> io::Result<Option<usize>> {
        let Some(end) = input.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            wire::ACCEPT
        );
        self.stream.write_all(answer.as_bytes())?;
        self.is_upgraded = true;
        Ok(Some(end + 4))
    }

    fn send(&mut self, frame: &[u8], epoll: &OwnedFd, index: usize) -> io::Result<()> {
        let mut sent = 0;
        if self.rest.is_empty() {
            sent = match send(&self.stream, frame, SendFlags::NOSIGNAL) {
                Ok(sent) => sent,
                Err(rustix::io::Errno::AGAIN) => 0,
                // Its end is found when it is read.
                Err(_) => return Ok(()),
            };
            if sent < frame.len() {
                let flags = EventFlags::IN | EventFlags::OUT;
                epoll::modify(epoll, &self.stream, EventData::new_u64(index as u64), flags)?;
            }
        }
        self.rest.extend_from_slice(&frame[sent..]);
        Ok(())
    }

    fn write_rest(&mut self, epoll: &OwnedFd, index: usize) -> io::Result<()> {
        while !self.rest.is_empty() {
            match self.stream.write(&self.rest) {
                Ok(written) => drop(self.rest.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        self.rest = Vec::new();
        epoll::modify(
            epoll,
            &self.stream,
            EventData::new_u64(index as u64),
            EventFlags::IN,
        )?;
        Ok(())
    }
}
