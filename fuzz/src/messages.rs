//! Messages in many frames, with control frames between them.
//!
//! Property: whatever a client says in frames as the standard wants them comes out just so, however
//! the messages are fragmented and however the stream is cut into reads.

use tidings_websocket::DecoderLimits;

use crate::draw::Draw;
use crate::frames::{Owned, decode, frame};

const FINAL: u8 = 0x80;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Holds one input against the property: a pattern of cuts, then what is said.
pub fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    let cuts = [draw.byte(), draw.byte()].map(|cut| 1 + usize::from(cut));
    let (mut stream, mut expected) = (Vec::new(), Vec::new());
    while !draw.is_empty() && !matches!(expected.last(), Some(Owned::Close(_))) {
        say(&mut draw, &mut stream, &mut expected);
    }
    let limits = DecoderLimits::default();
    assert_eq!(
        decode(&stream, limits, &[usize::MAX]),
        expected,
        "in one piece"
    );
    assert_eq!(decode(&stream, limits, &cuts), expected, "cut by {cuts:?}");
}

fn say(draw: &mut Draw<'_>, stream: &mut Vec<u8>, expected: &mut Vec<Owned>) {
    match draw.below(8) {
        0..=2 => {
            let text = String::from_utf8_lossy(draw.bytes(300)).into_owned();
            fragments(draw, TEXT, text.as_bytes(), stream, expected);
            expected.push(Owned::Text(text));
        }
        3..=5 => {
            let bytes = draw.bytes(300);
            fragments(draw, BINARY, bytes, stream, expected);
            expected.push(Owned::Binary(bytes.to_vec()));
        }
        6 => control(draw, stream, expected),
        _ => close(draw, stream, expected),
    }
}

/// A message in up to eight frames; between two of them a control frame may stand.
fn fragments(
    draw: &mut Draw<'_>,
    opcode: u8,
    mut payload: &[u8],
    stream: &mut Vec<u8>,
    expected: &mut Vec<Owned>,
) {
    let mut first = opcode;
    for _ in 0..draw.below(8) {
        let (part, rest) = payload.split_at(draw.below(40).min(payload.len()));
        stream.extend(frame(first, part));
        (first, payload) = (0, rest);
        if draw.below(3) == 0 {
            control(draw, stream, expected);
        }
    }
    stream.extend(frame(first | FINAL, payload));
}

fn control(draw: &mut Draw<'_>, stream: &mut Vec<u8>, expected: &mut Vec<Owned>) {
    let is_ping = draw.below(2) == 0;
    let payload = draw.bytes(125);
    if is_ping {
        stream.extend(frame(FINAL | PING, payload));
        expected.push(Owned::Ping(payload.to_vec()));
    } else {
        stream.extend(frame(FINAL | PONG, payload));
        expected.push(Owned::Pong(payload.to_vec()));
    }
}

fn close(draw: &mut Draw<'_>, stream: &mut Vec<u8>, expected: &mut Vec<Owned>) {
    let code = 3000 + u16::from(draw.byte());
    let reason: String = String::from_utf8_lossy(draw.bytes(120))
        .chars()
        .take(30)
        .collect();
    let payload = [&code.to_be_bytes(), reason.as_bytes()].concat();
    stream.extend(frame(FINAL | CLOSE, &payload));
    expected.push(Owned::Close(Some((code, reason))));
}

/// A talk with every kind of frame.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    [
        "\u{5}\u{9}\0\u{20}hello, h\u{e9}llo\u{3}\u{2}\0\0\u{4}ping",
        "\0\0\u{3}\u{40}binary of some length\u{7}\u{1}\u{2}\u{3}\u{4}",
        "\u{1}\u{1}\u{6}\0\u{40}some ping\u{6}\u{1}\u{20}pong\u{7}\u{9}\u{40}bye",
    ]
    .map(|seed| seed.as_bytes().to_vec())
    .to_vec()
}
