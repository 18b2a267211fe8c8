//! Where a value came from, and how another one is written there.

use std::fmt;
use std::path::PathBuf;

/// Where a setting's value came from. The later of these outranks the earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The configuration file.
    File {
        /// Which file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
    /// An environment variable, by its name.
    Environment(String),
    /// A flag of the command line, as it was written: `--listen` or `--set`.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(variable) => f.write_str(variable),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

impl Source {
    /// How `section.name` is given `value` (as TOML) in a place like this one.
    pub(super) fn spell(&self, section: &str, name: &str, value: &str) -> String {
        match self {
            Self::Default => format!("{section}.{name} = {value}"),
            Self::File { .. } => format!("{name} = {value}"),
            Self::Environment(_) => format!("{}={}", variable(section, name), plain(value)),
            Self::Flag(flag) if flag == "--set" => {
                format!("--set {section}.{name}={}", plain(value))
            }
            Self::Flag(flag) => format!("{flag} {}", plain(value)),
        }
    }
}

/// The environment variable of a setting.
pub(super) fn variable(section: &str, name: &str) -> String {
    format!("TIDINGS_{section}_{name}").to_uppercase()
}

/// A TOML value as it is written where no quotes are needed.
fn plain(value: &str) -> &str {
    let inner = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inner.unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_its_own_spelling() {
        let file = Source::File {
            path: "tidings.toml".into(),
            line: 3,
        };
        let spelled = |source: Source| source.spell("server", "data", "\"./data\"");
        assert_eq!(spelled(file.clone()), "data = \"./data\"");
        assert_eq!(
            spelled(Source::Environment("TIDINGS_SERVER_DATTA".into())),
            "TIDINGS_SERVER_DATA=./data"
        );
        assert_eq!(
            spelled(Source::Flag("--set".into())),
            "--set server.data=./data"
        );
        assert_eq!(spelled(Source::Flag("--data".into())), "--data ./data");
        assert_eq!(file.to_string(), "tidings.toml:3");
    }
}
