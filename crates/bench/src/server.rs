//! The server under test: started by this tool on a port and in a folder of its own, with limits
//! that a load does not meet.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::address::Address;
use crate::child::Process;
use crate::clock;
use crate::failure::{Failure, Outcome, While};
use crate::people::People;
use crate::process::Watched;
use crate::token::Host;

/// Seconds that tokens of a run are good for.
const TOKENS_S: u64 = 6 * 3600;
/// The server's configuration in its folder.
const CONFIGURATION: &str = "tidings.toml";
/// Beyond what any load does.
const UNLIMITED: u32 = 1_000_000;

/// Where a server has its program, its folder and its users.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    program: PathBuf,
    folder: PathBuf,
    pub(crate) people: People,
}

impl Place {
    /// A place in a folder that exists and is empty.
    ///
    /// # Errors
    /// When the configuration cannot be written.
    pub(crate) fn prepare(program: &Path, folder: &Path) -> Outcome<Self> {
        let host = Host {
            issuer: "tidings-bench".to_owned(),
            secret: uuid::Uuid::from_u128(u128::from(clock::now_ns())).to_string(),
            expires_at_s: clock::unix_ms() / 1_000 + TOKENS_S,
        };
        let config = folder.join(CONFIGURATION);
        fs::write(config, configuration(&host)).during("writing the server's configuration")?;
        Ok(Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            people: People::Host(host),
        })
    }

    /// Whether the server's own check of its store finds all well.
    pub(crate) fn check(&self) -> Outcome<bool> {
        let mut command = Command::new(&self.program);
        command.arg("check").arg("--data").arg(self.data());
        let output = command.output().during("checking the store")?;
        Ok(output.status.success())
    }

    /// Another place of the same program, in a folder inside this one's, for the same users.
    pub(crate) fn another(&self, name: &str) -> Outcome<Self> {
        let folder = self.folder.join(name);
        fs::create_dir(&folder).during("making a folder")?;
        let config = folder.join(CONFIGURATION);
        fs::copy(self.folder.join(CONFIGURATION), config).during("copying the configuration")?;
        Ok(Self {
            folder,
            ..self.clone()
        })
    }

    /// Removes its folder.
    pub(crate) fn remove(self) -> Outcome<()> {
        fs::remove_dir_all(&self.folder).during("removing a folder")
    }

    /// The folder of its database.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

fn configuration(Host { issuer, secret, .. }: &Host) -> String {
    format!(
        "[limits]\nsends_per_s = {UNLIMITED}\nsends_burst = {UNLIMITED}\n\
         requests_per_s = {UNLIMITED}\nrequests_burst = {UNLIMITED}\n\
         [log]\nlevel = \"warn\"\n\
         [[auth.jwt]]\nissuer = \"{issuer}\"\nalgorithm = \"HS256\"\nsecret = \"{secret}\"\n"
    )
}

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    /// None of one elsewhere.
    process: Option<Process>,
    pub(crate) address: Address,
}

impl Server {
    /// Starts it and returns once it accepts.
    ///
    /// # Errors
    /// When it cannot be started, or does not say where it listens.
    pub(crate) fn start(place: &Place) -> Outcome<Self> {
        let mut command = Command::new(&place.program);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command.arg("--data").arg(place.data());
        command
            .arg("--config")
            .arg(place.folder.join(CONFIGURATION));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Process::start("server", &mut command)?;
        let line = process.line()?;
        let address = read_address(&line);
        let address =
            address.ok_or_else(|| Failure::Server(format!("the server said {line:?}")))?;
        Ok(Self {
            process: Some(process),
            address: address.into(),
        })
    }

    /// One that others run.
    pub(crate) const fn elsewhere(address: Address) -> Self {
        Self {
            process: None,
            address,
        }
    }

    /// What it uses, if it is this tool's own.
    pub(crate) fn watched(&self) -> Option<Watched> {
        self.process.as_ref().map(Process::watched)
    }

    /// Asks it to end, and waits for it; one that others run goes on.
    pub(crate) fn stop(self) -> Outcome<()> {
        let Some(process) = self.process else {
            return Ok(());
        };
        process.terminate()?;
        match process.wait()? {
            true => Ok(()),
            false => Err(Failure::Server("the server did not end well".to_owned())),
        }
    }
}

fn read_address(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once("http://")?;
    address.split(['/', ' ']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_whatever_the_server_says() {
        let expected = "127.0.0.1:8080".parse().ok();
        for line in [
            "http://127.0.0.1:8080",
            "listening on http://127.0.0.1:8080/ now",
        ] {
            assert_eq!(read_address(line), expected);
        }
        assert_eq!(read_address("listening"), None);
    }
}
