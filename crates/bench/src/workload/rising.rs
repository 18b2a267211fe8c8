//! W4: many small rooms in which messages rise until the server can do no more; then how long a
//! delivery takes at half of the highest rate that it kept up with.

use std::ops::Range;

use super::session::{Case, Rooms, Session, Side};
use crate::bench::Bench;
use crate::client::orders::{Load, Pace, Ran, Refusals};
use crate::failure::Outcome;
use crate::report::{Budget, Row, Unit};
use crate::terminal;

const MEMBERS: u32 = 10;
/// Of all rooms together, in messages a second.
const FIRST_PER_S: f64 = 500.0;
/// From one step to the next.
const FACTOR: f64 = 1.4;
const STEPS_MAX: usize = 24;
/// A rate is kept up with when deliveries end so little after its last message was due, as a part
/// of the step's time,
const LATE_PART: f64 = 0.1;
/// and when this many in a hundred were heard within [`HEARD_MS`].
const HEARD_PERCENT: u32 = 99;
const HEARD_MS: f64 = 500.0;
/// At half of the highest rate.
const HALF_MS: u64 = 5_000;

/// Runs it.
pub(crate) fn run(bench: &mut Bench) -> Outcome<()> {
    let mut rooms = Rooms::default();
    let tens = rooms.add_many(bench.sizes.tens, MEMBERS, 0);
    let mut session = Session::open(bench, &rooms)?;
    session.warm_up(tens.clone())?;
    let what = format!("{} rooms of {MEMBERS}", bench.sizes.tens);
    terminal::step(&format!("W4: {what}, messages rising"));
    let highest = rise(bench, &mut session, &tens)?;
    let half = highest / 2.0;
    terminal::step(&format!("W4: {what}, {half:.0} messages/s"));
    let cost = session.measure(&Case {
        rooms: tens,
        pace: Pace::Rate { per_s: half },
        rounds: bench.sizes.rounds.min(2),
        round_ms: bench.scale.of(HALF_MS, bench.sizes.round_ms),
    })?;
    let at_half = format!("{what}, {half:.0} messages/s");
    bench.draw_beside("W4", &at_half, &cost.latency, &cost.floor_latency);
    let row = |what, unit, budget, figure| Row::alone("W4", what, unit, budget, figure);
    let highest = row(
        format!("{what}: the highest rate that was kept up with, messages"),
        Unit::PerSecond,
        Budget::Shown,
        highest,
    );
    let latency = |percent, budget| {
        let what = format!("{at_half}: p{percent} until it is heard");
        row(
            what,
            Unit::Millis,
            budget,
            cost.latency.percentile_ms(percent),
        )
        .beside(cost.floor_latency.percentile_ms(percent))
    };
    let budget = bench.scale.of(Budget::AtMost(20.0), Budget::Shown);
    let cpu = format!("{at_half}: a delivery");
    let rows = [
        highest,
        latency(50, Budget::Shown),
        latency(99, budget),
        Row::paired("W4", cpu, Unit::CpuUs, Budget::Shown, &cost.cpu_us),
    ];
    bench.add(rows);
    session.close()
}

/// The highest rate that was kept up with.
fn rise(bench: &Bench, session: &mut Session, rooms: &Range<u32>) -> Outcome<f64> {
    let (mut highest, mut per_s) = (FIRST_PER_S, FIRST_PER_S);
    for _ in 0..STEPS_MAX {
        let case = Case {
            rooms: rooms.clone(),
            pace: Pace::Rate { per_s },
            rounds: 1,
            round_ms: bench.sizes.step_ms,
        };
        let load = Load {
            refusals: Refusals::Counted,
            ..session.load(Side::Server, &case)
        };
        let ran = session.members().run(&load)?;
        let kept_up = keeps_up(&ran, bench.sizes.step_ms);
        terminal::note(&words(per_s, &ran, kept_up));
        if !kept_up {
            break;
        }
        highest = per_s;
        per_s *= FACTOR;
    }
    Ok(highest)
}

fn keeps_up(ran: &Ran, step_ms: u64) -> bool {
    let step_ns = step_ms as f64 * 1e6;
    ran.refused == 0
        && ran.elapsed_ns as f64 <= step_ns * (1.0 + LATE_PART)
        && ran.latency.percentile_ms(HEARD_PERCENT) <= HEARD_MS
}

fn words(per_s: f64, ran: &Ran, kept_up: bool) -> String {
    let (p50, p99) = (ran.latency.percentile_ms(50), ran.latency.percentile_ms(99));
    let late = ran.late.percentile_ms(99);
    let verdict = if kept_up { "" } else { ": not kept up with" };
    let refused = match ran.refused {
        0 => String::new(),
        refused => format!(", {refused} refused"),
    };
    format!(
        "{per_s:.0} messages/s: heard after {p50:.1} ms (p50), {p99:.1} ms (p99); \
         this tool late by {late:.1} ms (p99){refused}{verdict}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(elapsed_ms: u64, heard_ms: u64, refused: u64) -> Ran {
        let mut ran = Ran {
            elapsed_ns: elapsed_ms * 1_000_000,
            refused,
            ..Ran::default()
        };
        ran.latency.note(heard_ms * 1_000_000);
        ran
    }

    #[test]
    fn a_rate_is_kept_up_with_when_nothing_piles_up_and_nothing_is_refused() {
        assert!(keeps_up(&ran(1_005, 10, 0), 1_000));
        assert!(!keeps_up(&ran(1_005, 10, 1), 1_000));
        assert!(!keeps_up(&ran(1_200, 10, 0), 1_000));
        assert!(!keeps_up(&ran(1_005, 600, 0), 1_000));
    }
}
