//! What a socket's lock guards, and every write to its stream.
//!
//! *Invariant*: bytes go to the stream only from here, in the order of the outbox, and none once
//! the stage is [`Stage::Over`].

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::task::{Context, Waker};

use socket2::SockRef;
use tokio::net::TcpStream;

use crate::close::CloseCode;
use crate::connection::Ended;
use crate::frame::Frame;
use crate::outbox::{GATHER_MAX, Outbox, OutboxLimits, Relief};
use crate::wheel::Tick;

/// What became of frames that were delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Delivery {
    /// All will be written, unless the connection ends.
    Taken,
    /// Only the first `taken` of them were taken; [`drained`](crate::Handler::drained) tells when there is room.
    Full {
        /// How many.
        taken: usize,
    },
    /// The connection closes or has ended.
    Closed,
}

/// Where a socket is in its life; it only moves forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Not greeted yet.
    New,
    /// In use.
    Open,
    /// Our close frame is queued or written.
    Closing,
    /// Nothing is read or written any more.
    Over,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) outbox: Outbox,
    /// The connection's own task, once it runs.
    pub(super) waker: Option<Waker>,
    /// When the present stage must be over; of [`Stage::New`] and [`Stage::Closing`].
    pub(super) deadline: Tick,
    pub(super) stage: Stage,
    /// Why it ends: the first reason that was found.
    pub(super) cause: Option<Ended>,
    /// The code that we close with, if we closed first.
    pub(super) closing: Option<CloseCode>,
    /// The kernel takes no more; the connection's own task waits until it does.
    pub(super) blocked: bool,
    /// [`drained`](crate::Handler::drained) is due.
    pub(super) relieved: bool,
    /// The handler is at work, so nothing is read: silence is not the client's.
    pub(super) busy: bool,
}

/// What the connection's task finds after it has written what it could.
#[derive(Debug)]
pub(crate) enum Drive {
    Over(Ended),
    Going(Going),
}

#[derive(Debug)]
pub(crate) struct Going {
    pub(crate) relieved: bool,
    pub(crate) congested: bool,
    /// Our close frame and all before it are on the wire.
    pub(crate) said_all: bool,
    pub(crate) nothing_queued: bool,
}

/// Whether the next message may be handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    /// Not before replies are out of their reserve.
    Congested,
    /// Never: we have closed.
    Closed,
}

impl State {
    pub(super) fn new(limits: OutboxLimits, deadline: Tick) -> Self {
        Self {
            outbox: Outbox::new(limits),
            waker: None,
            deadline,
            stage: Stage::New,
            cause: None,
            closing: None,
            blocked: false,
            relieved: false,
            busy: false,
        }
    }

    pub(super) fn deliver(&mut self, stream: &TcpStream, frames: &[Frame]) -> Delivery {
        if self.outbox.is_closed() {
            return Delivery::Closed;
        }
        let taken = self.outbox.admit(frames);
        let admitted = &frames[..taken];
        if self.outbox.is_empty() && !self.blocked {
            self.write_through(stream, admitted);
        } else {
            self.outbox.take(admitted);
        }
        self.flush(stream);
        if taken == frames.len() {
            return Delivery::Taken;
        }
        if taken > 0 {
            // What was taken may be written already, and then no later write tells of the room.
            self.note_written(0);
        }
        Delivery::Full { taken }
    }

    /// Writes frames past the empty queue, and queues what the kernel did not take.
    fn write_through(&mut self, stream: &TcpStream, frames: &[Frame]) {
        let result = match frames {
            [] => return,
            [only] => stream.try_write(only.as_bytes()),
            many => {
                let mut slices = [IoSlice::new(&[]); GATHER_MAX];
                let gathered = slices.iter_mut().zip(many);
                let count = gathered
                    .map(|(s, f)| *s = IoSlice::new(f.as_bytes()))
                    .count();
                stream.try_write_vectored(&slices[..count])
            }
        };
        if let Some(written) = self.judge(stream, result) {
            self.outbox.take_over(frames, written);
        }
    }

    pub(super) fn flush(&mut self, stream: &TcpStream) {
        while !self.blocked && !self.outbox.is_empty() {
            let result = match self.outbox.only_piece() {
                Some(piece) => stream.try_write(piece),
                None => {
                    let mut slices = [IoSlice::new(&[]); GATHER_MAX];
                    let gathered = self.outbox.gather(&mut slices);
                    stream.try_write_vectored(&slices[..gathered])
                }
            };
            let Some(written) = self.judge(stream, result) else {
                return;
            };
            self.note_written(written);
        }
    }

    fn note_written(&mut self, written: usize) {
        if self.outbox.advance(written) == Relief::Drained {
            self.relieved = true;
            self.wake();
        }
    }

    /// How many bytes a write has put on the wire; none if the connection is over.
    fn judge(&mut self, stream: &TcpStream, result: io::Result<usize>) -> Option<usize> {
        match result {
            Ok(written) if written > 0 => Some(written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Some(0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.blocked = true;
                self.wake();
                Some(0)
            }
            Ok(_) | Err(_) => {
                self.end(stream, Ended::PeerGone);
                None
            }
        }
    }

    /// Ends the connection for the first reason that was found. Reading ends by itself, since the
    /// stream is shut down; its descriptor lives as long as the socket is held.
    pub(super) fn end(&mut self, stream: &TcpStream, cause: Ended) -> Ended {
        let cause = *self.cause.get_or_insert(cause);
        if self.stage < Stage::Over {
            self.stage = Stage::Over;
            self.outbox.discard();
            // Fails only if the connection is gone already.
            let _ = SockRef::from(stream).shutdown(Shutdown::Both);
        }
        self.wake();
        cause
    }

    pub(super) fn found(&self) -> Drive {
        match self.cause {
            Some(cause) if self.stage == Stage::Over => Drive::Over(cause),
            _ => Drive::Going(Going {
                relieved: self.relieved,
                congested: self.outbox.is_congested(),
                said_all: self.outbox.is_closed() && self.outbox.is_empty(),
                nothing_queued: self.outbox.is_empty(),
            }),
        }
    }

    pub(super) fn gate(&self) -> Gate {
        if self.outbox.is_closed() {
            Gate::Closed
        } else if self.outbox.is_congested() {
            Gate::Congested
        } else {
            Gate::Open
        }
    }

    pub(super) fn park(&mut self, cx: &Context<'_>) {
        match &self.waker {
            Some(waker) if waker.will_wake(cx.waker()) => {}
            _ => self.waker = Some(cx.waker().clone()),
        }
    }

    pub(super) fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }
}
