//! Fault runs: the real server killed, cut off, starved and lied to, with real sockets, and judged
//! by the history of what its clients saw.
//!
//! Owns what is done to the server ([`faults`]) and what must hold then. Leaves to `tidings-client`
//! how a client comes back, and to `tidings-history` what is right.

mod arguments;
mod cgroup;
mod dice;
mod disk;
mod failure;
mod faults;
mod figures;
mod herd;
mod inside;
mod judge;
mod load;
mod member;
mod metrics;
mod reading;
mod recorder;
mod run;
mod scale;
mod server;
mod strace;
mod table;
mod terminal;
mod truth;
mod wire;
mod witness;
mod world;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Role};
use failure::Failure;
use faults::Count;
use run::Plan;

/// Something does not hold.
const BROKEN: u8 = 1;
/// A run could not be carried out.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let code = match arguments.role {
        Some(Role::Herd) => herd::be_one(),
        None if arguments.inside || !(is_root() || arguments.need_root()) => carry_out(&arguments),
        None => inside::enter(),
    };
    match code {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            terminal::complaint(&format!("this run could not be carried out: {failure}"));
            ExitCode::from(FAILED)
        }
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn carry_out(arguments: &Arguments) -> Result<u8, Failure> {
    use failure::While as _;
    if arguments.inside {
        inside::bring_loopback_up()?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .during("starting")?;
    let count = runtime.block_on(faults::all(arguments, &plan(arguments)))?;
    terminal::result(&format!(
        "{} runs, {} in which something does not hold, {} that could not be carried out",
        count.runs, count.broken, count.failed
    ));
    Ok(match count {
        Count { failed: 1.., .. } => FAILED,
        Count { broken: 1.., .. } => BROKEN,
        _ => 0,
    })
}

fn plan(arguments: &Arguments) -> Plan {
    Plan {
        server: arguments.server.clone(),
        seed: arguments.seed,
        scale: arguments.scale,
        seconds: arguments.seconds,
        histories: arguments.histories.clone(),
    }
}
