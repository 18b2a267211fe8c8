//! W6: durable sends. Many senders in rooms of their own, each answer after its commit, against a
//! bare writer of the same rows; then how long an answer takes at half of what was reached.

use crate::bare_writer;
use crate::bench::Bench;
use crate::client::orders::{Load, Pace, Ran, Refusals, Until};
use crate::failure::Outcome;
use crate::figures::Paired;
use crate::fleet::Fleet;
use crate::metrics::{Counted, Metrics};
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
    let server = bench.server()?;
    let rooms: Vec<_> = (0..senders)
        .map(|n| (format!("Pair {n}"), n * MEMBERS..(n + 1) * MEMBERS))
        .collect();
    let seats = bench.populate(&server, senders * MEMBERS, |world| world.seat(&rooms))?;
    let mut members = bench.members(&server, &seats, 0..senders * MEMBERS)?;
    members.open(0..senders * MEMBERS)?;
    terminal::step(&format!("W6: {senders} senders with {IN_FLIGHT} in flight"));
    let rate = against_the_bare_writer(bench, &mut members)?;
    let half = rate.measured() / 2.0;
    terminal::step(&format!("W6: {half:.0} messages a second"));
    let before = Inside::look(&server)?;
    let ran = members.run(&load(senders, Pace::Rate { per_s: half }, HALF_MS))?;
    let after = Inside::look(&server)?;
    bench.draw("W6", format!("an answer at {half:.0}/s"), &ran.ack_latency);
    bench.add([rate_row(bench, &rate)]);
    bench.add(answer_rows(bench, half, &ran));
    if let Some((before, after)) = before.zip(after) {
        bench.add(share_rows(half, &ran, &after.since(&before)));
    }
    members.close()?;
    server.stop()
}

fn against_the_bare_writer(bench: &Bench, members: &mut Fleet) -> Outcome<Paired> {
    let pace = Pace::Window {
        in_flight: IN_FLIGHT,
        until: Until::Acknowledged,
    };
    let load = load(bench.sizes.senders, pace, bench.sizes.round_ms);
    let mut rate = Paired::default();
    for round in 0..bench.sizes.rounds {
        let ran = members.run(&load)?;
        let reached = per_s(&ran);
        if bench.is_elsewhere() {
            terminal::note(&format!("{reached:.0} answers/s"));
            rate.note_alone(reached);
            continue;
        }
        let source = bench.place()?.data().join(bare_writer::FILE_NAME);
        let target = bench.scratch(&format!("bare-{round}.db"));
        let bare = bare_writer::messages_per_s(&source, &target)?;
        terminal::note(&format!(
            "{reached:.0} answers/s; the bare writer {bare:.0}"
        ));
        rate.note(reached, bare);
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
        refusals: Refusals::Fault,
    }
}

fn per_s(ran: &Ran) -> f64 {
    ran.acknowledged as f64 * 1e9 / ran.elapsed_ns.max(1) as f64
}

fn rate_row(bench: &Bench, rate: &Paired) -> Row {
    let senders = bench.sizes.senders;
    let what = format!("messages of {senders} senders, stored and answered");
    let budget = Budget::AtLeastTimesFloor(bench.scale.of(0.8, 0.25));
    Row::paired("W6", what, Unit::PerSecond, budget, rate)
}

fn answer_rows(bench: &Bench, half: f64, ran: &Ran) -> [Row; 2] {
    let answers = |percent: u32, budget| {
        let what = format!("an answer at {half:.0} messages/s, p{percent}");
        millis(what, budget, ran.ack_latency.percentile_ms(percent))
    };
    let budget = bench.scale.of(Budget::AtMost(15.0), Budget::Shown);
    [answers(50, Budget::Shown), answers(99, budget)]
}

/// What the server and the kernel say of the same time.
struct Inside {
    /// From a send's arrival to its commit, in seconds.
    acks: Counted,
    /// Seconds that a transaction takes, the disk included.
    commits: Counted,
    /// Messages of a transaction.
    batches: Counted,
    /// How long threads of the server stood ready and had no processor.
    waited_us: u64,
}

impl Inside {
    /// None for a server elsewhere, which keeps its metrics to itself.
    fn look(server: &Server) -> Outcome<Option<Self>> {
        let Some(watched) = server.watched() else {
            return Ok(None);
        };
        let metrics = Metrics::read(&server.address)?;
        Ok(Some(Self {
            acks: metrics.histogram("tidings_ack_seconds"),
            commits: metrics.histogram("tidings_commit_seconds"),
            batches: metrics.histogram("tidings_commit_writes"),
            waited_us: watched.waited_us()?,
        }))
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            acks: self.acks.since(&before.acks),
            commits: self.commits.since(&before.commits),
            batches: self.batches.since(&before.batches),
            waited_us: self.waited_us.saturating_sub(before.waited_us),
        }
    }
}

/// Whose an answer's time is: the server's by its own account, this tool's, or that of others on
/// the machine.
fn share_rows(half: f64, ran: &Ran, inside: &Inside) -> Vec<Row> {
    let ms = |seconds: Option<f64>| seconds.unwrap_or_default() * 1e3;
    let row = |what: &str, unit, figure| {
        let what = format!("at {half:.0}/s, {what}");
        Row::alone("W6", what, unit, Budget::Shown, figure)
    };
    let mut rows = Vec::new();
    for percent in [50, 99] {
        let share = f64::from(percent) / 100.0;
        let arrived = format!("arrival to commit as the server counts it, p{percent}");
        rows.push(row(&arrived, Unit::Millis, ms(inside.acks.quantile(share))));
        let late = format!("how late this tool was itself, p{percent}");
        rows.push(row(&late, Unit::Millis, ran.late.percentile_ms(percent)));
    }
    let batch = inside.batches.mean().unwrap_or_default();
    let waited_part = inside.waited_us as f64 * 1e3 / ran.elapsed_ns.max(1) as f64;
    rows.extend([
        row(
            "a transaction, mean",
            Unit::Millis,
            ms(inside.commits.mean()),
        ),
        row("messages of a transaction, mean", Unit::Count, batch),
        row(
            "threads of the server that stood ready without a processor, mean",
            Unit::Count,
            waited_part,
        ),
    ]);
    rows
}

fn millis(what: String, budget: Budget, measured: f64) -> Row {
    Row::alone("W6", what, Unit::Millis, budget, measured)
}
