//! Whether the server may be reached by others with these settings.
//!
//! On this machine everything works without being set. Anywhere else some defaults would be unsafe:
//! anybody could make accounts, and passwords would travel in the clear. So they must be decided.

use std::fmt;
use std::net::SocketAddr;

use super::{Config, SyncMode};

/// What must be set before others may reach the server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Exposed {
    listen: SocketAddr,
    demands: Vec<Demand>,
}

/// One setting to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Demand {
    section: &'static str,
    line: &'static str,
    why: &'static str,
}

const SIGN_UP: Demand = Demand {
    section: "auth",
    line: "sign_up = \"closed\"",
    why: "or \"open\", if whoever finds the server may make an account; not set yet",
};

const PUBLIC_URL: Demand = Demand {
    section: "server",
    line: "public_url = \"https://chat.example.org\"",
    why: "the address under which people reach it, by a proxy that speaks TLS; not set yet",
};

const HTTPS: Demand = Demand {
    section: "server",
    line: "public_url = \"https://chat.example.org\"",
    why: "it is http so far: passwords would travel in the clear. If that is meant: insecure_http = true",
};

const SYNC: Demand = Demand {
    section: "store",
    line: "sync = \"full\"",
    why: "it is \"off\" so far: a power cut may damage the database",
};

impl Config {
    /// Refuses settings that would be unsafe on an address which others can reach.
    ///
    /// # Errors
    /// [`Exposed`] lists everything that is to be set, ready to paste.
    pub fn check_exposure(&self) -> Result<(), Exposed> {
        let listen = self.server.listen;
        if listen.ip().to_canonical().is_loopback() {
            return Ok(());
        }
        let demands = self.demands();
        if demands.is_empty() {
            Ok(())
        } else {
            Err(Exposed { listen, demands })
        }
    }

    fn demands(&self) -> Vec<Demand> {
        let mut demands = Vec::new();
        match &self.server.public_url {
            None => demands.push(PUBLIC_URL),
            Some(url) if !url.is_https() && !self.server.insecure_http => demands.push(HTTPS),
            Some(_) => {}
        }
        if !self.is_set("auth.sign_up") {
            demands.push(SIGN_UP);
        }
        if self.store.sync == SyncMode::Off {
            demands.push(SYNC);
        }
        demands
    }
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, demands } = self;
        write!(
            f,
            "others can reach {listen}, and there these must be decided. Write into the "
        )?;
        writeln!(
            f,
            "configuration file (or set the same by flags or environment):"
        )?;
        for Demand { section, line, why } in demands {
            write!(f, "\n[{section}]\n# {why}\n{line}\n")?;
        }
        Ok(())
    }
}
