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
use crate::{table, terminal};

/// How many runs there were, in how many of them something does not hold, and how many could not be
/// carried out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) runs: usize,
    pub(crate) broken: usize,
    pub(crate) failed: usize,
}

/// Carries out what was asked for, one after another. Each is told, and stands in the document, as soon
/// as it is over, whatever becomes of those after it.
pub(crate) async fn all(arguments: &Arguments, plan: &Plan) -> Result<Count, Failure> {
    let mut count = Count::default();
    for fault in Fault::EACH
        .into_iter()
        .filter(|fault| arguments.wants(*fault))
    {
        let outcomes = match run(fault, plan).await {
            Ok(outcomes) => outcomes,
            Err(failure) => {
                count.failed += 1;
                terminal::complaint(&format!("this run could not be carried out: {failure}"));
                continue;
            }
        };
        outcomes.iter().for_each(tell);
        if let Some(document) = &arguments.write {
            table::write(document, &outcomes, arguments)?;
        }
        count.runs += outcomes.len();
        count.broken += outcomes.iter().filter(|outcome| !outcome.holds()).count();
    }
    Ok(count)
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

fn tell(outcome: &Outcome) {
    terminal::result(&outcome.to_string());
    if !outcome.holds() {
        let lines: Vec<&str> = outcome.log.lines().rev().take(30).collect();
        for line in lines.into_iter().rev() {
            terminal::complaint(&format!("  log: {line}"));
        }
    }
}
