//! One socket's conversation on the server's side, as the server's own transport holds it: hello,
//! then commands, each answered by one ack or refusal. While something is looked up, nothing is
//! read.

use std::sync::Arc;

use tidings_domain::limits::{FRAME_BYTES_MAX, FRAME_FRAGMENTS_MAX};
use tidings_domain::text::MessageText;
use tidings_domain::{CommandId, MessageBody, RoomId, Seq};
use tidings_engine::commands::Actor;
use tidings_engine::commands::mark_read::{Mark, mark_for};
use tidings_engine::commands::send_message::{AnswerTo, SendMessage, hides_earlier, send_now};
use tidings_engine::connection::{Connection, Hello};
use tidings_engine::outlet::Outlet as _;
use tidings_engine::presence::Departure;
use tidings_engine::writer::MarkWaiter;
use tidings_protocol::close::CloseCode;
use tidings_protocol::codec;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::socket::command::{self, Command};
use tidings_protocol::socket::frame::{AckBody, Pong, Refusal, ServerFrame};
use tidings_websocket::decoder::Item;
use tidings_websocket::{Decoder, DecoderLimits, Message};
use tokio::task::JoinHandle;

use super::frames;
use super::greeting::{Greeted, close_of, greet};
use super::life::{Completed, Host, Token};
use super::lookups::{done, fleeting, load_room, refused, tell_earlier};
use super::outlet::{LinkId, SimOutlet};
use crate::ids;

/// See the module.
pub struct Session {
    link: LinkId,
    outlet: Arc<SimOutlet>,
    decoder: Decoder,
    unread: Vec<u8>,
    stage: Stage,
    task: Option<JoinHandle<()>>,
    /// When something came last, in milliseconds of the run.
    pub heard_ms: u64,
    /// Whether the client has said goodbye.
    pub has_said_goodbye: bool,
}

enum Stage {
    Silent,
    Greeting,
    Live(Arc<Connection>),
}

/// What was looked up.
pub enum Awaited {
    /// A hello that was good.
    Greeted(Box<Greeted>),
    /// A hello that was not.
    Turned(CommandId, ErrorCode, CloseCode),
    /// An answer.
    Answer(ServerFrame),
    /// A message whose room is in memory now.
    Again(Box<(CommandId, SendMessage)>),
    /// The answer comes by itself.
    Nothing,
}

type Lookup = std::pin::Pin<Box<dyn Future<Output = Awaited> + Send>>;

impl Session {
    /// A connection of which nothing was heard.
    #[must_use]
    pub fn new(link: LinkId, outlet: Arc<SimOutlet>, now_ms: u64) -> Self {
        let limits = DecoderLimits {
            message_bytes_max: u32::try_from(FRAME_BYTES_MAX).expect("a small constant"),
            fragments_max: u32::try_from(FRAME_FRAGMENTS_MAX).expect("a small constant"),
        };
        Self {
            link,
            outlet,
            decoder: Decoder::new(limits),
            unread: Vec::new(),
            stage: Stage::Silent,
            task: None,
            heard_ms: now_ms,
            has_said_goodbye: false,
        }
    }

    /// Where it is told.
    #[must_use]
    pub const fn outlet(&self) -> &Arc<SimOutlet> {
        &self.outlet
    }

    /// Takes bytes off the network.
    pub fn receive(&mut self, host: &Host, bytes: &[u8], now_ms: u64) {
        self.heard_ms = now_ms;
        self.unread.extend_from_slice(bytes);
        self.digest(host);
    }

    /// Handles what came, until it is used up or something has to come first.
    pub fn digest(&mut self, host: &Host) {
        let mut has_handled = false;
        while !self.unread.is_empty() && self.task.is_none() && !self.outlet.is_congested() {
            has_handled = true;
            let mut input = std::mem::take(&mut self.unread);
            let step = self.decoder.decode(&mut input);
            let (used, item) = (step.used, step.item.map(|item| item.map(Heard::of)));
            self.unread = input.split_off(used);
            match item {
                Ok(None) => {}
                Ok(Some(Heard::Message(payload))) if !self.outlet.is_closed() => {
                    self.message(host, &payload);
                }
                Ok(Some(Heard::Ping(payload))) => self.outlet.pong(&payload),
                Ok(Some(Heard::Close)) => {
                    self.has_said_goodbye = true;
                    self.outlet.close_with(CloseCode::Normal);
                }
                Ok(Some(Heard::Pong | Heard::Message(_))) => {}
                Err(violation) => panic!("the client's framing is broken: {violation}"),
            }
        }
        if has_handled {
            self.outlet.flush();
        }
    }

    fn message(&mut self, host: &Host, payload: &[u8]) {
        match codec::decode_command(self.outlet.encoding(), payload) {
            Ok((id, command)) => self.command(host, id, command),
            Err(error) => panic!("the client's command is broken: {error}"),
        }
    }

    fn command(&mut self, host: &Host, id: CommandId, command: Command) {
        match (&self.stage, command) {
            (Stage::Silent, Command::Hello(hello)) => self.hello(host, id, hello),
            (Stage::Silent | Stage::Greeting, _) => self.outlet.close_with(CloseCode::HelloFirst),
            (Stage::Live(connection), command) => {
                let connection = connection.clone();
                self.carry_out(host, &connection, id, command);
            }
        }
    }

    fn hello(&mut self, host: &Host, id: CommandId, hello: command::Hello) {
        self.stage = Stage::Greeting;
        let token = hello.token.as_deref().and_then(Token::parse);
        let checked = token.ok_or(ErrorCode::Unauthenticated).and_then(|token| {
            host.check(token)?;
            Ok(token)
        });
        match checked {
            Ok(token) => {
                let engine = host.engine.clone();
                self.look_up(host, Box::pin(greet(engine, id, token, hello.cursor)));
            }
            Err(code) => self.turn(id, code, close_of(code)),
        }
    }

    fn turn(&self, id: CommandId, code: ErrorCode, close: CloseCode) {
        let refusal = Refusal::new(id, code, code.title());
        self.outlet.say(&ServerFrame::Refusal(refusal));
        self.outlet.close_with(close);
    }

    fn look_up(&mut self, host: &Host, lookup: Lookup) {
        let (link, completed) = (self.link, host.completed.clone());
        self.task = Some(tokio::spawn(async move {
            let awaited = lookup.await;
            completed.put(Completed::Session(link, awaited));
        }));
    }

    /// Goes on with what was looked up.
    pub fn resumed(&mut self, host: &Host, awaited: Awaited) {
        self.task = None;
        match awaited {
            Awaited::Greeted(greeted) => self.welcome(host, &greeted),
            Awaited::Turned(id, code, close) => self.turn(id, code, close),
            Awaited::Answer(frame) => self.outlet.say(&frame),
            Awaited::Again(parked) => {
                if let Stage::Live(connection) = &self.stage {
                    let connection = connection.clone();
                    self.send(host, &connection, parked.0, parked.1);
                }
            }
            Awaited::Nothing => {}
        }
        self.outlet.flush();
        self.digest(host);
    }

    fn welcome(&mut self, host: &Host, greeted: &Greeted) {
        let client = greeted.token.client;
        let hello = Hello {
            user: greeted.token.user,
            session: ids::session(client),
            device: ids::device(client),
            outlet: self.outlet.clone(),
        };
        let Ok(connection) = Connection::open(&host.engine, hello) else {
            return self.turn(
                greeted.id,
                ErrorCode::LimitReached,
                CloseCode::TooManyConnections,
            );
        };
        self.stage = Stage::Live(connection.clone());
        // The session may have ended since the hello was looked into.
        if let Err(code) = host.check(greeted.token) {
            return self.turn(greeted.id, code, close_of(code));
        }
        self.outlet.stay_until(greeted.token.expires_at);
        let welcome = Box::new(greeted.welcome(host, &connection));
        self.outlet
            .say(&frames::ack(greeted.id, AckBody::Welcome { welcome }));
        connection.listen(greeted.from);
    }

    fn carry_out(
        &mut self,
        host: &Host,
        connection: &Arc<Connection>,
        id: CommandId,
        command: Command,
    ) {
        match command {
            Command::Send(send) => self.send(host, connection, id, message_of(send)),
            Command::Ping(ping) => {
                let pong = Pong {
                    sent_at_ms: ping.sent_at_ms,
                    server_at_ms: host.engine.clock.now(),
                };
                self.outlet.say(&frames::ack(id, AckBody::Pong(pong)));
            }
            Command::Status(status) => {
                let desk = host.presence();
                desk.available(connection.user, connection.id, status.availability);
                self.outlet.say(&done(id));
            }
            Command::Read(it) => self.raise(host, connection, id, mark(it.room, Seq::ZERO, it.seq)),
            Command::Delivered(it) => {
                self.raise(host, connection, id, mark(it.room, it.seq, Seq::ZERO));
            }
            other => {
                let outlet = self.outlet.clone();
                let lookup = fleeting(host.clone(), connection.clone(), outlet, id, other);
                self.look_up(host, Box::pin(lookup));
            }
        }
    }

    fn send(
        &mut self,
        host: &Host,
        connection: &Arc<Connection>,
        id: CommandId,
        message: SendMessage,
    ) {
        if !self.begins(id) {
            return;
        }
        let actor = Actor {
            user: connection.user,
            device: Some(connection.device),
        };
        let (room, client_id) = (message.room, message.client_id);
        let answer = AnswerTo {
            outlet: self.outlet.clone(),
            command: id,
        };
        let engine = host.engine.clone();
        match send_now(&engine, actor, message, answer) {
            Ok(None) => {}
            Ok(Some((message, _))) => {
                self.outlet.end_command();
                self.look_up(host, Box::pin(load_room(engine, actor, id, message)));
            }
            Err(refused) if hides_earlier(&refused) => {
                self.outlet.end_command();
                let lookup = tell_earlier(engine, actor, room, client_id, id, refused);
                self.look_up(host, Box::pin(lookup));
            }
            Err(refused) => {
                self.outlet.end_command();
                let refusal = frames::refusal(id, &refused.into());
                self.outlet.say(&ServerFrame::Refusal(refusal));
            }
        }
    }

    fn raise(&mut self, host: &Host, connection: &Connection, id: CommandId, mark: Mark) {
        if !self.begins(id) {
            return;
        }
        let (engine, outlet, user) = (host.engine.clone(), self.outlet.clone(), connection.user);
        let lookup = async move {
            let waiter = MarkWaiter::Socket {
                outlet: outlet.clone(),
                user,
                command: id,
            };
            match mark_for(&engine, user, mark, waiter).await {
                Ok(()) => Awaited::Nothing,
                Err(failure) => {
                    outlet.end_command();
                    refused(id, &failure)
                }
            }
        };
        self.look_up(host, Box::pin(lookup));
    }

    /// Takes a place among the commands under way, or refuses the command.
    fn begins(&self, id: CommandId) -> bool {
        let has_place = self.outlet.begin_command();
        if !has_place {
            let code = ErrorCode::TooManyInFlight;
            let refusal = Refusal::new(id, code, code.title());
            self.outlet.say(&ServerFrame::Refusal(refusal));
        }
        has_place
    }

    /// The outbox was full and has drained.
    pub fn drained(&self) {
        if let Stage::Live(connection) = &self.stage {
            connection.drained();
        }
    }

    /// The connection is over.
    pub fn end(self, departure: Departure) {
        self.outlet.discard();
        if let Some(task) = self.task {
            task.abort();
        }
        if let Stage::Live(connection) = self.stage {
            tokio::spawn(async move { connection.end(departure).await });
        }
    }
}

fn message_of(send: command::Send) -> SendMessage {
    SendMessage {
        room: send.room,
        client_id: send.client_id,
        body: MessageBody {
            text: MessageText::parse(send.text).expect("texts of a run are texts"),
            reply_to: send.reply_to,
            mentions: send.mentions,
            metadata: send.metadata,
        },
    }
}

const fn mark(room: RoomId, delivered: Seq, read: Seq) -> Mark {
    Mark {
        room,
        delivered,
        read,
    }
}

/// What came over the socket, by itself.
enum Heard {
    Message(Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close,
}

impl Heard {
    fn of(item: Item<'_>) -> Self {
        match item {
            Item::Message(Message::Text(text)) => Self::Message(text.as_bytes().to_vec()),
            Item::Message(Message::Binary(bytes)) => Self::Message(bytes.to_vec()),
            Item::Ping(payload) => Self::Ping(payload.to_vec()),
            Item::Pong(_) => Self::Pong,
            Item::Close(_) => Self::Close,
        }
    }
}
