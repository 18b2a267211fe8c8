//! The rows of the fault matrix, one file each: what is done, and what must hold.

mod f01_kill;
mod f02_power;
mod f03_disk;

use crate::arguments::{Arguments, Fault};
use crate::failure::Failure;
use crate::judge::Outcome;
use crate::run::Plan;
use crate::terminal;

/// Carries out what was asked for, one after another.
pub(crate) async fn all(arguments: &Arguments, plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::new();
    if arguments.wants(Fault::F1) {
        tell(&mut outcomes, f01_kill::run(plan).await?);
    }
    if arguments.wants(Fault::F2) {
        tell(&mut outcomes, f02_power::run(plan).await?);
    }
    if arguments.wants(Fault::F3) {
        tell(&mut outcomes, f03_disk::run(plan).await?);
    }
    Ok(outcomes)
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
