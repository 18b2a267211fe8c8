//! What the engine says to one connection: the real outbox, and a kernel that holds so many bytes
//! of it until the network takes them.

use std::collections::BTreeSet;
use std::io::IoSlice;
use std::sync::Arc;

use parking_lot::Mutex;
use tidings_domain::Timestamp;
use tidings_domain::limits::COMMANDS_IN_FLIGHT_MAX;
use tidings_engine::envelope::{Envelope, Notice};
use tidings_engine::outlet::{Farewell, Offer, Outlet, Reply};
use tidings_protocol::close::CloseCode as Code;
use tidings_protocol::codec::{self, Encoding};
use tidings_protocol::socket::frame::ServerFrame;
use tidings_websocket::outbox::{GATHER_MAX, Outbox, Relief};
use tidings_websocket::{CloseCode, Ephemeral, Frame, Offer as SocketOffer, OutboxLimits};
use tokio::sync::Notify;

use super::frames;

/// Bytes that the kernel takes at a time.
const KERNEL_BYTES: usize = 1_000;

/// Names a connection for a whole run.
pub type LinkId = u64;

/// What the world has to look after, because something on the server's side has happened.
#[derive(Default)]
pub struct Attention {
    /// Rung when something was put down here.
    pub bell: Notify,
    touched: Mutex<Touched>,
}

#[derive(Default)]
struct Touched {
    written: BTreeSet<LinkId>,
    drained: BTreeSet<LinkId>,
}

impl Attention {
    /// Connections that have bytes for the network.
    pub fn written(&self) -> BTreeSet<LinkId> {
        std::mem::take(&mut self.touched.lock().written)
    }

    /// Connections whose outbox was full and has drained.
    pub fn drained(&self) -> BTreeSet<LinkId> {
        std::mem::take(&mut self.touched.lock().drained)
    }
}

/// An outlet of the engine over the real outbox.
pub struct SimOutlet {
    link: LinkId,
    encoding: Encoding,
    attention: Arc<Attention>,
    /// A reader may go on when no more than this waits: the mark at which relief is told.
    drained_bytes: usize,
    state: Mutex<State>,
}

struct State {
    outbox: Outbox,
    kernel: Vec<u8>,
    in_flight: usize,
    expires_at: Timestamp,
}

impl SimOutlet {
    /// An empty outbox of so many bytes.
    #[must_use]
    pub fn new(
        link: LinkId,
        encoding: Encoding,
        outbox_bytes: u32,
        attention: Arc<Attention>,
    ) -> Self {
        let limits = OutboxLimits {
            durable_bytes_max: outbox_bytes,
            reply_reserve_bytes: 64 * 1024,
            ephemeral_bytes_max: outbox_bytes / 4,
        };
        Self {
            link,
            encoding,
            attention,
            drained_bytes: outbox_bytes as usize / 2,
            state: Mutex::new(State {
                outbox: Outbox::new(limits),
                kernel: Vec::new(),
                in_flight: 0,
                expires_at: Timestamp(i64::MAX),
            }),
        }
    }

    /// In which encoding it speaks.
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Takes a place among the commands under way, if there is one.
    pub fn begin_command(&self) -> bool {
        let mut state = self.state.lock();
        let has_place = state.in_flight < COMMANDS_IN_FLIGHT_MAX;
        state.in_flight += usize::from(has_place);
        has_place
    }

    /// Gives a place back.
    pub fn end_command(&self) {
        let mut state = self.state.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
    }

    /// Says something outside of the engine's doing.
    pub fn say(&self, frame: &ServerFrame) {
        let payload = codec::encode(self.encoding, frame);
        // A client that asks and does not read finds no place for its answers.
        let _ = self.state.lock().outbox.reply(self.frame(&payload));
    }

    /// Answers a ping of the transport's.
    pub fn pong(&self, payload: &[u8]) {
        self.state.lock().outbox.pong(payload);
    }

    /// Asks whether the peer lives.
    pub fn ping(&self) {
        self.state.lock().outbox.ping();
    }

    /// Whether replies have begun to use their reserve: then nothing more is read.
    pub fn is_congested(&self) -> bool {
        self.state.lock().outbox.is_congested()
    }

    /// Whether the close frame is queued or written.
    pub fn is_closed(&self) -> bool {
        self.state.lock().outbox.is_closed()
    }

    /// Whether all was written and the close frame was the last of it.
    pub fn has_said_all(&self) -> bool {
        let state = self.state.lock();
        state.outbox.is_closed() && state.outbox.is_empty() && state.kernel.is_empty()
    }

    /// Closes with one of the protocol's codes.
    pub fn close_with(&self, code: Code) {
        let number = CloseCode::parse(code.code()).expect("the protocol's codes may be sent");
        let mut state = self.state.lock();
        state.outbox.close(Frame::close(number, code.reason()));
        drop(state);
        self.flush();
    }

    /// The connection is over: drops what is queued.
    pub fn discard(&self) {
        let mut state = self.state.lock();
        state.outbox.discard();
        state.kernel.clear();
    }

    /// Takes up to so many bytes off the kernel's hands.
    pub fn take_bytes(&self, max: usize) -> Vec<u8> {
        let mut state = self.state.lock();
        let count = max.min(state.kernel.len());
        let bytes = state.kernel.drain(..count).collect();
        let relieved = state.write();
        drop(state);
        self.note(relieved, false);
        bytes
    }

    fn frame(&self, payload: &[u8]) -> Frame {
        match self.encoding {
            Encoding::Json => {
                Frame::text(std::str::from_utf8(payload).expect("JSON is written as UTF-8"))
            }
            Encoding::Proto => Frame::binary(payload),
        }
    }

    fn slot(&self) -> usize {
        match self.encoding {
            Encoding::Json => 0,
            Encoding::Proto => 1,
        }
    }

    fn note(&self, relief: Relief, written: bool) {
        let mut touched = self.attention.touched.lock();
        if written {
            touched.written.insert(self.link);
        }
        if relief == Relief::Drained {
            touched.drained.insert(self.link);
        }
        drop(touched);
        if written || relief == Relief::Drained {
            self.attention.bell.notify_one();
        }
    }
}

impl State {
    /// Moves what the kernel takes.
    fn write(&mut self) -> Relief {
        let mut relief = Relief::None;
        while self.kernel.len() < KERNEL_BYTES && !self.outbox.is_empty() {
            let mut slices = [IoSlice::new(&[]); GATHER_MAX];
            let filled = self.outbox.gather(&mut slices);
            let free = KERNEL_BYTES - self.kernel.len();
            let pieces = slices[..filled].iter().flat_map(|slice| slice.iter());
            let before = self.kernel.len();
            self.kernel.extend(pieces.take(free));
            let written = self.kernel.len() - before;
            if self.outbox.advance(written) == Relief::Drained {
                relief = Relief::Drained;
            }
        }
        relief
    }
}

const fn taken(offer: SocketOffer) -> Offer {
    match offer {
        SocketOffer::Full => Offer::Full,
        SocketOffer::Queued | SocketOffer::Closed => Offer::Queued,
    }
}

impl Outlet for SimOutlet {
    fn event(&self, envelope: &Arc<Envelope>) -> Offer {
        let bytes = envelope.encoded.get(self.slot(), || {
            let payload = codec::encode_event(self.encoding, &envelope.event);
            self.frame(&payload).as_bytes().clone()
        });
        taken(self.state.lock().outbox.offer(Frame::from_built(bytes)))
    }

    fn notice(&self, notice: &Arc<Notice>) -> Offer {
        let bytes = notice.encoded.get(self.slot(), || {
            let payload = codec::encode(self.encoding, &frames::of_notice(&notice.content));
            self.frame(&payload).as_bytes().clone()
        });
        let mut state = self.state.lock();
        match state.outbox.offer_ephemeral(Frame::from_built(bytes)) {
            Ephemeral::Dropped if !state.outbox.is_closed() => Offer::Full,
            Ephemeral::Queued | Ephemeral::Dropped => Offer::Queued,
        }
    }

    fn reply(&self, reply: Reply) -> Offer {
        if matches!(
            reply,
            Reply::Sent { .. } | Reply::Marked { .. } | Reply::Failed { .. }
        ) {
            self.end_command();
        }
        let payload = codec::encode(self.encoding, &frames::of_reply(reply));
        taken(self.state.lock().outbox.reply(self.frame(&payload)))
    }

    fn has_drained(&self) -> bool {
        self.state.lock().outbox.queued_bytes() <= self.drained_bytes
    }

    fn waiting_bytes(&self) -> usize {
        self.state.lock().outbox.queued_bytes()
    }

    fn flush(&self) {
        let relief = self.state.lock().write();
        self.note(relief, true);
    }

    fn stay_until(&self, expires_at: Timestamp) {
        self.state.lock().expires_at = expires_at;
    }

    fn expire(&self, now: Timestamp) {
        let expires_at = self.state.lock().expires_at;
        if expires_at <= now {
            self.close(Farewell::TokenExpired);
        }
    }

    fn close(&self, farewell: Farewell) {
        self.close_with(match farewell {
            Farewell::Restarting | Farewell::Unavailable => Code::Restarting,
            Farewell::SessionRevoked => Code::SessionRevoked,
            Farewell::TokenExpired => Code::TokenExpired,
            Farewell::TooMany => Code::TooManyConnections,
        });
    }
}
