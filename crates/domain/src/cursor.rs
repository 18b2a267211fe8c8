//! Where a reader stands over all of its rooms: exact, short, valid on any node.
//!
//! A cursor is `(epoch, position, exceptions)`: every event at or below the position that the
//! reader may see was delivered, and beyond it those few that are named. A store with one writer
//! hands events on in commit order, so its exceptions are always empty; the form has room for them
//! because stores with several writers need them, and cursors outlive servers.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::id::{Position, RoomId, Seq};

/// Which life of the log a cursor belongs to. A log restored from a backup begins a new one,
/// because its positions may be given a second time to other events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// Exceptions that a cursor may carry; more are cut at the position instead.
pub const EXCEPTIONS_MAX: usize = 16;

const FORMAT: u8 = 1;
const HEADER_BYTES: usize = 1 + 8 + 8 + 1;
const EXCEPTION_BYTES: usize = 16 + 8;
const CHECK_BYTES: usize = 4;

/// Longest text of a cursor.
pub const CURSOR_CHARS_MAX: usize =
    (HEADER_BYTES + EXCEPTIONS_MAX * EXCEPTION_BYTES + CHECK_BYTES).div_ceil(3) * 4;

/// A reader's place. Its text is opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// Of which life of the log.
    pub epoch: Epoch,
    /// Everything up to here was delivered.
    pub position: Position,
    /// Delivered beyond the position.
    pub exceptions: Vec<(RoomId, Seq)>,
}

/// What was offered as a cursor is none: cut, forged, or from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this server: load a snapshot and take the cursor that comes with it")]
pub struct InvalidCursor;

impl Cursor {
    /// The place after everything up to `position`.
    #[must_use]
    pub const fn at(epoch: Epoch, position: Position) -> Self {
        Self {
            epoch,
            position,
            exceptions: Vec::new(),
        }
    }

    /// Reads what a client sent back.
    ///
    /// # Errors
    /// [`InvalidCursor`] when it was not written by [`Cursor`]'s `Display`.
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        if text.len() > CURSOR_CHARS_MAX {
            return Err(InvalidCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let (content, check) = bytes
            .split_last_chunk::<CHECK_BYTES>()
            .ok_or(InvalidCursor)?;
        if *check != checksum(content) {
            return Err(InvalidCursor);
        }
        decode(content).ok_or(InvalidCursor)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + CHECK_BYTES);
        bytes.push(FORMAT);
        bytes.extend(self.epoch.0.to_be_bytes());
        bytes.extend(self.position.0.to_be_bytes());
        let exceptions = &self.exceptions[..self.exceptions.len().min(EXCEPTIONS_MAX)];
        bytes.push(u8::try_from(exceptions.len()).expect("bounded by EXCEPTIONS_MAX"));
        for (room, seq) in exceptions {
            bytes.extend(room.as_bytes());
            bytes.extend(seq.0.to_be_bytes());
        }
        bytes.extend(checksum(&bytes));
        bytes
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.encode()))
    }
}

fn decode(content: &[u8]) -> Option<Cursor> {
    let (header, mut rest) = content.split_first_chunk::<HEADER_BYTES>()?;
    if header[0] != FORMAT {
        return None;
    }
    let epoch = Epoch(number(&header[1..9])?);
    let position = Position(number(&header[9..17])?);
    let count = usize::from(header[17]);
    if count > EXCEPTIONS_MAX || rest.len() != count * EXCEPTION_BYTES {
        return None;
    }
    let mut exceptions = Vec::with_capacity(count);
    while let Some((one, after)) = rest.split_first_chunk::<EXCEPTION_BYTES>() {
        let room = RoomId::from_bytes(one[..16].try_into().ok()?);
        exceptions.push((room, Seq(number(&one[16..])?)));
        rest = after;
    }
    Some(Cursor {
        epoch,
        position,
        exceptions,
    })
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_be_bytes)
}

/// The first bytes of SHA-256: it tells a cut or mistyped cursor from a whole one. It is no
/// secret and need not be: a cursor grants nothing, entitlement is checked for every event.
fn checksum(content: &[u8]) -> [u8; CHECK_BYTES] {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(content);
    [digest[0], digest[1], digest[2], digest[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor() -> Cursor {
        Cursor {
            epoch: Epoch(0xfeed),
            position: Position(12_345),
            exceptions: vec![(RoomId::from_bytes([9; 16]), Seq(7))],
        }
    }

    #[test]
    fn a_cursor_survives_its_own_text_and_is_short() {
        assert_eq!(Cursor::parse(&cursor().to_string()), Ok(cursor()));
        assert_eq!(
            Cursor::at(Epoch(1), Position(u64::MAX)).to_string().len(),
            30
        );
    }

    #[test]
    fn a_cut_or_changed_cursor_is_refused_at_every_place() {
        let text = cursor().to_string();
        for end in 0..text.len() {
            assert_eq!(
                Cursor::parse(&text[..end]),
                Err(InvalidCursor),
                "cut at {end}"
            );
        }
        for place in 0..text.len() {
            let mut forged: Vec<char> = text.chars().collect();
            forged[place] = if forged[place] == 'A' { 'B' } else { 'A' };
            let forged: String = forged.into_iter().collect();
            assert_eq!(
                Cursor::parse(&forged),
                Err(InvalidCursor),
                "changed at {place}"
            );
        }
    }

    #[test]
    fn text_from_elsewhere_is_refused() {
        for text in [
            "",
            "0",
            "💬",
            "null",
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            &"A".repeat(100_000),
        ] {
            assert_eq!(Cursor::parse(text), Err(InvalidCursor));
        }
    }
}
