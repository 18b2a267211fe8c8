//! What clients send, whole, in pieces and wrong, and what the decoder makes of it.

use proptest::prelude::*;

use super::*;

const LIMITS: DecoderLimits = DecoderLimits {
    message_bytes_max: 300,
    fragments_max: 4,
};

/// What comes out of `input` when it arrives in pieces of these lengths, over and over.
fn transcript(input: &[u8], pieces: &[usize]) -> Vec<String> {
    let mut decoder = Decoder::new(LIMITS);
    let mut said = Vec::new();
    let mut lengths = pieces.iter().cycle();
    let mut left = input.to_vec();
    while !left.is_empty() {
        let length = (*lengths.next().unwrap()).clamp(1, left.len());
        let mut piece: Vec<u8> = left.drain(..length).collect();
        let mut at = 0;
        while at < piece.len() {
            let step = decoder.decode(&mut piece[at..]);
            assert!(step.used > 0, "a decoder that takes nothing never ends");
            at += step.used;
            said.extend(line(step.item));
        }
    }
    said
}

fn line(item: Result<Option<Item<'_>>, Violation>) -> Option<String> {
    Some(match item {
        Ok(None) => return None,
        Ok(Some(Item::Message(Message::Text(text)))) => format!("text {text}"),
        Ok(Some(Item::Message(Message::Binary(bytes)))) => format!("binary {bytes:?}"),
        Ok(Some(Item::Ping(payload))) => format!("ping {}", payload.escape_ascii()),
        Ok(Some(Item::Pong(payload))) => format!("pong {}", payload.escape_ascii()),
        Ok(Some(Item::Close(None))) => "close".to_owned(),
        Ok(Some(Item::Close(Some(said)))) => format!("close {} {}", said.code, said.reason),
        Err(violation) => format!("{}: {violation}", violation.close_code()),
    })
}

/// Holds for the whole input and for the same byte by byte.
fn check(input: &[u8], expected: &[&str]) {
    assert_eq!(transcript(input, &[usize::MAX]), expected, "whole");
    assert_eq!(transcript(input, &[1]), expected, "byte by byte");
}

const MORE: u8 = 0x00;
const LAST: u8 = 0x80;

/// A client's frame whose first byte is `first`.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
    let mut bytes = vec![first];
    match payload.len() {
        short @ 0..=125 => bytes.push(0x80 | short as u8),
        long => {
            bytes.push(0x80 | 126);
            bytes.extend((long as u16).to_be_bytes());
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

fn text(payload: &str) -> Vec<u8> {
    frame(LAST | 1, payload.as_bytes())
}

/// Frames one after another.
fn all(frames: &[Vec<u8>]) -> Vec<u8> {
    frames.concat()
}

#[test]
fn the_masked_hello_of_the_standard_is_read() {
    let hello = [
        0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
    ];
    check(&hello, &["text Hello"]);
}

#[test]
fn messages_come_out_in_order() {
    let input = all(&[
        text("a"),
        frame(LAST | 2, &[1, 2]),
        text(""),
        text(&"x".repeat(300)),
    ]);
    check(
        &input,
        &[
            "text a",
            "binary [1, 2]",
            "text ",
            &format!("text {}", "x".repeat(300)),
        ],
    );
}

#[test]
fn fragments_make_one_message_and_control_frames_may_stand_between_them() {
    let input = all(&[
        frame(MORE | 1, b"hel"),
        frame(LAST | 9, b"between"),
        frame(MORE, b""),
        frame(LAST | 10, b""),
        frame(LAST, b"lo"),
        text("next"),
    ]);
    check(
        &input,
        &["ping between", "pong ", "text hello", "text next"],
    );
}

#[test]
fn an_empty_last_fragment_ends_the_message() {
    check(
        &all(&[frame(MORE | 2, &[7]), frame(LAST, b"")]),
        &["binary [7]"],
    );
}

#[test]
fn a_character_may_be_cut_by_a_fragment() {
    check(
        &all(&[frame(MORE | 1, b"\xC3"), frame(LAST, b"\xA9")]),
        &["text é"],
    );
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let refused = ["1007: text is not UTF-8"];
    check(&frame(LAST | 1, b"ab\xFF"), &refused);
    check(&frame(LAST | 1, b"ab\xC3"), &refused);
    check(
        &all(&[frame(MORE | 1, b"\xC3"), frame(LAST, b"x")]),
        &refused,
    );
    check(
        &all(&[frame(MORE | 1, b"\xC3"), frame(LAST, b"")]),
        &refused,
    );
}

#[test]
fn text_that_can_no_longer_be_utf8_is_refused_before_its_frame_is_complete() {
    let begun = &frame(LAST | 1, b"\xED\xA0 and much more")[..8];
    check(begun, &["1007: text is not UTF-8"]);
    let first = frame(MORE | 1, b"\xF4\x90");
    check(&first, &["1007: text is not UTF-8"]);
}

#[test]
fn breaches_of_framing_are_named_and_nothing_follows() {
    for (first, expected) in [
        (LAST | 0x40 | 1, "1002: reserved bit set"),
        (LAST | 0x20 | 1, "1002: reserved bit set"),
        (LAST | 0x10 | 9, "1002: reserved bit set"),
        (LAST | 3, "1002: unknown opcode"),
        (LAST | 7, "1002: unknown opcode"),
        (LAST | 11, "1002: unknown opcode"),
        (MORE | 15, "1002: unknown opcode"),
        (MORE | 8, "1002: fragmented control frame"),
        (MORE | 9, "1002: fragmented control frame"),
        (LAST, "1002: continuation of nothing"),
        (MORE, "1002: continuation of nothing"),
    ] {
        check(
            &all(&[text("a"), frame(first, b""), text("b")]),
            &["text a", expected],
        );
    }
}

#[test]
fn a_message_inside_a_message_is_refused() {
    for inner in [MORE | 1, LAST | 1, LAST | 2] {
        let input = all(&[frame(MORE | 1, b"a"), frame(inner, b"b")]);
        check(&input, &["1002: message inside a fragmented message"]);
    }
}

#[test]
fn headers_are_refused_at_the_first_byte_that_shows_it() {
    check(&[0x81, 0x05], &["1002: frame is not masked"]);
    check(&[0x89, 0xFE], &["1002: control frame too long"]);
    check(&[0x88, 0xFF], &["1002: control frame too long"]);
    check(&[0xC1], &["1002: reserved bit set"]);
}

#[test]
fn lengths_must_be_minimal_and_within_63_bits() {
    check(&[0x82, 0xFE, 0, 125], &["1002: length is not minimal"]);
    check(
        &[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 255, 255],
        &["1002: length is not minimal"],
    );
    check(
        &[0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0],
        &["1002: length out of range"],
    );
    check(
        &[0x82, 0xFF, 255, 255, 255, 255, 255, 255, 255, 255],
        &["1002: length out of range"],
    );
}

#[test]
fn a_message_too_big_is_refused_by_its_header() {
    let huge = [
        0x82, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4,
    ];
    check(&huge, &["1009: message too big"]);
    check(
        &[0x82, 0xFE, 0x01, 0x2D, 1, 2, 3, 4],
        &["1009: message too big"],
    );
    let sum = all(&[
        frame(MORE | 2, &[0; 200]),
        frame(LAST, &[0; 101])[..8].to_vec(),
    ]);
    check(&sum, &["1009: message too big"]);
}

#[test]
fn a_message_in_too_many_fragments_is_refused() {
    let mut fragments = vec![frame(MORE | 2, b"")];
    fragments.extend(vec![frame(MORE, b""); 2]);
    fragments.push(frame(LAST, b""));
    check(&all(&fragments), &["binary []"]);
    fragments.insert(1, frame(MORE, b""));
    check(&all(&fragments), &["1009: message in too many fragments"]);
}

#[test]
fn a_close_says_why_and_what_follows_is_thrown_away() {
    let close = |payload: &[u8]| all(&[frame(LAST | 8, payload), text("late"), vec![0xFF; 9]]);
    check(&close(b""), &["close"]);
    check(&close(b"\x03\xE8"), &["close 1000 "]);
    check(
        &close("\u{f}\u{a0}gone".as_bytes()),
        &["1007: close reason is not UTF-8"],
    );
    check(&close(b"\x0F\xA0goodbye"), &["close 4000 goodbye"]);
}

#[test]
fn a_close_that_must_not_be_sent_is_refused() {
    check(&frame(LAST | 8, b"\x03"), &["1002: close code cut short"]);
    for code in [0u16, 999, 1004, 1005, 1006, 1015, 2999, 5000] {
        check(
            &frame(LAST | 8, &code.to_be_bytes()),
            &["1002: invalid close code"],
        );
    }
    check(
        &frame(LAST | 8, b"\x03\xE8\xFF"),
        &["1007: close reason is not UTF-8"],
    );
}

#[test]
fn a_decoder_between_messages_keeps_nothing() {
    let mut decoder = Decoder::new(LIMITS);
    let mut input = all(&[text("a"), frame(MORE | 1, b"b")]);
    let mut rest = frame(LAST, b"c");
    let first = decoder.decode(&mut input).used;
    assert!(decoder.is_at_rest());
    assert_eq!(
        decoder.decode(&mut input[first..]).used,
        input.len() - first
    );
    assert!(!decoder.is_at_rest());
    assert!(matches!(
        decoder.decode(&mut rest).item,
        Ok(Some(Item::Message(_)))
    ));
    assert!(decoder.is_at_rest());
}

#[test]
fn a_message_that_lies_whole_in_the_input_is_borrowed_from_it() {
    let mut input = text("here");
    let step = Decoder::new(LIMITS).decode(&mut input);
    assert!(matches!(
        step.item,
        Ok(Some(Item::Message(Message::Text(Cow::Borrowed("here")))))
    ));
}

#[test]
fn what_is_kept_follows_the_bytes_that_came_and_not_the_length_announced() {
    let limits = DecoderLimits {
        message_bytes_max: u32::MAX,
        fragments_max: 1,
    };
    let mut decoder = Decoder::new(limits);
    let mut input = vec![0x82, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4];
    input.extend([0; 100]);
    for _ in 0..10 {
        let step = decoder.decode(&mut input);
        assert!(matches!(step.item, Ok(None)));
        input = vec![0; 100];
    }
    assert!(decoder.partial.unwrap().kept_bytes() <= 2000);
}

/// Frames of all kinds, most of them right, some of them not.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![
        "[a-zé😀]{0,20}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..200),
        Just(vec![0x03, 0xE8, b'x']),
    ];
    let first = prop_oneof![
        4 => Just(LAST | 1),
        2 => Just(LAST | 2),
        2 => Just(MORE | 1),
        2 => Just(MORE),
        3 => Just(LAST),
        2 => Just(LAST | 9),
        1 => Just(LAST | 8),
        1 => any::<u8>(),
    ];
    (first, payload).prop_map(|(first, payload)| frame(first, &payload))
}

proptest! {
    #[test]
    fn however_the_input_is_cut_the_same_comes_out(
        frames in proptest::collection::vec(any_frame(), 1..8),
        pieces in proptest::collection::vec(1usize..40, 1..6),
    ) {
        let input = all(&frames);
        let whole = transcript(&input, &[usize::MAX]);
        prop_assert_eq!(&transcript(&input, &pieces), &whole);
        prop_assert_eq!(&transcript(&input, &[1]), &whole);
    }

    #[test]
    fn no_bytes_whatever_upset_the_decoder(
        input in proptest::collection::vec(any::<u8>(), 0..400),
        pieces in proptest::collection::vec(1usize..40, 1..6),
    ) {
        prop_assert_eq!(transcript(&input, &pieces), transcript(&input, &[usize::MAX]));
    }

    #[test]
    fn a_cut_at_any_place_changes_nothing(at in 1usize..80) {
        let input = all(&[
            frame(MORE | 1, "né".as_bytes()),
            frame(LAST | 9, b"p"),
            frame(LAST, &[b'x'; 40]),
            frame(LAST | 8, b"\x03\xE8bye"),
        ]);
        let at = at.min(input.len());
        prop_assert_eq!(transcript(&input, &[at, usize::MAX]), transcript(&input, &[usize::MAX]));
    }
}
