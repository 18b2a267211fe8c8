//! Reading JSON that anyone may have written, and saying what is wrong with it.
//!
//! *Limit*: nesting is bounded by `serde_json` at 128 levels; the application's own data at
//! [`NESTING_MAX`], because it is later sent on inside other objects and must stay readable there.
//! What is said about wrong input never echoes more than [`ECHO_CHARS_MAX`] characters of it.

use std::str::FromStr;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tidings_domain::limits;

use crate::error::FieldError;

/// Levels that metadata and signal data may nest.
pub const NESTING_MAX: usize = 32;

/// Characters of the input that a description of its fault may repeat.
pub const ECHO_CHARS_MAX: usize = 80;

/// A field of a change: left out, `null`, or a value. See [`present`].
pub type Patch<T> = Option<Option<T>>;

/// Reads a field that is present, be it `null`; with `#[serde(default)]`, one that is left out
/// stays `None`.
///
/// # Errors
/// Those of the value.
pub fn present<'de, D, T>(deserializer: D) -> Result<Patch<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Reads a request's body.
///
/// # Errors
/// The field that could not be read, and why. The field is `body` when it is not JSON at all or
/// not an object.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FieldError> {
    // Serde would take an array for a struct, its items for the fields in their order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(FieldError::new("body", "must be a JSON object"));
    }
    serde_json::from_slice(bytes).map_err(|_| fault::<T>(bytes))
}

/// Reads once more, to learn where it goes wrong: only the unlucky pay for the path.
fn fault<T: DeserializeOwned>(bytes: &[u8]) -> FieldError {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Ok(_) => FieldError::new("body", "something follows the end of the JSON"),
        Err(error) => {
            let path = error.path().to_string();
            let source = error.into_inner();
            field_error(&path, &source)
        }
    }
}

fn field_error(path: &str, source: &serde_json::Error) -> FieldError {
    let said = source.to_string();
    // A missing field is reported at its parent; name the field itself.
    if let Some(name) = quoted(&said, "missing field `") {
        return FieldError::new(name, "is missing");
    }
    if let Some(name) = quoted(&said, "duplicate field `") {
        return FieldError::new(name, "is given twice");
    }
    let field = if path == "." || path == "?" || !source.is_data() {
        "body"
    } else {
        path
    };
    FieldError::new(shorten(field), describe(&said))
}

fn quoted<'a>(text: &'a str, opening: &str) -> Option<&'a str> {
    text.strip_prefix(opening)?.split('`').next()
}

/// An error's text with at most [`ECHO_CHARS_MAX`] characters before what was expected.
pub(crate) fn describe(said: &str) -> String {
    match said.rfind(", expected ") {
        Some(at) if said.len() - at <= 2 * ECHO_CHARS_MAX => {
            format!("{}{}", shorten(&said[..at]), &said[at..])
        }
        _ => shorten(said),
    }
}

/// The first [`ECHO_CHARS_MAX`] characters.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(ECHO_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Why an application's own data was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidData {
    /// More bytes than allowed, written as JSON.
    #[error("must have at most {0} bytes as JSON")]
    TooLarge(usize),
    /// More levels than [`NESTING_MAX`].
    #[error("must nest at most {NESTING_MAX} levels")]
    TooDeep,
}

/// Checks a room's or message's metadata.
///
/// # Errors
/// [`InvalidData`] when it is too large or nests too deep.
pub fn check_metadata(metadata: &Map<String, Value>) -> Result<(), InvalidData> {
    if metadata
        .values()
        .any(|value| nests_deeper(value, NESTING_MAX - 1))
    {
        return Err(InvalidData::TooDeep);
    }
    check_size(metadata, limits::METADATA_BYTES_MAX)
}

/// Checks a signal's data.
///
/// # Errors
/// [`InvalidData`] when it is too large or nests too deep.
pub fn check_signal(data: &Value) -> Result<(), InvalidData> {
    if nests_deeper(data, NESTING_MAX) {
        return Err(InvalidData::TooDeep);
    }
    check_size(data, limits::SIGNAL_BYTES_MAX)
}

fn check_size(data: &impl serde::Serialize, bytes_max: usize) -> Result<(), InvalidData> {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, data).expect("keys are strings and counting cannot fail");
    if counter.0 > bytes_max {
        Err(InvalidData::TooLarge(bytes_max))
    } else {
        Ok(())
    }
}

/// Counts what is written into it.
struct Counter(usize);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Whether a value has more than `levels` levels of arrays and objects.
fn nests_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => {
            levels == 0 || items.iter().any(|item| nests_deeper(item, levels - 1))
        }
        Value::Object(fields) => {
            levels == 0 || fields.values().any(|field| nests_deeper(field, levels - 1))
        }
        _ => false,
    }
}

/// Reads an id by the domain's own strict parser, not by the lenient one of its library.
pub(crate) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    Parsed::deserialize(deserializer).map(|parsed| parsed.0)
}

/// Reads a list of ids likewise.
pub(crate) fn all_parsed<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    let items = Vec::<Parsed<T>>::deserialize(deserializer)?;
    Ok(items.into_iter().map(|item| item.0).collect())
}

/// Reads a list of ids that may be left out or `null`.
pub(crate) fn perhaps_all_parsed<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    let items = Option::<Vec<Parsed<T>>>::deserialize(deserializer)?;
    Ok(items.map(|items| items.into_iter().map(|item| item.0).collect()))
}

struct Parsed<T>(T);

impl<'de, T: FromStr<Err: std::fmt::Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "present")]
        name: Patch<String>,
        #[serde(default)]
        members: Vec<String>,
        #[serde(default)]
        limit: Option<u32>,
    }

    fn wrong(text: &str) -> FieldError {
        read::<Body>(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn left_out_null_and_a_value_are_three_things() {
        let patch = |text: &str| read::<Body>(text.as_bytes()).unwrap().name;
        assert_eq!(patch("{}"), None);
        assert_eq!(patch(r#"{"name":null}"#), Some(None));
        assert_eq!(patch(r#"{"name":"a"}"#), Some(Some("a".into())));
        let body = read::<Body>(br#"{"members":["a"],"limit":3}"#).unwrap();
        assert_eq!((body.members.len(), body.limit), (1, Some(3)));
    }

    #[test]
    fn a_wrong_type_names_its_field() {
        assert_eq!(wrong(r#"{"name":7}"#).field, "name");
        assert_eq!(wrong(r#"{"members":["a",{}]}"#).field, "members[1]");
        assert_eq!(wrong(r#"{"limit":-1}"#).field, "limit");
        assert_eq!(wrong(r#"{"limit":1e400}"#).field, "body");
        assert_eq!(
            wrong(r#"{"limit":1,"limit":2}"#),
            FieldError::new("limit", "is given twice")
        );
    }

    #[test]
    fn what_is_no_json_object_names_the_body() {
        for text in [
            "",
            "{",
            "[]",
            "7",
            "null",
            "{} {}",
            "\u{feff}{}",
            r#"{"name":"\ud800"}"#,
        ] {
            assert_eq!(wrong(text).field, "body", "{text}");
        }
    }

    #[test]
    fn a_hundred_thousand_levels_are_an_error_wherever_they_are() {
        let tower = "[".repeat(100_000);
        for text in [
            tower.clone(),
            format!(r#"{{"name":{tower}"#),
            format!(r#"{{"other":{tower}"#),
        ] {
            assert!(wrong(&text).detail.len() < 300);
        }
    }

    #[test]
    fn a_fault_is_described_without_repeating_it_whole() {
        let fault = wrong(&format!(r#"{{"limit":"{}"}}"#, "x".repeat(50_000)));
        assert!(fault.detail.chars().count() < 160, "{}", fault.detail);
        assert!(fault.detail.contains("expected u32"), "{}", fault.detail);
    }

    #[test]
    fn metadata_is_bounded_in_depth_and_size() {
        let nested = |levels: usize| -> Map<String, Value> {
            let inner = (1..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
            Map::from_iter([("a".to_owned(), inner)])
        };
        assert_eq!(check_metadata(&nested(NESTING_MAX)), Ok(()));
        assert_eq!(
            check_metadata(&nested(NESTING_MAX + 1)),
            Err(InvalidData::TooDeep)
        );
        let large = Map::from_iter([(
            "a".to_owned(),
            "x".repeat(limits::METADATA_BYTES_MAX).into(),
        )]);
        assert!(matches!(
            check_metadata(&large),
            Err(InvalidData::TooLarge(_))
        ));
        assert!(matches!(
            check_signal(&Value::Object(large)),
            Err(InvalidData::TooLarge(_))
        ));
    }
}
