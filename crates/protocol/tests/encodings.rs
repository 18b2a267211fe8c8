//! Whatever is written in either encoding reads back as the same value.
#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

mod any;

use proptest::prelude::*;
use tidings_domain::{CommandId, Position};
use tidings_protocol::codec::{decode_command, decode_frame, encode, encode_command, encode_event};
use tidings_protocol::{Encoding, ServerFrame};

proptest! {
    #[test]
    fn a_command_survives_both_encodings(id in any::command_id(), command in any::command()) {
        for encoding in Encoding::ALL {
            let bytes = encode_command(encoding, CommandId(id), &command);
            prop_assert_eq!(decode_command(encoding, &bytes), Ok((CommandId(id), command.clone())));
        }
    }

    #[test]
    fn a_frame_survives_both_encodings(frame in any::frame()) {
        for encoding in Encoding::ALL {
            let bytes = encode(encoding, &frame);
            prop_assert_eq!(decode_frame(encoding, &bytes), Ok(Some(frame.clone())));
        }
    }

    #[test]
    fn an_event_is_written_from_the_domain_as_from_the_wire(event in any::event()) {
        let domain = tidings_domain::Event {
            room: event.room,
            seq: event.seq,
            position: Position(1),
            sender: event.sender,
            device: event.device,
            client_id: event.client_id,
            at: event.at_ms,
            body: event.body.clone(),
        };
        let frame = any::event_frame(event);
        for encoding in Encoding::ALL {
            prop_assert_eq!(encode_event(encoding, &domain), encode(encoding, &frame));
        }
    }

    #[test]
    fn noise_is_an_error_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for encoding in Encoding::ALL {
            let _ = decode_command(encoding, &bytes);
            let _ = decode_frame(encoding, &bytes);
        }
    }
}

#[test]
fn binary_frames_are_the_smaller_ones() {
    let text = r#"{"type":"event","event":{"room":"0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10","seq":41,
        "kind":"message.sent","sender":"0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f11","at_ms":1763850000000,
        "client_id":"0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f12","body":{"text":"hi"}}}"#;
    let frame = decode_frame(Encoding::Json, text.as_bytes())
        .unwrap()
        .unwrap();
    let [json, proto] = Encoding::ALL.map(|encoding| encode(encoding, &frame).len());
    assert!(
        proto * 3 < json,
        "{proto} bytes of protobuf, {json} of JSON"
    );
}

#[test]
fn a_frame_of_a_later_version_is_passed_over() {
    let later = br#"{"type":"fireworks","colours":["red"]}"#;
    assert_eq!(decode_frame(Encoding::Json, later), Ok(None));
    assert_eq!(decode_frame(Encoding::Proto, &[0xfa, 0x06, 0]), Ok(None));
    assert!(decode_frame(Encoding::Json, b"{}").is_err());
    let behind = decode_frame(Encoding::Json, br#"{"type":"behind","since":3}"#);
    assert_eq!(behind, Ok(Some(ServerFrame::Behind)));
}

#[test]
fn numbers_that_json_cannot_write_are_no_frame_either() {
    // An ack with a pong whose `sent_at_ms` is this double, 8 bytes little-endian.
    for number in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
        let mut frame = b"\x0a\x0f\x08\x03\x3a\x0b\x09".to_vec();
        frame.extend(number.to_le_bytes());
        frame.extend(b"\x10\x06");
        let refused = decode_frame(Encoding::Proto, &frame).unwrap_err();
        assert_eq!(refused.detail, "sent_at_ms: must be finite");
    }
}
