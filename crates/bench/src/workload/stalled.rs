//! W7: a room of which some members stall. The others must not notice, the server's memory must
//! stay bounded, and who reads again must get all that was said, or be told what not.

use std::time::Duration;

use super::session::{Rooms, TEXT_BYTES, prepare};
use crate::bench::Bench;
use crate::client::orders::{Load, Manner, Order, Pace, Ran, Refusals};
use crate::clock;
use crate::failure::{Failure, Outcome};
use crate::fleet::{Fleet, upto};
use crate::histogram::Histogram;
use crate::process::Watched;
use crate::report::{Budget, Row, Unit};
use crate::terminal;
use tidings_domain::limits::OUTBOX_BYTES_MAX;

/// Messages a second into the room.
const PER_S: f64 = 200.0;
/// Of each message: enough that a stalled reader's share outgrows what may wait for it.
const TEXTS_BYTES: usize = TEXT_BYTES * 4;
/// With and without stalled members, in turns.
const ROUNDS_MAX: usize = 2;
/// Memory is looked at so often.
const LOOK: Duration = Duration::from_millis(200);

/// The members of the room, who reads what is said, and who does not always.
struct Audience {
    healthy: Fleet,
    stalling: Fleet,
    /// None of a server elsewhere.
    server: Option<Watched>,
}

/// What the rounds of one kind brought.
#[derive(Debug, Default)]
struct Rounds {
    latency: Histogram,
    /// What the server's memory grew by in each round.
    growth_bytes: Vec<u64>,
    behind: u64,
    skipped: u64,
}

/// Runs it.
pub(crate) fn run(bench: &mut Bench) -> Outcome<()> {
    let (members, stalled) = (bench.sizes.audience, bench.sizes.stalled);
    let mut rooms = Rooms::default();
    rooms.add(std::iter::once(0..members));
    let (server, seats) = prepare(bench, &rooms)?;
    let (first, last) = (0..members - stalled, members - stalled..members);
    let mut audience = Audience {
        healthy: bench.members(&server, &seats, first.clone())?,
        stalling: bench.members(&server, &seats, last.clone())?,
        server: server.watched(),
    };
    audience.healthy.open(first)?;
    audience.stalling.open_as(last, Manner::Narrow)?;
    terminal::step(&format!(
        "W7: {PER_S} messages/s into a room of {members}, {stalled} of whom stall"
    ));
    let (mut without, mut with) = (Rounds::default(), Rounds::default());
    for _ in 0..bench.sizes.rounds.min(ROUNDS_MAX) {
        audience.round(bench, &mut without, None)?;
        audience.round(bench, &mut with, Some(Order::Stall))?;
    }
    add_rows(bench, &without, &with);
    audience.healthy.close()?;
    audience.stalling.close()?;
    server.stop()
}

impl Audience {
    /// A load, before which those who may stall get an order.
    fn round(&mut self, bench: &Bench, rounds: &mut Rounds, order: Option<Order>) -> Outcome<()> {
        let load = load(bench.sizes.stall_ms);
        let before_bytes = self.server.map_or(Ok(0), Watched::private_bytes)?;
        self.stalling.order_all(&Order::Count)?;
        if let Some(order) = order {
            self.stalling.order_all(&order)?;
        }
        self.healthy.begin(&load)?;
        let most_bytes = most_memory(self.server, load.duration_ms)?;
        let ran = self.healthy.end()?;
        let caught_up = self.stalling.settle(&upto(&ran.rooms))?;
        check_all_heard(&ran, &caught_up, bench.sizes.stalled)?;
        rounds.latency.merge(&ran.latency);
        rounds
            .growth_bytes
            .push(most_bytes.saturating_sub(before_bytes));
        rounds.behind += caught_up.behind;
        rounds.skipped += caught_up.skipped;
        Ok(())
    }
}

fn load(duration_ms: u64) -> Load {
    Load {
        rooms: 0..1,
        senders_per_room: 1,
        pace: Pace::Rate { per_s: PER_S },
        duration_ms,
        text_bytes: TEXTS_BYTES,
        refusals: Refusals::Fault,
    }
}

fn most_memory(server: Option<Watched>, duration_ms: u64) -> Outcome<u64> {
    let Some(server) = server else {
        return Ok(0);
    };
    let end_ns = clock::now_ns() + duration_ms * 1_000_000;
    let mut most_bytes = 0;
    while clock::now_ns() < end_ns {
        most_bytes = most_bytes.max(server.private_bytes()?);
        clock::rest(LOOK);
    }
    Ok(most_bytes)
}

/// Whoever stalled has heard each message, or was told that it would not be sent.
fn check_all_heard(ran: &Ran, caught_up: &Ran, stalled: u32) -> Outcome<()> {
    let (heard, skipped) = (caught_up.deliveries, caught_up.skipped);
    if heard + skipped == ran.sent * u64::from(stalled) {
        return Ok(());
    }
    Err(Failure::Untrue(format!(
        "{stalled} members who stalled heard {heard} events and were told of {skipped} that are \
         not sent, of {} messages",
        ran.sent
    )))
}

fn add_rows(bench: &mut Bench, without: &Rounds, with: &Rounds) {
    let (members, stalled) = (bench.sizes.audience, bench.sizes.stalled);
    let rounds = bench.sizes.rounds.min(ROUNDS_MAX) as f64;
    let scale = bench.scale;
    bench.draw(
        "W7",
        format!("{members} members, all read"),
        &without.latency,
    );
    let name = format!("{members} members, {stalled} of them stall");
    bench.draw("W7", name, &with.latency);
    let of = |rounds: &Rounds| rounds.latency.percentile_ms(99);
    let readers = members - stalled;
    let row = |what: String, unit, budget, figure| Row::alone("W7", what, unit, budget, figure);
    let one_and_a_half = Budget::AtMost(scale.of(1.5, 10.0));
    let growth = growth_bytes(&without.growth_bytes, &with.growth_bytes);
    let behind = with.behind as f64 / (rounds * f64::from(stalled)) * 100.0;
    let rows = [
        row(
            format!("p99 of {readers} readers when all read"),
            Unit::Millis,
            Budget::Shown,
            of(without),
        ),
        row(
            format!("p99 of {readers} readers while {stalled} stall"),
            Unit::Millis,
            Budget::Shown,
            of(with),
        ),
        row(
            "the one to the other".to_owned(),
            Unit::Times,
            one_and_a_half,
            of(with) / of(without),
        ),
        row(
            "memory that a stalled reader takes".to_owned(),
            Unit::Bytes,
            Budget::AtMost(OUTBOX_BYTES_MAX as f64 * scale.of(1.25, 4.0)),
            growth / f64::from(stalled),
        ),
        row(
            "stalled readers that were told that they are behind".to_owned(),
            Unit::Percent,
            Budget::AtLeast(100.0),
            behind,
        ),
        row(
            "events that each of them was told to fetch".to_owned(),
            Unit::Count,
            Budget::Shown,
            with.skipped as f64 / (rounds * f64::from(stalled)),
        ),
    ];
    bench.add(rows);
}

/// What stalled readers add to memory: the most that it grew by with them, without the least that it
/// grew by when all read, which is what the messages themselves take.
fn growth_bytes(without: &[u64], with: &[u64]) -> f64 {
    let usual = without.iter().min().copied().unwrap_or_default();
    let most = with.iter().max().copied().unwrap_or_default();
    most.saturating_sub(usual) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "these are exact")]
    fn memory_of_stalled_readers_is_what_came_on_top_of_the_messages() {
        assert_eq!(growth_bytes(&[900, 100], &[150, 400]), 300.0);
        assert_eq!(growth_bytes(&[500], &[400]), 0.0);
    }

    #[test]
    fn what_stalled_members_neither_heard_nor_were_told_of_is_lost() {
        let ran = |sent, deliveries, skipped| Ran {
            sent,
            deliveries,
            skipped,
            ..Ran::default()
        };
        let sent = ran(100, 0, 0);
        assert!(check_all_heard(&sent, &ran(0, 150, 50), 2).is_ok());
        assert!(check_all_heard(&sent, &ran(0, 149, 50), 2).is_err());
    }
}
