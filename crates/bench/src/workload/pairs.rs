//! W5: many pairs who talk, with and without a large room beside them. What is said in the large
//! room must not stand in the pairs' way.

use std::ops::Range;

use super::session::{Case, Rooms, Session, Side};
use crate::bench::Bench;
use crate::client::orders::{Load, Pace, Ran};
use crate::failure::Outcome;
use crate::fleet::Fleet;
use crate::histogram::Histogram;
use crate::report::{Budget, Row, Unit};
use crate::terminal;

/// Of each pair, in messages a second.
const PAIR_PER_S: f64 = 0.5;
/// Of the large room.
const NEIGHBOUR_PER_S: f64 = 4.0;
/// The pairs and the large room, among the groups of members.
const PAIRS: usize = 0;
const NEIGHBOURS: usize = 1;
/// Each with and without the large room, on the server and on the floor.
const ROUNDS_MAX: usize = 3;
const ROUND_MS: u64 = 5_000;

/// How long the pairs' messages took, on one side.
#[derive(Debug, Default)]
struct Heard {
    alone: Histogram,
    beside: Histogram,
}

/// Runs it.
pub(crate) fn run(bench: &mut Bench) -> Outcome<()> {
    let (pairs, neighbours) = (bench.sizes.pairs, bench.sizes.neighbours);
    let mut rooms = Rooms::default();
    let pair_rooms = rooms.add_many(pairs, 2, 0);
    let large = pairs * 2..pairs * 2 + neighbours;
    let large_room = rooms.add(std::iter::once(large.clone()));
    let groups = [0..pairs * 2, large];
    let mut session = Session::open_groups(bench, &rooms, &groups)?;
    session.warm_up(pair_rooms.clone())?;
    terminal::step(&format!(
        "W5: {pairs} pairs, with and without a room of {neighbours} beside them"
    ));
    let case = |rooms: Range<u32>, per_s| Case {
        rooms,
        pace: Pace::Rate { per_s },
        rounds: 1,
        round_ms: bench.scale.of(ROUND_MS, bench.sizes.round_ms),
    };
    let own = case(pair_rooms, f64::from(pairs) * PAIR_PER_S);
    let neighbour = case(large_room, NEIGHBOUR_PER_S);
    let (mut server, mut floor) = (Heard::default(), Heard::default());
    for _ in 0..bench.sizes.rounds.min(ROUNDS_MAX) {
        round(&mut session, Side::Server, &own, &neighbour, &mut server)?;
        round(&mut session, Side::Floor, &own, &neighbour, &mut floor)?;
    }
    add_rows(bench, &server, &floor);
    session.close()
}

fn round(
    session: &mut Session,
    side: Side,
    own: &Case,
    neighbour: &Case,
    heard: &mut Heard,
) -> Outcome<()> {
    let (own, neighbour) = (session.load(side, own), session.load(side, neighbour));
    let mut run = |index: usize, step: fn(&mut Fleet, &Load) -> Outcome<Ran>, load: &Load| {
        let fleet = session.group(side, index);
        fleet.map_or_else(|| Ok(Ran::default()), |fleet| step(fleet, load))
    };
    heard.alone.merge(&run(PAIRS, Fleet::run, &own)?.latency);
    run(
        NEIGHBOURS,
        |fleet, load| fleet.begin(load).map(|()| Ran::default()),
        &neighbour,
    )?;
    heard.beside.merge(&run(PAIRS, Fleet::run, &own)?.latency);
    run(NEIGHBOURS, |fleet, _| fleet.end(), &neighbour).map(drop)
}

fn add_rows(bench: &mut Bench, server: &Heard, floor: &Heard) {
    let (pairs, neighbours) = (bench.sizes.pairs, bench.sizes.neighbours);
    let scale = bench.scale;
    let names = [
        format!("{pairs} pairs alone"),
        format!("{pairs} pairs beside a room of {neighbours}"),
    ];
    bench.draw_beside("W5", &names[0], &server.alone, &floor.alone);
    bench.draw_beside("W5", &names[1], &server.beside, &floor.beside);
    let row = |what, unit, budget, figure, floor| {
        Row::alone("W5", what, unit, budget, figure).beside(floor)
    };
    let five_ms = scale.of(Budget::AtMost(5.0), Budget::Shown);
    let measured = [
        (&server.alone, &floor.alone),
        (&server.beside, &floor.beside),
    ];
    for (name, (heard, floor)) in names.iter().zip(measured) {
        for (percent, budget) in [(50, Budget::Shown), (99, five_ms)] {
            let what = format!("{name}: p{percent} until it is heard");
            let (heard, floor) = (heard.percentile_ms(percent), floor.percentile_ms(percent));
            bench.add([row(what, Unit::Millis, budget, heard, floor)]);
        }
    }
    let what = "p99 of the pairs beside the large room, to alone".to_owned();
    let budget = scale.of(Budget::AtMost(2.0), Budget::Shown);
    let (times, floor_times) = (server.times(), floor.times());
    bench.add([row(what, Unit::Times, budget, times, floor_times)]);
}

impl Heard {
    /// The neighbour's p99 in units of that without one.
    fn times(&self) -> f64 {
        self.beside.percentile_ms(99) / self.alone.percentile_ms(99)
    }
}
