//! What anyone may send, and the typed answer to each.
#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use tidings_domain::CommandId;
use tidings_protocol::codec::{decode_command, decode_frame, encode_command};
use tidings_protocol::socket::command::{COMMAND_ID_MAX, ClientNumber, Ping, Typing};
use tidings_protocol::{Command, CommandError, Encoding, ErrorCode};

const ROOM: &str = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";

fn read(text: &str) -> Result<(CommandId, Command), CommandError> {
    decode_command(Encoding::Json, text.as_bytes())
}

#[track_caller]
fn refused(text: &str) -> CommandError {
    let error = read(text).unwrap_err();
    assert!(
        error.detail.chars().count() < 300,
        "too long: {}",
        error.detail
    );
    error
}

fn send(more: &str) -> String {
    format!(r#"{{"type":"send","id":7,"room":"{ROOM}","client_id":"{ROOM}","text":"hi"{more}}}"#)
}

#[test]
fn a_plain_command_is_read_in_any_order_of_fields_with_unknown_ones_passed_over() {
    let text = format!(r#"{{"room":"{ROOM}","later":[{{}}],"id":9,"type":"typing"}}"#);
    let typing = Typing {
        room: ROOM.parse().unwrap(),
        active: true,
    };
    assert_eq!(read(&text), Ok((CommandId(9), Command::Typing(typing))));
}

#[test]
fn a_refusal_carries_the_id_whatever_else_is_wrong() {
    for text in [
        r#"{"id":7}"#,
        r#"{"id":7,"type":"send"}"#,
        r#"{"id":7,"type":17}"#,
        r#"{"id":7,"type":null}"#,
        r#"{"id":7,"type":["send"]}"#,
        r#"{"type":"send","id":7,"room":{},"client_id":[],"text":1e400}"#,
        r#"{"id":7,"type":"send","text":"\ud800"}"#,
        r#"{"id":7,"type":"send","text":"cut of"#,
        r#"{"id":7,"type":"focus","rooms":7}"#,
        r#"{"id":7,"type":"status","availability":"elsewhere"}"#,
        r#"{"id":7,"type":"token"}"#,
    ] {
        let error = refused(text);
        assert_eq!(
            (error.id, error.code),
            (Some(CommandId(7)), ErrorCode::InvalidRequest),
            "{text}"
        );
    }
}

#[test]
fn a_command_of_another_version_is_refused_by_its_id() {
    let error = refused(r#"{"id":7,"type":"teleport"}"#);
    assert_eq!(
        (error.id, error.code),
        (Some(CommandId(7)), ErrorCode::UnknownCommand)
    );
    assert!(error.detail.contains("teleport"));
}

#[test]
fn what_has_no_usable_id_is_no_command() {
    let too_large = COMMAND_ID_MAX + 1;
    for id in [
        "0",
        "-1",
        "1.5",
        "1e3",
        "\"7\"",
        "null",
        "[7]",
        "{}",
        "1e400",
        "true",
        &too_large.to_string(),
        "18446744073709551616",
    ] {
        let error = refused(&format!(r#"{{"type":"ping","id":{id}}}"#));
        assert_eq!(
            (error.id, error.code),
            (None, ErrorCode::InvalidRequest),
            "{id}"
        );
    }
    for text in [
        "",
        " ",
        "null",
        "7",
        "[]",
        "\"ping\"",
        "{",
        "{}",
        "{\"type\":\"ping\"}",
        "\u{feff}{}",
    ] {
        assert_eq!(refused(text).id, None, "{text}");
    }
    assert!(read(&format!(r#"{{"type":"ping","id":{COMMAND_ID_MAX}}}"#)).is_ok());
}

#[test]
fn what_is_said_twice_is_refused() {
    assert_eq!(refused(r#"{"id":7,"id":8,"type":"ping"}"#).id, None);
    assert_eq!(refused(r#"{"id":7,"type":"ping","type":"send"}"#).id, None);
    let error = refused(&send(r#","text":"ho""#));
    assert_eq!(error.id, Some(CommandId(7)));
    assert_eq!(error.detail, "text: is given twice");
}

#[test]
fn a_wrong_field_is_named() {
    for (more, field) in [
        (r#","reply_to":-1"#, "reply_to"),
        (r#","reply_to":1.5"#, "reply_to"),
        (r#","mentions":["x"]"#, "mentions[0]"),
        (r#","mentions":[{"$gt":""}]"#, "mentions[0]"),
        (r#","metadata":[]"#, "metadata"),
    ] {
        let detail = refused(&send(more)).detail;
        assert!(detail.starts_with(field), "{detail}");
    }
}

#[test]
fn ids_are_read_by_the_strict_rule_of_the_domain() {
    for id in [
        "00000000-0000-0000-0000-000000000000",
        "0192f0c17d7a7cc080002b1d5c3e9f10",
        "../etc",
        "",
    ] {
        let text = format!(r#"{{"type":"read","id":7,"room":"{id}","seq":1}}"#);
        assert!(refused(&text).detail.starts_with("room: not an id"), "{id}");
    }
}

#[test]
fn a_hundred_thousand_levels_are_an_error_wherever_they_are() {
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let objects = r#"{"a":"#.repeat(100_000);
    for text in [
        open.clone(),
        objects.clone(),
        format!(r#"{{"id":{open}{close},"type":"ping"}}"#),
        format!(r#"{{"id":7,"type":{open}{close}}}"#),
        format!(r#"{{"id":7,"type":"ping","sent_at_ms":{open}{close}}}"#),
        send(&format!(r#","metadata":{{"a":{open}{close}}}"#)),
        send(&format!(r#","metadata":{objects}"#)),
    ] {
        refused(&text);
    }
}

#[test]
fn depth_in_a_field_that_nobody_reads_costs_nothing_and_breaks_nothing() {
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let text = format!(r#"{{"id":7,"type":"ping","other":{open}{close}}}"#);
    let _either = decode_command(Encoding::Json, text.as_bytes());
}

#[test]
fn metadata_and_signals_are_bounded_in_both_encodings() {
    let deep = format!("{}{}", "[".repeat(33), "]".repeat(33));
    let large = format!("\"{}\"", "x".repeat(5_000));
    for data in [deep, large] {
        let error = refused(&send(&format!(r#","metadata":{{"a":{data}}}"#)));
        assert_eq!(
            (error.id, error.code),
            (Some(CommandId(7)), ErrorCode::InvalidRequest)
        );
        assert!(
            error.detail.starts_with("metadata: must "),
            "{}",
            error.detail
        );

        let signal =
            format!(r#"{{"type":"signal","id":7,"room":"{ROOM}","name":"x","data":{data}}}"#);
        assert!(refused(&signal).detail.starts_with("data: must "));
    }
}

#[test]
fn a_fault_never_echoes_more_than_a_line_of_it() {
    let long = "x".repeat(60_000);
    for text in [
        format!(r#"{{"id":7,"type":"{long}"}}"#),
        format!(r#"{{"id":7,"type":"read","room":"{long}"}}"#),
        format!(r#"{{"id":7,"type":"read","room":"{ROOM}","seq":"{long}"}}"#),
        format!(r#"{{"id":7,"type":"status","availability":"{long}"}}"#),
        send(&format!(r#","metadata":"{long}""#)),
    ] {
        let detail = refused(&text).detail;
        let echoed = detail.chars().filter(|c| *c == 'x').count();
        assert!(echoed <= 82, "{echoed} characters of it in {detail}");
    }
}

#[test]
fn every_cut_and_every_changed_byte_is_answered_without_a_panic() {
    let text = send(r#","reply_to":3,"mentions":[],"metadata":{"a":[1,{"b":null}]}"#);
    let (_, command) = read(&text).unwrap();
    for encoding in Encoding::ALL {
        let whole = encode_command(encoding, CommandId(7), &command);
        for end in 0..whole.len() {
            let _cut = decode_command(encoding, &whole[..end]);
        }
        for place in 0..whole.len() {
            for byte in [0, b'"', b'{', 0x7f, 0x80, 0xff] {
                let mut forged = whole.clone();
                forged[place] = byte;
                let _changed = decode_command(encoding, &forged);
                let _frame = decode_frame(encoding, &forged);
            }
        }
    }
}

#[test]
fn a_broken_binary_command_is_refused_by_its_id() {
    // id 7, then `send` (field 3) of four bytes that are no message.
    let bytes = [0x08, 7, 0x1a, 4, 0xff, 0xff, 0xff, 0xff];
    let error = decode_command(Encoding::Proto, &bytes).unwrap_err();
    assert_eq!(
        (error.id, error.code),
        (Some(CommandId(7)), ErrorCode::InvalidRequest)
    );
    // id 7 and a command that only a later version has.
    let error = decode_command(Encoding::Proto, &[0x08, 7, 0xfa, 0x06, 0]).unwrap_err();
    assert_eq!(
        (error.id, error.code),
        (Some(CommandId(7)), ErrorCode::UnknownCommand)
    );
    let error = decode_command(Encoding::Proto, &[]).unwrap_err();
    assert_eq!((error.id, error.code), (None, ErrorCode::InvalidRequest));
}

#[test]
fn a_binary_number_that_json_cannot_say_is_refused() {
    let ping = |number| {
        Command::Ping(Ping {
            sent_at_ms: Some(ClientNumber(number)),
        })
    };
    for number in [f64::INFINITY, f64::NAN] {
        let bytes = encode_command(Encoding::Proto, CommandId(7), &ping(number));
        assert_eq!(
            decode_command(Encoding::Proto, &bytes).unwrap_err().id,
            Some(CommandId(7))
        );
    }
}

#[test]
fn a_clients_number_comes_back_as_it_was_written() {
    for written in [
        "1763850000000",
        "0",
        "-3",
        "0.1",
        "1763850000000.25",
        "9007199254740991",
    ] {
        let text = format!(r#"{{"type":"ping","id":7,"sent_at_ms":{written}}}"#);
        let (id, command) = read(&text).unwrap();
        let back = String::from_utf8(encode_command(Encoding::Json, id, &command)).unwrap();
        assert!(
            back.contains(&format!("\"sent_at_ms\":{written}}}")),
            "{back}"
        );
    }
}
