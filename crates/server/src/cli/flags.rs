//! Flags that several commands have.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::CliError;
use crate::config::{Config, Inputs};

/// The process's environment.
pub(super) type Environment = Vec<(OsString, OsString)>;

/// What is configured. A flag outranks the environment, which outranks the file.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ConfigFlags {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// Folder of the database [default: ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// A configuration file (TOML); also by TIDINGS_CONFIG
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any setting; as often as needed. `tidings config names` lists them
    #[arg(long, value_name = "SECTION.NAME=VALUE")]
    set: Vec<String>,
}

impl ConfigFlags {
    pub(super) fn load(&self, environment: &Environment) -> Result<Config, CliError> {
        let mut flags = Vec::new();
        for (flag, setting, value) in [
            ("--listen", "server.listen", &self.listen),
            ("--data", "server.data", &self.data),
        ] {
            if let Some(value) = value {
                flags.push((flag.to_owned(), setting.to_owned(), value.clone()));
            }
        }
        for set in &self.set {
            let Some((setting, value)) = set.split_once('=') else {
                let problem = format!("--set {set}: write --set section.name=value");
                return Err(CliError::Usage(problem));
            };
            flags.push((
                "--set".to_owned(),
                setting.trim().to_owned(),
                value.to_owned(),
            ));
        }
        let inputs = Inputs {
            flags,
            environment: environment.clone(),
            file: self.config.clone(),
        };
        Ok(Config::load(&inputs)?)
    }
}

/// Which database.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct DataFlags {
    /// Folder of the database. Without it, what is configured for the server counts
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The server's configuration file; also by TIDINGS_CONFIG
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    config: Option<PathBuf>,
}

impl DataFlags {
    /// The folder. One that is named needs no configuration, which may be broken just then.
    pub(super) fn folder(&self, environment: &Environment) -> Result<PathBuf, CliError> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        let flags = ConfigFlags {
            config: self.config.clone(),
            ..ConfigFlags::default()
        };
        Ok(flags.load(environment)?.server.data)
    }
}
