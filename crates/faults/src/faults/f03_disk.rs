//! F3: a disk that fails, is full, is read-only, is slow. Sends are refused with a typed error at
//! once, nothing that failed to be synced is acknowledged, reads and live sockets go on, and writes
//! resume by themselves when they can.

use std::time::Duration;

use tidings_domain::Seq;
use tidings_history::{Entry, Line};

use crate::disk::Disk;
use crate::failure::Failure;
use crate::figures::{acks_us, percentile};
use crate::judge::Outcome;
use crate::run::{Plan, Run, Setup};
use crate::strace::{SYNCS, Strace};
use crate::terminal;

/// A commit that was under way when the fault began may still be acknowledged for so long.
const SLACK_US: u64 = 300_000;
/// A refusal comes within this.
const REFUSED_WITHIN_US: u64 = 1_000_000;
/// When there is room again, sends succeed within this; clients try again after half a second.
const RESUMES_WITHIN: Duration = Duration::from_secs(5);
/// More memory than this is not for what waits.
const MEMORY_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// A tmpfs that holds a run's database for long enough.
const TMPFS_BYTES: u64 = 192 * 1024 * 1024;
/// What each sync takes on the slow disk.
const DELAY_MS: u64 = 150;
/// Between two readings while the fault is at work.
const READ_EVERY: Duration = Duration::from_millis(100);

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F3: fsync fails");
    let failing = sync_fails(plan).await?;
    terminal::step("F3: the disk is full");
    let full = disk_is_full(plan).await?;
    terminal::step("F3: the file system turns read-only");
    let read_only = read_only(plan).await?;
    terminal::step("F3: the disk is slow");
    let slow = slow(plan).await?;
    Ok(vec![failing, full, read_only, slow])
}

fn on(disk: &Disk) -> Setup {
    Setup {
        data: Some(disk.data()),
        ..Setup::default()
    }
}

/// Every sync fails for a while; later once more, and then the power goes: what was acknowledged in
/// between is there.
async fn sync_fails(plan: &Plan) -> Result<Outcome, Failure> {
    let disk = Disk::ext4()?;
    let mut run = Run::begin(plan, "F3-sync", on(&disk)).await?;
    run.go_on(plan.scale.seconds(2, 15)).await;
    let fault = failing(&run).await?;
    let seen = look_on(&run, plan.scale.seconds(3, 15)).await;
    drop(fault);
    let resumed = resumes(&run).await;
    run.go_on(plan.scale.seconds(2, 15)).await;
    let fault = failing(&run).await?;
    run.go_on(Duration::from_secs(1)).await;
    disk.cut()?;
    run.recorder.crash();
    drop(fault);
    run.server.kill()?;
    disk.mount_again()?;
    run.server.start_again().await?;
    run.recorder.restart(None);
    run.heal();
    run.go_on(plan.scale.seconds(1, 15)).await;
    let injected = "EIO from every fsync for a while, and again until a power cut";
    let mut outcome = run.finish("F3, fsync fails", injected).await?;
    seen.judge(&mut outcome);
    judge_resumption(&mut outcome, resumed);
    Ok(outcome)
}

async fn failing(run: &Run) -> Result<Strace, Failure> {
    run.recorder.fault("every sync fails");
    Strace::attach(run.server.id(), SYNCS, "error=EIO", run.scratch()).await
}

/// A small tmpfs with a file that takes the rest of it.
async fn disk_is_full(plan: &Plan) -> Result<Outcome, Failure> {
    let disk = Disk::tmpfs(TMPFS_BYTES)?;
    let run = Run::begin(plan, "F3-full", on(&disk)).await?;
    run.go_on(plan.scale.seconds(2, 20)).await;
    run.recorder.fault("the disk is full");
    let ballast = disk.fill()?;
    // What the database has room for within its own files is taken up first.
    let filled = run.until(Duration::from_secs(20), async || {
        !run.recorder.refused().is_empty()
    });
    let is_full = filled.await.is_some();
    let seen = look_on(&run, plan.scale.seconds(3, 15)).await;
    drop(ballast);
    let resumed = resumes(&run).await;
    run.heal();
    run.go_on(plan.scale.seconds(2, 25)).await;
    let mut outcome = run
        .finish("F3, disk full", "a tmpfs is filled, and emptied")
        .await?;
    outcome.demands("a full disk refuses anything", is_full);
    seen.judge(&mut outcome);
    judge_resumption(&mut outcome, resumed);
    Ok(outcome)
}

/// The kernel turns the file system read-only under the server; after a restart it is well again.
async fn read_only(plan: &Plan) -> Result<Outcome, Failure> {
    let disk = Disk::ext4()?;
    let mut run = Run::begin(plan, "F3-ro", on(&disk)).await?;
    run.go_on(plan.scale.seconds(2, 20)).await;
    run.recorder.fault("the file system is read-only");
    disk.turn_read_only()?;
    let seen = look_on(&run, plan.scale.seconds(3, 15)).await;
    run.recorder.crash();
    run.server.kill()?;
    disk.mount_again()?;
    run.server.start_again().await?;
    run.recorder.restart(None);
    run.heal();
    run.go_on(plan.scale.seconds(2, 25)).await;
    let injected = "ext4 with errors=remount-ro and an error; then repaired, and a restart";
    let mut outcome = run.finish("F3, read-only", injected).await?;
    seen.judge(&mut outcome);
    Ok(outcome)
}

/// Every sync takes long: everything is later, and nothing is lost, refused or cut off for it.
async fn slow(plan: &Plan) -> Result<Outcome, Failure> {
    let run = Run::begin(plan, "F3-slow", Setup::default()).await?;
    run.go_on(plan.scale.seconds(2, 10)).await;
    run.recorder.fault("every sync is slow");
    let delay = format!("delay_enter={}", DELAY_MS * 1_000);
    let fault = Strace::attach(run.server.id(), SYNCS, &delay, run.scratch()).await?;
    let seen = look_on(&run, plan.scale.seconds(4, 40)).await;
    drop(fault);
    run.heal();
    run.go_on(plan.scale.seconds(1, 10)).await;
    let injected = format!("{DELAY_MS} ms before every sync");
    let mut outcome = run.finish("F3, slow disk", &injected).await?;
    let p99_ms = percentile(&seen.acks_us, 99) / 1_000;
    outcome.says(format!("acks meanwhile p99 {p99_ms} ms"));
    outcome.demands(
        "sends are acknowledged all the same",
        !seen.acks_us.is_empty(),
    );
    outcome.demands("the delay is felt, or it was none", p99_ms >= DELAY_MS);
    seen.judge_the_living(&mut outcome);
    Ok(outcome)
}

/// What was seen while a fault was at work.
struct Seen {
    /// Acks of what was not done before.
    new_acks: usize,
    acks_us: Vec<u64>,
    refusals: Vec<crate::recorder::Refused>,
    disconnects: usize,
    reads: usize,
    reads_failed: usize,
    memory_bytes: u64,
}

/// Looks on for a while, and reads by REST all the time.
async fn look_on(run: &Run, how_long: Duration) -> Seen {
    let clock = run.recorder.clock();
    let from_us = clock.monotonic_us() + SLACK_US;
    let until_us = clock.monotonic_us() + u64::try_from(how_long.as_micros()).unwrap_or(u64::MAX);
    let (mut reads, mut reads_failed, mut memory_bytes) = (0, 0, 0);
    while clock.monotonic_us() < until_us {
        let person = &run.world.people[reads % run.world.people.len()];
        if let Some((room, _)) = person.rooms.first() {
            let read = person.session.messages_after(*room, Seq::ZERO).await;
            reads += 1;
            reads_failed += usize::from(read.is_err());
        }
        memory_bytes = run.server.memory_bytes().max(memory_bytes);
        tokio::time::sleep(READ_EVERY).await;
    }
    let to_us = clock.monotonic_us();
    let in_time = |at_us: u64| (from_us..to_us).contains(&at_us);
    let mut refusals = run.recorder.refused();
    refusals.retain(|refused| in_time(refused.at_us));
    run.recorder.look(|lines| {
        let lines_then = || lines.iter().filter(|line| in_time(line.at_us));
        Seen {
            new_acks: lines_then().filter(|line| is_new_ack(line)).count(),
            acks_us: acks_us(lines, from_us, to_us),
            refusals,
            disconnects: lines_then().filter(|line| is_disconnect(line)).count(),
            reads,
            reads_failed,
            memory_bytes,
        }
    })
}

fn is_new_ack(line: &Line) -> bool {
    matches!(&line.entry, Entry::Ok(done) if done.seq.is_some() && !done.duplicate)
}

const fn is_disconnect(line: &Line) -> bool {
    matches!(&line.entry, Entry::Disconnect(_))
}

impl Seen {
    fn judge(&self, outcome: &mut Outcome) {
        let slowest_us = self
            .refusals
            .iter()
            .map(|it| it.after_us)
            .max()
            .unwrap_or(0);
        let mut codes: Vec<&str> = self.refusals.iter().map(|it| it.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        outcome.says(format!(
            "meanwhile {} refusals ({}), the slowest after {} ms, {} acks of anything new",
            self.refusals.len(),
            codes.join(", "),
            slowest_us / 1_000,
            self.new_acks
        ));
        outcome.demands(
            "sends are refused while it cannot be synced",
            !self.refusals.is_empty(),
        );
        outcome.demands(
            "a refusal comes within 1 s",
            slowest_us <= REFUSED_WITHIN_US,
        );
        let is_typed = codes
            .iter()
            .all(|code| ["unavailable", "overloaded"].contains(code));
        outcome.demands("refusals say unavailable or overloaded", is_typed);
        outcome.demands("nothing new is acknowledged meanwhile", self.new_acks == 0);
        self.judge_the_living(outcome);
    }

    fn judge_the_living(&self, outcome: &mut Outcome) {
        outcome.says(format!(
            "{} of {} readings failed, {} sockets broke, memory {} MiB at most",
            self.reads_failed,
            self.reads,
            self.disconnects,
            self.memory_bytes >> 20
        ));
        outcome.demands("reads go on", self.reads > 0 && self.reads_failed == 0);
        outcome.demands("live sockets go on", self.disconnects == 0);
        outcome.demands("memory is bounded", self.memory_bytes < MEMORY_BYTES_MAX);
    }
}

/// How long it takes until something new is acknowledged.
async fn resumes(run: &Run) -> Option<Duration> {
    let before = run
        .recorder
        .look(|lines| lines.iter().filter(|it| is_new_ack(it)).count());
    let goes_on = async || {
        let now = run
            .recorder
            .look(|lines| lines.iter().filter(|it| is_new_ack(it)).count());
        now > before
    };
    run.until(Duration::from_secs(30), goes_on).await
}

fn judge_resumption(outcome: &mut Outcome, resumed: Option<Duration>) {
    let words = resumed.map_or("never".to_owned(), |after| {
        format!("after {} ms", after.as_millis())
    });
    outcome.says(format!("writes resumed without a restart {words}"));
    let in_time = resumed.is_some_and(|after| after <= RESUMES_WITHIN);
    outcome.demands("writes resume by themselves", in_time);
}
