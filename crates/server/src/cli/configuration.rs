//! `tidings config`.

use clap::{Args, Subcommand};

use super::flags::{ConfigFlags, Environment};
use super::{CliError, Terminal};
use crate::app::StartError;
use crate::auth::hosts::HostTokens;
use crate::config::{Config, ConfigError, describe};

/// Shows the settings in effect as TOML, and where each came from. Secrets are hidden.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Configuration {
    #[command(subcommand)]
    question: Option<Question>,
    #[command(flatten)]
    flags: ConfigFlags,
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Says whether a server would start with these settings
    Check(Flags),
    /// Lists every setting with its environment variable and what may be written
    Names,
    /// Prints docs/configuration.md
    Docs,
}

#[derive(Debug, Args)]
struct Flags {
    #[command(flatten)]
    flags: ConfigFlags,
}

impl Configuration {
    pub(super) fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), CliError> {
        match self.question {
            None => terminal.print(&describe::effective(&self.flags.load(environment)?)),
            Some(Question::Names) => terminal.print(&describe::names()),
            Some(Question::Docs) => terminal.print(&describe::document()),
            Some(Question::Check(Flags { flags })) => {
                let config = flags.load(environment)?;
                check(&config)?;
                let listen = config.server.listen;
                terminal.say(&format_args!(
                    "a server would start with these settings on {listen}"
                ));
            }
        }
        Ok(())
    }
}

/// Everything that can be said before a port is bound and a file is opened.
fn check(config: &Config) -> Result<(), CliError> {
    config.check_exposure().map_err(ConfigError::from)?;
    HostTokens::new(&config.auth).map_err(StartError::from)?;
    Ok(())
}
