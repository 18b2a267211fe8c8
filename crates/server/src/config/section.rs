//! A section of settings: from one table of names, types, defaults and bounds come the typed
//! struct, its reading, its showing and its description.

use std::collections::BTreeMap;

use super::nearest::nearest;
use super::refusal::{Advice, Fault};
use super::setting::{Bounds, Raw, Setting};

/// What is known of one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its section.
    pub section: &'static str,
    /// Its name there; ends in its unit if it has one.
    pub name: &'static str,
    /// What it does, a line each.
    pub about: &'static [&'static str],
    /// What may be written.
    pub expects: String,
    /// Its default as TOML; `None` when it is not set by default.
    pub default: Option<String>,
    /// A value that may be written, as TOML.
    pub example: String,
    /// Its bounds in words.
    pub bounds: Option<String>,
}

impl Key {
    /// A value to show somebody who wrote a wrong one, as TOML.
    pub(super) fn usual(&self) -> &str {
        match self.default.as_deref() {
            None | Some("[]") => &self.example,
            Some(default) => default,
        }
    }
}

/// A struct of settings.
pub(super) trait Section: Default {
    /// Its name, as in `[name]`.
    const NAME: &'static str;
    /// What it is about, a line each.
    const ABOUT: &'static [&'static str];
    /// Its settings, in the order of the table.
    fn keys() -> Vec<Key>;
    /// Takes its settings from what was written; those that were not keep their defaults.
    fn read(reader: &mut Reader<'_>) -> Self;
    /// Its settings as TOML, in the order of the table.
    fn show(&self) -> Vec<(&'static str, Option<String>)>;
}

/// Makes a [`Section`] of a table.
macro_rules! section {
    ($(#[doc = $about:literal])+ $visible:vis $Section:ident($section:literal) {
        $($(#[doc = $doc:literal])+ $name:ident: $kind:ty = $default:expr $(, in $bounds:expr)?;)+
    }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        $visible struct $Section {
            $($(#[doc = $doc])+ $visible $name: $kind,)+
        }

        impl Default for $Section {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl $crate::config::section::Section for $Section {
            const NAME: &'static str = $section;
            const ABOUT: &'static [&'static str] = &[$($about),+];

            fn keys() -> Vec<$crate::config::section::Key> {
                use $crate::config::setting::Setting;
                let unset = Self::default();
                vec![$($crate::config::section::Key {
                    section: $section,
                    name: stringify!($name),
                    about: &[$($doc),+],
                    expects: <$kind as Setting>::expects(),
                    default: unset.$name.show(),
                    example: <$kind as Setting>::example(),
                    bounds: None$(.or(Some($crate::config::setting::Bounds::<$kind>::words(&$bounds))))?,
                }),+]
            }

            fn read(reader: &mut $crate::config::section::Reader<'_>) -> Self {
                let unset = Self::default();
                Self { $($name: {
                    let value: $kind = reader.take(stringify!($name)).unwrap_or(unset.$name);
                    $(reader.bound(stringify!($name), &value, &$bounds);)?
                    value
                },)+ }
            }

            fn show(&self) -> Vec<(&'static str, Option<String>)> {
                use $crate::config::setting::Setting;
                vec![$((stringify!($name), self.$name.show()),)+]
            }
        }
    };
}
pub(super) use section;

/// What was written for one section, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Reader<'a> {
    given: BTreeMap<String, Raw<'a>>,
    taken: BTreeMap<String, Raw<'a>>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// Reads these.
    pub(super) fn new(given: BTreeMap<String, Raw<'a>>) -> Self {
        Self {
            given,
            ..Self::default()
        }
    }

    /// Takes a setting; `None` when it was not written, or not well.
    pub(super) fn take<T: Setting>(&mut self, name: &str) -> Option<T> {
        let (name, raw) = self.given.remove_entry(name)?;
        self.taken.insert(name.clone(), raw);
        match T::read(raw) {
            Ok(value) => Some(value),
            Err(found) => {
                let faults = found
                    .into_iter()
                    .map(|fault| fault.inside(&name, offset_of(raw)));
                self.faults.extend(faults);
                None
            }
        }
    }

    /// Notes when a value is out of its bounds.
    pub(super) fn bound<T: Setting>(&mut self, name: &str, value: &T, bounds: &impl Bounds<T>) {
        if !bounds.hold(value) {
            let value = value.show().unwrap_or_default();
            let problem = format!("{value} is out of bounds ({})", bounds.words());
            let offset = self.taken.get(name).copied().and_then(offset_of);
            let faults = Fault::whole(problem).into_iter();
            self.faults
                .extend(faults.map(|fault| fault.inside(name, offset)));
        }
    }

    /// What is wrong, including that there were names which nothing took.
    pub(super) fn finish(mut self, keys: &[Key]) -> Vec<Fault> {
        for (name, raw) in std::mem::take(&mut self.given) {
            self.faults.push(unknown(name, offset_of(raw), keys));
        }
        self.faults
    }
}

fn offset_of(raw: Raw<'_>) -> Option<usize> {
    match raw {
        Raw::Toml(value) => Some(value.span().start),
        Raw::Text(_) => None,
    }
}

/// Units that stand last in a name.
const UNITS: [&str; 3] = ["_ms", "_s", "_bytes"];

fn unknown(name: String, offset: Option<usize>, keys: &[Key]) -> Fault {
    let known = || keys.iter().map(|key| key.name);
    let stem = UNITS.iter().find_map(|unit| name.strip_suffix(unit));
    let stem = stem.unwrap_or(&name);
    let with_unit = known().find(|key| {
        let unit = key.strip_prefix(stem);
        unit.is_some_and(|unit| UNITS.contains(&unit))
    });
    let (problem, meant) = match with_unit {
        Some(meant) if stem == name => ("lacks its unit", Some(meant)),
        Some(meant) => ("has another unit", Some(meant)),
        None => ("is no setting", nearest(&name, known())),
    };
    let advice = match keys.iter().find(|key| Some(key.name) == meant) {
        Some(key) => Advice::Write {
            name: key.name.to_owned(),
            value: key.usual().to_owned(),
        },
        None => {
            let names: Vec<&str> = known().collect();
            Advice::Do(format!("remove it, or use one of {}", names.join(", ")))
        }
    };
    Fault {
        within: name,
        offset,
        problem: problem.to_owned(),
        advice,
    }
}
