//! The task of one connection: it waits until the client sent something or takes more, and ends
//! when the socket does.
//!
//! At rest it is a few words: it reads into a buffer of the thread, and keeps bytes of its own only
//! while a frame is cut or while the handler is at work.
//!
//! *Fairness*: after [`MESSAGES_PER_TURN`] messages or [`READS_PER_TURN`] reads other tasks come
//! first, so a flooding client slows down only itself.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::close::CloseCode;
use crate::decoder::{Decoder, Item, Message};
use crate::frame::Frame;
use crate::heartbeat::Deadline;
use crate::read_buffer;
use crate::socket::{Busy, Drive, Gate, Going, Socket};
use crate::violation::Violation;

/// How many messages one client may have handled before other tasks run.
pub const MESSAGES_PER_TURN: u32 = 64;
/// How many times one client is read before other tasks run.
pub const READS_PER_TURN: u32 = 4;

/// Why a connection is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Both sides closed. The code is that of the side which closed first, if it gave one.
    Clean {
        /// The code.
        code: Option<CloseCode>,
    },
    /// The client went away without a close frame: end of stream, or reset.
    PeerGone,
    /// The client broke the protocol or a limit.
    Error(Violation),
    /// The client took too long.
    TimedOut(Deadline),
    /// The server ended it at once.
    Killed,
}

/// Whether to go on reading.
pub enum Flow<T> {
    /// With the next message at once.
    Continue,
    /// Only after this was awaited; what it gives goes to [`Handler::resumed`].
    Await(Pin<Box<dyn Future<Output = T> + Send>>),
}

/// What the server does with a client's messages. Called only by the connection's own task.
///
/// What it queues for this client is written when it has handled what was read; it need not flush.
/// To close, it calls [`Socket::close`], after which no message comes any more.
pub trait Handler: Send + Unpin + 'static {
    /// What a future of [`Flow::Await`] brings back.
    type Outcome: Send + 'static;

    /// A message came. As long as it makes at most one reply that is no longer than the reserve,
    /// that reply is never refused: no message comes while the reserve is in use.
    fn message(&mut self, socket: &Arc<Socket>, message: Message<'_>) -> Flow<Self::Outcome>;

    /// The future of a [`Flow::Await`] is done.
    fn resumed(&mut self, socket: &Arc<Socket>, outcome: Self::Outcome) -> Flow<Self::Outcome>;

    /// A frame was refused as [`Full`](crate::Offer::Full), and now at most half of the limit is
    /// queued: time to bring what was missed.
    fn drained(&mut self, socket: &Arc<Socket>) -> Flow<Self::Outcome>;
}

type Pending<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The future of [`Socket::run`]. To drop it ends the connection.
pub struct Connection<H: Handler> {
    socket: Arc<Socket>,
    decoder: Decoder,
    handler: H,
    /// Input that was read but may not be handled yet.
    stash: Option<Box<Stash>>,
    pending: Option<Pending<H::Outcome>>,
    input: Input,
}

struct Stash {
    bytes: Vec<u8>,
    at: usize,
}

/// What is still to come from the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Open,
    /// We have said all, and only wait for the end.
    Last,
    Ended,
}

/// How much of this turn is left.
struct Turn {
    messages: u32,
    reads: u32,
}

enum Step {
    Again,
    Wait,
    Over(Ended),
}

impl<H: Handler> Connection<H> {
    pub(crate) fn new(socket: Arc<Socket>, first: Vec<u8>, decoder: Decoder, handler: H) -> Self {
        // An idle connection pays for its task.
        const { assert!(size_of::<Self>() <= 72 + size_of::<H>()) };
        let stash = (!first.is_empty()).then(|| {
            Box::new(Stash {
                bytes: first,
                at: 0,
            })
        });
        Self {
            socket,
            decoder,
            handler,
            stash,
            pending: None,
            input: Input::Open,
        }
    }

    fn step(&mut self, cx: &mut Context<'_>, turn: &mut Turn) -> Step {
        let going = match self.socket.drive(cx) {
            Drive::Over(cause) => return Step::Over(cause),
            Drive::Going(going) => going,
        };
        if let Some(pending) = &mut self.pending {
            return match pending.as_mut().poll(cx) {
                Poll::Pending => Step::Wait,
                Poll::Ready(outcome) => self.resume(outcome),
            };
        }
        if going.relieved {
            self.socket.take_relief();
            let flow = self.handler.drained(&self.socket);
            return self.follow(flow);
        }
        self.step_input(cx, turn, &going)
    }

    fn step_input(&mut self, cx: &mut Context<'_>, turn: &mut Turn, going: &Going) -> Step {
        if going.congested {
            return Step::Wait;
        }
        if self.stash.is_some() {
            self.digest_stash(turn);
            return Step::Again;
        }
        let heard_all = self.decoder.is_finished();
        match self.input {
            Input::Ended if heard_all && !going.nothing_queued => return Step::Wait,
            Input::Ended => return Step::Over(self.socket.end(Ended::PeerGone)),
            Input::Open if heard_all && going.said_all => {
                self.socket.shut_down_writing();
                self.input = Input::Last;
            }
            Input::Open | Input::Last => {}
        }
        match self.socket.poll_read_ready(cx) {
            Poll::Pending => Step::Wait,
            Poll::Ready(_) => self.read(turn),
        }
    }

    fn read(&mut self, turn: &mut Turn) -> Step {
        turn.reads = turn.reads.saturating_sub(1);
        read_buffer::with(|buffer| match self.socket.try_read(buffer) {
            Ok(0) => {
                self.input = Input::Ended;
                Step::Again
            }
            Ok(length) => {
                self.socket.touch();
                let input = &mut buffer[..length];
                let used = self.digest(input, turn);
                if used < length {
                    self.stash = Some(Box::new(Stash {
                        bytes: input[used..].to_vec(),
                        at: 0,
                    }));
                }
                Step::Again
            }
            Err(error) if is_transient(&error) => Step::Again,
            Err(_) => Step::Over(self.socket.end(Ended::PeerGone)),
        })
    }

    fn digest_stash(&mut self, turn: &mut Turn) {
        let Some(mut stash) = self.stash.take() else {
            return;
        };
        let at = stash.at;
        stash.at += self.digest(&mut stash.bytes[at..], turn);
        if stash.at < stash.bytes.len() {
            self.stash = Some(stash);
        }
    }

    /// Handles input until it is used up, or something has to come first. Gives how much was used.
    fn digest(&mut self, input: &mut [u8], turn: &mut Turn) -> usize {
        let mut at = 0;
        while at < input.len() && turn.messages > 0 && self.pending.is_none() {
            let gate = self.socket.gate();
            if gate == Gate::Congested {
                break;
            }
            let step = self.decoder.decode(&mut input[at..]);
            at += step.used;
            match step.item {
                Ok(None) => {}
                Ok(Some(item)) => {
                    turn.messages -= 1;
                    let flow = take(&self.socket, &mut self.handler, gate, item);
                    self.follow(flow);
                }
                Err(violation) => self.fail(violation),
            }
        }
        at
    }

    fn fail(&self, violation: Violation) {
        let close = Frame::close(violation.close_code(), &violation.to_string());
        self.socket.fail(Ended::Error(violation), close);
    }

    fn resume(&mut self, outcome: H::Outcome) -> Step {
        self.pending = None;
        self.socket.set_busy(Busy::No);
        let flow = self.handler.resumed(&self.socket, outcome);
        self.follow(flow)
    }

    fn follow(&mut self, flow: Flow<H::Outcome>) -> Step {
        if let Flow::Await(future) = flow {
            self.socket.set_busy(Busy::Yes);
            self.pending = Some(future);
        }
        Step::Again
    }
}

/// Does what an item asks for.
fn take<H: Handler>(
    socket: &Arc<Socket>,
    handler: &mut H,
    gate: Gate,
    item: Item<'_>,
) -> Flow<H::Outcome> {
    match item {
        Item::Message(message) if gate == Gate::Open => return handler.message(socket, message),
        Item::Ping(payload) => socket.pong(&payload),
        Item::Close(farewell) => socket.peer_closed(farewell.map(|said| said.code)),
        Item::Message(_) | Item::Pong(_) => {}
    }
    Flow::Continue
}

fn is_transient(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::Interrupted
    )
}

impl<H: Handler> Future for Connection<H> {
    type Output = Ended;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
        let connection = self.get_mut();
        let mut turn = Turn {
            messages: MESSAGES_PER_TURN,
            reads: READS_PER_TURN,
        };
        loop {
            match connection.step(cx, &mut turn) {
                Step::Wait => return Poll::Pending,
                Step::Over(cause) => return Poll::Ready(cause),
                Step::Again if turn.messages > 0 && turn.reads > 0 => {}
                Step::Again => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    }
}

impl<H: Handler> Drop for Connection<H> {
    fn drop(&mut self) {
        self.socket.abandon();
    }
}
