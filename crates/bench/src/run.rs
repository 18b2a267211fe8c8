//! One run of the tool, in whichever role.

use std::fs;
use std::io;
use std::process::ExitCode;

use crate::arguments::{Arguments, Role, Workload};
use crate::bench::Bench;
use crate::client;
use crate::document::{Machine, write_document, write_json};
use crate::failure::{Outcome, While};
use crate::floor::Floor;
use crate::itself::Itself;
use crate::noise::Noise;
use crate::picture;
use crate::report::{Verdict, table};
use crate::terminal;
use crate::workload::{delivery, idle, loads, pairs, rising, sends, stalled, start, storm};

/// Does what was asked. It fails when anything was lost, and under `--strict` also when a budget was
/// missed.
#[must_use]
pub fn run(arguments: &Arguments, itself: Itself) -> ExitCode {
    match arguments.role {
        Some(Role::Client) => ended(client::serve()),
        Some(Role::Floor) => ended(serve_floor()),
        None => match measure(arguments, itself) {
            Ok(bench) => judge(arguments, &bench),
            Err(failure) => {
                terminal::complaint(&failure.to_string());
                ExitCode::FAILURE
            }
        },
    }
}

fn ended(served: io::Result<()>) -> ExitCode {
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complaint(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn serve_floor() -> io::Result<()> {
    let floor = Floor::bind()?;
    terminal::result(&floor.address()?.to_string());
    floor.serve()
}

/// What a run against a server elsewhere lacks.
const WITHOUT: &str = "of a server elsewhere: no CPU and no memory, no floor beside it, nothing judged; \
     W1, W3 and W10 are about its process and left out";

/// A workload that stands for itself.
type Measure = fn(&mut Bench) -> Outcome<()>;

fn measure(arguments: &Arguments, itself: Itself) -> Outcome<Bench> {
    let noise = Noise::begin()?;
    let mut bench = Bench::prepare(itself, arguments)?;
    let is_elsewhere = bench.is_elsewhere();
    if is_elsewhere {
        terminal::note(WITHOUT);
    }
    let wants = |workload| arguments.wants(workload) && !(is_elsewhere && workload.is_inside());
    if wants(Workload::W1) {
        idle::run(&mut bench)?;
    }
    if wants(Workload::W3) || wants(Workload::Loads) {
        let (mut session, halls) = delivery::open(&mut bench)?;
        if wants(Workload::W3) {
            delivery::run(&mut bench, &mut session, &halls)?;
        }
        if wants(Workload::Loads) {
            loads::run(&mut bench, &mut session, &halls)?;
        }
        session.close()?;
    }
    let others: [(Workload, Measure); 6] = [
        (Workload::W4, rising::run),
        (Workload::W5, pairs::run),
        (Workload::W6, sends::run),
        (Workload::W7, stalled::run),
        (Workload::W8, storm::run),
        (Workload::W10, start::run),
    ];
    for (workload, run) in others {
        if wants(workload) {
            run(&mut bench)?;
        }
    }
    let machine = Machine::this(noise.others()?);
    write(arguments, &machine, &bench)?;
    terminal::note(&machine.words());
    Ok(bench)
}

/// Writes what was asked for.
fn write(arguments: &Arguments, machine: &Machine, bench: &Bench) -> Outcome<()> {
    if let Some(path) = &arguments.json {
        write_json(path, machine, &bench.rows)?;
    }
    if let Some(path) = &arguments.picture {
        let drawn = picture::svg(&bench.curves, &bench.rows);
        fs::write(path, drawn).during("writing the picture")?;
    }
    if let Some(path) = &arguments.document {
        write_document(path, machine, &bench.rows, arguments.picture.as_deref())?;
    }
    Ok(())
}

fn judge(arguments: &Arguments, Bench { rows, curves, .. }: &Bench) -> ExitCode {
    if !curves.is_empty() {
        terminal::result(&picture::plot(curves));
    }
    terminal::result(&table(rows));
    let missed = rows
        .iter()
        .filter(|row| row.verdict() == Verdict::Missed)
        .count();
    terminal::note(&format!(
        "nothing was lost, doubled or out of order; {missed} budgets missed"
    ));
    match missed {
        1.. if arguments.strict => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}
