//! The load tool as a command of its own.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use tidings_bench::{Arguments, Itself};

#[derive(Debug, Parser)]
#[command(name = "tidings-bench", version)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> io::Result<ExitCode> {
    let itself = Itself::running()?;
    Ok(tidings_bench::run(&Command::parse().arguments, itself))
}
