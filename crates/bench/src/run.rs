//! One run of the tool, in whichever role.

use std::io;
use std::process::ExitCode;

use crate::arguments::{Arguments, Role, Workload};
use crate::bench::Bench;
use crate::client;
use crate::document::{Machine, write_document, write_json};
use crate::failure::Outcome;
use crate::floor::Floor;
use crate::itself::Itself;
use crate::report::{Row, Verdict, table};
use crate::terminal;
use crate::workload::delivery::Session;
use crate::workload::{delivery, idle, loads, sends};

/// Does what was asked. It fails when anything was lost, and under `--strict` also when a budget was
/// missed.
#[must_use]
pub fn run(arguments: &Arguments, itself: Itself) -> ExitCode {
    match arguments.role {
        Some(Role::Client) => ended(client::serve()),
        Some(Role::Floor) => ended(serve_floor()),
        None => match measure(arguments, itself) {
            Ok(rows) => judge(arguments, &rows),
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

fn measure(arguments: &Arguments, itself: Itself) -> Outcome<Vec<Row>> {
    let mut bench = Bench::prepare(itself, &arguments.server, arguments.scale)?;
    if arguments.wants(Workload::W1) {
        idle::run(&mut bench)?;
    }
    if arguments.wants(Workload::W3) || arguments.wants(Workload::Loads) {
        let mut session = Session::open(&mut bench)?;
        if arguments.wants(Workload::W3) {
            delivery::run(&mut bench, &mut session)?;
        }
        if arguments.wants(Workload::Loads) {
            loads::run(&mut bench, &mut session)?;
        }
        session.close()?;
    }
    if arguments.wants(Workload::W6) {
        sends::run(&mut bench)?;
    }
    let machine = Machine::this();
    if let Some(path) = &arguments.json {
        write_json(path, &machine, &bench.rows)?;
    }
    if let Some(path) = &arguments.document {
        write_document(path, &machine, &bench.rows)?;
    }
    Ok(bench.rows)
}

fn judge(arguments: &Arguments, rows: &[Row]) -> ExitCode {
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
