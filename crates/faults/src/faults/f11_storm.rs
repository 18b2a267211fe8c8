//! F11: a great many sockets are reset at once, and all of their clients come back. Those who stay hardly
//! notice; the storm ends, and with it the load: an outage that outlives its cause is the real danger.

use std::time::Duration;

use tidings_history::Name;

use crate::failure::{Failure, While};
use crate::figures::{acks_of_us, percentile};
use crate::herd::{Herd, Manner, Orders};
use crate::inside::tool;
use crate::judge::Outcome;
use crate::metrics::metric;
use crate::run::{Plan, Run, Setup};
use crate::scale::{Crowd, Scale};
use crate::terminal;

/// All are back within this.
const BACK_WITHIN: Duration = Duration::from_secs(60);
/// A herd is in place within this.
const IN_PLACE_WITHIN: Duration = Duration::from_secs(300);
/// So much more processor time than before is no sign of a storm that goes on: half as much again,
/// and a twentieth of a processor, which is what a quiet server's own noise is.
const NOISE_PERCENT: u64 = 5;

/// Acks of who is not reset may take twice as long meanwhile; and so much is a busy machine's noise.
const NOISE_US: u64 = 100_000;

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F11: all sockets reset, and a storm of clients that come back");
    let herds_count = plan.scale.number(2, 2);
    let each = usize::try_from(plan.scale.number(300, 9_000)).unwrap_or(0);
    let run = Run::begin(plan, "F11", setup(plan.scale)).await?;
    let herds = gather(&run, herds_count, each).await?;
    let all = herds_count * each as u64;
    run.go_on(plan.scale.seconds(2, 10)).await;
    let calm_from_us = run.recorder.now_us();
    let calm = load(&run, plan.scale.seconds(3, 20)).await;
    let before = Marks::of(&run).await;
    let began_us = run.recorder.now_us();
    run.recorder.fault("sockets are reset");
    let reset_before: u64 = herds.iter().map(|herd| herd.count().greeted).sum();
    let stay_from = reset(&run)?;
    let is_back = async || {
        let counts = herds.iter().map(Herd::count);
        let (live, greeted) = counts.fold((0, 0), |sum, it| (sum.0 + it.live, sum.1 + it.greeted));
        live >= all && greeted >= reset_before + all && run.all_are_live()
    };
    let back = run.until(BACK_WITHIN * 2, is_back).await;
    let ended_us = run.recorder.now_us();
    let storm = Marks::of(&run).await;
    run.heal();
    run.go_on(plan.scale.seconds(3, 60)).await;
    let after = load(&run, plan.scale.seconds(3, 20)).await;
    let p99 = |from_us, to_us| {
        run.recorder.look(|lines| {
            let stays = |client: &Name| number_of(client) >= stay_from;
            percentile(&acks_of_us(lines, from_us, to_us, stays), 99)
        })
    };
    let (calm_us, storm_us) = (p99(calm_from_us, began_us), p99(began_us, ended_us));
    let memory_mib = run.server.memory_bytes() >> 20;
    drop(herds);
    let injected = format!("`ss -K` on {} sockets at once", all + stay_from as u64);
    let mut outcome = run.finish("F11", &injected).await?;
    match back {
        Some(back) => outcome.says(format!("all back after {:.1} s", back.as_secs_f64())),
        None => outcome.finds("not all were back within two minutes".to_owned()),
    }
    outcome.demands(
        "all are back within 60 s",
        back.is_some_and(|back| back <= BACK_WITHIN),
    );
    outcome.says(format!(
        "{} resumes and {} readings of rooms from the store meanwhile",
        storm.resumes - before.resumes,
        storm.misses - before.misses
    ));
    outcome.demands(
        "at most one query a resume",
        storm.misses - before.misses <= storm.resumes - before.resumes,
    );
    outcome.says(format!(
        "acks of who was not reset p99 {} ms before, {} ms in the storm",
        calm_us / 1_000,
        storm_us / 1_000
    ));
    outcome.says(format!(
        "processor {calm} % before, {after} % after; memory {memory_mib} MiB"
    ));
    let what = "acks of who stays at most twice as late";
    outcome.takes(what, storm_us, calm_us * 2, NOISE_US);
    outcome.demands("the load falls back", after <= calm * 3 / 2 + NOISE_PERCENT);
    Ok(vec![outcome])
}

/// Descriptors are what limits the storm; the limits of the settings are not to. At full size there are
/// enough people for nobody to have more than twenty sockets, and they say little: each message goes to
/// 180 sockets, whose clients run on the same machine.
fn setup(scale: Scale) -> Setup {
    const MANY: Crowd = Crowd {
        rooms: 1_000,
        members: 10,
        people: 1_000,
        sends_per_s: 20,
    };
    Setup {
        settings: vec![
            "limits.connections_per_user=100000".to_owned(),
            "auth.access_token_s=3600".to_owned(),
        ],
        crowd: (scale == Scale::Full).then_some(MANY),
        ..Setup::default()
    }
}

async fn gather(run: &Run, count: u64, each: usize) -> Result<Vec<Herd>, Failure> {
    let mut tokens = Vec::new();
    for person in &run.world.people {
        let granted = person
            .session
            .access_token()
            .await
            .during("asking for a token")?;
        tokens.push(granted.token);
    }
    let mut herds = Vec::new();
    for number in 0..count {
        herds.push(Herd::start(&Orders {
            server: run.server.address,
            tokens: tokens.clone(),
            clients: each,
            seed: run.plan.seed + number,
            reads_bytes_per_s: None,
            receive_buffer_bytes: None,
            manner: Manner::BackOff,
            from: None,
        })?);
    }
    let is_there = async || herds.iter().all(|herd| herd.count().live >= each as u64);
    match run.until(IN_PLACE_WITHIN, is_there).await {
        Some(_) => Ok(herds),
        None => Err(Failure::Server("it did not let the herd in".to_owned())),
    }
}

/// Resets the sockets of the herds and of the first members, within the run's own network. Members
/// from the returned number on stay: they live at addresses beyond.
fn reset(run: &Run) -> Result<usize, Failure> {
    let port = format!(":{}", run.server.address.port());
    let (network, stay_from) = match run.plan.scale {
        Scale::Smoke => ("127.1.0.0/28", 15),
        Scale::Full => ("127.1.0.0/25", 127),
    };
    let those = ["and", "(", "dst", "127.0.0.1", "or", "dst", network, ")"];
    let words = ["-K", "-t", "state", "established", "sport", "=", &port];
    tool("ss", &[&words[..], &those[..]].concat())?;
    Ok(stay_from)
}

fn number_of(client: &Name) -> usize {
    client.as_str().trim_start_matches('u').parse().unwrap_or(0)
}

/// Processor time of the server over a while, in percent of one processor.
async fn load(run: &Run, how_long: Duration) -> u64 {
    let before = run.server.processor_ms();
    run.go_on(how_long).await;
    let used = run.server.processor_ms() - before;
    used * 100 / u64::try_from(how_long.as_millis()).unwrap_or(1).max(1)
}

struct Marks {
    resumes: u64,
    misses: u64,
}

impl Marks {
    async fn of(run: &Run) -> Self {
        let number = async |name| metric(&run.server, name).await.unwrap_or(0);
        Self {
            resumes: number("tidings_resumes_total").await,
            misses: number("tidings_tail_misses_total").await,
        }
    }
}
