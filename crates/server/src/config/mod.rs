//! The configuration: read once, before any port is bound, from flags, environment, file, defaults.
//!
//! Owns every setting (one [`table`]), where each value came from, the checks, and how it all is
//! shown and described. Leaves what a setting does to whoever takes it. *Invariant*: a [`Config`]
//! from [`Config::load`] holds together; whether it is safe where it listens is asked separately,
//! by [`Config::check_exposure`]. Nothing here reads the environment: it is handed in.

mod address;
mod checks;
mod choice;
pub mod describe;
mod exposure;
mod gathered;
mod jwt;
mod nearest;
mod refusal;
mod section;
mod setting;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod wiring;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use self::gathered::{ConfigFile, Gathered};
use self::section::Section as _;

pub use self::address::{KeysUrl, Network, WebOrigin};
pub use self::choice::{JwtAlgorithm, LogFormat, LogLevel, SignUpPolicy, SyncMode};
pub use self::exposure::Exposed;
pub use self::jwt::{JwtIssuer, JwtKey, Secret};
pub use self::refusal::{ConfigError, Refusal};
pub use self::section::Key;
pub use self::source::Source;
pub use self::table::{Auth, Heartbeat, Limits, Log, Server, Store};

/// All settings, and where each came from. The default is what holds when nothing was set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// Where the server listens, and how it is reached.
    pub server: Server,
    /// Who may come in.
    pub auth: Auth,
    /// The database.
    pub store: Store,
    /// How much anybody may.
    pub limits: Limits,
    /// How dead sockets are found.
    pub heartbeat: Heartbeat,
    /// What is logged.
    pub log: Log,
    sources: BTreeMap<String, Source>,
}

/// What a configuration is made of.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Flags, each as it was written (`--listen`, `--set`) with `section.name` and value.
    pub flags: Vec<(String, String, String)>,
    /// The environment, all of it.
    pub environment: Vec<(OsString, OsString)>,
    /// The file, if a flag names one; else the environment may.
    pub file: Option<PathBuf>,
}

impl Config {
    /// Reads and checks everything. A flag outranks the environment, which outranks the file.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong, in the order of the sections.
    pub fn load(inputs: &Inputs) -> Result<Self, ConfigError> {
        let path = inputs
            .file
            .clone()
            .or_else(|| file_variable(&inputs.environment));
        let file = path.as_deref().map(ConfigFile::read).transpose()?;
        let table = file.as_ref().map(ConfigFile::parse).transpose()?;
        let keys = Self::keys();
        let mut gathered = Gathered::default();
        if let (Some(file), Some(table)) = (&file, &table) {
            gathered.add_file(file, table, &keys);
        }
        gathered.add_environment(&inputs.environment, &keys);
        gathered.add_flags(&inputs.flags, &keys);
        let config = Self::read(&mut gathered, file.as_ref());
        let mut refusals = gathered.refusals;
        if refusals.is_empty() {
            refusals = checks::contradictions(&config);
        }
        if refusals.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError::Refused(refusals))
        }
    }

    fn read(gathered: &mut Gathered<'_>, file: Option<&ConfigFile>) -> Self {
        Self {
            server: gathered.section(file),
            auth: gathered.section(file),
            store: gathered.section(file),
            limits: gathered.section(file),
            heartbeat: gathered.section(file),
            log: gathered.section(file),
            sources: std::mem::take(&mut gathered.sources),
        }
    }

    /// What is known of every setting, section by section.
    #[must_use]
    pub fn keys() -> Vec<Key> {
        [
            Server::keys(),
            Auth::keys(),
            Store::keys(),
            Limits::keys(),
            Heartbeat::keys(),
            Log::keys(),
        ]
        .concat()
    }

    /// Where a setting, named `section.name`, came from.
    #[must_use]
    pub fn source(&self, setting: &str) -> Source {
        self.sources
            .get(setting)
            .cloned()
            .unwrap_or(Source::Default)
    }

    fn is_set(&self, setting: &str) -> bool {
        self.sources.contains_key(setting)
    }
}

fn file_variable(environment: &[(OsString, OsString)]) -> Option<PathBuf> {
    let found = environment
        .iter()
        .find(|(name, _)| name == gathered::FILE_VARIABLE);
    found.map(|(_, path)| PathBuf::from(path))
}
