//! The text of a message: Markdown source, kept as it was written.
//!
//! It is stored and relayed as source and rendered by clients, which sanitise what they render.
//! Here it is only bounded. People do paste control characters (old chat logs are full of them), so
//! all but NUL are kept; whoever prints a text to a terminal or a log escapes it there.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits;

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing but white space.
    #[error("must not be empty or only spaces")]
    Empty,
    /// More bytes than [`limits::MESSAGE_TEXT_BYTES_MAX`].
    #[error("must have at most {0} bytes")]
    TooLong(usize),
    /// The character U+0000, which half of all software takes for the end.
    #[error("must not contain the NUL character")]
    Nul,
}

/// A message's text, shared and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MessageText(Arc<str>);

impl MessageText {
    /// Checks what a person wrote. The text itself is kept to the byte.
    ///
    /// # Errors
    /// [`InvalidText`] says what is wrong with it.
    pub fn parse(text: impl Into<Arc<str>> + AsRef<str>) -> Result<Self, InvalidText> {
        let checked = text.as_ref();
        if checked.len() > limits::MESSAGE_TEXT_BYTES_MAX {
            return Err(InvalidText::TooLong(limits::MESSAGE_TEXT_BYTES_MAX));
        }
        if checked.trim().is_empty() {
            return Err(InvalidText::Empty);
        }
        if checked.contains('\0') {
            return Err(InvalidText::Nul);
        }
        Ok(Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MessageText {
    type Error = InvalidText;
    fn try_from(text: String) -> Result<Self, InvalidText> {
        Self::parse(text)
    }
}

impl From<MessageText> for String {
    fn from(text: MessageText) -> String {
        text.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_to_the_byte() {
        let text = "  **hi**\n\t<script>alert(1)</script>  ";
        assert_eq!(MessageText::parse(text).unwrap().as_str(), text);
    }

    #[test]
    fn empty_long_and_cut_texts_are_refused() {
        let long = "x".repeat(limits::MESSAGE_TEXT_BYTES_MAX + 1);
        assert_eq!(MessageText::parse(" \n"), Err(InvalidText::Empty));
        assert_eq!(
            MessageText::parse(long.as_str()),
            Err(InvalidText::TooLong(limits::MESSAGE_TEXT_BYTES_MAX))
        );
        assert_eq!(MessageText::parse("a\0b"), Err(InvalidText::Nul));
    }
}
