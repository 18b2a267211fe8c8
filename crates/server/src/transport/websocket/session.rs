//! One socket's conversation: hello, then commands, each answered by one ack or refusal.
//!
//! Runs on the connection's own task and never waits before the writer: what is sent is queued,
//! and the answer goes out with the commit. What must look something up first is awaited, and
//! nothing is read from this client meanwhile: that is its back-pressure.

use std::sync::Arc;

use parking_lot::Mutex;
use tidings_domain::CommandId;
use tidings_engine::connection::{Connection, Hello};
use tidings_engine::outlet::Outlet as _;
use tidings_engine::presence::Departure;
use tidings_protocol::close::CloseCode;
use tidings_protocol::codec::{self, Encoding};
use tidings_protocol::error::ErrorCode;
use tidings_protocol::socket::command::{Command, CommandError};
use tidings_protocol::socket::frame::{AckBody, Refusal, ServerFrame};
use tidings_websocket::{Deadline, Ended, Flow, Handler, Message, Socket};

use super::commands::{self, Next};
use super::frames;
use super::greeting::{Greeted, Turned, greet};
use super::outlet::SocketOutlet;
use crate::app::App;
use crate::auth::caller::UserCaller;
use crate::edge::SeatOf;
use crate::metrics::Crowded;

/// A client whose commands are refused as too many so often in a row does not listen.
const DEAF_REFUSALS_MAX: u32 = 1_000;

/// See the module.
pub(super) struct Session {
    app: Arc<App>,
    outlet: Arc<SocketOutlet>,
    stage: Stage,
    /// Shared with whoever ends the connection; filled by the hello.
    live: Arc<Mutex<Option<Arc<Connection>>>>,
    _seat: Option<SeatOf>,
    deaf_refusals: u32,
}

enum Stage {
    /// Nothing was said yet; who it is may be known from the upgrade.
    Silent(Option<Box<UserCaller>>),
    /// The hello is looked into.
    Greeting,
    Live(Arc<Connection>),
}

/// What was awaited.
pub(super) enum Awaited {
    /// A hello that was good.
    Greeted(CommandId, Box<Greeted>),
    /// A hello that was not.
    Turned(CommandId, Turned),
    /// An answer.
    Answer(ServerFrame),
    /// A command whose room is in memory now.
    Again(Box<commands::Parked>),
    /// Nothing to say: the answer comes by itself.
    Nothing,
}

impl Session {
    pub(super) fn new(
        app: Arc<App>,
        outlet: Arc<SocketOutlet>,
        known: Option<UserCaller>,
        seat: Option<SeatOf>,
    ) -> Self {
        let stage = Stage::Silent(known.map(Box::new));
        Self {
            app,
            outlet,
            stage,
            live: Arc::default(),
            _seat: seat,
            deaf_refusals: 0,
        }
    }

    /// What ends the engine's side once the socket has ended.
    pub(super) fn ending(&self) -> Ending {
        Ending {
            live: self.live.clone(),
        }
    }

    fn say(&self, frame: &ServerFrame) {
        let payload = codec::encode(self.outlet.encoding, frame);
        // A client that asks and does not read finds no place for its answers.
        let _ = self.outlet.socket.reply(self.outlet.frame(&payload));
    }

    fn refuse(&mut self, id: CommandId, code: ErrorCode, detail: &str) {
        self.answer(&ServerFrame::Refusal(Refusal::new(id, code, detail)));
    }

    /// Answers, and sees to it that who does not heed refusals is shown out.
    fn answer(&mut self, frame: &ServerFrame) {
        let is_deaf = matches!(frame, ServerFrame::Refusal(refusal)
            if refusal.code == ErrorCode::RateLimited.as_str()
                || refusal.code == ErrorCode::TooManyInFlight.as_str());
        self.deaf_refusals = if is_deaf { self.deaf_refusals + 1 } else { 0 };
        self.say(frame);
        if self.deaf_refusals > DEAF_REFUSALS_MAX {
            self.close(CloseCode::Flood);
        }
    }

    fn close(&self, code: CloseCode) {
        self.outlet.close_with(code, code.reason());
    }

    fn command(&mut self, id: CommandId, command: Command) -> Flow<Awaited> {
        match (&mut self.stage, command) {
            (Stage::Silent(known), Command::Hello(hello)) => {
                let known = known.take();
                self.stage = Stage::Greeting;
                let app = self.app.clone();
                Flow::Await(Box::pin(async move {
                    match greet(&app, hello, known.map(|known| *known)).await {
                        Ok(greeted) => Awaited::Greeted(id, Box::new(greeted)),
                        Err(turned) => Awaited::Turned(id, turned),
                    }
                }))
            }
            (Stage::Silent(_) | Stage::Greeting, _) => {
                self.refuse(id, ErrorCode::HelloFirst, "say hello before anything else");
                self.close(CloseCode::HelloFirst);
                Flow::Continue
            }
            (Stage::Live(_), Command::Hello(_)) => {
                self.refuse(
                    id,
                    ErrorCode::AlreadyGreeted,
                    "this connection was greeted already",
                );
                Flow::Continue
            }
            (Stage::Live(connection), command) => {
                let next = commands::carry_out(&self.app, connection, &self.outlet, id, command);
                self.go_on(next)
            }
        }
    }

    fn go_on(&mut self, next: Next) -> Flow<Awaited> {
        match next {
            Next::Answer(frame) => {
                self.answer(&frame);
                Flow::Continue
            }
            Next::Nothing => {
                self.deaf_refusals = 0;
                Flow::Continue
            }
            Next::Await(future) => Flow::Await(future),
        }
    }

    fn welcome(&mut self, id: CommandId, greeted: &Greeted) {
        let hello = Hello {
            user: greeted.caller.user,
            session: greeted.caller.session,
            device: greeted.caller.device,
            outlet: self.outlet.clone(),
        };
        let connection = match Connection::open(&self.app.engine, hello) {
            Ok(connection) => connection,
            Err(refusal) => {
                self.app.turned_away.note(Crowded::User);
                self.refuse(id, ErrorCode::LimitReached, &refusal.to_string());
                return self.close(CloseCode::TooManyConnections);
            }
        };
        *self.live.lock() = Some(connection.clone());
        // It may have ended since the upgrade, or since its ticket was issued.
        if self.app.sessions.has_ended(greeted.caller.session) {
            self.refuse(
                id,
                ErrorCode::SessionRevoked,
                ErrorCode::SessionRevoked.title(),
            );
            return self.close(CloseCode::SessionRevoked);
        }
        self.outlet.stay_until(greeted.caller.expires_at);
        self.outlet.socket.greet();
        let from = greeted.from;
        let welcome = Box::new(greeted.welcome(&self.app, connection.id));
        self.say(&frames::ack(id, AckBody::Welcome { welcome }));
        connection.listen(from);
        self.stage = Stage::Live(connection);
    }
}

impl Handler for Session {
    type Outcome = Awaited;

    fn message(&mut self, _: &Arc<Socket>, message: Message<'_>) -> Flow<Awaited> {
        let encoding = self.outlet.encoding;
        let payload = match (&message, encoding) {
            (Message::Text(text), Encoding::Json) => text.as_bytes(),
            (Message::Binary(bytes), Encoding::Proto) => bytes,
            _ => {
                self.close(CloseCode::UnsupportedData);
                return Flow::Continue;
            }
        };
        match codec::decode_command(encoding, payload) {
            Ok((id, command)) => self.command(id, command),
            Err(CommandError {
                id: Some(id),
                code,
                detail,
            }) => {
                self.refuse(id, code, &detail);
                Flow::Continue
            }
            Err(CommandError { id: None, .. }) => {
                self.close(CloseCode::NotACommand);
                Flow::Continue
            }
        }
    }

    fn resumed(&mut self, _: &Arc<Socket>, awaited: Awaited) -> Flow<Awaited> {
        match awaited {
            Awaited::Greeted(id, greeted) => self.welcome(id, &greeted),
            Awaited::Turned(id, turned) => {
                self.refuse(id, turned.code, &turned.detail);
                self.close(turned.close);
            }
            Awaited::Answer(frame) => self.answer(&frame),
            Awaited::Again(parked) => {
                if let Stage::Live(connection) = &self.stage {
                    let next = commands::send_again(&self.app, connection, &self.outlet, *parked);
                    return self.go_on(next);
                }
            }
            Awaited::Nothing => {}
        }
        Flow::Continue
    }

    fn drained(&mut self, _: &Arc<Socket>) -> Flow<Awaited> {
        if let Stage::Live(connection) = &self.stage {
            connection.drained();
        }
        Flow::Continue
    }
}

/// Ends the engine's side of a connection whose socket has ended.
pub(super) struct Ending {
    live: Arc<Mutex<Option<Arc<Connection>>>>,
}

impl Ending {
    pub(super) async fn finish(self, ended: Ended) {
        let connection = self.live.lock().take();
        if let Some(connection) = connection {
            connection.end(departure(ended)).await;
        }
    }
}

/// Who said goodbye has gone; who broke off may come back in a moment.
const fn departure(ended: Ended) -> Departure {
    match ended {
        Ended::Clean { .. } | Ended::Killed | Ended::TimedOut(Deadline::Close) => Departure::Clean,
        Ended::PeerGone | Ended::Error(_) | Ended::TimedOut(_) => Departure::Broken,
    }
}
