//! Ids, names and texts that people choose.
//!
//! Properties: what parses is within its limits, looks as it should, and parses again to itself;
//! text that is kept to the byte is kept to the byte.

use tidings_domain::name::{DisplayName, RoomName, Username, line};
use tidings_domain::text::MessageText;
use tidings_domain::{ClientId, DeviceId, Role, RoomId, RoomKind, UserId, limits};

/// Holds one input against the properties, as each kind of text.
pub fn run(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    ids(text);
    username(text);
    if let Ok(name) = DisplayName::parse(text) {
        is_a_line(name.as_str(), limits::DISPLAY_NAME_CHARS_MAX);
        assert_eq!(DisplayName::parse(name.as_str()), Ok(name));
    }
    if let Ok(name) = RoomName::parse(text) {
        is_a_line(name.as_str(), limits::ROOM_NAME_CHARS_MAX);
        assert_eq!(RoomName::parse(name.as_str()), Ok(name));
    }
    if let Ok(one) = line(text, limits::STATUS_TEXT_CHARS_MAX) {
        is_a_line(&one, limits::STATUS_TEXT_CHARS_MAX);
        assert_eq!(line(&one, limits::STATUS_TEXT_CHARS_MAX), Ok(one));
    }
    if let Ok(said) = MessageText::parse(text) {
        assert_eq!(said.as_str(), text);
        assert!(text.len() <= limits::MESSAGE_TEXT_BYTES_MAX && !text.contains('\0'));
    }
}

fn ids(text: &str) {
    let parsed = UserId::parse(text);
    if let Ok(id) = parsed {
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
        assert_eq!(UserId::from_bytes(*id.as_bytes()), id);
    }
    let bytes = parsed.ok().map(|id| *id.as_bytes());
    assert_eq!(RoomId::parse(text).ok().map(|id| *id.as_bytes()), bytes);
    assert_eq!(DeviceId::parse(text).ok().map(|id| *id.as_bytes()), bytes);
    assert_eq!(ClientId::parse(text).ok().map(|id| *id.as_bytes()), bytes);
    if let Some(kind) = RoomKind::parse(text) {
        assert_eq!(kind.as_str(), text);
    }
    if let Some(role) = Role::parse(text) {
        assert_eq!(role.as_str(), text);
    }
}

fn username(text: &str) {
    let Ok(name) = Username::parse(text) else {
        return;
    };
    let length = limits::USERNAME_CHARS_MIN..=limits::USERNAME_CHARS_MAX;
    assert!(length.contains(&name.as_str().len()));
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    assert!(name.as_str().chars().all(is_letter), "{name}");
    assert_eq!(Username::parse(name.as_str()), Ok(name));
}

fn is_a_line(text: &str, chars_max: usize) {
    assert!(!text.is_empty() && text.chars().count() <= chars_max);
    assert_eq!(text.trim(), text);
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.chars().any(|c| breaks(c) || turns(c)), "{text:?}");
}

/// Names, ids, and what names may not be.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    [
        "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10",
        "0192F0C1-7D7A-7CC0-8000-2B1D5C3E9F10",
        " Ana.Lee_7 ",
        "Jos\u{65}\u{301} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "a\u{202e}b\u{2066}",
        "Z\u{351}\u{36b}\u{343}\u{36a}\u{302}\u{36b}\u{33d}\u{34f}\u{334}\u{319}a",
        "\u{1d160}\u{958}\u{fb2c}\u{ac00}\u{1100}\u{1161}",
        "\u{200b}\u{2060}\u{ad}\u{3164}\u{2800}",
        "group",
        "moderator",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
