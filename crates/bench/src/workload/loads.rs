//! The loads that peers were measured by on the same kind of machine.

use super::delivery::{Case, Cost, Session};
use crate::bench::Bench;
use crate::client::orders::{Pace, Until};
use crate::failure::Outcome;
use crate::histogram::Histogram;
use crate::report::{Budget, Row, Unit};
use crate::terminal;

/// Rounds of loads whose rate is given are longer, since they are not many deliveries.
const RATE_ROUND_MS: u64 = 4_000;

/// Runs them.
pub(crate) fn run(bench: &mut Bench, session: &mut Session) -> Outcome<()> {
    crowd_at_a_rate(bench, session)?;
    small_rooms_at_a_rate(bench, session)?;
    middle_rooms_at_full_speed(bench, session)?;
    hall(bench, session)
}

fn crowd_at_a_rate(bench: &mut Bench, session: &mut Session) -> Outcome<()> {
    let first = session.rooms.crowds.start;
    let what = "1 room of 1,000, 10 messages/s";
    let cost = at_a_rate(bench, session, what, first..first + 1, 10.0)?;
    bench
        .rows
        .push(cpu(what, Budget::AtMost(bench.scale.of(10.0, 40.0)), &cost));
    let budget = Budget::AtMostAboveFloor(bench.scale.of(3.0, 50.0));
    bench.rows.push(latency(what, 50, budget, &cost));
    bench.rows.push(latency(what, 99, budget, &cost));
    Ok(())
}

fn small_rooms_at_a_rate(bench: &mut Bench, session: &mut Session) -> Outcome<()> {
    let what = "100 rooms of 10, 400 messages/s";
    let cost = at_a_rate(bench, session, what, session.rooms.small.clone(), 400.0)?;
    bench.rows.push(cpu(
        what,
        Budget::AtMost(bench.scale.of(30.0, 120.0)),
        &cost,
    ));
    bench.rows.push(latency(
        what,
        50,
        Budget::AtMost(bench.scale.of(2.0, 50.0)),
        &cost,
    ));
    bench.rows.push(latency(
        what,
        99,
        bench.scale.of(Budget::AtMost(5.0), Budget::Shown),
        &cost,
    ));
    Ok(())
}

fn middle_rooms_at_full_speed(bench: &mut Bench, session: &mut Session) -> Outcome<()> {
    let what = "10 rooms of 100, 10 senders with 8 in flight";
    let cost = at_full_speed(bench, session, what, session.rooms.middle.clone(), 8)?;
    bench.rows.push(Row {
        workload: "loads",
        what: format!(
            "{what}: deliveries, {:.1} events a read",
            cost.events_per_read
        ),
        unit: Unit::PerSecond,
        budget: bench.scale.of(Budget::AtLeast(400_000.0), Budget::Shown),
        measured: cost.rate.measured(),
        floor: Some(cost.rate.floor()),
        ratio: Some(cost.rate.ratio()),
    });
    let budget = bench
        .scale
        .of(Budget::AtMost(2.0), Budget::AtMostTimesFloor(2.0));
    bench.rows.push(cpu(what, budget, &cost));
    Ok(())
}

fn hall(bench: &mut Bench, session: &mut Session) -> Outcome<()> {
    let Some(room) = session.rooms.hall.clone() else {
        return Ok(());
    };
    let what = "1 room of 5,000, 4 in flight";
    let cost = at_full_speed(bench, session, what, room, 4)?;
    bench.rows.push(cpu(what, Budget::AtMost(4.0), &cost));
    Ok(())
}

fn at_a_rate(
    bench: &Bench,
    session: &mut Session,
    what: &str,
    rooms: std::ops::Range<u32>,
    per_s: f64,
) -> Outcome<Cost> {
    terminal::step(what);
    let round_ms = bench.scale.of(RATE_ROUND_MS, bench.sizes.round_ms);
    let rounds = bench.sizes.rounds.min(3);
    session.measure(&Case {
        rooms,
        pace: Pace::Rate { per_s },
        rounds,
        round_ms,
    })
}

fn at_full_speed(
    bench: &Bench,
    session: &mut Session,
    what: &str,
    rooms: std::ops::Range<u32>,
    in_flight: u32,
) -> Outcome<Cost> {
    terminal::step(what);
    let pace = Pace::Window {
        in_flight,
        until: Until::HeardByAll,
    };
    let (rounds, round_ms) = (bench.sizes.rounds, bench.sizes.round_ms);
    session.measure(&Case {
        rooms,
        pace,
        rounds,
        round_ms,
    })
}

fn cpu(what: &str, budget: Budget, cost: &Cost) -> Row {
    Row {
        workload: "loads",
        what: format!("{what}: a delivery"),
        unit: Unit::CpuUs,
        budget,
        measured: cost.cpu_us.measured(),
        floor: Some(cost.cpu_us.floor()),
        ratio: Some(cost.cpu_us.ratio()),
    }
}

fn latency(what: &str, percent: u32, budget: Budget, cost: &Cost) -> Row {
    let of = |latency: &Histogram| latency.quantile_ns(f64::from(percent) / 100.0) as f64 / 1e6;
    let (measured, floor) = (of(&cost.latency), of(&cost.floor_latency));
    Row {
        workload: "loads",
        what: format!("{what}: p{percent} until it is heard"),
        unit: Unit::Millis,
        budget,
        measured,
        floor: Some(floor),
        ratio: Some(measured / floor).filter(|ratio| ratio.is_finite()),
    }
}
