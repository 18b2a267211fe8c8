//! The `tidings` command. Everything it does is in the library; here are the process's own affairs:
//! its allocator, its arguments and environment, and how it ends.

use std::process::ExitCode;

use tidings_server::cli;

/// What comes and goes with a hundred thousand sockets fragments the system's allocator.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let environment = std::env::vars_os().collect();
    cli::run(std::env::args_os(), &environment).into()
}
