//! What one connection still has to write: a bounded queue of shared frames, without I/O.
//!
//! Four kinds of output share it. *Durable* frames are refused above the limit, and whoever offers
//! them brings them again from the log once the outbox has drained. *Ephemeral* frames are dropped
//! long before that. *Replies* have a reserve above the limit, so that events never crowd out an
//! answer. *Pongs* overtake what is queued, in a small buffer of their own.
//!
//! *Invariants*: a frame that was begun is finished before another is; after the close frame nothing
//! is queued; when all is written nothing is allocated.
//!
//! *Limit*: `durable_bytes_max + reply_reserve_bytes` of frames, [`PONG_BYTES_MAX`] of pongs, one
//! close frame.

use std::collections::VecDeque;
use std::io::IoSlice;

use crate::frame::Frame;

/// How many pieces are gathered for one system call.
pub const GATHER_MAX: usize = 64;
/// How many bytes of pongs wait at most; beyond that the newest replace them, as RFC 6455 section
/// 5.5.3 allows.
pub const PONG_BYTES_MAX: usize = 2048;

/// How much one connection may have waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxLimits {
    /// Durable frames are refused where they would pass this. A longer frame is never taken, so it
    /// must be at least as long as the longest frame there is.
    pub durable_bytes_max: u32,
    /// What replies may take above it.
    pub reply_reserve_bytes: u32,
    /// Ephemeral frames are dropped once more than this is queued.
    pub ephemeral_bytes_max: u32,
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self {
            durable_bytes_max: 256 * 1024,
            reply_reserve_bytes: 64 * 1024,
            ephemeral_bytes_max: 64 * 1024,
        }
    }
}

/// What became of a durable frame or a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Offer {
    /// It will be written, unless the connection ends.
    Queued,
    /// There is no room; nothing was queued, and it will be told when there is.
    Full,
    /// The connection closes or has ended.
    Closed,
}

/// What became of an ephemeral frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Ephemeral {
    /// It will be written, unless the connection ends.
    Queued,
    /// It was left out; who must not miss it comes again when told that there is room.
    Dropped,
}

/// Whether somebody who was refused may come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Relief {
    /// Nobody was refused, or it is not yet below half of the limit.
    None,
    /// A frame was refused since the last relief, and at most half of the limit is queued now.
    Drained,
}

/// The queue of one connection.
#[derive(Debug)]
pub struct Outbox {
    waiting: Option<Box<Waiting>>,
    limits: OutboxLimits,
    closed: bool,
    refused: bool,
}

/// An idle connection pays for its outbox.
const _: () = assert!(size_of::<Outbox>() <= 24);

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Frame>,
    /// How much of the first frame is written.
    written: usize,
    /// Of `frames`, less what is written.
    bytes: usize,
    /// Whole pong frames.
    pongs: Vec<u8>,
}

impl Outbox {
    /// An empty outbox.
    #[must_use]
    pub const fn new(limits: OutboxLimits) -> Self {
        Self {
            waiting: None,
            limits,
            closed: false,
            refused: false,
        }
    }

    /// Queues a durable frame, if it fits within the limit.
    pub fn offer(&mut self, frame: Frame) -> Offer {
        self.queue_within(self.limits.durable_bytes_max as usize, frame)
    }

    /// Queues an answer to the client itself, if it fits within limit and reserve.
    pub fn reply(&mut self, frame: Frame) -> Offer {
        let OutboxLimits {
            durable_bytes_max,
            reply_reserve_bytes,
            ..
        } = self.limits;
        self.queue_within(
            durable_bytes_max as usize + reply_reserve_bytes as usize,
            frame,
        )
    }

    /// Queues a frame that may be missed, unless the client lags already.
    pub fn offer_ephemeral(&mut self, frame: Frame) -> Ephemeral {
        let lags = self.queued_bytes() > self.limits.ephemeral_bytes_max as usize;
        if self.closed {
            return Ephemeral::Dropped;
        }
        if lags || !self.fits(frame.len()) {
            // Whoever must not miss it waits for the relief, as with a durable frame.
            self.refused = true;
            return Ephemeral::Dropped;
        }
        self.push(frame);
        Ephemeral::Queued
    }

    /// Queues a pong before all frames that are not begun.
    pub fn pong(&mut self, payload: &[u8]) {
        if self.closed {
            return;
        }
        let frame = Frame::pong(payload);
        let pongs = &mut self.waiting.get_or_insert_default().pongs;
        if pongs.len() + frame.len() > PONG_BYTES_MAX {
            pongs.clear();
        }
        pongs.extend_from_slice(frame.as_bytes());
    }

    /// Queues the heartbeat's ping behind whatever waits: a peer that only listens says nothing to
    /// what it reads, so without a ping it would count as dead. The heartbeat asks once a silence.
    pub fn ping(&mut self) {
        if !self.closed {
            self.push(Frame::empty_ping());
        }
    }

    /// Queues the last frame. Says whether it is the first close.
    pub fn close(&mut self, close: Frame) -> bool {
        let first = !std::mem::replace(&mut self.closed, true);
        if first {
            self.push(close);
        }
        first
    }

    /// Drops everything: the connection is over.
    pub fn discard(&mut self) {
        self.closed = true;
        self.waiting = None;
    }

    /// How many of these frames, from the first, fit as durable ones beside what is queued. If it
    /// is not all of them, relief will be told.
    pub fn admit(&mut self, frames: &[Frame]) -> usize {
        if self.closed {
            return 0;
        }
        let mut total = self.queued_bytes();
        let fits = frames.iter().take_while(|frame| {
            total += frame.len();
            total <= self.limits.durable_bytes_max as usize
        });
        let admitted = fits.count();
        self.refused |= admitted < frames.len();
        admitted
    }

    /// Queues frames that were [admitted](Self::admit).
    pub fn take(&mut self, frames: &[Frame]) {
        frames.iter().for_each(|frame| self.push(frame.clone()));
    }

    /// Queues what is left of admitted frames of which `written` bytes are on the wire already.
    /// *Invariant*: nothing else is queued.
    pub fn take_over(&mut self, frames: &[Frame], mut written: usize) {
        debug_assert!(self.is_empty(), "frames were written past the queue");
        for (index, frame) in frames.iter().enumerate() {
            if written < frame.len() {
                self.take(&frames[index..]);
                let waiting = self.waiting.get_or_insert_default();
                waiting.written = written;
                waiting.bytes -= written;
                return;
            }
            written -= frame.len();
        }
    }

    /// Gathers what is to be written next; gives how many slices were filled.
    pub fn gather<'o>(&'o self, slices: &mut [IoSlice<'o>; GATHER_MAX]) -> usize {
        let Some(waiting) = &self.waiting else {
            return 0;
        };
        let mut filled = 0;
        for (slice, piece) in slices.iter_mut().zip(waiting.pieces()) {
            *slice = IoSlice::new(piece);
            filled += 1;
        }
        filled
    }

    /// What is to be written next, if it is in one piece: then there is nothing to gather.
    #[must_use]
    pub fn only_piece(&self) -> Option<&[u8]> {
        let mut pieces = self.waiting.as_ref()?.pieces();
        let first = pieces.next()?;
        pieces.next().is_none().then_some(first)
    }

    /// Notes that `written` bytes of what was gathered are on the wire.
    pub fn advance(&mut self, written: usize) -> Relief {
        if let Some(waiting) = &mut self.waiting {
            waiting.advance(written);
        }
        self.waiting.take_if(|waiting| waiting.is_empty());
        let half = self.limits.durable_bytes_max as usize / 2;
        if self.refused && self.queued_bytes() <= half {
            self.refused = false;
            return Relief::Drained;
        }
        Relief::None
    }

    /// Nothing waits to be written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.waiting.is_none()
    }

    /// The close frame was queued, or all was discarded.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Replies have begun to use their reserve. Who reads no further command until it is over, and
    /// replies to each with at most the reserve, is never refused a reply.
    #[must_use]
    pub fn is_congested(&self) -> bool {
        self.queued_bytes() > self.limits.durable_bytes_max as usize
    }

    /// How many bytes of frames wait; pongs are not counted.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.waiting.as_ref().map_or(0, |waiting| waiting.bytes)
    }

    fn fits(&self, bytes: usize) -> bool {
        self.queued_bytes() + bytes <= self.limits.durable_bytes_max as usize
    }

    fn queue_within(&mut self, limit: usize, frame: Frame) -> Offer {
        if self.closed {
            return Offer::Closed;
        }
        if self.queued_bytes() + frame.len() > limit {
            self.refused = true;
            return Offer::Full;
        }
        self.push(frame);
        Offer::Queued
    }

    fn push(&mut self, frame: Frame) {
        let waiting = self.waiting.get_or_insert_default();
        waiting.bytes += frame.len();
        waiting.frames.push_back(frame);
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.pongs.is_empty()
    }

    /// What is to be written, in order: the rest of a frame that was begun, the pongs, the frames.
    fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let begun = usize::from(self.written > 0);
        let first = self
            .frames
            .iter()
            .take(begun)
            .map(|frame| &frame.as_bytes()[self.written..]);
        let pongs = Some(&self.pongs[..]).filter(|pongs| !pongs.is_empty());
        let rest = self
            .frames
            .iter()
            .skip(begun)
            .map(|frame| &frame.as_bytes()[..]);
        first.chain(pongs).chain(rest)
    }

    fn advance(&mut self, mut written: usize) {
        if self.written > 0 {
            written = self.advance_first(written);
        }
        if written > 0 && !self.pongs.is_empty() {
            written = self.advance_pongs(written);
        }
        while written > 0 {
            written = self.advance_first(written);
        }
    }

    /// Counts `written` bytes towards the first frame; gives how many are beyond it.
    fn advance_first(&mut self, written: usize) -> usize {
        let Some(first) = self.frames.front() else {
            debug_assert!(written == 0, "more was written than was gathered");
            return 0;
        };
        let left = first.len() - self.written;
        let counted = written.min(left);
        self.bytes -= counted;
        self.written += counted;
        if counted == left {
            self.frames.pop_front();
            self.written = 0;
        }
        written - counted
    }

    /// Counts `written` bytes towards the pongs. If they were cut, what is left becomes the frame
    /// that is begun.
    fn advance_pongs(&mut self, written: usize) -> usize {
        let pongs = std::mem::take(&mut self.pongs);
        if written >= pongs.len() {
            return written - pongs.len();
        }
        self.bytes += pongs.len() - written;
        self.written = written;
        self.frames.push_front(Frame::from_built(pongs.into()));
        0
    }
}

#[cfg(test)]
mod tests;
