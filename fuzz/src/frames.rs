//! WebSocket frames from any bytes at all.
//!
//! Properties: however the stream is cut into reads, the same items and the same violation come
//! out; nothing comes after the end; no message is longer than its limit; between two reads the
//! decoder holds at most twice what it was given.

use tidings_websocket::decoder::{Farewell, Item};
use tidings_websocket::{Decoder, DecoderLimits, Message, Violation};

use crate::draw::Draw;

/// An item that owns what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owned {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// A close frame, with code and reason if it has them.
    Close(Option<(u16, String)>),
    /// The end, because the client broke the protocol.
    Violation(Violation),
}

impl From<Item<'_>> for Owned {
    fn from(item: Item<'_>) -> Self {
        match item {
            Item::Message(Message::Text(text)) => Self::Text(text.into_owned()),
            Item::Message(Message::Binary(bytes)) => Self::Binary(bytes.into_owned()),
            Item::Ping(bytes) => Self::Ping(bytes.into_owned()),
            Item::Pong(bytes) => Self::Pong(bytes.into_owned()),
            Item::Close(farewell) => {
                let said = |Farewell { code, reason }| (code.get(), reason.into_owned());
                Self::Close(farewell.map(said))
            }
        }
    }
}

impl Owned {
    const fn ends(&self) -> bool {
        matches!(self, Self::Close(_) | Self::Violation(_))
    }

    fn message_bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
            _ => 0,
        }
    }
}

/// The limits under which an input is read: the server's, or tiny ones that are soon reached.
const LIMITS: [DecoderLimits; 2] = [
    DecoderLimits {
        message_bytes_max: 64 * 1024,
        fragments_max: 128,
    },
    DecoderLimits {
        message_bytes_max: 40,
        fragments_max: 3,
    },
];

/// Holds one input against the properties: a choice of limits, a pattern of cuts, and the stream.
pub fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    let limits = LIMITS[draw.below(LIMITS.len())];
    let cuts = [draw.byte(), draw.byte(), draw.byte()];
    let stream = draw.rest();
    let whole = decode(stream, limits, &[usize::MAX]);
    let pattern = cuts.map(|cut| 1 + usize::from(cut));
    assert_eq!(
        decode(stream, limits, &pattern),
        whole,
        "cut by {pattern:?}"
    );
    assert_eq!(decode(stream, limits, &[1]), whole, "cut into bytes");
    for (index, item) in whole.iter().enumerate() {
        assert!(!item.ends() || index + 1 == whole.len(), "after the end");
        assert!(item.message_bytes() <= limits.message_bytes_max as usize);
    }
    let said: usize = whole.iter().map(Owned::message_bytes).sum();
    assert!(said <= stream.len());
    holds_little(stream, limits, &pattern);
}

/// Decodes a stream that comes in pieces of these lengths, over and over.
#[must_use]
pub fn decode(stream: &[u8], limits: DecoderLimits, lengths: &[usize]) -> Vec<Owned> {
    let mut decoder = Decoder::new(limits);
    let mut items = Vec::new();
    for piece in pieces(stream, lengths) {
        feed(&mut decoder, piece, &mut |item| items.push(item));
    }
    items
}

fn pieces<'a>(mut stream: &'a [u8], lengths: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    lengths.iter().cycle().map_while(move |length| {
        let (piece, rest) = stream.split_at((*length).min(stream.len()));
        stream = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

fn feed(decoder: &mut Decoder, piece: &[u8], take: &mut impl FnMut(Owned)) {
    let mut bytes = piece.to_vec();
    let mut rest = &mut bytes[..];
    while !rest.is_empty() {
        let step = decoder.decode(rest);
        let used = step.used;
        match step.item {
            Ok(item) => item.map(Owned::from).into_iter().for_each(&mut *take),
            Err(violation) => take(Owned::Violation(violation)),
        }
        assert!(used > 0, "a step that uses nothing never ends");
        rest = &mut rest[used..];
    }
}

fn holds_little(stream: &[u8], limits: DecoderLimits, lengths: &[usize]) {
    /// The box of an unfinished message itself.
    const BOX_BYTES: usize = 256;
    let mut decoder = Decoder::new(limits);
    let before = crate::memory();
    let mut given = 0;
    for piece in pieces(stream, lengths) {
        feed(&mut decoder, piece, &mut drop);
        given += piece.len();
        let held = crate::memory().saturating_sub(before);
        assert!(
            held <= BOX_BYTES + 2 * given,
            "{held} bytes held of {given}"
        );
        assert!(
            !decoder.is_at_rest() || held == 0,
            "{held} bytes held at rest"
        );
    }
}

/// Frames of every kind, glued together.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let streams: [&[u8]; 7] = [
        &frame(0x81, b"hello"),
        &[
            frame(0x01, "h\u{e9}".as_bytes()),
            frame(0x89, b"ping"),
            frame(0x80, b"llo"),
        ]
        .concat(),
        &[frame(0x02, b"ab"), frame(0x00, b"cd"), frame(0x80, b"")].concat(),
        &[
            frame(0x8a, b""),
            frame(0x88, &[0x03, 0xe8, b'b', b'y', b'e']),
        ]
        .concat(),
        &frame(0x82, &[7; 130]),
        &[0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4],
        &frame(0x88, b""),
    ];
    let with_choices = |(index, stream): (usize, &&[u8])| {
        let choices = [u8::try_from(index % 2).unwrap_or(0), 1, 4, 90];
        [&choices[..], *stream].concat()
    };
    streams.iter().enumerate().map(with_choices).collect()
}

/// A client's frame with this first byte, masked.
#[must_use]
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let mut bytes = vec![first];
    match u16::try_from(payload.len()) {
        Ok(length @ 0..=125) => bytes.push(0x80 | length.to_be_bytes()[1]),
        Ok(length) => {
            bytes.push(0x80 | 126);
            bytes.extend(length.to_be_bytes());
        }
        Err(_) => {
            bytes.push(0x80 | 127);
            bytes.extend((payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend(KEY);
    bytes.extend(
        payload
            .iter()
            .zip(KEY.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    bytes
}
