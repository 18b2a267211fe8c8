//! Values that protobuf has no type for: ids, words, JSON.

use serde::de::DeserializeOwned;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde_json::{Map, Value};
use tidings_domain::Timestamp;

use crate::socket::command::ClientNumber;

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {detail}")]
pub(super) struct Fault {
    /// Which field.
    pub(super) field: &'static str,
    /// What is wrong with it.
    pub(super) detail: String,
}

impl Fault {
    pub(super) fn new(field: &'static str, detail: impl std::fmt::Display) -> Self {
        Self {
            field,
            detail: crate::json::describe(&detail.to_string()),
        }
    }
}

/// An id made of sixteen bytes, each kind by its own constructor.
pub(super) fn id<T>(
    field: &'static str,
    bytes: &[u8],
    make: fn([u8; 16]) -> T,
) -> Result<T, Fault> {
    match <[u8; 16]>::try_from(bytes) {
        Ok([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) => {
            Err(Fault::new(field, "is nil or missing"))
        }
        Ok(bytes) => Ok(make(bytes)),
        Err(_) => Err(Fault::new(field, "must have sixteen bytes")),
    }
}

/// An id that may be left out.
pub(super) fn perhaps_id<T>(
    field: &'static str,
    bytes: Option<&[u8]>,
    make: fn([u8; 16]) -> T,
) -> Result<Option<T>, Fault> {
    bytes.map(|bytes| id(field, bytes, make)).transpose()
}

/// A list of ids.
pub(super) fn ids<T>(
    field: &'static str,
    list: &[Vec<u8>],
    make: fn([u8; 16]) -> T,
) -> Result<Vec<T>, Fault> {
    list.iter().map(|bytes| id(field, bytes, make)).collect()
}

/// One of a set of words, as JSON spells them.
pub(super) fn word<T: DeserializeOwned>(field: &'static str, text: &str) -> Result<T, Fault> {
    T::deserialize(StrDeserializer::<WordError>::new(text))
        .map_err(|error| Fault::new(field, error))
}

/// A domain text that checks itself.
pub(super) fn text<T>(field: &'static str, text: String) -> Result<T, Fault>
where
    T: TryFrom<String, Error: std::fmt::Display>,
{
    T::try_from(text).map_err(|error| Fault::new(field, error))
}

/// A JSON object, or nothing for an empty text.
pub(super) fn object(field: &'static str, text: &str) -> Result<Map<String, Value>, Fault> {
    if text.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(text).map_err(|error| Fault::new(field, error))
}

/// Any JSON.
pub(super) fn json(field: &'static str, text: &str) -> Result<Value, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::new(field, error))
}

/// A part that must be there.
pub(super) fn needed<T>(field: &'static str, part: Option<T>) -> Result<T, Fault> {
    part.ok_or_else(|| Fault::new(field, "is missing"))
}

/// A number of the client's own. JSON knows no infinity, so neither does the binary encoding.
pub(super) fn client_number(
    field: &'static str,
    number: Option<f64>,
) -> Result<Option<ClientNumber>, Fault> {
    match number {
        Some(number) if !number.is_finite() => Err(Fault::new(field, "must be finite")),
        number => Ok(number.map(ClientNumber)),
    }
}

pub(super) const fn at(millis: i64) -> Timestamp {
    Timestamp(millis)
}
