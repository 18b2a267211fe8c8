//! All members of one process over one epoll: opens them, writes for them, checks what they hear.
//!
//! *Invariant*: every frame that comes is accounted for; what was not expected ends the run.

use std::ops::Range;
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, EventData, EventFlags};

use super::dialect::{Dialect, Word};
use super::ledger::{Decoded, Heard, Ledger, Place};
use super::member::{Flush, Member, Stage, read_upgrade};
use super::orders::{Begin, Manner, Refusals, RoomSeats};
use super::storm::Weather;
use super::traffic::{Due, Traffic};
use super::wire::{self, Opcode, Scan};
use crate::clock;
use crate::fleet::common;

/// What ends a run: something was lost, or the other end is not as it should be.
pub(super) type Fault = String;

/// Handshakes that are under way at once: fewer than any server lets wait.
const OPENING_MAX: usize = 64;
/// Without a further connection for so long, opening has failed.
const OPENING_NS: u64 = 30_000_000_000;
const EVENTS_A_TURN: usize = 512;
const READ_BYTES: usize = 64 * 1_024;
/// The longest wait for anything, so that time limits are looked at.
const TURN_NS: u64 = 100_000_000;
/// The key of the standard input in epoll.
const ORDERS: u64 = u64::MAX;

/// What else came while the members were attended to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing.
    Quiet,
    /// The standard input can be read.
    Orders,
}

/// See the module.
pub(super) struct Driver {
    epoll: OwnedFd,
    pub(super) begin: Begin,
    pub(super) dialect: Dialect,
    /// Nothing is read.
    is_stalled: bool,
    /// Members have been stalled: they may be told of gaps.
    may_lack: bool,
    pub(super) members: Vec<Member>,
    live: usize,
    pub(super) ledger: Ledger,
    pub(super) traffic: Option<Traffic>,
    pub(super) weather: Option<Weather>,
    pub(super) text_bytes: usize,
    pub(super) refusals: Refusals,
    pub(super) behind: u64,
    /// Reads that brought events.
    pub(super) reads: u64,
    masks: u32,
    buffer: Vec<u8>,
    events: Vec<epoll::Event>,
}

impl Driver {
    pub(super) fn new(begin: Begin) -> std::io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut ledger = Ledger::default();
        for RoomSeats { name, users } in &begin.rooms {
            let mine = common(users, &begin.users);
            ledger.add_room(name, mine.end - mine.start);
        }
        Ok(Self {
            epoll,
            dialect: Dialect::new(&begin.target),
            begin,
            is_stalled: false,
            may_lack: false,
            members: Vec::new(),
            live: 0,
            ledger,
            traffic: None,
            weather: None,
            text_bytes: 0,
            refusals: Refusals::Fault,
            behind: 0,
            reads: 0,
            masks: 0,
            buffer: vec![0; READ_BYTES],
            events: Vec::with_capacity(EVENTS_A_TURN),
        })
    }

    /// From now on a turn also tells when the standard input can be read.
    pub(super) fn listen_for_orders(&self) -> std::io::Result<()> {
        let (input, key) = (std::io::stdin(), EventData::new_u64(ORDERS));
        Ok(epoll::add(&self.epoll, input, key, EventFlags::IN)?)
    }

    /// Opens connections until all of these users have one, and tells how far it is.
    pub(super) fn open(
        &mut self,
        users: Range<u32>,
        manner: Manner,
        mut progress: impl FnMut(u32, u32),
    ) -> Result<(), Fault> {
        if self.first_user() + small(self.members.len()) != users.start {
            return Err("users must be opened in order".to_owned());
        }
        let of = (users.end - self.first_user()) as usize;
        let mut last = (self.live, clock::now_ns());
        while self.live < of {
            while self.members.len() < of && self.members.len() - self.live < OPENING_MAX {
                self.connect(manner)?;
            }
            self.turn(TURN_NS)?;
            let now_ns = clock::now_ns();
            if self.live > last.0 {
                last = (self.live, now_ns);
            } else if now_ns > last.1 + OPENING_NS {
                return Err(format!(
                    "{} of {of} connections were opened, then no more",
                    self.live
                ));
            }
            progress(small(self.live), small(of));
        }
        Ok(())
    }

    /// Reads nothing until it is settled.
    pub(super) fn stall(&mut self) {
        self.is_stalled = true;
        self.may_lack = true;
    }

    pub(super) const fn is_stalled(&self) -> bool {
        self.is_stalled
    }

    /// Closes all connections.
    pub(super) fn close(&mut self) {
        self.members.clear();
        self.live = 0;
    }

    /// The place of a user's connection among all, if it is open.
    pub(super) fn member_of(&self, user: u32) -> Option<u32> {
        let member = user.checked_sub(self.first_user())?;
        let stage = self.members.get(member as usize)?.stage;
        (stage == Stage::Live).then_some(member)
    }

    const fn first_user(&self) -> u32 {
        self.begin.users.start
    }

    /// Attends to whatever has happened, waiting for at most so long.
    pub(super) fn turn(&mut self, wait_ns: u64) -> Result<Turn, Fault> {
        let wait = Timespec {
            tv_sec: (wait_ns / 1_000_000_000) as i64,
            tv_nsec: (wait_ns % 1_000_000_000) as i64,
        };
        self.is_stalled = false;
        let mut events = std::mem::take(&mut self.events);
        match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(format!("waiting failed: {error}")),
        }
        let mut turn = Turn::Quiet;
        for event in events.drain(..) {
            match event.data.u64() {
                ORDERS => turn = Turn::Orders,
                member => self.attend(member as usize, event.flags)?,
            }
        }
        self.events = events;
        Ok(turn)
    }

    /// Sends all messages that are due.
    pub(super) fn send_due(&mut self, now_ns: u64) -> Result<(), Fault> {
        while let Some(due) = self
            .traffic
            .as_mut()
            .and_then(|traffic| traffic.next_due(now_ns))
        {
            self.send(due)?;
        }
        Ok(())
    }

    fn send(&mut self, Due { sender, stamp }: Due) -> Result<(), Fault> {
        let room = self.ledger.name(sender.room);
        let (payload, command) = self.dialect.message(room, stamp.text(self.text_bytes));
        if let Some(traffic) = &mut self.traffic {
            traffic.note_sent(command, stamp, clock::now_ns());
        }
        self.say(sender.member as usize, &payload)
    }

    fn connect(&mut self, manner: Manner) -> Result<(), Fault> {
        let number = small(self.members.len());
        let user = self.first_user() + number;
        let rooms = (0..).zip(&self.begin.rooms);
        let mine = rooms.filter(|(_, seats)| seats.users.contains(&user));
        let places = mine.map(|(room, _)| Place::new(room)).collect();
        let member = Member::connect(&self.begin.address, number, manner, places)
            .map_err(|error| format!("connection {number} was not opened: {error}"))?;
        let key = EventData::new_u64(u64::from(number));
        epoll::add(&self.epoll, &member.stream, key, EventFlags::IN)
            .map_err(|error| format!("connection {number} cannot be watched: {error}"))?;
        self.members.push(member);
        Ok(())
    }

    fn attend(&mut self, index: usize, flags: EventFlags) -> Result<(), Fault> {
        if flags.contains(EventFlags::OUT) {
            self.flush(index)?;
        }
        if !flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR) {
            return Ok(());
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let before = self.ledger.deliveries;
        let heard = self.hear(index, &mut buffer);
        self.buffer = buffer;
        self.reads += u64::from(self.ledger.deliveries > before);
        heard.map_err(|fault| format!("connection {index}: {fault}"))?;
        self.send_due(clock::now_ns())
    }

    /// Reads once and takes all whole frames.
    fn hear(&mut self, index: usize, buffer: &mut [u8]) -> Result<(), Fault> {
        let member = &mut self.members[index];
        let length = match member.read(buffer) {
            Ok(Some(length)) => length,
            Ok(None) => return Ok(()),
            Err(error) => return Err(format!("it broke: {error}")),
        };
        if member.input.is_empty() {
            let used = self.take_all(index, &buffer[..length])?;
            self.members[index]
                .input
                .extend_from_slice(&buffer[used..length]);
            return Ok(());
        }
        let mut input = std::mem::take(&mut member.input);
        input.extend_from_slice(&buffer[..length]);
        let used = self.take_all(index, &input)?;
        self.members[index].input = input[used..].to_vec();
        Ok(())
    }

    fn take_all(&mut self, index: usize, input: &[u8]) -> Result<usize, Fault> {
        let mut at = 0;
        if self.members[index].stage == Stage::Upgrading {
            match read_upgrade(input)? {
                Some(length) => at = length,
                None => return Ok(0),
            }
            self.greet(index)?;
        }
        let now_ns = clock::now_ns();
        loop {
            match wire::scan(&input[at..]) {
                Scan::Whole(frame) => {
                    let payload = &input[at + frame.payload_at..at + frame.end];
                    self.take(index, frame.opcode, payload, now_ns)?;
                    at += frame.end;
                }
                Scan::More => return Ok(at),
                Scan::Foreign => return Err("a frame that is none".to_owned()),
            }
        }
    }

    fn greet(&mut self, index: usize) -> Result<(), Fault> {
        self.members[index].stage = Stage::Greeting;
        let places = &self.members[index].places;
        let rooms: Vec<&str> = places
            .iter()
            .map(|place| self.ledger.name(place.room))
            .collect();
        let greeting = self
            .dialect
            .greeting(self.begin.users.start + small(index), &rooms);
        self.say(index, &greeting)
    }

    fn take(
        &mut self,
        index: usize,
        opcode: Opcode,
        payload: &[u8],
        now_ns: u64,
    ) -> Result<(), Fault> {
        match opcode {
            Opcode::Ping => return self.write(index, Opcode::Pong, payload),
            Opcode::Pong => return Ok(()),
            Opcode::Close => return Err(format!("closed by the server: {}", reason(payload))),
            Opcode::Text | Opcode::Binary => {}
        }
        let places = &mut self.members[index].places;
        if let Some(heard) = self.ledger.recognise(places, payload, now_ns) {
            self.note(heard);
            return Ok(());
        }
        match self.dialect.understand(opcode, payload)? {
            Word::Event { room, seq, stamp } => {
                let event = Decoded {
                    room: &room,
                    seq,
                    stamp,
                };
                let heard = self.ledger.learn(places, payload, event, now_ns);
                self.note(heard.map_err(|fault| fault.to_string())?);
            }
            Word::Acknowledged(command) => self.note_answer(command, now_ns),
            Word::Watches(command, people) => {
                self.note_answer(command, now_ns);
                if let Some(weather) = &mut self.weather {
                    weather.note_presence(small(index), &people);
                }
            }
            Word::News(news, people) => {
                if let Some(weather) = &mut self.weather {
                    weather.note_heard(small(index), news, payload.len());
                    weather.note_presence(small(index), &people);
                }
            }
            Word::Live if self.members[index].stage == Stage::Greeting => {
                self.members[index].stage = Stage::Live;
                self.live += 1;
            }
            Word::Gap { room, from, to } if self.may_lack => {
                let places = &mut self.members[index].places;
                let skipped = self.ledger.skip(places, &room, from..=to);
                skipped.map_err(|fault| fault.to_string())?;
            }
            Word::TooMuch(command) if self.refusals == Refusals::Counted => {
                if let Some(traffic) = &mut self.traffic {
                    traffic.note_refused(command);
                }
            }
            Word::TooMuch(_) => return Err("a message was refused: too many".to_owned()),
            Word::Gap { room, from, to } => {
                return Err(format!("a gap in room {room}, from {from} to {to}"));
            }
            Word::Behind => self.behind += 1,
            Word::Live | Word::Nothing => {}
        }
        Ok(())
    }

    fn note_answer(&mut self, command: u64, now_ns: u64) {
        if let Some(traffic) = &mut self.traffic {
            traffic.note_acknowledged(command, now_ns);
        }
        if let Some(weather) = &mut self.weather {
            weather.note_answered(command);
        }
    }

    fn note(&mut self, heard: Heard) {
        if let (Heard::ByAll(completed), Some(traffic)) = (heard, &mut self.traffic) {
            traffic.note_heard_by_all(completed.sender);
        }
    }

    pub(super) fn say(&mut self, index: usize, payload: &[u8]) -> Result<(), Fault> {
        self.write(index, Opcode::Text, payload)
    }

    fn write(&mut self, index: usize, opcode: Opcode, payload: &[u8]) -> Result<(), Fault> {
        // What the key is does not matter here, only that it is not always the same.
        self.masks = self.masks.wrapping_mul(0x9E37_79B1).wrapping_add(1);
        self.members[index].queue(opcode, payload, self.masks.to_be_bytes());
        self.flush(index)
    }

    fn flush(&mut self, index: usize) -> Result<(), Fault> {
        let member = &mut self.members[index];
        let was_blocked = member.is_blocked;
        let flush = member
            .flush()
            .map_err(|error| format!("it cannot be written: {error}"))?;
        member.is_blocked = flush == Flush::Blocked;
        if member.is_blocked == was_blocked {
            return Ok(());
        }
        let mut flags = EventFlags::IN;
        flags.set(EventFlags::OUT, member.is_blocked);
        epoll::modify(
            &self.epoll,
            &member.stream,
            EventData::new_u64(index as u64),
            flags,
        )
        .map_err(|error| format!("it cannot be watched: {error}"))
    }
}

/// What a close frame says.
fn reason(payload: &[u8]) -> String {
    let code = payload
        .first_chunk()
        .map_or(1005, |code| u16::from_be_bytes(*code));
    let words = String::from_utf8_lossy(payload.get(2..).unwrap_or_default());
    format!("{code} {words}")
}

fn small(count: usize) -> u32 {
    u32::try_from(count).expect("a process has fewer than 2^32 connections")
}
