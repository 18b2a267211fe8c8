//! A client's framing of the WebSocket protocol (RFC 6455): masked frames out, whole messages in.
//!
//! Its own, beside the server's: an error in one of the two does not cancel out.

use tidings_protocol::Encoding;

use crate::random::Rng;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// What came from the server.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A frame of the protocol's.
    Message(Vec<u8>),
    /// To be answered with a pong.
    Ping(Vec<u8>),
    /// An answer to a ping.
    Pong,
    /// The end, with its code.
    Close(Option<u16>),
}

/// What was received and is not yet a whole frame.
#[derive(Debug, Default)]
pub struct Reader {
    bytes: Vec<u8>,
}

impl Reader {
    /// Takes bytes off the network; what they complete.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Heard> {
        self.bytes.extend_from_slice(bytes);
        let mut heard = Vec::new();
        while let Some((start, length)) = self.next_frame() {
            let rest = self.bytes.split_off(start + length);
            let frame = std::mem::replace(&mut self.bytes, rest);
            heard.push(understand(frame[0] & 0x0f, frame[start..].to_vec()));
        }
        heard
    }

    /// Where the payload of the next frame begins and how long it is, if the frame is all there.
    fn next_frame(&self) -> Option<(usize, usize)> {
        let short = *self.bytes.get(1)?;
        let (start, length) = match short {
            126 => (
                4,
                u16::from_be_bytes(*self.bytes.get(2..)?.first_chunk()?) as usize,
            ),
            127 => {
                let long = u64::from_be_bytes(*self.bytes.get(2..)?.first_chunk()?);
                (10, usize::try_from(long).expect("a frame of a run"))
            }
            short => (2, usize::from(short)),
        };
        (self.bytes.len() >= start + length).then_some((start, length))
    }
}

fn understand(opcode: u8, payload: Vec<u8>) -> Heard {
    match opcode {
        0x8 => Heard::Close(payload.first_chunk().map(|code| u16::from_be_bytes(*code))),
        0x9 => Heard::Ping(payload),
        0xa => Heard::Pong,
        _ => Heard::Message(payload),
    }
}

/// A command as it goes over the wire.
#[must_use]
pub fn message(encoding: Encoding, payload: &[u8], rng: &mut Rng) -> Vec<u8> {
    let opcode = match encoding {
        Encoding::Json => 0x1,
        Encoding::Proto => 0x2,
    };
    frame(opcode, payload, rng)
}

/// A pong.
#[must_use]
pub fn pong(payload: &[u8], rng: &mut Rng) -> Vec<u8> {
    frame(0xa, payload, rng)
}

/// Goodbye.
#[must_use]
pub fn close(rng: &mut Rng) -> Vec<u8> {
    frame(0x8, &1000_u16.to_be_bytes(), rng)
}

fn frame(opcode: u8, payload: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = vec![FINAL | opcode];
    match payload.len() {
        short @ 0..=125 => bytes.push(MASKED | u8::try_from(short).expect("a short length")),
        long => {
            bytes.push(MASKED | 126);
            let long = u16::try_from(long).expect("commands of a run are short");
            bytes.extend_from_slice(&long.to_be_bytes());
        }
    }
    let key: [u8; 4] = *rng.draw().to_be_bytes().first_chunk().expect("eight bytes");
    bytes.extend_from_slice(&key);
    let masked = payload.iter().zip(key.iter().cycle());
    bytes.extend(masked.map(|(byte, key)| byte ^ key));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_websocket::Frame;

    #[test]
    fn frames_are_read_however_they_are_cut() {
        let text = "x".repeat(300);
        let mut bytes = Vec::new();
        for frame in [Frame::text("hi"), Frame::empty_ping(), Frame::text(&text)] {
            bytes.extend_from_slice(frame.as_bytes());
        }
        let mut reader = Reader::default();
        let heard: Vec<Heard> = bytes.chunks(1).flat_map(|byte| reader.take(byte)).collect();
        assert_eq!(
            heard,
            [
                Heard::Message(b"hi".to_vec()),
                Heard::Ping(Vec::new()),
                Heard::Message(text.into_bytes())
            ]
        );
    }
}
