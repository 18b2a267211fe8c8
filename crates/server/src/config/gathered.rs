//! What was written, by whom it outranks, before it is read: file, then environment, then flags.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::nearest::nearest;
use super::refusal::{Advice, ConfigError, Fault, Refusal};
use super::section::{Key, Reader, Section};
use super::setting::Raw;
use super::source::{Source, variable};

/// The variable that names the configuration file.
pub(super) const FILE_VARIABLE: &str = "TIDINGS_CONFIG";

/// Variables of ours that are no settings: the file's name, the key of `tidings replay`, and what
/// the test suite is told.
const OTHER_VARIABLES: [&str; 5] = [
    FILE_VARIABLE,
    "TIDINGS_API_KEY",
    "TIDINGS_BIN",
    "TIDINGS_CHAT_LOGS",
    "TIDINGS_URL",
];

/// One value as it was written.
#[derive(Debug)]
struct Given<'a> {
    raw: Raw<'a>,
    source: Source,
}

/// All values as they were written, the highest rank of each; and what is wrong with their names.
#[derive(Debug, Default)]
pub(super) struct Gathered<'a> {
    sections: BTreeMap<String, BTreeMap<String, Given<'a>>>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) sources: BTreeMap<String, Source>,
}

/// A configuration file's text.
pub(super) struct ConfigFile {
    path: PathBuf,
    text: String,
}

impl ConfigFile {
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Self {
                path: path.to_owned(),
                text,
            }),
            Err(error) => Err(ConfigError::Unreadable {
                path: path.to_owned(),
                cause: error.to_string(),
            }),
        }
    }

    pub(super) fn parse(&self) -> Result<DeTable<'_>, ConfigError> {
        DeTable::parse(&self.text)
            .map(toml::Spanned::into_inner)
            .map_err(|error| {
                let place = self.at(error.span().map_or(0, |span| span.start));
                let problem = error.message().replace('\n', ", ");
                let advice = "write TOML here, like `name = \"text\"` or `name = 5`".to_owned();
                ConfigError::Refused(vec![Refusal {
                    place,
                    problem,
                    advice,
                }])
            })
    }

    fn at(&self, offset: usize) -> Source {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Source::File {
            path: self.path.clone(),
            line,
        }
    }
}

impl<'a> Gathered<'a> {
    /// Takes what a file says.
    pub(super) fn add_file(&mut self, file: &ConfigFile, table: &'a DeTable<'a>, keys: &[Key]) {
        for (section, value) in table {
            let place = file.at(section.span().start);
            let name = section.get_ref().as_ref();
            let DeValue::Table(entries) = value.get_ref() else {
                self.refusals.push(stray(name, place, keys));
                continue;
            };
            if !sections(keys).any(|known| known == name) {
                self.refusals.push(unknown_section(name, place, keys));
                continue;
            }
            for (key, value) in entries {
                let source = file.at(key.span().start);
                self.put(
                    name,
                    key.get_ref(),
                    Given {
                        raw: Raw::Toml(value),
                        source,
                    },
                );
            }
        }
    }

    /// Takes what the environment says: every variable whose name begins with ours.
    pub(super) fn add_environment(&mut self, variables: &'a [(OsString, OsString)], keys: &[Key]) {
        for (name, value) in variables {
            let name = name.to_string_lossy();
            if !name.starts_with("TIDINGS_") || OTHER_VARIABLES.contains(&name.as_ref()) {
                continue;
            }
            let source = Source::Environment(name.to_string());
            let Some(key) = keys
                .iter()
                .find(|key| variable(key.section, key.name) == name)
            else {
                if !is_service_link(&name, value) {
                    self.refusals.push(unknown_variable(&name, source, keys));
                }
                continue;
            };
            match value.to_str() {
                Some(text) => self.put(
                    key.section,
                    key.name,
                    Given {
                        raw: Raw::Text(text),
                        source,
                    },
                ),
                None => self.refusals.push(Refusal {
                    advice: format!("write {}", source.spell(key.section, key.name, key.usual())),
                    place: source,
                    problem: "its value is not UTF-8".to_owned(),
                }),
            }
        }
    }

    /// Takes what flags say: the flag as it was written, `section.name`, and the value.
    pub(super) fn add_flags(&mut self, flags: &'a [(String, String, String)], keys: &[Key]) {
        for (flag, path, value) in flags {
            let source = Source::Flag(flag.clone());
            let (section, name) = path.split_once('.').unwrap_or((path, ""));
            if !sections(keys).any(|known| known == section) {
                self.refusals.push(unknown_path(path, source, keys));
                continue;
            }
            let before = self
                .sections
                .get(section)
                .and_then(|entries| entries.get(name));
            if let Some(Source::Flag(first)) = before.map(|given| &given.source) {
                let problem = format!("{path} is set twice by flags ({first} is the other)");
                let advice = "leave one of them out".to_owned();
                self.refusals.push(Refusal {
                    place: source,
                    problem,
                    advice,
                });
                continue;
            }
            self.put(
                section,
                name,
                Given {
                    raw: Raw::Text(value),
                    source,
                },
            );
        }
    }

    fn put(&mut self, section: &str, name: &str, given: Given<'a>) {
        let entries = self.sections.entry(section.to_owned()).or_default();
        entries.insert(name.to_owned(), given);
    }

    /// Reads a section, and notes what is wrong with it.
    pub(super) fn section<S: Section>(&mut self, file: Option<&ConfigFile>) -> S {
        let entries = self.sections.remove(S::NAME).unwrap_or_default();
        let given = entries
            .iter()
            .map(|(name, given)| (name.clone(), given.raw));
        let mut reader = Reader::new(given.collect());
        let section = S::read(&mut reader);
        let keys = S::keys();
        for fault in reader.finish(&keys) {
            let first = fault.within.split(['.', '[']).next().unwrap_or_default();
            let source = entries
                .get(first)
                .map_or(Source::Default, |given| given.source.clone());
            self.refusals
                .push(place(fault, &source, file, S::NAME, &keys));
        }
        for (name, given) in entries {
            self.sources
                .insert(format!("{}.{name}", S::NAME), given.source);
        }
        section
    }
}

/// Says of a fault where it is.
fn place(
    fault: Fault,
    source: &Source,
    file: Option<&ConfigFile>,
    section: &str,
    keys: &[Key],
) -> Refusal {
    let place = match (source, file, fault.offset) {
        (Source::File { .. }, Some(file), Some(offset)) => file.at(offset),
        _ => source.clone(),
    };
    let spell = |name: &str, value: &str| format!("write {}", source.spell(section, name, value));
    let advice = match fault.advice {
        Advice::Do(advice) => advice,
        Advice::Write { name, value } => spell(&name, &value),
        Advice::Usual => {
            // An item of a list is shown by a list; what lies deeper is not.
            let whole = fault
                .within
                .strip_suffix(']')
                .and_then(|item| item.split('[').next());
            let name = whole.unwrap_or(&fault.within);
            let key = keys.iter().find(|key| key.name == name);
            key.map_or_else(
                || "write it as docs/configuration.md says".to_owned(),
                |key| spell(key.name, key.usual()),
            )
        }
    };
    Refusal {
        place,
        problem: format!("{section}.{} {}", fault.within, fault.problem),
        advice,
    }
}

fn sections(keys: &[Key]) -> impl Iterator<Item = &'static str> {
    let mut names: Vec<&str> = keys.iter().map(|key| key.section).collect();
    names.dedup();
    names.into_iter()
}

fn unknown_section(name: &str, place: Source, keys: &[Key]) -> Refusal {
    let advice = match nearest(name, sections(keys)) {
        Some(meant) => format!("write [{meant}]"),
        None => format!(
            "use one of [{}]",
            sections(keys).collect::<Vec<_>>().join("], [")
        ),
    };
    Refusal {
        place,
        problem: format!("there is no section [{name}]"),
        advice,
    }
}

/// A value outside of all sections.
fn stray(name: &str, place: Source, keys: &[Key]) -> Refusal {
    let advice = match keys.iter().find(|key| key.name == name) {
        Some(key) => format!("put it under [{}]", key.section),
        None => "put each setting under its section, like [server]".to_owned(),
    };
    Refusal {
        place,
        problem: format!("{name} stands outside of any section"),
        advice,
    }
}

fn unknown_path(path: &str, place: Source, keys: &[Key]) -> Refusal {
    let known: Vec<String> = keys
        .iter()
        .map(|key| format!("{}.{}", key.section, key.name))
        .collect();
    let own_name = known
        .iter()
        .find(|known| known.ends_with(&format!(".{path}")));
    let meant = own_name
        .map(String::as_str)
        .or(nearest(path, known.iter().map(String::as_str)));
    let advice = match meant {
        Some(meant) => format!("write --set {meant}=…"),
        None => "write --set section.name=value; `tidings config` lists all names".to_owned(),
    };
    Refusal {
        place,
        problem: format!("there is no setting {path}"),
        advice,
    }
}

fn unknown_variable(name: &str, place: Source, keys: &[Key]) -> Refusal {
    let known = keys
        .iter()
        .map(|key| variable(key.section, key.name).to_lowercase());
    let known: Vec<String> = known.collect();
    let advice = match nearest(name, known.iter().map(String::as_str)) {
        Some(meant) => format!("write {}, or unset it", meant.to_uppercase()),
        None => "unset it, or name it after a setting: TIDINGS_SECTION_NAME".to_owned(),
    };
    Refusal {
        place,
        problem: "there is no such setting".to_owned(),
        advice,
    }
}

/// Variables that Kubernetes sets for a service which is called `tidings` or `tidings-…`.
fn is_service_link(name: &str, value: &OsStr) -> bool {
    let is_port = |part: &str| {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < part.len() && (rest.starts_with("_TCP") || rest.starts_with("_UDP"))
    };
    let is_address = value.to_str().is_some_and(|value| value.contains("://"));
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_address)
        || name.split("_PORT_").skip(1).any(is_port)
}
