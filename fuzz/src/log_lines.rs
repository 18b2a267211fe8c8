//! Lines of foreign chat logs, as the replay speaks them.
//!
//! Properties: every line that fits a message becomes one whose text and metadata the server takes,
//! and the very same line comes back out of it.

use tidings_client::log_line::{self, SpokenLine};
use tidings_domain::limits::METADATA_BYTES_MAX;
use tidings_domain::text::MessageText;
use tidings_protocol::json::check_metadata;

/// Holds one input against the properties: as a line, and as the metadata of a message.
pub fn run(data: &[u8]) {
    match SpokenLine::parse(data) {
        Ok(spoken) => {
            assert!(!spoken.speaker.trim().is_empty());
            let spoken = spoken.numbered(u64::MAX);
            assert_eq!(log_line::number(&spoken.metadata), Some(u64::MAX));
            assert_eq!(
                log_line::rebuild(&spoken.text, &spoken.metadata).as_deref(),
                Some(data)
            );
            assert!(MessageText::parse(spoken.text.as_str()).is_ok());
            assert_eq!(check_metadata(&spoken.metadata), Ok(()));
        }
        Err(too_long) => assert!(too_long.0 == data.len() && data.len() > METADATA_BYTES_MAX / 2),
    }
    if let Ok(metadata) = serde_json::from_slice(data) {
        // A message of somebody else may claim to be a line.
        let _ = (
            log_line::number(&metadata),
            log_line::rebuild("text", &metadata),
        );
    }
}

/// A line of each form, and the metadata of one.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    [
        &b"[04:46] <pawan> how to do it "[..],
        b"[04:48]  * unperson sits",
        b"=== Sind_ is now known as Sind",
        b"[09:43] <drcode>  ",
        b"[01:09] (relay/#ubuntu) thomas: have you",
        b"[04:46] <a> nul\0\xff",
        br#"{"irc":{"form":"silent","time":"04:46","nick":"a","rest":" ","line":7}}"#,
        br#"{"irc":{"form":"bytes","base64":"AAA="}}"#,
    ]
    .map(<[u8]>::to_vec)
    .to_vec()
}
