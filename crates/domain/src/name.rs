//! Names that people choose and read: of users and rooms.
//!
//! A name is normalised (Unicode NFC), trimmed, and refused when it could deceive or break a
//! screen: control characters, direction overrides, nothing but spaces, towers of combining marks.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::limits;

/// Why a name was refused. The text is meant for the person who chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing is left after trimming.
    #[error("must not be empty or only spaces")]
    Empty,
    /// More characters than allowed.
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// Fewer characters than needed.
    #[error("must have at least {0} characters")]
    TooShort(usize),
    /// A control character, a direction override or another invisible that could deceive.
    #[error("must not contain control characters, line breaks or text-direction overrides")]
    Deceptive,
    /// More combining marks on one character than any script needs.
    #[error("has too many combining marks on one character")]
    Combining,
    /// A username outside its alphabet.
    #[error(
        "may have only the letters a-z, digits, '.', '_' and '-', and starts with a letter or digit"
    )]
    Alphabet,
}

/// How a user signs in and is mentioned: lower-case ASCII, unique.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    /// Parses and lower-cases what a person typed.
    ///
    /// # Errors
    /// [`InvalidName`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let name = text.trim().to_ascii_lowercase();
        if name.len() < limits::USERNAME_CHARS_MIN {
            return Err(InvalidName::TooShort(limits::USERNAME_CHARS_MIN));
        }
        if name.len() > limits::USERNAME_CHARS_MAX {
            return Err(InvalidName::TooLong(limits::USERNAME_CHARS_MAX));
        }
        let starts_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        let spelled_well = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c));
        if starts_well && spelled_well {
            Ok(Self(name))
        } else {
            Err(InvalidName::Alphabet)
        }
    }

    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a user is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayName(String);

impl DisplayName {
    /// Parses what a person typed.
    ///
    /// # Errors
    /// [`InvalidName`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        line(text, limits::DISPLAY_NAME_CHARS_MAX).map(Self)
    }

    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a room is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomName(String);

impl RoomName {
    /// Parses what a person typed.
    ///
    /// # Errors
    /// [`InvalidName`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        line(text, limits::ROOM_NAME_CHARS_MAX).map(Self)
    }

    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_conversions {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = InvalidName;
            fn try_from(text: String) -> Result<Self, InvalidName> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
text_conversions!(Username, DisplayName, RoomName);

/// One line of human text, at most `chars_max` characters after normalisation.
///
/// # Errors
/// [`InvalidName`] says what is wrong with it.
pub fn line(text: &str, chars_max: usize) -> Result<String, InvalidName> {
    // Refused before normalising, so that a megabyte of marks costs nothing.
    if text.len() > chars_max.saturating_mul(limits::NAME_BYTES_PER_CHAR_MAX) {
        return Err(InvalidName::TooLong(chars_max));
    }
    let normal: String = text.nfc().collect();
    let trimmed = normal.trim();
    if trimmed.chars().all(is_blank) {
        return Err(InvalidName::Empty);
    }
    if trimmed.chars().any(is_deceptive) {
        return Err(InvalidName::Deceptive);
    }
    if has_mark_tower(trimmed) {
        return Err(InvalidName::Combining);
    }
    if trimmed.chars().count() > chars_max {
        return Err(InvalidName::TooLong(chars_max));
    }
    Ok(trimmed.to_owned())
}

/// Whether a character shows nothing by itself.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '\u{200b}'
                ..='\u{200d}'
                    | '\u{2060}'
                    | '\u{feff}'
                    | '\u{00ad}'
                    | '\u{115f}'
                    | '\u{1160}'
                    | '\u{3164}'
                    | '\u{ffa0}'
                    | '\u{2800}'
        )
}

/// Control characters and line separators, bidirectional overrides and isolates (Unicode TR 9,
/// the characters of "Trojan Source"), and the tag and interlinear characters.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// More marks in a row than [`limits::COMBINING_MARKS_MAX`].
fn has_mark_tower(text: &str) -> bool {
    let mut run = 0;
    text.chars().any(|c| {
        run = if is_combining_mark(c) { run + 1 } else { 0 };
        run > limits::COMBINING_MARKS_MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_normalised() {
        assert_eq!(DisplayName::parse("  Zoe\u{308} ").unwrap().as_str(), "Zoë");
    }

    #[test]
    fn hostile_names_are_refused_with_a_reason() {
        let tower = format!("a{}", "\u{301}".repeat(60));
        let flood = format!("a{}", "\u{301}".repeat(10_000));
        for (text, why) in [
            ("   ", InvalidName::Empty),
            ("\u{200b}\u{3164}", InvalidName::Empty),
            ("ana\u{202e}nimda", InvalidName::Deceptive),
            ("two\nlines", InvalidName::Deceptive),
            ("nul\0", InvalidName::Deceptive),
            (tower.as_str(), InvalidName::Combining),
            (
                flood.as_str(),
                InvalidName::TooLong(limits::DISPLAY_NAME_CHARS_MAX),
            ),
        ] {
            assert_eq!(DisplayName::parse(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn ordinary_names_of_the_world_are_welcome() {
        for text in [
            "Łukasz",
            "নাজমা",
            "مريم",
            "李小龙",
            "👩‍👩‍👧 family",
            "O'Brien-Smith",
        ] {
            assert!(DisplayName::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn usernames_are_lower_case_ascii() {
        assert_eq!(Username::parse(" Ana.B ").unwrap().as_str(), "ana.b");
        assert_eq!(
            Username::parse("a"),
            Err(InvalidName::TooShort(limits::USERNAME_CHARS_MIN))
        );
        assert_eq!(Username::parse("-ana"), Err(InvalidName::Alphabet));
        assert_eq!(
            Username::parse("аna"),
            Err(InvalidName::Alphabet),
            "a Cyrillic look-alike"
        );
    }
}
