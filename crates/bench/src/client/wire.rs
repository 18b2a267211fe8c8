//! WebSocket framing as a client needs it, and as the floor does: one frame a message.
//!
//! Minimal on purpose: it talks to a server that other suites have judged, and what it does not
//! expect ends the run.

/// The sample nonce of RFC 6455, section 1.3, and the answer to it.
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// What a frame is (RFC 6455, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opcode {
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    const fn parse(nibble: u8) -> Option<Self> {
        Some(match nibble {
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    const fn nibble(self) -> u8 {
        match self {
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}

/// A whole frame at the beginning of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) opcode: Opcode,
    pub(crate) mask: Option<[u8; 4]>,
    /// Where the payload begins and where the frame ends.
    pub(crate) payload_at: usize,
    pub(crate) end: usize,
}

/// What is at the beginning of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scan {
    Whole(Frame),
    More,
    /// No frame that either end of this tool makes or expects.
    Foreign,
}

/// Looks for a whole frame at the beginning of `bytes`.
pub(crate) fn scan(bytes: &[u8]) -> Scan {
    let [first, second, rest @ ..] = bytes else {
        return Scan::More;
    };
    let Some(opcode) = Opcode::parse(first & 0x0F).filter(|_| first & 0xF0 == FINAL) else {
        return Scan::Foreign;
    };
    let (length, mut at) = match second & 0x7F {
        126 => match rest.first_chunk() {
            Some(long) => (u64::from(u16::from_be_bytes(*long)), 4),
            None => return Scan::More,
        },
        127 => match rest.first_chunk() {
            Some(long) => (u64::from_be_bytes(*long), 10),
            None => return Scan::More,
        },
        short => (u64::from(short), 2),
    };
    let mut mask = None;
    if second & MASKED != 0 {
        mask = bytes[at..].first_chunk().copied();
        at += 4;
    }
    let Some(end) = usize::try_from(length)
        .ok()
        .and_then(|length| length.checked_add(at))
    else {
        return Scan::Foreign;
    };
    if bytes.len() < end {
        return Scan::More;
    }
    let payload_at = at;
    Scan::Whole(Frame {
        opcode,
        mask,
        payload_at,
        end,
    })
}

/// Appends a masked frame, as a client sends it.
pub(crate) fn put_masked(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8], key: [u8; 4]) {
    put_header(out, opcode, payload.len(), MASKED);
    out.extend_from_slice(&key);
    let begin = out.len();
    out.extend_from_slice(payload);
    unmask(&mut out[begin..], key);
}

/// Appends an unmasked frame, as a server sends it.
pub(crate) fn put_plain(out: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    put_header(out, opcode, payload.len(), 0);
    out.extend_from_slice(payload);
}

/// Takes the mask off, or puts it on.
pub(crate) fn unmask(payload: &mut [u8], key: [u8; 4]) {
    for (byte, key) in payload.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

/// How long a frame of the server's is whose payload has this length.
pub(crate) const fn plain_frame_bytes(payload: usize) -> usize {
    payload
        + match payload {
            0..=125 => 2,
            126..=0xFFFF => 4,
            _ => 10,
        }
}

fn put_header(out: &mut Vec<u8>, opcode: Opcode, length: usize, masked: u8) {
    out.push(FINAL | opcode.nibble());
    match length {
        0..=125 => out.push(masked | length as u8),
        126..=0xFFFF => {
            out.push(masked | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_found_again_whatever_its_length() {
        for length in [0, 1, 125, 126, 0xFFFF, 0x1_0000] {
            let payload = vec![7_u8; length];
            let mut bytes = Vec::new();
            put_plain(&mut bytes, Opcode::Binary, &payload);
            assert_eq!(bytes.len(), plain_frame_bytes(length));
            let Scan::Whole(frame) = scan(&bytes) else {
                panic!("{length}: not whole")
            };
            assert_eq!(
                (frame.opcode, frame.mask, frame.end),
                (Opcode::Binary, None, bytes.len())
            );
            assert_eq!(bytes[frame.payload_at..frame.end], payload);
        }
    }

    #[test]
    fn a_cut_frame_waits_for_its_rest() {
        let mut bytes = Vec::new();
        put_masked(&mut bytes, Opcode::Text, &[b'x'; 300], [1, 2, 3, 4]);
        for cut in 0..bytes.len() {
            assert_eq!(scan(&bytes[..cut]), Scan::More, "at {cut}");
        }
    }

    #[test]
    fn masking_is_undone_by_its_key() {
        let mut bytes = Vec::new();
        put_masked(&mut bytes, Opcode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
        // RFC 6455, section 5.7.
        let sample = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(bytes, sample);
        let Scan::Whole(frame) = scan(&bytes) else {
            panic!("not whole")
        };
        let mut payload = bytes[frame.payload_at..frame.end].to_vec();
        unmask(&mut payload, frame.mask.unwrap());
        assert_eq!(payload, b"Hello");
    }

    #[test]
    fn fragments_extensions_and_unknown_opcodes_are_foreign() {
        for first in [0x01, 0x80, 0xC1, 0x83] {
            assert_eq!(scan(&[first, 0]), Scan::Foreign, "{first:#x}");
        }
        let huge = [0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255];
        assert_eq!(scan(&huge), Scan::Foreign);
    }
}
