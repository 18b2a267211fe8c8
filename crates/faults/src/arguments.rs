//! What the tool is asked to do.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::scale::Scale;

/// Does to the real server what can go wrong, and judges what its clients saw. As root, each invocation
/// works in a network and with mounts of its own; without root, f1, f4, f13, f18 and f19 are possible.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "tidings-faults",
    version,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Arguments {
    /// Other roles, in which the tool starts itself.
    #[command(subcommand)]
    pub(crate) role: Option<Role>,
    /// Which rows of the fault matrix.
    #[arg(value_enum, required = true)]
    pub(crate) faults: Vec<Fault>,
    /// Decides when faults come and who says what.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How long the load goes on; each row has its own length otherwise.
    #[arg(long)]
    pub(crate) seconds: Option<u64>,
    /// The server's program.
    #[arg(long, env = "TIDINGS_BIN", default_value = "target/release/tidings")]
    pub(crate) server: PathBuf,
    /// How large.
    #[arg(long, value_enum, default_value = "full")]
    pub(crate) scale: Scale,
    /// Puts the results into the marked table of this document.
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<PathBuf>,
    /// Keeps the histories in this folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) histories: Option<PathBuf>,
    /// Already within a network and with mounts of its own.
    #[arg(long, hide = true)]
    pub(crate) inside: bool,
}

/// Another process of a run.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Role {
    /// Clients that are told on standard input where to connect and as whom.
    #[command(hide = true)]
    Herd,
}

/// A row of the fault matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    /// All of them.
    All,
    /// SIGKILL, again and again.
    F1,
    /// Power cuts.
    F2,
    /// A disk that fails, is full, read-only or slow.
    F3,
    /// A flipped bit.
    F4,
    /// A client that vanishes.
    F10,
    /// All sockets reset, and a storm of clients that come back.
    F11,
    /// A client that never backs off.
    F12,
    /// A clock that jumps.
    F13,
    /// Clients that read slowly or not at all.
    F14,
    /// Too few descriptors, too little memory, too little processor.
    F16,
    /// A row and messages that nobody can read.
    F18,
    /// An older backup restored.
    F19,
}

impl Fault {
    /// Every row, in the order of the matrix.
    pub(crate) const EACH: [Self; 12] = [
        Self::F1,
        Self::F2,
        Self::F3,
        Self::F4,
        Self::F10,
        Self::F11,
        Self::F12,
        Self::F13,
        Self::F14,
        Self::F16,
        Self::F18,
        Self::F19,
    ];
}

impl Fault {
    /// Whether it works on file systems, networks or limits of its own, and so needs root.
    pub(crate) const fn needs_root(self) -> bool {
        !matches!(
            self,
            Self::F1 | Self::F4 | Self::F13 | Self::F18 | Self::F19
        )
    }
}

impl Arguments {
    /// Whether any of the rows asked for needs root.
    pub(crate) fn need_root(&self) -> bool {
        self.faults.iter().any(|fault| fault.needs_root())
    }

    /// Whether a row was asked for.
    pub(crate) fn wants(&self, fault: Fault) -> bool {
        self.faults.contains(&Fault::All) || self.faults.contains(&fault)
    }
}
