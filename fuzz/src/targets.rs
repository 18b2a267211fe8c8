//! All targets by name.

use std::io;
use std::path::Path;
use std::sync::OnceLock;

use crate::{
    auth, client_machine, commands, cursors, event_bodies, forwarded, frames, handshakes,
    histories, log_lines, messages, names, rest_bodies, server_frames,
};

/// A reader of foreign bytes, and what must be true of it.
pub struct Target {
    /// Its name: that of its corpus's folder, too.
    pub name: &'static str,
    seeds: fn() -> Vec<Vec<u8>>,
    run: fn(&[u8]),
}

const ALL: &[Target] = &[
    target("client_machine", client_machine::seeds, client_machine::run),
    target("commands_json", commands::seeds_json, commands::run_json),
    target("commands_proto", commands::seeds_proto, commands::run_proto),
    target("cursors", cursors::seeds, cursors::run),
    target("event_bodies", event_bodies::seeds, event_bodies::run),
    target("forwarded", forwarded::seeds, forwarded::run),
    target("frames", frames::seeds, frames::run),
    target("handshakes", handshakes::seeds, handshakes::run),
    target("histories", histories::seeds, histories::run),
    target("host_claims", auth::hosts::seeds, auth::hosts::run),
    target("log_lines", log_lines::seeds, log_lines::run),
    target("messages", messages::seeds, messages::run),
    target("names", names::seeds, names::run),
    target("rest_bodies", rest_bodies::seeds, rest_bodies::run),
    target(
        "server_frames_json",
        server_frames::seeds_json,
        server_frames::run_json,
    ),
    target(
        "server_frames_proto",
        server_frames::seeds_proto,
        server_frames::run_proto,
    ),
    target("tokens", auth::seeds, auth::run),
];

const fn target(name: &'static str, seeds: fn() -> Vec<Vec<u8>>, run: fn(&[u8])) -> Target {
    Target { name, seeds, run }
}

static CHOSEN: OnceLock<&Target> = OnceLock::new();

/// The names of all targets.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|target| target.name)
}

impl Target {
    /// The target of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|target| target.name == name)
    }

    /// Writes its seeds into a folder.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn write_seeds(&self, folder: &Path) -> io::Result<()> {
        for (number, seed) in (self.seeds)().into_iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:02}")), seed)?;
        }
        Ok(())
    }

    /// From now on this is the target of the process.
    pub fn choose(&'static self) {
        CHOSEN.get_or_init(|| self);
    }
}

/// Holds one input against the chosen target's properties.
///
/// # Panics
/// When something is not as it must be; libFuzzer keeps the input then.
pub fn hold(data: &[u8]) {
    let target = CHOSEN.get().expect("chosen before the first input");
    crate::hold(target.run, data);
}
