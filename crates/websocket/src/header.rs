//! The header of a client's frame (RFC 6455 section 5.2).

use crate::frame::{CONTROL_PAYLOAD_BYTES_MAX, Opcode};
use crate::mask::Mask;
use crate::violation::Violation;

/// The longest header of a client's frame: two bytes, a length of eight, a key of four.
pub(crate) const HEADER_BYTES_MAX: usize = 14;

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const RESERVED_BITS: u8 = 0x70;
/// Which reserved bits an extension has been given: none, as none is negotiated.
const ALLOWED_BITS: u8 = 0;
const OPCODE_BITS: u8 = 0x0F;
const LENGTH_BITS: u8 = 0x7F;
const LENGTH_IN_2_BYTES: u8 = 126;
const LENGTH_IN_8_BYTES: u8 = 127;

/// What the header of a frame says. *Invariant*: right in itself; whether the frame may come now,
/// and whether it is too long, is the decoder's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) opcode: Opcode,
    pub(crate) part: Part,
    pub(crate) mask: Mask,
    /// Of the payload, in bytes.
    pub(crate) length: u64,
}

/// Where in its message a frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Last,
    MoreFollows,
}

impl Header {
    /// The header at the beginning of `bytes` and how long it is itself; none if it is not all
    /// there. Whatever can be refused is refused at the first byte that shows it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Violation> {
        let Some(first) = bytes.first() else {
            return Ok(None);
        };
        let (opcode, part) = parse_first(*first)?;
        let Some(second) = bytes.get(1) else {
            return Ok(None);
        };
        let short = parse_second(*second, opcode)?;
        let Some((length, at)) = parse_length(short, bytes)? else {
            return Ok(None);
        };
        let Some(key) = bytes[at..].first_chunk() else {
            return Ok(None);
        };
        let header = Self {
            opcode,
            part,
            mask: Mask::new(*key),
            length,
        };
        Ok(Some((header, at + key.len())))
    }
}

fn parse_first(byte: u8) -> Result<(Opcode, Part), Violation> {
    if byte & RESERVED_BITS & !ALLOWED_BITS != 0 {
        return Err(Violation::ReservedBit);
    }
    let opcode = Opcode::parse(byte & OPCODE_BITS).ok_or(Violation::UnknownOpcode)?;
    let part = if byte & FINAL != 0 {
        Part::Last
    } else {
        Part::MoreFollows
    };
    if opcode.is_control() && part == Part::MoreFollows {
        return Err(Violation::ControlFragmented);
    }
    Ok((opcode, part))
}

fn parse_second(byte: u8, opcode: Opcode) -> Result<u8, Violation> {
    if byte & MASKED == 0 {
        return Err(Violation::Unmasked);
    }
    let short = byte & LENGTH_BITS;
    if opcode.is_control() && usize::from(short) > CONTROL_PAYLOAD_BYTES_MAX {
        return Err(Violation::ControlTooLong);
    }
    Ok(short)
}

/// The length of the payload and where the bytes after it begin.
fn parse_length(short: u8, bytes: &[u8]) -> Result<Option<(u64, usize)>, Violation> {
    let (length, at, least) = match short {
        LENGTH_IN_2_BYTES => match bytes[2..].first_chunk() {
            Some(long) => (u64::from(u16::from_be_bytes(*long)), 4, 126),
            None => return Ok(None),
        },
        LENGTH_IN_8_BYTES => match bytes[2..].first_chunk() {
            Some(long) => (u64::from_be_bytes(*long), 10, 0x1_0000),
            None => return Ok(None),
        },
        short => (u64::from(short), 2, 0),
    };
    if length > i64::MAX as u64 {
        return Err(Violation::LengthOutOfRange);
    }
    if length < least {
        return Err(Violation::LengthNotMinimal);
    }
    Ok(Some((length, at)))
}
