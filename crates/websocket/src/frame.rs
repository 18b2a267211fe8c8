//! Server frames, built once and shared by every recipient.
//!
//! *Invariant*: a [`Frame`] holds one or more whole, unmasked frames in one piece of memory, so
//! that to queue it for a connection copies a pointer.

use bytes::{BufMut, Bytes, BytesMut};

use crate::close::CloseCode;

/// The longest payload of a control frame (RFC 6455 section 5.5).
pub const CONTROL_PAYLOAD_BYTES_MAX: usize = 125;
/// The longest reason that fits into a close frame beside its code.
pub const CLOSE_REASON_BYTES_MAX: usize = CONTROL_PAYLOAD_BYTES_MAX - 2;

/// The longest header of a server's frame: two bytes and a length of eight.
const HEADER_BYTES_MAX: usize = 10;
const FINAL: u8 = 0x80;

/// What a frame is (RFC 6455 section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

impl Opcode {
    pub(crate) const fn parse(nibble: u8) -> Option<Self> {
        Some(match nibble {
            0x0 => Self::Continuation,
            0x1 => Self::Text,
            0x2 => Self::Binary,
            0x8 => Self::Close,
            0x9 => Self::Ping,
            0xA => Self::Pong,
            _ => return None,
        })
    }

    pub(crate) const fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// Whole server frames, ready for the wire. To clone it is cheap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame(Bytes);

impl Frame {
    /// Frames that were built here before and kept as bytes, such as by a cache that knows nothing
    /// of WebSockets.
    #[must_use]
    pub const fn from_built(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// A text message in one frame.
    #[must_use]
    pub fn text(payload: &str) -> Self {
        Self::build(Opcode::Text, payload.as_bytes())
    }

    /// A binary message in one frame.
    #[must_use]
    pub fn binary(payload: &[u8]) -> Self {
        Self::build(Opcode::Binary, payload)
    }

    /// The ping of the heartbeat, without payload and without an allocation.
    #[must_use]
    pub const fn empty_ping() -> Self {
        Self(Bytes::from_static(&[FINAL | Opcode::Ping as u8, 0]))
    }

    /// A ping. *Limit*: what of the payload is beyond 125 bytes is left out.
    #[must_use]
    pub fn ping(payload: &[u8]) -> Self {
        Self::build(Opcode::Ping, control_payload(payload))
    }

    /// A pong. *Limit*: what of the payload is beyond 125 bytes is left out.
    #[must_use]
    pub fn pong(payload: &[u8]) -> Self {
        Self::build(Opcode::Pong, control_payload(payload))
    }

    /// A close frame. *Limit*: of the reason, the whole characters within 123 bytes are sent.
    #[must_use]
    pub fn close(code: CloseCode, reason: &str) -> Self {
        let reason = &reason[..reason.floor_char_boundary(CLOSE_REASON_BYTES_MAX)];
        let mut payload = Vec::with_capacity(2 + reason.len());
        payload.put_u16(code.get());
        payload.put_slice(reason.as_bytes());
        Self::build(Opcode::Close, &payload)
    }

    /// A close frame without a code, the answer to one without a code.
    #[must_use]
    pub const fn empty_close() -> Self {
        Self(Bytes::from_static(&[FINAL | Opcode::Close as u8, 0]))
    }

    /// Several frames in one piece of memory, or none of none: for a room with much to say, one
    /// copy here is cheaper than one gathered slice for each frame and each recipient.
    #[must_use]
    pub fn joined(frames: &[Self]) -> Option<Self> {
        if let [] | [_] = frames {
            return frames.first().cloned();
        }
        let mut bytes = BytesMut::with_capacity(frames.iter().map(Self::len).sum());
        frames.iter().for_each(|frame| bytes.put_slice(&frame.0));
        Some(Self(bytes.freeze()))
    }

    /// How many bytes go over the wire.
    #[must_use]
    #[allow(
        clippy::len_without_is_empty,
        reason = "a frame has a header, so it is never empty"
    )]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes as they go over the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    fn build(opcode: Opcode, payload: &[u8]) -> Self {
        let mut bytes = BytesMut::with_capacity(HEADER_BYTES_MAX + payload.len());
        bytes.put_u8(FINAL | opcode as u8);
        put_length(&mut bytes, payload.len());
        bytes.put_slice(payload);
        Self(bytes.freeze())
    }
}

/// The length in the fewest bytes, as section 5.2 wants it; the mask bit is zero.
fn put_length(bytes: &mut BytesMut, length: usize) {
    match length {
        0..=125 => bytes.put_u8(length as u8),
        126..=0xFFFF => {
            bytes.put_u8(126);
            bytes.put_u16(length as u16);
        }
        _ => {
            bytes.put_u8(127);
            bytes.put_u64(length as u64);
        }
    }
}

fn control_payload(payload: &[u8]) -> &[u8] {
    &payload[..payload.len().min(CONTROL_PAYLOAD_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_fewest_bytes() {
        for (payload, header) in [
            (0, vec![0x82, 0]),
            (125, vec![0x82, 125]),
            (126, vec![0x82, 126, 0, 126]),
            (65535, vec![0x82, 126, 255, 255]),
            (65536, vec![0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = Frame::binary(&vec![7; payload]);
            assert_eq!(frame.as_bytes()[..header.len()], header[..]);
            assert_eq!(frame.len(), header.len() + payload);
        }
    }

    #[test]
    fn text_is_header_and_payload_in_one_piece() {
        assert_eq!(Frame::text("hé").as_bytes()[..], *b"\x81\x03h\xc3\xa9");
    }

    #[test]
    fn a_close_carries_its_code_and_whole_characters_of_its_reason() {
        let frame = Frame::close(CloseCode::NORMAL, &"é".repeat(100));
        assert_eq!(frame.as_bytes()[..4], [0x88, 124, 0x03, 0xE8]);
        assert!(std::str::from_utf8(&frame.as_bytes()[4..]).is_ok());
    }

    #[test]
    fn control_payloads_are_cut_at_their_limit() {
        assert_eq!(Frame::ping(&[0; 300]).len(), 127);
        assert_eq!(Frame::pong(b"ab").as_bytes()[..], [0x8A, 2, b'a', b'b']);
    }

    #[test]
    fn joined_frames_stand_one_after_another() {
        let both = Frame::joined(&[Frame::text("a"), Frame::empty_ping()]).unwrap();
        assert_eq!(both.as_bytes()[..], [0x81, 1, b'a', 0x89, 0]);
        assert_eq!(Frame::joined(&[Frame::text("a")]), Some(Frame::text("a")));
        assert_eq!(Frame::joined(&[]), None);
    }

    #[test]
    fn opcodes_are_those_of_the_standard() {
        let known: Vec<u8> = (0..=15).filter(|n| Opcode::parse(*n).is_some()).collect();
        assert_eq!(known, [0, 1, 2, 8, 9, 10]);
        for nibble in known {
            assert_eq!(Opcode::parse(nibble).unwrap() as u8, nibble);
        }
    }
}
