//! Between the domain's types and SQLite's columns. Owns nothing but the forms: ids are 16 bytes,
//! numbers are 64-bit integers, settings are JSON text.
//!
//! *Invariant*: what does not fit is an error of the row, never a guess.

use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Error, Result, Row};
use tidings_domain::{
    ApiKeyId, ClientId, DeviceId, InvitationId, Position, RoomId, Seq, SessionId, Timestamp, UserId,
};

/// An id that is kept as its sixteen bytes.
pub(crate) trait Id: Sized {
    /// The id with these bytes.
    fn of(bytes: [u8; 16]) -> Self;
}

macro_rules! ids {
    ($($name:ty),*) => {$(
        impl Id for $name {
            fn of(bytes: [u8; 16]) -> Self {
                Self::from_bytes(bytes)
            }
        }
    )*};
}
ids!(
    UserId,
    RoomId,
    DeviceId,
    SessionId,
    InvitationId,
    ApiKeyId,
    ClientId
);

/// A count or number as SQLite keeps it. What is beyond its range is beyond every row too, so it is
/// compared as the greatest number there is.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number of rows to read at most.
pub(crate) fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Typed columns of a row.
pub(crate) trait Columns {
    /// An id.
    fn id<T: Id>(&self, column: usize) -> Result<T>;
    /// A number that is not negative.
    fn number(&self, column: usize) -> Result<u64>;
    /// A number that is not negative, or none.
    fn number_if(&self, column: usize) -> Result<Option<u64>>;
    /// A small number that is not negative.
    fn small(&self, column: usize) -> Result<u32>;
    /// A seq.
    fn seq(&self, column: usize) -> Result<Seq>;
    /// A position.
    fn position(&self, column: usize) -> Result<Position>;
    /// A time.
    fn time(&self, column: usize) -> Result<Timestamp>;
    /// A time, or none.
    fn time_if(&self, column: usize) -> Result<Option<Timestamp>>;
    /// A text that `parse` understands.
    fn parsed<T>(&self, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T>;
    /// A text that `parse` understands, or none.
    fn parsed_if<T>(
        &self,
        column: usize,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>>;
    /// JSON text.
    fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T>;
}

impl Columns for Row<'_> {
    fn id<T: Id>(&self, column: usize) -> Result<T> {
        self.get(column).map(T::of)
    }

    fn number(&self, column: usize) -> Result<u64> {
        unsigned(self.get(column)?, column)
    }

    fn number_if(&self, column: usize) -> Result<Option<u64>> {
        let number: Option<i64> = self.get(column)?;
        number.map(|number| unsigned(number, column)).transpose()
    }

    fn small(&self, column: usize) -> Result<u32> {
        let number: i64 = self.get(column)?;
        u32::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(column, number))
    }

    fn seq(&self, column: usize) -> Result<Seq> {
        self.number(column).map(Seq)
    }

    fn position(&self, column: usize) -> Result<Position> {
        self.number(column).map(Position)
    }

    fn time(&self, column: usize) -> Result<Timestamp> {
        self.get(column).map(Timestamp)
    }

    fn time_if(&self, column: usize) -> Result<Option<Timestamp>> {
        Ok(self.get::<_, Option<i64>>(column)?.map(Timestamp))
    }

    fn parsed<T>(&self, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
        let text = self.get_ref(column)?.as_str()?;
        parse(text).ok_or_else(|| unreadable(column, &text))
    }

    fn parsed_if<T>(
        &self,
        column: usize,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        match self.get_ref(column)?.as_str_or_null()? {
            None => Ok(None),
            Some(text) => parse(text)
                .map(Some)
                .ok_or_else(|| unreadable(column, &text)),
        }
    }

    fn json<T: serde::de::DeserializeOwned>(&self, column: usize) -> Result<T> {
        let text = self.get_ref(column)?.as_str()?;
        serde_json::from_str(text).map_err(|why| unreadable(column, &why))
    }
}

/// The rows of a list; one that is damaged is reported and left out, so that the others are seen.
pub(crate) fn sound<T>(rows: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    rows.filter_map(|row| match row {
        Err(error) if is_damage(&error) => {
            tracing::error!(%error, "a row in the database is damaged: it is left out");
            None
        }
        row => Some(row),
    })
    .collect()
}

/// Whether a row, and not the reading of it, is what failed.
fn is_damage(error: &Error) -> bool {
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::InvalidColumnType(..)
            | Error::Utf8Error(..)
    )
}

/// Writes JSON text.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("what is stored has string keys only")
}

fn unsigned(number: i64, column: usize) -> Result<u64> {
    u64::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(column, number))
}

fn unreadable(column: usize, why: &dyn std::fmt::Display) -> Error {
    let cause = FromSqlError::Other(format!("unreadable: {why}").into());
    Error::FromSqlConversionFailure(column, Type::Text, Box::new(cause))
}
