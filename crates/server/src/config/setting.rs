//! What can be the value of a setting: how it is read from a file, a variable or a flag, how it is
//! shown, and within which bounds it must lie.

use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeValue;

use super::refusal::Fault;

/// A value as it was written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Raw<'a> {
    /// In a file.
    Toml(&'a Spanned<DeValue<'a>>),
    /// In a variable or a flag.
    Text(&'a str),
}

impl<'a> Raw<'a> {
    /// The text, if it is one.
    pub(super) fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Toml(value) => value.get_ref().as_str(),
        }
    }
}

/// See the module.
pub(super) trait Setting: Sized {
    /// What may be written, in words that go on after "is not".
    fn expects() -> String;

    /// A value that may be written, as TOML, for a setting without a default.
    fn example() -> String;

    /// Reads it.
    fn read(raw: Raw<'_>) -> Result<Self, Vec<Fault>>;

    /// As TOML; `None` when there is no value.
    fn show(&self) -> Option<String>;
}

/// A value is not of its kind.
pub(super) fn mismatch<T: Setting>(raw: Raw<'_>) -> Vec<Fault> {
    Fault::whole(format!("{} is not {}", shown(raw), T::expects()))
}

/// A value as it was written, as far as it is short.
fn shown(raw: Raw<'_>) -> String {
    const CHARS_MAX: usize = 60;
    let text = match raw {
        Raw::Text(text) => text.to_owned(),
        Raw::Toml(value) => match value.get_ref() {
            DeValue::String(text) => format!("{text:?}"),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(answer) => answer.to_string(),
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        },
    };
    match text.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if text.is_empty() => "an empty text".to_owned(),
        None => text,
    }
}

/// Text as TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// Settings that are written as one text and parse themselves.
pub(super) trait Word: Sized {
    /// As [`Setting::expects`].
    const EXPECTS: &'static str;
    /// As [`Setting::example`], without quotes.
    const EXAMPLE: &'static str;
    /// Reads it; the error says what is wrong with it, and goes on after its name.
    fn parse(text: &str) -> Result<Self, Option<String>>;
    /// Writes it.
    fn text(&self) -> String;
}

/// Makes a [`Setting`] of a [`Word`].
macro_rules! word_setting {
    ($($kind:ty),+ $(,)?) => {$(
        impl $crate::config::setting::Setting for $kind {
            fn expects() -> String {
                <Self as $crate::config::setting::Word>::EXPECTS.to_owned()
            }
            fn example() -> String {
                $crate::config::setting::quoted(<Self as $crate::config::setting::Word>::EXAMPLE)
            }
            fn read(
                raw: $crate::config::setting::Raw<'_>,
            ) -> Result<Self, Vec<$crate::config::refusal::Fault>> {
                $crate::config::setting::read_word(raw)
            }
            fn show(&self) -> Option<String> {
                let text = $crate::config::setting::Word::text(self);
                Some($crate::config::setting::quoted(&text))
            }
        }
    )+};
}
pub(super) use word_setting;

pub(super) fn read_word<T: Word + Setting>(raw: Raw<'_>) -> Result<T, Vec<Fault>> {
    let text = raw.text().ok_or_else(|| mismatch::<T>(raw))?;
    T::parse(text).map_err(|problem| match problem {
        Some(problem) => Fault::whole(problem),
        None => mismatch::<T>(raw),
    })
}

impl Word for SocketAddr {
    const EXPECTS: &'static str = "an address and a port in numbers, like 127.0.0.1:8080";
    const EXAMPLE: &'static str = "127.0.0.1:8080";
    fn parse(text: &str) -> Result<Self, Option<String>> {
        text.parse().map_err(|_| None)
    }
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Word for PathBuf {
    const EXPECTS: &'static str = "a path";
    const EXAMPLE: &'static str = "path/to/file";
    fn parse(text: &str) -> Result<Self, Option<String>> {
        if text.is_empty() {
            return Err(None);
        }
        Ok(Self::from(text))
    }
    fn text(&self) -> String {
        self.to_string_lossy().into_owned()
    }
}

impl Word for String {
    const EXPECTS: &'static str = "a text";
    const EXAMPLE: &'static str = "text";
    fn parse(text: &str) -> Result<Self, Option<String>> {
        if text.is_empty() {
            return Err(None);
        }
        Ok(text.to_owned())
    }
    fn text(&self) -> String {
        self.clone()
    }
}

word_setting!(SocketAddr, PathBuf, String);

/// Makes settings of types that TOML has itself.
macro_rules! plain_setting {
    ($($kind:ty, $expects:literal, $example:literal, $toml:expr;)+) => {$(
        impl Setting for $kind {
            fn expects() -> String {
                $expects.to_owned()
            }
            fn example() -> String {
                $example.to_owned()
            }
            fn read(raw: Raw<'_>) -> Result<Self, Vec<Fault>> {
                let read = match raw {
                    Raw::Text(text) => text.parse().ok(),
                    Raw::Toml(value) => {
                        let read: fn(&DeValue<'_>) -> Option<Self> = $toml;
                        read(value.get_ref())
                    }
                };
                read.ok_or_else(|| mismatch::<Self>(raw))
            }
            fn show(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )+};
}

plain_setting! {
    u32, "a whole number of 0 or more", "1", |value| value.as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
    u64, "a whole number of 0 or more", "1", |value| value.as_integer().and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
    bool, "true or false", "true", |value| value.as_bool();
}

impl<T: Setting> Setting for Option<T> {
    fn expects() -> String {
        T::expects()
    }
    fn example() -> String {
        T::example()
    }
    fn read(raw: Raw<'_>) -> Result<Self, Vec<Fault>> {
        T::read(raw).map(Some)
    }
    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }
}

/// In a file an array; in a variable or a flag the same, or items with commas between them.
impl<T: Setting> Setting for Vec<T> {
    fn expects() -> String {
        format!("a list, each item {}", T::expects())
    }
    fn example() -> String {
        format!("[{}]", T::example())
    }
    fn read(raw: Raw<'_>) -> Result<Self, Vec<Fault>> {
        match raw {
            Raw::Toml(value) => {
                let items = value.get_ref().as_array();
                let items = items.ok_or_else(|| mismatch::<Self>(raw))?;
                read_items(
                    items
                        .iter()
                        .map(|item| (Raw::Toml(item), Some(item.span().start))),
                )
            }
            Raw::Text(text) if text.trim_start().starts_with('[') => read_inline(text),
            Raw::Text(text) => {
                let items = text
                    .split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty());
                read_items(items.map(|item| (Raw::Text(item), None)))
            }
        }
    }
    fn show(&self) -> Option<String> {
        let items: Vec<String> = self.iter().filter_map(T::show).collect();
        Some(format!("[{}]", items.join(", ")))
    }
}

fn read_inline<T: Setting>(text: &str) -> Result<Vec<T>, Vec<Fault>> {
    let value = DeValue::parse(text)
        .map_err(|error| Fault::whole(format!("is no TOML list ({})", error.message())))?;
    Vec::read(Raw::Toml(&value)).map_err(|mut faults: Vec<Fault>| {
        // Places in a variable are no places in a file.
        faults.iter_mut().for_each(|fault| fault.offset = None);
        faults
    })
}

fn read_items<'a, T: Setting>(
    items: impl Iterator<Item = (Raw<'a>, Option<usize>)>,
) -> Result<Vec<T>, Vec<Fault>> {
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    for (index, (item, offset)) in items.enumerate() {
        match T::read(item) {
            Ok(value) => values.push(value),
            Err(found) => {
                let outer = format!("[{index}]");
                faults.extend(found.into_iter().map(|fault| fault.inside(&outer, offset)));
            }
        }
    }
    if faults.is_empty() {
        Ok(values)
    } else {
        Err(faults)
    }
}

/// Bounds of a setting.
pub(super) trait Bounds<T> {
    /// Whether the value lies within them. No value does.
    fn hold(&self, value: &T) -> bool;
    /// In words.
    fn words(&self) -> String;
}

impl<T: PartialOrd + Display> Bounds<T> for RangeInclusive<T> {
    fn hold(&self, value: &T) -> bool {
        self.contains(value)
    }
    fn words(&self) -> String {
        format!("{} to {}", self.start(), self.end())
    }
}

impl<T: PartialOrd + Display> Bounds<Option<T>> for RangeInclusive<T> {
    fn hold(&self, value: &Option<T>) -> bool {
        value.as_ref().is_none_or(|value| self.contains(value))
    }
    fn words(&self) -> String {
        format!("{} to {}", self.start(), self.end())
    }
}
