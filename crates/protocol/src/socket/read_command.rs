//! Reading a command that anyone may have sent, as JSON.
//!
//! The id is read first and apart, so that a refusal can carry it whatever else is wrong: even when
//! the text breaks off after it.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tidings_domain::CommandId;

use super::command::{COMMAND_ID_MAX, Command, CommandError};
use crate::json;

/// Reads a command.
pub(crate) fn read(bytes: &[u8]) -> Result<(CommandId, Command), CommandError> {
    let mut envelope = Envelope::default();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = EnvelopeSeed(&mut envelope)
        .deserialize(&mut reader)
        .and_then(|()| reader.end());
    if envelope.is_ambiguous {
        return Err(CommandError::invalid(None, "id or type is given twice"));
    }
    if let Err(error) = read {
        return Err(CommandError::invalid(
            envelope.id,
            json::describe(&error.to_string()),
        ));
    }
    let Some(id) = envelope.id else {
        let detail = format!("id must be an integer from 1 to {COMMAND_ID_MAX}");
        return Err(CommandError::invalid(None, detail));
    };
    let Some(name) = envelope.name else {
        return Err(CommandError::invalid(
            Some(id),
            "type must be the name of a command",
        ));
    };
    fields(&name, id, bytes)?.checked(id)
}

/// The one table of commands, by which they are read. A command that is missing here does not
/// compile.
macro_rules! commands {
    ($($name:literal => $variant:ident,)*) => {
        impl Command {
            /// The `type` of every command.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Its `type`.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name),* }
            }
        }

        /// Reads the fields that the command's name asks for.
        fn fields(name: &str, id: CommandId, bytes: &[u8]) -> Result<Command, CommandError> {
            match name {
                $($name => of(id, bytes).map(Command::$variant),)*
                other => Err(CommandError::unknown(id, other)),
            }
        }
    };
}

commands! {
    "hello" => Hello,
    "send" => Send,
    "read" => Read,
    "delivered" => Delivered,
    "typing" => Typing,
    "signal" => Signal,
    "presence" => Presence,
    "status" => Status,
    "focus" => Focus,
    "token" => Token,
    "ping" => Ping,
}

fn of<T: DeserializeOwned>(id: CommandId, bytes: &[u8]) -> Result<T, CommandError> {
    json::read(bytes).map_err(|fault| {
        CommandError::invalid(Some(id), format!("{}: {}", fault.field, fault.detail))
    })
}

/// What is known of a command before its fields are.
#[derive(Default)]
struct Envelope {
    id: Option<CommandId>,
    name: Option<String>,
    is_ambiguous: bool,
}

/// Fills an envelope as far as the text can be read; what was found stays when the rest is broken.
struct EnvelopeSeed<'a>(&'a mut Envelope);

impl<'de> DeserializeSeed<'de> for EnvelopeSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for EnvelopeSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a command, a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut ids, mut names) = (0, 0);
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Id => {
                    ids += 1;
                    self.0.is_ambiguous |= ids > 1;
                    self.0.id = map.next_value::<Lenient<u64>>()?.0.and_then(command_id);
                }
                Key::Type => {
                    names += 1;
                    self.0.is_ambiguous |= names > 1;
                    self.0.name = map.next_value::<Lenient<String>>()?.0;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn command_id(number: u64) -> Option<CommandId> {
    (1..=COMMAND_ID_MAX)
        .contains(&number)
        .then_some(CommandId(number))
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Id,
    Type,
    #[serde(other)]
    Other,
}

/// A value if it is of the type, else nothing; either way it is passed.
struct Lenient<T>(Option<T>);

impl<'de> Deserialize<'de> for Lenient<u64> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(LenientVisitor)
            .map(|found| Self(found.number))
    }
}

impl<'de> Deserialize<'de> for Lenient<String> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_any(LenientVisitor)
            .map(|found| Self(found.text))
    }
}

/// A number or a short text, whichever was found; anything else is neither.
#[derive(Default)]
struct Found {
    number: Option<u64>,
    text: Option<String>,
}

struct LenientVisitor;

impl<'de> Visitor<'de> for LenientVisitor {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_u64<E>(self, number: u64) -> Result<Found, E> {
        Ok(Found {
            number: Some(number),
            text: None,
        })
    }
    fn visit_str<E>(self, text: &str) -> Result<Found, E> {
        Ok(Found {
            number: None,
            text: Some(text.to_owned()),
        })
    }
    fn visit_i64<E>(self, _: i64) -> Result<Found, E> {
        Ok(Found::default())
    }
    fn visit_f64<E>(self, _: f64) -> Result<Found, E> {
        Ok(Found::default())
    }
    fn visit_bool<E>(self, _: bool) -> Result<Found, E> {
        Ok(Found::default())
    }
    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(Found::default())
    }
    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Found, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Found::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Found::default())
    }
}
