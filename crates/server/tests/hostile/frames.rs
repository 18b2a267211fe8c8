//! Frames that break RFC 6455, before and after the hello.

use serde_json::{Value, json};

use crate::hall::Hall;
use crate::wire::{HELLO, Wire, masked, text};

/// A send that would leave a trace if it were read.
fn a_send(hall: &Hall) -> Vec<u8> {
    let id = tidings_server::random::id();
    let send =
        json!({"type": "send", "id": 9, "room": hall.room, "client_id": id, "text": "trace"});
    text(&send.to_string())
}

/// Sends this on a socket before hello and on one after it, with a send behind it; both are closed
/// with this code, and the send is not looked at.
async fn ends_with(hall: &mut Hall, bytes: &[u8], code: u16) {
    let behind = [bytes.to_vec(), a_send(hall)].concat();
    let mut wire = Wire::upgraded(&hall.world, &hall.eve, "", b"").await;
    wire.send(&behind).await;
    assert_eq!(
        wire.close_code().await,
        code,
        "before hello: {:?}",
        &bytes[..bytes.len().min(20)]
    );
    let mut wire = Wire::greeted(&hall.world, &hall.eve).await;
    wire.send(&behind).await;
    assert_eq!(
        wire.close_code().await,
        code,
        "after hello: {:?}",
        &bytes[..bytes.len().min(20)]
    );
    hall.goes_on().await;
}

#[tokio::test]
async fn unmasked_frames_end_with_1002() {
    let mut hall = Hall::open().await;
    let mut unmasked = vec![0x81, u8::try_from(HELLO.len()).unwrap()];
    unmasked.extend(HELLO.as_bytes());
    ends_with(&mut hall, &unmasked, 1002).await;
}

#[tokio::test]
async fn reserved_bits_and_opcodes_end_with_1002() {
    let mut hall = Hall::open().await;
    for first in [0xC1, 0xA1, 0x91, 0x83, 0x87, 0x8B, 0x8F] {
        ends_with(&mut hall, &masked(first, b"hi"), 1002).await;
    }
}

#[tokio::test]
async fn control_frames_too_long_or_in_fragments_end_with_1002() {
    let mut hall = Hall::open().await;
    for frame in [
        masked(0x89, &[0; 126]),
        masked(0x09, b"hi"),
        masked(0x08, b""),
        masked(0x80, b""),
    ] {
        ends_with(&mut hall, &frame, 1002).await;
    }
}

#[tokio::test]
async fn lengths_of_two_to_the_63_and_wasteful_ones_end_with_1002() {
    let mut hall = Hall::open().await;
    for length in [1_u64 << 63, u64::MAX, 5] {
        let frame = [&[0x81, 0xFF][..], &length.to_be_bytes(), &[0; 4]].concat();
        ends_with(&mut hall, &frame, 1002).await;
    }
    let huge = [
        &[0x81, 0xFF][..],
        &((1_u64 << 63) - 1).to_be_bytes(),
        &[0; 4],
    ]
    .concat();
    ends_with(&mut hall, &huge, 1009).await;
}

#[tokio::test]
async fn one_byte_at_a_time_is_understood() {
    let mut hall = Hall::open().await;
    let mut wire = Wire::upgraded(&hall.world, &hall.eve, "", b"").await;
    for byte in [text(HELLO), text(r#"{"type":"ping","id":2}"#)].concat() {
        wire.send(&[byte]).await;
    }
    let mut answered = Vec::new();
    while answered != [1, 2] {
        let frame: Value = serde_json::from_slice(&wire.frame().await.1).unwrap();
        if frame["type"] == "ack" {
            answered.push(frame["id"].as_u64().unwrap());
        }
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn over_the_cap_in_one_frame_or_in_fragments_ends_with_1009() {
    let mut hall = Hall::open().await;
    let quarter = masked(0x00, &[b'a'; 20_000]);
    let in_four = [
        masked(0x01, &[b'a'; 20_000]),
        quarter.clone(),
        quarter.clone(),
        quarter,
    ]
    .concat();
    let crumbs = [masked(0x01, b"a"), masked(0x00, b"a").repeat(200)].concat();
    for frames in [masked(0x81, &[b'a'; 65_537]), in_four, crumbs] {
        ends_with(&mut hall, &frames, 1009).await;
    }
}

#[tokio::test]
async fn text_that_is_no_utf8_ends_with_1007_however_it_is_cut() {
    let mut hall = Hall::open().await;
    let cut = [masked(0x01, b"\xF0\x9F"), masked(0x80, b"\x92\x41")].concat();
    let surrogate = masked(0x81, b"\xED\xA0\x80");
    for frames in [
        masked(0x81, b"\xFF"),
        surrogate,
        masked(0x81, b"\xC0\xAF"),
        cut,
    ] {
        ends_with(&mut hall, &frames, 1007).await;
    }
}

#[tokio::test]
async fn a_flood_of_pings_is_answered_and_holds_nobody_up() {
    let mut hall = Hall::open().await;
    let mut wire = Wire::greeted(&hall.world, &hall.eve).await;
    let ping = masked(0x89, &[7; 125]);
    wire.send(&ping.repeat(2_000)).await;
    hall.goes_on().await;
    wire.send(&text(r#"{"type":"ping","id":2}"#)).await;
    let mut pongs = 0;
    loop {
        let (first, payload) = wire.frame().await;
        if first == 0x8A {
            assert_eq!(payload, [7; 125]);
            pongs += 1;
        } else if payload
            .windows(8)
            .any(|part| part == b"\"id\":2,\"" || part == b"\"id\":2,")
        {
            break;
        }
    }
    assert!((1..=2_000).contains(&pongs), "{pongs}");
    hall.goes_on().await;
}

#[tokio::test]
async fn what_comes_after_a_close_is_not_looked_at() {
    let mut hall = Hall::open().await;
    let mut wire = Wire::greeted(&hall.world, &hall.eve).await;
    let close = masked(0x88, &1000_u16.to_be_bytes());
    wire.send(&[close, a_send(&hall).repeat(50)].concat()).await;
    assert_eq!(wire.close_code().await, 1000);
    hall.goes_on().await;
}

#[tokio::test]
async fn close_codes_that_must_not_be_sent_end_with_1002() {
    let mut hall = Hall::open().await;
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] {
        ends_with(&mut hall, &masked(0x88, &code.to_be_bytes()), 1002).await;
    }
    ends_with(&mut hall, &masked(0x88, b"\x03"), 1002).await;
    ends_with(&mut hall, &masked(0x88, b"\x03\xE8\xFF"), 1007).await;
}

#[tokio::test]
async fn compression_is_not_agreed_upon_so_that_there_is_nothing_to_inflate() {
    let mut hall = Hall::open().await;
    let offer = "\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    let mut wire = Wire::connect(hall.world.address).await;
    let mut lines = crate::wire::upgrade_lines(hall.world.address);
    lines.push(offer.trim_start().to_owned());
    wire.send(crate::wire::request(&lines).as_bytes()).await;
    let head = wire.head().await;
    assert!(!head.to_lowercase().contains("extensions"), "{head}");
    // A block of stored zeros, under the bit that says that it is deflated (RFC 7692, section 6).
    let bomb = masked(
        0xC1,
        b"\xEC\xC1\x01\x01\0\0\0\x80\x90\xFE\xAF\xEE\x08\n\0\0",
    );
    ends_with(&mut hall, &bomb, 1002).await;
}

#[tokio::test]
async fn binary_where_text_is_due_ends_with_1003_and_the_other_way_round() {
    let mut hall = Hall::open().await;
    ends_with(&mut hall, &masked(0x82, HELLO.as_bytes()), 1003).await;
    let proto = "\r\nSec-WebSocket-Protocol: tidings.v1.proto";
    let mut wire = Wire::upgraded(&hall.world, &hall.eve, proto, &text(HELLO)).await;
    assert_eq!(wire.close_code().await, 1003);
    hall.goes_on().await;
}
