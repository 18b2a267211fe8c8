//! One WebSocket as every thread sees it: where frames are handed in, flushed, and where it ends.
//!
//! Whoever has frames for a client queues them and writes them himself, trying first. Only when the
//! kernel takes no more is the connection's own task woken, which waits until it does. What is read
//! is [`Connection`]'s alone.
//!
//! *Lock*: one small lock a socket, held while frames are queued and during one non-blocking write,
//! so that frames of several threads never interleave. No other lock is taken under it.

mod state;

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};

use parking_lot::{Mutex, MutexGuard};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;

use crate::close::CloseCode;
use crate::connection::{Connection, Ended, Handler};
use crate::decoder::Decoder;
use crate::frame::Frame;
use crate::heartbeat::{Deadline, Heartbeat};
use crate::outbox::{Ephemeral, Offer, OutboxLimits};
use crate::wheel::{Key, Tick};

pub use state::Delivery;
pub(crate) use state::{Drive, Gate, Going};
use state::{Stage, State};

/// How much the kernel may hold for a client before its first byte is sent. Without it a client
/// that does not read takes megabytes of kernel memory before its outbox even begins to fill, and
/// pings and pongs stand behind them.
#[cfg(target_os = "linux")]
const KERNEL_UNSENT_BYTES_MAX: u32 = 64 * 1024;

/// A server's end of one WebSocket.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    heartbeat: Arc<Heartbeat>,
    key: Key,
    last_seen: AtomicU32,
    state: Mutex<State>,
}

/// An idle connection pays for its socket.
const _: () = assert!(size_of::<Socket>() <= 144);

impl Socket {
    /// A socket over the stream of a finished handshake. It has to be [greeted](Self::greet) within
    /// the heartbeat's time for that, and [run](Self::run) for anything to be read.
    #[must_use]
    pub fn new(stream: TcpStream, limits: OutboxLimits, heartbeat: &Arc<Heartbeat>) -> Arc<Self> {
        prepare(&stream);
        let now = heartbeat.now();
        let deadline = now + heartbeat.ticks().hello_within;
        Arc::new_cyclic(|socket| Self {
            stream,
            heartbeat: Arc::clone(heartbeat),
            key: heartbeat.watch(socket.clone(), deadline),
            last_seen: AtomicU32::new(now),
            state: Mutex::new(State::new(limits, deadline)),
        })
    }

    /// The future that reads this socket until it ends. `first_input` is what came glued to the
    /// upgrade request. To be given to a task of its own, and to be called once.
    #[must_use]
    pub fn run<H: Handler>(
        self: Arc<Self>,
        first_input: Vec<u8>,
        decoder: Decoder,
        handler: H,
    ) -> Connection<H> {
        Connection::new(self, first_input, decoder, handler)
    }

    /// Queues a durable frame; [`flush`](Self::flush) writes it.
    pub fn offer(&self, frame: Frame) -> Offer {
        self.state.lock().outbox.offer(frame)
    }

    /// Queues a frame that may be missed; [`flush`](Self::flush) writes it.
    pub fn offer_ephemeral(&self, frame: Frame) -> Ephemeral {
        self.state.lock().outbox.offer_ephemeral(frame)
    }

    /// Queues an answer to this client; [`flush`](Self::flush) writes it, and so does the
    /// connection's own task when it has handled what it read.
    pub fn reply(&self, frame: Frame) -> Offer {
        self.state.lock().outbox.reply(frame)
    }

    /// Queues durable frames in order and flushes: what a room's flusher does for each member. If
    /// nothing waits, they are written straight from the slice.
    pub fn deliver(&self, frames: &[Frame]) -> Delivery {
        self.state.lock().deliver(&self.stream, frames)
    }

    /// Writes what is queued, as far as the kernel takes it. Never waits.
    pub fn flush(&self) {
        self.state.lock().flush(&self.stream);
    }

    /// Closes: queues the close frame behind all else and flushes. Messages that still come are
    /// not handled. The socket is freed when the client has closed too, or after the heartbeat's
    /// time for that.
    pub fn close(&self, code: CloseCode, reason: &str) {
        let mut state = self.state.lock();
        state.closing = state
            .closing
            .or(Some(code).filter(|_| !state.outbox.is_closed()));
        self.begin_close(state, Frame::close(code, reason));
    }

    /// Ends the connection now, whatever is queued. [`Ended::Killed`], unless it was ending already
    /// for another reason.
    pub fn kill(&self) {
        self.end(Ended::Killed);
    }

    /// Takes the time limit for the hello off: the client is known.
    pub fn greet(&self) {
        let mut state = self.state.lock();
        if state.stage != Stage::New {
            return;
        }
        state.stage = Stage::Open;
        drop(state);
        // From now on silence counts, which may be due before the hello was.
        let due = self.last_seen.load(Ordering::Relaxed) + self.heartbeat.ticks().ping_after;
        self.heartbeat.look_by(self.key, due);
    }

    /// How many bytes of frames wait to be written.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.state.lock().outbox.queued_bytes()
    }

    /// Whether frames are still taken.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.state.lock().outbox.is_closed()
    }

    /// Where the client's end of the connection is.
    ///
    /// # Errors
    /// If the connection is gone.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }

    pub(crate) const fn key(&self) -> Key {
        self.key
    }

    /// A byte came.
    pub(crate) fn touch(&self) {
        self.last_seen
            .store(self.heartbeat.now(), Ordering::Relaxed);
    }

    /// What the heartbeat does when it looks at a socket: ping, close, end, or nothing. Gives when
    /// to look again.
    pub(crate) fn attend(&self, now: Tick) -> Option<Tick> {
        let state = self.state.lock();
        match state.stage {
            Stage::Over => None,
            Stage::New | Stage::Closing if now < state.deadline => Some(state.deadline),
            Stage::New => {
                let hello = Frame::close(self.heartbeat.ticks().hello_code, "hello expected");
                self.close_because(state, Ended::TimedOut(Deadline::Hello), hello);
                None
            }
            Stage::Closing => {
                self.end_locked(state, Ended::TimedOut(Deadline::Close));
                None
            }
            Stage::Open => self.listen(state, now),
        }
    }

    fn listen(&self, mut state: MutexGuard<'_, State>, now: Tick) -> Option<Tick> {
        let ticks = self.heartbeat.ticks();
        if state.busy {
            self.touch();
        }
        let last_seen = self.last_seen.load(Ordering::Relaxed);
        let silent = now.saturating_sub(last_seen);
        if silent >= ticks.dead_after {
            state
                .outbox
                .close(Frame::close(ticks.silence_code, "nothing heard"));
            state.flush(&self.stream);
            self.end_locked(state, Ended::TimedOut(Deadline::Silence));
            return None;
        }
        if silent < ticks.ping_after {
            return Some(last_seen + ticks.ping_after);
        }
        state.outbox.ping();
        state.flush(&self.stream);
        Some(last_seen + ticks.dead_after)
    }

    /// Closes for a reason that is not the server's wish.
    pub(crate) fn fail(&self, cause: Ended, close: Frame) {
        self.close_because(self.state.lock(), cause, close);
    }

    /// The client's close frame came: answers it, unless it is the answer to ours.
    pub(crate) fn peer_closed(&self, code: Option<CloseCode>) {
        let state = self.state.lock();
        let first = state.closing.or(code);
        let answer = code.map_or_else(Frame::empty_close, |code| Frame::close(code, ""));
        self.close_because(state, Ended::Clean { code: first }, answer);
    }

    fn close_because(&self, mut state: MutexGuard<'_, State>, cause: Ended, close: Frame) {
        state.cause = state.cause.or(Some(cause));
        self.begin_close(state, close);
    }

    fn begin_close(&self, mut state: MutexGuard<'_, State>, close: Frame) {
        if !state.outbox.close(close) {
            return;
        }
        state.stage = state.stage.max(Stage::Closing);
        state.deadline = self.heartbeat.now() + self.heartbeat.ticks().close_within;
        let deadline = state.deadline;
        state.flush(&self.stream);
        state.wake();
        drop(state);
        self.heartbeat.look_by(self.key, deadline);
    }

    pub(crate) fn end(&self, cause: Ended) -> Ended {
        self.end_locked(self.state.lock(), cause)
    }

    fn end_locked(&self, mut state: MutexGuard<'_, State>, cause: Ended) -> Ended {
        state.end(&self.stream, cause)
    }

    /// The connection's task is gone.
    pub(crate) fn abandon(&self) {
        self.end(Ended::Killed);
        // Dropped only when the lock is free again: it may be the last that holds the task.
        let waker = self.state.lock().waker.take();
        drop(waker);
    }

    /// Says that nothing more will be written, so that the client can end the connection.
    pub(crate) fn shut_down_writing(&self) {
        // Fails only if the connection is gone already.
        let _ = SockRef::from(&self.stream).shutdown(Shutdown::Write);
    }

    /// Notes whether the handler is at work.
    pub(crate) fn set_busy(&self, busy: Busy) {
        self.state.lock().busy = busy == Busy::Yes;
        self.touch();
    }

    /// Whether the next message may be handled.
    pub(crate) fn gate(&self) -> Gate {
        self.state.lock().gate()
    }

    pub(crate) fn pong(&self, payload: &[u8]) {
        self.state.lock().outbox.pong(payload);
    }

    /// [`Handler::drained`] is being called.
    pub(crate) fn take_relief(&self) {
        self.state.lock().relieved = false;
    }

    /// Writes what can be written, and has the task of `cx` woken when more can be, when it is
    /// relieved, and when the socket is over.
    pub(crate) fn drive(&self, cx: &mut Context<'_>) -> Drive {
        let mut state = self.state.lock();
        state.park(cx);
        while state.stage < Stage::Over && !state.outbox.is_empty() {
            if state.blocked {
                match self.stream.poll_write_ready(cx) {
                    Poll::Pending => break,
                    Poll::Ready(Err(_)) => drop(state.end(&self.stream, Ended::PeerGone)),
                    // The kernel has room again, so the client has taken something: it lives.
                    Poll::Ready(Ok(())) => self.touch(),
                }
            }
            state.blocked = false;
            state.flush(&self.stream);
        }
        state.found()
    }

    pub(crate) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_read_ready(cx)
    }

    /// Reads once. A read that does not fill the buffer has emptied the kernel's, so the stream is
    /// noted as not readable at once, which saves the read that would find nothing. (Tokio's own
    /// reading does the same; whatever comes later is a new event.)
    pub(crate) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = None;
        let outcome = self.stream.try_io(Interest::READABLE, || {
            let got = (&*SockRef::from(&self.stream)).read(buffer)?;
            read = Some(got);
            let drained = 0 < got && got < buffer.len();
            if drained {
                Err(io::ErrorKind::WouldBlock.into())
            } else {
                Ok(got)
            }
        });
        read.map_or(outcome, Ok)
    }
}

/// Frames go out as they are written, and wait here rather than in the kernel.
fn prepare(stream: &TcpStream) {
    // Each can fail only if the connection is gone, and then reading finds that out.
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(stream).set_tcp_notsent_lowat(KERNEL_UNSENT_BYTES_MAX);
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.heartbeat.forget(self.key);
    }
}

/// Whether the handler is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Busy {
    Yes,
    No,
}
