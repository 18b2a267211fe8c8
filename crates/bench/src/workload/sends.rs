//! W6: durable sends. Many senders in rooms of their own, each answer after its commit, against a
//! bare writer of the same rows; then how long an answer takes at half of what was reached.

use crate::bare_writer;
use crate::bench::Bench;
use crate::child::ClientProcess;
use crate::client::orders::{Load, Pace, Ran, Until};
use crate::failure::Outcome;
use crate::figures::Paired;
use crate::histogram::Histogram;
use crate::report::{Budget, Row, Unit};
use crate::server::Server;
use crate::terminal;

/// Of each message.
const TEXT_BYTES: usize = 128;
/// Members of each room: the sender, and one who listens.
const MEMBERS: u32 = 2;
/// Of each sender.
const IN_FLIGHT: u32 = 16;
/// How long the load at half speed takes.
const HALF_MS: u64 = 5_000;

/// Runs it.
pub(crate) fn run(bench: &mut Bench) -> Outcome<()> {
    let senders = bench.sizes.senders;
    let server = Server::start(&bench.place)?;
    let rooms: Vec<_> = (0..senders)
        .map(|n| (format!("Pair {n}"), n * MEMBERS..(n + 1) * MEMBERS))
        .collect();
    let seats = bench.populate(&server, senders * MEMBERS, |world| world.seat(&rooms))?;
    let mut members = bench.members(&server, &seats)?;
    members.open(0..senders * MEMBERS)?;
    terminal::step(&format!("W6: {senders} senders with {IN_FLIGHT} in flight"));
    let rate = against_the_bare_writer(bench, &mut members)?;
    let half = rate.measured() / 2.0;
    terminal::step(&format!("W6: {half:.0} messages a second"));
    let ran = members.run(&load(senders, Pace::Rate { per_s: half }, HALF_MS))?;
    bench
        .rows
        .extend(rows(bench, &rate, half, &ran.ack_latency));
    members.close()?;
    server.stop()
}

fn against_the_bare_writer(bench: &Bench, members: &mut ClientProcess) -> Outcome<Paired> {
    let pace = Pace::Window {
        in_flight: IN_FLIGHT,
        until: Until::Acknowledged,
    };
    let load = load(bench.sizes.senders, pace, bench.sizes.round_ms);
    let source = bench.place.data().join(bare_writer::FILE_NAME);
    let mut rate = Paired::default();
    for round in 0..bench.sizes.rounds {
        let ran = members.run(&load)?;
        let target = bench.scratch(&format!("bare-{round}.db"));
        let bare = bare_writer::messages_per_s(&source, &target)?;
        terminal::note(&format!(
            "{:.0} answers/s; the bare writer {bare:.0}",
            per_s(&ran)
        ));
        rate.note(per_s(&ran), bare);
    }
    Ok(rate)
}

fn load(senders: u32, pace: Pace, duration_ms: u64) -> Load {
    Load {
        rooms: 0..senders,
        senders_per_room: 1,
        pace,
        duration_ms,
        text_bytes: TEXT_BYTES,
    }
}

fn per_s(ran: &Ran) -> f64 {
    ran.acknowledged as f64 * 1e9 / ran.elapsed_ns.max(1) as f64
}

fn rows(bench: &Bench, rate: &Paired, half: f64, answers: &Histogram) -> Vec<Row> {
    let scale = bench.scale;
    let senders = bench.sizes.senders;
    let latency = |percent: u32, budget| Row {
        workload: "W6",
        what: format!("an answer at {half:.0} messages/s, p{percent}"),
        unit: Unit::Millis,
        budget,
        measured: answers.quantile_ns(f64::from(percent) / 100.0) as f64 / 1e6,
        floor: None,
        ratio: None,
    };
    vec![
        Row {
            workload: "W6",
            what: format!("messages of {senders} senders, stored and answered"),
            unit: Unit::PerSecond,
            budget: Budget::AtLeastTimesFloor(scale.of(0.8, 0.25)),
            measured: rate.measured(),
            floor: Some(rate.floor()),
            ratio: Some(rate.ratio()),
        },
        latency(50, Budget::Shown),
        latency(99, scale.of(Budget::AtMost(15.0), Budget::Shown)),
    ]
}
