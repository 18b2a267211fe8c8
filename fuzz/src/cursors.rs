//! Cursors that come back from clients.
//!
//! Properties: what parses is written as the very same text; a cursor that was made of any content
//! parses to itself; any content under a good checksum either parses and is written the same, or is
//! refused; nothing else is ever taken.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use tidings_domain::cursor::{CURSOR_CHARS_MAX, EXCEPTIONS_MAX};
use tidings_domain::{Cursor, Epoch, Position, RoomId, Seq};

use crate::draw::Draw;

/// Holds one input against the properties: as text, as content, and as choices.
pub fn run(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        same_text(text);
    }
    // A checksum is not found by chance, so it is put there.
    let check = &Sha256::digest(data)[..4];
    same_text(&URL_SAFE_NO_PAD.encode([data, check].concat()));
    let made = made(Draw::new(data));
    assert_eq!(Cursor::parse(&made.to_string()).as_ref(), Ok(&made));
}

fn same_text(text: &str) {
    if let Ok(cursor) = Cursor::parse(text) {
        assert_eq!(cursor.to_string(), text);
        assert!(text.len() <= CURSOR_CHARS_MAX && cursor.exceptions.len() <= EXCEPTIONS_MAX);
    }
}

fn made(mut draw: Draw<'_>) -> Cursor {
    let (epoch, position) = (Epoch(draw.number()), Position(draw.number()));
    let many = draw.below(EXCEPTIONS_MAX + 1);
    let exceptions = (0..many).map(|_| {
        let room = RoomId::from_bytes(std::array::from_fn(|_| draw.byte()));
        (room, Seq(draw.number()))
    });
    Cursor {
        epoch,
        position,
        exceptions: exceptions.collect(),
    }
}

/// Cursors as text, and the content of one.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let cursor = made(Draw::new(
        b"\x01\xf8\x02abcdefghijklmnopqrstuvwxyz0123456789",
    ));
    let text = cursor.to_string();
    let mut content = URL_SAFE_NO_PAD.decode(&text).expect("written so");
    content.truncate(content.len() - 4);
    let plain = Cursor::at(Epoch(7), Position(8)).to_string();
    vec![text.into_bytes(), plain.into_bytes(), content]
}
