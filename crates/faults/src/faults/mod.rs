//! The rows of the fault matrix, one file each: what is done, and what must hold.

mod f01_kill;
mod f02_power;
mod f03_disk;
mod f04_flipped_bit;
mod f10_half_open;
mod f11_storm;
mod f12_hammer;
mod f13_clock;
mod f14_slow_readers;
mod f16_too_little;
mod f18_poison;
mod f19_restore;

use crate::arguments::{Arguments, Fault};
use crate::failure::Failure;
use crate::judge::Outcome;
use crate::run::Plan;
use crate::terminal;

/// Carries out what was asked for, one after another.
pub(crate) async fn all(arguments: &Arguments, plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::new();
    for fault in Fault::EACH {
        if arguments.wants(fault) {
            tell(&mut outcomes, run(fault, plan).await?);
        }
    }
    Ok(outcomes)
}

async fn run(fault: Fault, plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    match fault {
        Fault::All => Ok(Vec::new()),
        Fault::F1 => f01_kill::run(plan).await,
        Fault::F2 => f02_power::run(plan).await,
        Fault::F3 => f03_disk::run(plan).await,
        Fault::F4 => f04_flipped_bit::run(plan).await,
        Fault::F10 => f10_half_open::run(plan).await,
        Fault::F11 => f11_storm::run(plan).await,
        Fault::F12 => f12_hammer::run(plan).await,
        Fault::F13 => f13_clock::run(plan).await,
        Fault::F14 => f14_slow_readers::run(plan).await,
        Fault::F16 => f16_too_little::run(plan).await,
        Fault::F18 => f18_poison::run(plan).await,
        Fault::F19 => f19_restore::run(plan).await,
    }
}

fn tell(all: &mut Vec<Outcome>, outcomes: Vec<Outcome>) {
    for outcome in outcomes {
        terminal::result(&outcome.to_string());
        if !outcome.holds() {
            let lines: Vec<&str> = outcome.log.lines().rev().take(30).collect();
            for line in lines.into_iter().rev() {
                terminal::complaint(&format!("  log: {line}"));
            }
        }
        all.push(outcome);
    }
}
