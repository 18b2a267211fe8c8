//! F14: some clients read a kilobyte a second, some nothing at all. Memory is bounded, the others do
//! not notice, and who reads nothing is given up in time.

use std::fs;
use std::time::Duration;

use crate::failure::{Failure, While};
use crate::figures::{acks_us, percentile};
use crate::herd::{Herd, Manner, Orders};
use crate::judge::Outcome;
use crate::metrics::metric;
use crate::run::{Plan, Run, Setup};
use crate::scale::{Crowd, Scale};
use crate::terminal;

/// What a slow client reads.
const SLOW_BYTES_PER_S: u32 = 1_024;
/// The smallest that the kernel gives is about twice this.
const RECEIVE_BUFFER_BYTES: u32 = 2_304;
/// What a connection may have in the server's memory: its outbox and something around it.
const BYTES_A_CONNECTION: u64 = 512 * 1024;
/// The sizes of send buffers in the network of this process: least, first, most.
const SEND_BUFFERS: &str = "/proc/sys/net/ipv4/tcp_wmem";
/// What the kernel takes at most from the server for who does not read. Between two processes of one
/// machine it takes megabytes, and a slow client would be nobody's trouble for a long time.
const SMALL: &str = "4096 16384 131072";
/// What may wait for one connection, as `tidings_outbox_bytes_max` says.
const OUTBOX_BYTES: u64 = 256 * 1024;
/// Texts are long, so that who reads slowly falls behind within the run.
const FILLING_BYTES: usize = 3_000;
/// A herd is in place within this.
const IN_PLACE_WITHIN: Duration = Duration::from_secs(30);

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F14: slow clients");
    let (slow, frozen) = (plan.scale.number(10, 100), plan.scale.number(5, 20));
    let buffers = SendBuffers::small()?;
    let run = Run::begin(plan, "F14", setup(plan)).await?;
    run.go_on(plan.scale.seconds(1, 5)).await;
    let calm_us = run.recorder.now_us();
    run.go_on(plan.scale.seconds(4, 30)).await;
    let began_us = run.recorder.now_us();
    let memory_before = run.server.memory_bytes();
    run.recorder
        .fault("slow clients come, and some that read nothing");
    let slow_ones = herd(&run, slow, Some(SLOW_BYTES_PER_S)).await?;
    let frozen_ones = herd(&run, frozen, None).await?;
    frozen_ones.freeze()?;
    let (mut memory_most, mut waiting_most) = (memory_before, 0);
    let until_us = run.recorder.now_us() + micros(plan.scale.seconds(8, 75));
    while run.recorder.now_us() < until_us {
        run.go_on(Duration::from_millis(200)).await;
        memory_most = run.server.memory_bytes().max(memory_most);
        let waiting = metric(&run.server, "tidings_outbox_bytes").await;
        waiting_most = waiting.unwrap_or(0).max(waiting_most);
    }
    let ended_us = run.recorder.now_us();
    let behind = metric(&run.server, "tidings_behind_total")
        .await
        .unwrap_or(0);
    drop((slow_ones, frozen_ones));
    run.heal();
    run.go_on(plan.scale.seconds(1, 5)).await;
    let p99 = |from_us, to_us| {
        run.recorder
            .look(|lines| percentile(&acks_us(lines, from_us, to_us), 99))
    };
    let (before_us, meanwhile_us) = (p99(calm_us, began_us), p99(began_us, ended_us));
    let injected = format!(
        "{slow} clients at 1 KiB/s and {frozen} stopped by SIGSTOP, beside {}",
        run.members.len()
    );
    let mut outcome = run.finish("F14", &injected).await?;
    drop(buffers);
    let grown = memory_most.saturating_sub(memory_before);
    outcome.says(format!(
        "{} KiB waited for clients at most, {behind} times one that was behind went on; \
         memory grew by {} KiB at most",
        waiting_most >> 10,
        grown >> 10
    ));
    outcome.says(format!(
        "acks of the others p99 {} ms before, {} ms meanwhile",
        before_us / 1_000,
        meanwhile_us / 1_000
    ));
    let bound = (slow + frozen) * BYTES_A_CONNECTION + (64 << 20);
    outcome.demands("memory is bounded", grown <= bound);
    outcome.demands(
        "the slow ones were slow enough to fill their outboxes",
        waiting_most > plan.scale.number(1, (slow + frozen) / 2) * OUTBOX_BYTES,
    );
    let what = "acks of the others at most a fifth later";
    outcome.takes(what, meanwhile_us, before_us * 6 / 5, plan.scale.noise_us());
    Ok(vec![outcome])
}

/// Small send buffers in the run's own network, until it is dropped.
struct SendBuffers {
    before: String,
}

impl SendBuffers {
    fn small() -> Result<Self, Failure> {
        let before = fs::read_to_string(SEND_BUFFERS).during("reading the size of send buffers")?;
        fs::write(SEND_BUFFERS, SMALL).during("making send buffers small")?;
        Ok(Self { before })
    }
}

impl Drop for SendBuffers {
    fn drop(&mut self) {
        drop(fs::write(SEND_BUFFERS, &self.before));
    }
}

/// Few rooms, so that each member has much to read; and not so many members that who comes has to be told
/// of more watermarks than a slow one can read.
fn setup(plan: &Plan) -> Setup {
    let crowd = plan.scale.crowd();
    let (members, sends_per_s) = match plan.scale {
        Scale::Smoke => (12, 40),
        Scale::Full => (20, 100),
    };
    Setup {
        crowd: Some(Crowd {
            rooms: crowd.rooms / 4,
            members,
            sends_per_s,
            ..crowd
        }),
        filling_bytes: FILLING_BYTES,
        ..Setup::default()
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Clients that count as further devices of members.
async fn herd(run: &Run, clients: u64, reads_bytes_per_s: Option<u32>) -> Result<Herd, Failure> {
    let mut tokens = Vec::new();
    for person in run.world.people.iter().take(20) {
        let granted = person
            .session
            .access_token()
            .await
            .during("asking for a token")?;
        tokens.push(granted.token);
    }
    let herd = Herd::start(&Orders {
        server: run.server.address,
        tokens,
        clients: usize::try_from(clients).unwrap_or(0),
        seed: run.plan.seed,
        reads_bytes_per_s,
        receive_buffer_bytes: Some(RECEIVE_BUFFER_BYTES),
        manner: Manner::BackOff,
        from: None,
    })?;
    let is_there = async || herd.count().live >= clients;
    match run.until(IN_PLACE_WITHIN, is_there).await {
        Some(_) => Ok(herd),
        None => Err(Failure::Server("it did not let slow clients in".to_owned())),
    }
}
