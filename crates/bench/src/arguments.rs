//! What the tool is asked to do.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::scale::Scale;

/// Measures what the server costs, beside a floor measured in the same run. A run in which anything
/// was lost, doubled or out of order fails.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// Other roles, in which the tool starts itself.
    #[command(subcommand)]
    pub(crate) role: Option<Role>,
    /// What to measure; everything, if nothing is named.
    #[arg(value_enum)]
    pub(crate) workloads: Vec<Workload>,
    /// The server's program; that beside this one, if not set.
    #[arg(long, value_name = "FILE")]
    pub(crate) server: Option<PathBuf>,
    /// A server that others run, like `http://chat.example.org:8080`, instead of one that this tool
    /// starts: without figures of its CPU and memory, and without a floor.
    #[arg(long, value_name = "URL", conflicts_with = "server")]
    pub(crate) url: Option<String>,
    /// Its key with the scopes users and sessions.
    #[arg(
        long,
        value_name = "KEY",
        env = "TIDINGS_API_KEY",
        hide_env_values = true
    )]
    pub(crate) api_key: Option<String>,
    /// How large.
    #[arg(long, value_enum, default_value = "full")]
    pub(crate) scale: Scale,
    /// Members of one client process; as many as the limit of open files allows, if not set.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) per_process: Option<u32>,
    /// Fails also when a budget is missed.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Writes the results to this file as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Draws the results into this file as SVG.
    #[arg(long, value_name = "FILE")]
    pub(crate) picture: Option<PathBuf>,
    /// Puts the table of results into this document.
    #[arg(long, value_name = "FILE")]
    pub(crate) document: Option<PathBuf>,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// Connections that do nothing.
    W1,
    /// One room, one sender.
    W3,
    /// Many small rooms, messages rising.
    W4,
    /// Pairs beside a large room.
    W5,
    /// Durable sends.
    W6,
    /// Members who stall.
    W7,
    /// A storm of presence, typing and receipts.
    W8,
    /// The start.
    W10,
    /// The loads that peers were measured by.
    Loads,
}

/// Another process of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(crate) enum Role {
    /// Thousands of members, told what to do on standard input.
    #[command(hide = true)]
    Client,
    /// The floor.
    #[command(hide = true)]
    Floor,
}

impl Workload {
    /// Whether it is about the server's process, of which nothing is known elsewhere.
    pub(crate) const fn is_inside(self) -> bool {
        matches!(self, Self::W1 | Self::W3 | Self::W10)
    }
}

impl Arguments {
    pub(crate) fn wants(&self, workload: Workload) -> bool {
        self.workloads.is_empty() || self.workloads.contains(&workload)
    }
}
