//! The loads that peers were measured by on the same kind of machine.

use super::delivery::Halls;
use super::session::{Case, Cost, Session};
use crate::bench::Bench;
use crate::client::orders::{Pace, Until};
use crate::failure::Outcome;
use crate::report::{Budget, Row, Unit};
use crate::terminal;

/// Rounds of loads whose rate is given are longer, since they are not many deliveries.
const RATE_ROUND_MS: u64 = 4_000;

/// Runs them.
pub(crate) fn run(bench: &mut Bench, session: &mut Session, halls: &Halls) -> Outcome<()> {
    crowd_at_a_rate(bench, session, halls)?;
    small_rooms_at_a_rate(bench, session, halls)?;
    middle_rooms_at_full_speed(bench, session, halls)?;
    hall(bench, session, halls)
}

fn crowd_at_a_rate(bench: &mut Bench, session: &mut Session, halls: &Halls) -> Outcome<()> {
    let first = halls.crowds.start;
    let what = "1 room of 1,000, 10 messages/s";
    let cost = at_a_rate(bench, session, what, first..first + 1, 10.0)?;
    bench.draw_beside("loads", what, &cost.latency, &cost.floor_latency);
    let scale = bench.scale;
    let above_floor = Budget::AtMostAboveFloor(scale.of(3.0, 50.0));
    bench.add([
        cpu(what, Budget::AtMost(scale.of(10.0, 40.0)), &cost),
        latency(what, 50, above_floor, &cost),
        latency(what, 99, scale.of(above_floor, Budget::Shown), &cost),
    ]);
    Ok(())
}

fn small_rooms_at_a_rate(bench: &mut Bench, session: &mut Session, halls: &Halls) -> Outcome<()> {
    let what = "100 rooms of 10, 400 messages/s";
    let cost = at_a_rate(bench, session, what, halls.small.clone(), 400.0)?;
    bench.draw_beside("loads", what, &cost.latency, &cost.floor_latency);
    let scale = bench.scale;
    let five_ms = scale.of(Budget::AtMost(5.0), Budget::Shown);
    bench.add([
        cpu(what, Budget::AtMost(scale.of(30.0, 160.0)), &cost),
        latency(what, 50, Budget::AtMost(scale.of(2.0, 50.0)), &cost),
        latency(what, 99, five_ms, &cost),
    ]);
    Ok(())
}

fn middle_rooms_at_full_speed(
    bench: &mut Bench,
    session: &mut Session,
    halls: &Halls,
) -> Outcome<()> {
    let what = "10 rooms of 100, 10 senders with 8 in flight";
    let cost = at_full_speed(bench, session, what, halls.middle.clone(), 8)?;
    let scale = bench.scale;
    let events = cost.events_per_read;
    let deliveries = format!("{what}: deliveries, {events:.1} events a read");
    let budget = scale.of(Budget::AtLeast(400_000.0), Budget::Shown);
    let (unit, rate) = (Unit::PerSecond, &cost.rate);
    let two_us = scale.of(Budget::AtMost(2.0), Budget::AtMostTimesFloor(2.0));
    bench.add([
        Row::paired("loads", deliveries, unit, budget, rate),
        cpu(what, two_us, &cost),
    ]);
    Ok(())
}

fn hall(bench: &mut Bench, session: &mut Session, halls: &Halls) -> Outcome<()> {
    let Some(room) = halls.hall.clone() else {
        return Ok(());
    };
    let what = "1 room of 5,000, 4 in flight";
    let cost = at_full_speed(bench, session, what, room, 4)?;
    bench.add([cpu(what, Budget::AtMost(4.0), &cost)]);
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
    let what = format!("{what}: a delivery");
    Row::paired("loads", what, Unit::CpuUs, budget, &cost.cpu_us)
}

fn latency(what: &str, percent: u32, budget: Budget, cost: &Cost) -> Row {
    let what = format!("{what}: p{percent} until it is heard");
    let measured = cost.latency.percentile_ms(percent);
    Row::alone("loads", what, Unit::Millis, budget, measured)
        .beside(cost.floor_latency.percentile_ms(percent))
}
