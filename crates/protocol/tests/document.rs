//! The protocol document names exactly the commands and frames that exist.
#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use tidings_protocol::codec::{decode_command, decode_frame};
use tidings_protocol::{Encoding, ErrorCode};

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

/// The words in code type in the first column of a section's tables.
fn first_column(from: &str, to: &str) -> Vec<&'static str> {
    let (_, section) = DOCUMENT.split_once(from).unwrap();
    let (section, _) = section.split_once(to).unwrap();
    let cells = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    cells
        .flat_map(|cell| cell.split(','))
        .map(|word| word.trim_matches([' ', '`']))
        .collect()
}

#[test]
fn every_command_of_the_document_is_known() {
    let commands = first_column("### 4.1", "### 4.2");
    assert!(
        commands.iter().filter(|name| **name != "type").count() >= 11,
        "{commands:?}"
    );
    for name in commands.into_iter().filter(|name| *name != "type") {
        let text = format!(r#"{{"id":1,"type":"{name}"}}"#);
        let code = decode_command(Encoding::Json, text.as_bytes()).map_err(|error| error.code);
        assert_ne!(code.err(), Some(ErrorCode::UnknownCommand), "{name}");
    }
}

#[test]
fn every_frame_of_the_document_is_known() {
    let frames = first_column("### 4.2", "Event: `{room");
    assert!(
        frames.iter().filter(|name| **name != "type").count() >= 13,
        "{frames:?}"
    );
    for name in frames.into_iter().filter(|name| *name != "type") {
        let text = format!(r#"{{"type":"{name}"}}"#);
        let read = decode_frame(Encoding::Json, text.as_bytes());
        assert_ne!(read, Ok(None), "{name}");
    }
}

#[test]
fn the_documents_welcome_can_be_read() {
    let (_, rest) = DOCUMENT.split_once("```json\n{\"type\": \"ack\"").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let id = "\"0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10\"";
    let profile = format!(r#"{{"id":{id},"display_name":"Ana","origin":"account"}}"#);
    let text = format!("{{\"type\": \"ack\"{example}")
        .replace("{…Profile}", &profile)
        .replace(
            "\"…\", \"device_id\": \"…\"",
            &format!("{id}, \"device_id\": {id}"),
        )
        .replace("\"resumed\" | \"fresh\" | \"reset\"", "\"resumed\"")
        .replace("\"reason\"?: \"…\"", "\"reason\": \"ahead\"");
    assert!(
        decode_frame(Encoding::Json, text.as_bytes())
            .unwrap()
            .is_some(),
        "{text}"
    );
}
