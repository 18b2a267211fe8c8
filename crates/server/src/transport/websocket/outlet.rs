//! A socket as the engine's shards see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use tidings_domain::Timestamp;
use tidings_domain::limits::{COMMANDS_IN_FLIGHT_MAX, OUTBOX_BYTES_MAX};
use tidings_engine::envelope::{Envelope, Notice};
use tidings_engine::outlet::{Farewell, Offer, Outlet, Reply};
use tidings_protocol::close::CloseCode as Code;
use tidings_protocol::codec::{self, Encoding};
use tidings_websocket::{CloseCode, Ephemeral, Frame, Offer as SocketOffer, Socket};

use super::frames;

/// A reader may go on when no more than this waits: as much as when a full outbox tells that it has
/// drained, or one who looks after that was told would wait for ever.
const DRAINED_BYTES: usize = OUTBOX_BYTES_MAX / 2;

/// The socket, and how it is spoken to.
pub(super) struct SocketOutlet {
    pub(super) socket: Arc<Socket>,
    pub(super) encoding: Encoding,
    /// Commands that wait for the store.
    in_flight: AtomicU32,
    /// When the token expires, in milliseconds since the Unix epoch.
    expires_at_ms: AtomicI64,
}

impl SocketOutlet {
    pub(super) const fn new(socket: Arc<Socket>, encoding: Encoding) -> Self {
        let (in_flight, expires_at_ms) = (AtomicU32::new(0), AtomicI64::new(i64::MAX));
        Self {
            socket,
            encoding,
            in_flight,
            expires_at_ms,
        }
    }

    /// Takes a place among the commands under way, if there is one; the answer gives it back.
    pub(super) fn begin_command(&self) -> bool {
        let max = u32::try_from(COMMANDS_IN_FLIGHT_MAX).expect("a small constant");
        let taken = self.in_flight.fetch_add(1, Ordering::Relaxed);
        if taken >= max {
            self.end_command();
        }
        taken < max
    }

    /// Gives a place back.
    pub(super) fn end_command(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// A frame of the encoding's kind.
    pub(super) fn frame(&self, payload: &[u8]) -> Frame {
        frame(self.encoding, payload)
    }

    /// Closes with one of the protocol's codes.
    pub(super) fn close_with(&self, code: Code, reason: &str) {
        self.socket.close(on_the_wire(code), reason);
    }
}

/// One of the protocol's codes, as it is put on the wire.
pub(crate) fn on_the_wire(code: Code) -> CloseCode {
    CloseCode::parse(code.code()).expect("the protocol's codes may be sent")
}

fn frame(encoding: Encoding, payload: &[u8]) -> Frame {
    match encoding {
        Encoding::Json => {
            let text = std::str::from_utf8(payload).expect("JSON is written as UTF-8");
            Frame::text(text)
        }
        Encoding::Proto => Frame::binary(payload),
    }
}

/// Where an encoding's bytes stand in an envelope.
const fn slot(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Json => 0,
        Encoding::Proto => 1,
    }
}

const fn taken(offer: SocketOffer) -> Offer {
    match offer {
        SocketOffer::Full => Offer::Full,
        // A closed outlet takes everything and writes nothing.
        SocketOffer::Queued | SocketOffer::Closed => Offer::Queued,
    }
}

impl Outlet for SocketOutlet {
    fn event(&self, envelope: &Arc<Envelope>) -> Offer {
        let encoding = self.encoding;
        let bytes = envelope.encoded.get(slot(encoding), || {
            frame(encoding, &codec::encode_event(encoding, &envelope.event))
                .as_bytes()
                .clone()
        });
        taken(self.socket.offer(Frame::from_built(bytes)))
    }

    fn notice(&self, notice: &Arc<Notice>) -> Offer {
        let encoding = self.encoding;
        let bytes = notice.encoded.get(slot(encoding), || {
            let payload = codec::encode(encoding, &frames::of_notice(&notice.content));
            frame(encoding, &payload).as_bytes().clone()
        });
        match self.socket.offer_ephemeral(Frame::from_built(bytes)) {
            Ephemeral::Queued => Offer::Queued,
            Ephemeral::Dropped if !self.socket.is_open() => Offer::Queued,
            Ephemeral::Dropped => Offer::Full,
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
        taken(self.socket.reply(self.frame(&payload)))
    }

    fn waiting_bytes(&self) -> usize {
        self.socket.queued_bytes()
    }

    fn has_drained(&self) -> bool {
        self.socket.queued_bytes() <= DRAINED_BYTES
    }

    fn flush(&self) {
        self.socket.flush();
    }

    fn stay_until(&self, expires_at: Timestamp) {
        self.expires_at_ms
            .store(expires_at.millis(), Ordering::Relaxed);
    }

    fn expire(&self, now: Timestamp) {
        if self.expires_at_ms.load(Ordering::Relaxed) <= now.millis() {
            self.close(Farewell::TokenExpired);
        }
    }

    fn close(&self, farewell: Farewell) {
        let (code, reason) = match farewell {
            Farewell::Restarting => (Code::Restarting, "the server restarts"),
            Farewell::SessionRevoked => (Code::SessionRevoked, "the session has ended"),
            Farewell::TokenExpired => (Code::TokenExpired, "the access token has expired"),
            Farewell::TooMany => (Code::TooManyConnections, "too many connections"),
            Farewell::Unavailable => (Code::Restarting, "the store does not answer"),
        };
        self.close_with(code, reason);
    }
}
