//! A line of an IRC log as a message, and back, without losing a byte.
//!
//! The message's `metadata.irc` says in which form the line was, and holds what the text does not:
//!
//! | `form` | the line | said by | the text | beside `form` |
//! |---|---|---|---|---|
//! | `said` | `[time] <nick> text` | the nick | `text` | `time`, `nick` |
//! | `did` | `[time]  * nick text` | the nick | `text` | `time`, `nick` |
//! | `silent` | `[time] <nick>`, then only white space or nothing | the nick | `…` | `time`, `nick`, `rest` |
//! | `logged` | `=== text` | `irc-log` | `text` | |
//! | `other` | any other line that a message can hold | `irc-log` | the line | |
//! | `bytes` | any other line at all: blank, with a NUL, not UTF-8 | `irc-log` | `…` | `base64` |
//!
//! Beside these, `line` is the line's number in its file, from 1.
//!
//! *Invariant*: [`SpokenLine::parse`] chooses the first form of which [`rebuild`] makes the very
//! line again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tidings_domain::limits::METADATA_BYTES_MAX;
use tidings_domain::text::MessageText;

/// Who says what no nick has said: the keeper of the log.
pub const LOG: &str = "irc-log";
/// The text of a message that has none of its own.
const NOTHING: &str = "…";
/// Bytes of a line that the `bytes` form can hold: base64 makes four of three, and some JSON.
const BYTES_MAX: usize = (METADATA_BYTES_MAX - 96) / 4 * 3;

/// A line as somebody says it.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenLine {
    /// Who says it.
    pub speaker: String,
    /// The message's text.
    pub text: String,
    /// The message's metadata.
    pub metadata: Map<String, Value>,
}

/// No form holds the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line of {0} bytes does not fit into a message")]
pub struct LineTooLong(pub usize);

impl SpokenLine {
    /// How a line is said; the line is without its end.
    ///
    /// # Errors
    /// [`LineTooLong`] when no form holds it.
    pub fn parse(line: &[u8]) -> Result<Self, LineTooLong> {
        let forms = std::str::from_utf8(line).ok().into_iter().flat_map(|text| {
            [
                said(text),
                did(text),
                silent(text),
                logged(text),
                Some(other(text)),
            ]
        });
        let fitting = forms
            .flatten()
            .chain(bytes(line))
            .find(|spoken| spoken.holds(line));
        fitting.ok_or(LineTooLong(line.len()))
    }

    /// Says which line of its file it is, from 1.
    #[must_use]
    pub fn numbered(mut self, number: u64) -> Self {
        if let Some(Value::Object(irc)) = self.metadata.get_mut("irc") {
            irc.insert("line".to_owned(), number.into());
        }
        self
    }

    fn holds(&self, line: &[u8]) -> bool {
        let can_be_sent = MessageText::parse(self.text.as_str()).is_ok();
        can_be_sent && rebuild(&self.text, &self.metadata).as_deref() == Some(line)
    }
}

/// The line that a message was made of; `None` when it was made of none.
#[must_use]
pub fn rebuild(text: &str, metadata: &Map<String, Value>) -> Option<Vec<u8>> {
    let irc = metadata.get("irc")?;
    let field = |name: &str| irc.get(name)?.as_str();
    let line = match field("form")? {
        "said" => format!("[{}] <{}> {text}", field("time")?, field("nick")?),
        "did" => format!("[{}]  * {} {text}", field("time")?, field("nick")?),
        "silent" => format!(
            "[{}] <{}>{}",
            field("time")?,
            field("nick")?,
            field("rest")?
        ),
        "logged" => format!("=== {text}"),
        "other" => text.to_owned(),
        "bytes" => return STANDARD.decode(field("base64")?).ok(),
        _ => return None,
    };
    Some(line.into_bytes())
}

/// Which line of its file a message was made of, from 1.
#[must_use]
pub fn number(metadata: &Map<String, Value>) -> Option<u64> {
    metadata.get("irc")?.get("line")?.as_u64()
}

fn said(line: &str) -> Option<SpokenLine> {
    let (time, rest) = timed(line)?;
    let (nick, text) = rest.strip_prefix(" <")?.split_once("> ")?;
    spoken(
        nick,
        text,
        json!({"form": "said", "time": time, "nick": nick}),
    )
}

fn did(line: &str) -> Option<SpokenLine> {
    let (time, rest) = timed(line)?;
    let (nick, text) = rest.strip_prefix("  * ")?.split_once(' ')?;
    spoken(
        nick,
        text,
        json!({"form": "did", "time": time, "nick": nick}),
    )
}

fn silent(line: &str) -> Option<SpokenLine> {
    let (time, rest) = timed(line)?;
    let (nick, rest) = rest.strip_prefix(" <")?.split_once('>')?;
    if !rest.trim().is_empty() {
        return None;
    }
    spoken(
        nick,
        NOTHING,
        json!({"form": "silent", "time": time, "nick": nick, "rest": rest}),
    )
}

fn logged(line: &str) -> Option<SpokenLine> {
    spoken(LOG, line.strip_prefix("=== ")?, json!({"form": "logged"}))
}

fn other(line: &str) -> SpokenLine {
    message(LOG, line, json!({"form": "other"}))
}

fn bytes(line: &[u8]) -> Option<SpokenLine> {
    let fits = line.len() <= BYTES_MAX;
    fits.then(|| {
        message(
            LOG,
            NOTHING,
            json!({"form": "bytes", "base64": STANDARD.encode(line)}),
        )
    })
}

/// `[HH:MM]` and what follows.
fn timed(line: &str) -> Option<(&str, &str)> {
    let (time, rest) = line.strip_prefix('[')?.split_once(']')?;
    minute_of_day(time).map(|_| (time, rest))
}

/// The minute of the day of `HH:MM`.
pub(crate) fn minute_of_day(time: &str) -> Option<u32> {
    let (hours, minutes) = time.split_once(':')?;
    let number = |text: &str, below: u32| -> Option<u32> {
        let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain
            .then(|| text.parse().ok())?
            .filter(|number| *number < below)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

/// Somebody's words, if the nick can be one. Some logs have spaces in nicks; who speaks is the
/// same person with and without those at its ends.
fn spoken(nick: &str, text: &str, irc: Value) -> Option<SpokenLine> {
    let is_nick = !nick.trim().is_empty() && !nick.contains(['<', '>']);
    is_nick.then(|| message(nick.trim(), text, irc))
}

fn message(speaker: &str, text: &str, irc: Value) -> SpokenLine {
    SpokenLine {
        speaker: speaker.to_owned(),
        text: text.to_owned(),
        metadata: Map::from_iter([("irc".to_owned(), irc)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &[u8], speaker: &str, text: &str, form: &str) {
        let spoken = SpokenLine::parse(line).unwrap();
        assert_eq!(
            (spoken.speaker.as_str(), spoken.text.as_str()),
            (speaker, text)
        );
        assert_eq!(spoken.metadata["irc"]["form"], form);
        assert_eq!(rebuild(&spoken.text, &spoken.metadata).unwrap(), line);
    }

    #[test]
    fn ordinary_lines_are_said_by_their_nicks() {
        check(
            b"[04:46] <pawan> how to  do it ",
            "pawan",
            "how to  do it ",
            "said",
        );
        check(
            b"[04:48]  * unperson sits and listens",
            "unperson",
            "sits and listens",
            "did",
        );
        check(
            b"=== Sind_ is now known as Sind",
            LOG,
            "Sind_ is now known as Sind",
            "logged",
        );
    }

    #[test]
    fn odd_lines_lose_nothing() {
        check(b"[09:43] <drcode>", "drcode", "…", "silent");
        check(b"[11:25] <pirate> ", "pirate", "…", "silent");
        check(b"[11:25] <pirate> \xc2\xa0 ", "pirate", "…", "silent");
        let relayed = "[01:09] (soundray/#ubuntu) thomas: have you";
        check(relayed.as_bytes(), LOG, relayed, "other");
        let notice = "[05:12] -gfx:#ubuntu- happy";
        check(notice.as_bytes(), LOG, notice, "other");
        check(b"[25:00] <a> b", LOG, "[25:00] <a> b", "other");
        check(b"===", LOG, "===", "other");
        check(b"=== ", LOG, "=== ", "other");
        check(
            b"[04:46] <a> \x08\x7f\x1c",
            "a",
            "\u{8}\u{7f}\u{1c}",
            "said",
        );
        check(b"[04:46] <a> > b", "a", "> b", "said");
        check(b"[12:17] <zcat[1] > is it", "zcat[1]", "is it", "said");
        check(b"[10:18] <bur[n] er> nope", "bur[n] er", "nope", "said");
        check(b"[10:18] < > nope", LOG, "[10:18] < > nope", "other");
        check(b"[04:46]  * alone", LOG, "[04:46]  * alone", "other");
        check(b"[04:46] <a> crlf\r", "a", "crlf\r", "said");
    }

    #[test]
    fn what_no_text_can_hold_is_kept_as_bytes() {
        for line in [&b""[..], b"   ", b"[04:46] <a> nul\0", b"\xff\xfe latin"] {
            check(line, LOG, "…", "bytes");
        }
    }

    #[test]
    fn a_line_beyond_every_form_is_refused() {
        let long = vec![0xff; BYTES_MAX + 1];
        assert_eq!(SpokenLine::parse(&long), Err(LineTooLong(long.len())));
        let longest = vec![0xff; BYTES_MAX];
        let spoken = SpokenLine::parse(&longest).unwrap().numbered(u64::MAX);
        assert_eq!(
            tidings_protocol::json::check_metadata(&spoken.metadata),
            Ok(())
        );
    }

    #[test]
    fn a_message_of_somebody_else_is_no_line() {
        assert_eq!(rebuild("hi", &Map::new()), None);
    }
}
