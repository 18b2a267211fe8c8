//! F16: too few descriptors, too little memory, too little processor. The server sheds what is new
//! before it dies, and still answers those who watch over it.

use crate::cgroup::Limit;
use crate::failure::{Failure, While};
use crate::herd::{Herd, Manner, Orders};
use crate::judge::Outcome;
use crate::metrics::{metric, page};
use crate::run::{Plan, Run, Setup};
use crate::terminal;

const DESCRIPTORS: usize = 256;
/// More clients than descriptors.
const CONNECTIONS: usize = 400;
const MEMORY_BYTES: u64 = 64 * 1024 * 1024;
const PROCESSOR_PERCENT: u32 = 15;

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F16: too few descriptors");
    let descriptors = descriptors(plan).await?;
    terminal::step("F16: too little memory");
    let memory = memory(plan).await?;
    terminal::step("F16: too little processor");
    let processor = processor(plan).await?;
    Ok(vec![descriptors, memory, processor])
}

async fn descriptors(plan: &Plan) -> Result<Outcome, Failure> {
    let limit = format!("--nofile={DESCRIPTORS}:{DESCRIPTORS}");
    let setup = Setup {
        wrap: vec!["prlimit".into(), limit.into()],
        crowd: Some(crate::scale::Scale::Smoke.crowd()),
        ..many_devices()
    };
    let mut run = Run::begin(plan, "F16-fd", setup).await?;
    run.go_on(plan.scale.seconds(1, 15)).await;
    run.recorder.fault("more connections than descriptors");
    let herd = herd(&run, CONNECTIONS).await?;
    run.go_on(plan.scale.seconds(4, 30)).await;
    let answers = health(&run, 5).await;
    let lives = run.server.lives();
    let refused = metric(&run.server, "tidings_connections_refused_total").await;
    let open = metric(&run.server, "process_open_fds").await;
    let (live, still_live) = (herd.count().live, run.all_are_live());
    drop(herd);
    run.heal();
    run.go_on(plan.scale.seconds(3, 15)).await;
    let injected = format!("`prlimit --nofile={DESCRIPTORS}`, {CONNECTIONS} more clients");
    let mut outcome = run.finish("F16, descriptors", &injected).await?;
    let (refused, open) = (refused.unwrap_or(0), open.unwrap_or(0));
    outcome.says(format!(
        "{live} of them were live, {refused} times one was refused, {open} descriptors open meanwhile"
    ));
    outcome.demands("who has no place is told so", refused > 0);
    outcome.demands("who was there before stays", still_live);
    tell(&mut outcome, answers, lives);
    Ok(outcome)
}

/// One user may have any number of clients.
fn many_devices() -> Setup {
    Setup {
        settings: vec!["limits.connections_per_user=100000".to_owned()],
        ..Setup::default()
    }
}

/// Further clients of the crowd's people, who come and stay.
async fn herd(run: &Run, clients: usize) -> Result<Herd, Failure> {
    let mut tokens = Vec::new();
    for person in &run.world.people {
        let granted = person.session.access_token().await;
        tokens.push(granted.during("asking for a token")?.token);
    }
    Herd::start(&Orders {
        server: run.server.address,
        tokens,
        clients,
        seed: run.plan.seed,
        reads_bytes_per_s: None,
        receive_buffer_bytes: None,
        manner: Manner::BackOff,
        from: None,
    })
}

async fn memory(plan: &Plan) -> Result<Outcome, Failure> {
    let clients = plan.scale.number(600, 6_000);
    let mut run = Run::begin(plan, "F16-memory", many_devices()).await?;
    let limit = Limit::memory(run.server.id(), MEMORY_BYTES)?;
    run.recorder.fault("memory is limited");
    let herd = herd(&run, usize::try_from(clients).unwrap_or(0)).await?;
    run.go_on(plan.scale.seconds(8, 60)).await;
    let live = herd.count().live;
    let answers = health(&run, 5).await;
    let lives = run.server.lives();
    let memory_mib = run.server.memory_bytes() >> 20;
    drop(herd);
    if !lives {
        run.recorder.crash();
        run.server.start_again().await?;
        run.recorder.restart(None);
    }
    run.heal();
    run.go_on(plan.scale.seconds(1, 10)).await;
    let injected = format!(
        "a control group of {} MiB, {clients} more clients",
        MEMORY_BYTES >> 20
    );
    let mut outcome = run.finish("F16, memory", &injected).await?;
    drop(limit);
    outcome.says(format!("{live} of them were live, memory {memory_mib} MiB"));
    tell(&mut outcome, answers, lives);
    Ok(outcome)
}

async fn processor(plan: &Plan) -> Result<Outcome, Failure> {
    let mut run = Run::begin(plan, "F16-cpu", Setup::default()).await?;
    run.go_on(plan.scale.seconds(1, 10)).await;
    let limit = Limit::processor(run.server.id(), PROCESSOR_PERCENT)?;
    run.recorder.fault("processor time is limited");
    run.go_on(plan.scale.seconds(4, 40)).await;
    let answers = health(&run, 5).await;
    let lives = run.server.lives();
    run.go_on(plan.scale.seconds(1, 5)).await;
    let injected = format!("a control group with {PROCESSOR_PERCENT} % of one processor");
    let mut outcome = run.finish("F16, processor", &injected).await?;
    drop(limit);
    tell(&mut outcome, answers, lives);
    Ok(outcome)
}

/// How often health and metrics answered, of so many times.
async fn health(run: &Run, times: usize) -> (usize, usize) {
    let mut answered = 0;
    for _ in 0..times {
        let health = page(&run.server, "/healthz").await;
        let metrics = page(&run.server, "/metrics").await;
        answered += usize::from(health.is_some() && metrics.is_some());
    }
    (answered, times)
}

fn tell(outcome: &mut Outcome, (answered, times): (usize, usize), lives: bool) {
    outcome.says(format!(
        "/healthz and /metrics answered {answered} of {times} times"
    ));
    outcome.demands("the server lives", lives);
    outcome.demands("health and metrics answer", answered == times);
}
