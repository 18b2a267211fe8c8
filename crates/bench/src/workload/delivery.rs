//! W3: one room, one sender, and what each delivery costs.

use std::ops::Range;

use super::session::{Case, Cost, Rooms, Session};
use crate::bench::Bench;
use crate::client::orders::{Pace, Until};
use crate::failure::Outcome;
use crate::report::{Budget, Row, Unit};
use crate::terminal;

/// Members of the further rooms, which [`super::loads`] uses.
const HALL: u32 = 5_000;
const SMALL: (u32, u32) = (100, 10);
const MIDDLE: (u32, u32) = (10, 100);

/// The rooms of the workloads that share one session, by their numbers.
pub(crate) struct Halls {
    pub(crate) crowds: Range<u32>,
    pub(crate) hall: Option<Range<u32>>,
    pub(crate) small: Range<u32>,
    pub(crate) middle: Range<u32>,
}

/// Makes the rooms of W3 and of the loads, and opens all connections.
pub(crate) fn open(bench: &mut Bench) -> Outcome<(Session, Halls)> {
    let crowds = bench.sizes.crowds;
    let users = crowds.iter().copied().max().unwrap_or_default();
    let mut rooms = Rooms::default();
    let halls = Halls {
        crowds: rooms.add(crowds.iter().map(|members| 0..*members)),
        hall: (users >= HALL).then(|| rooms.add(std::iter::once(0..HALL))),
        small: rooms.add_many(SMALL.0, SMALL.1, 0),
        middle: rooms.add_many(MIDDLE.0, MIDDLE.1, 0),
    };
    let mut session = Session::open(bench, &rooms)?;
    session.warm_up(0..halls.middle.end)?;
    Ok((session, halls))
}

/// W3: one message outstanding, then sixteen.
pub(crate) fn run(bench: &mut Bench, session: &mut Session, halls: &Halls) -> Outcome<()> {
    for (room, members) in halls.crowds.clone().zip(bench.sizes.crowds) {
        for in_flight in [1, 16] {
            terminal::step(&format!("W3: a room of {members}, {in_flight} in flight"));
            let pace = Pace::Window {
                in_flight,
                until: Until::HeardByAll,
            };
            let (rounds, round_ms) = (bench.sizes.rounds, bench.sizes.round_ms);
            let cost = session.measure(&Case {
                rooms: room..room + 1,
                pace,
                rounds,
                round_ms,
            })?;
            let what = format!("a delivery in a room of {members}, {in_flight} in flight");
            bench.add(rows(bench, &what, in_flight, &cost));
        }
    }
    Ok(())
}

fn rows(bench: &Bench, what: &str, in_flight: u32, cost: &Cost) -> Vec<Row> {
    let scale = bench.scale;
    let cpu = |budget| Row::paired("W3", what.to_owned(), Unit::CpuUs, budget, &cost.cpu_us);
    if in_flight == 1 {
        return vec![cpu(Budget::AtMostTimesFloor(scale.of(1.15, 2.5)))];
    }
    let per_core = |cpu_us: f64| 1e6 / cpu_us;
    let what = format!("{what}, {:.1} events a read", cost.events_per_read);
    let budget = scale.of(Budget::AtLeast(1e6), Budget::Shown);
    let measured = per_core(cost.cpu_us.measured());
    let saturated = Row::alone("W3", what, Unit::PerSecondAndCore, budget, measured);
    vec![
        cpu(scale.of(Budget::Shown, Budget::AtMostTimesFloor(2.0))),
        saturated.beside(per_core(cost.cpu_us.floor())),
    ]
}
