//! F1: SIGKILL every 2 to 7 s, in the middle of whatever the server does, and a restart at once.

use std::time::Duration;

use crate::failure::Failure;
use crate::figures::{percentile, resumes_us};
use crate::judge::Outcome;
use crate::run::{Plan, Run, Setup};
use crate::terminal;

/// It accepts again within this.
const ACCEPTS_WITHIN_MS: u64 = 5_000;
/// 99 of 100 clients are live again within this.
const RESUMED_WITHIN_MS: u64 = 10_000;
/// Starts that differ by less do not grow: a busy machine is not steady.
const STEADY_MS: u64 = 250;

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F1: SIGKILL and restart");
    let mut run = Run::begin(plan, "F1", Setup::default()).await?;
    let until_ms = run.recorder.clock().monotonic_ms() + as_ms(plan.seconds(12, 120));
    let (shortest, longest) = plan.scale.gaps_ms();
    let mut starts_ms = Vec::new();
    while run.recorder.clock().monotonic_ms() < until_ms {
        let pause_ms = run.dice.between(shortest, longest);
        run.go_on(Duration::from_millis(pause_ms)).await;
        starts_ms.push(run.kill_and_start_again().await?);
    }
    run.heal();
    run.go_on(plan.scale.seconds(2, 6)).await;
    let resumes_ms = run.recorder.look(resumes_us);
    let injected = format!(
        "SIGKILL {} times, every {shortest} to {longest} ms",
        starts_ms.len()
    );
    let mut outcome = run.finish("F1", &injected).await?;
    judge(&mut outcome, &starts_ms, &resumes_ms);
    Ok(vec![outcome])
}

fn as_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn judge(outcome: &mut Outcome, starts_ms: &[u64], resumes_us: &[u64]) {
    let slowest_ms = starts_ms.iter().copied().max().unwrap_or(0);
    let third = starts_ms.len().div_ceil(3);
    let median = |of: &[u64]| {
        let mut sorted = of.to_vec();
        sorted.sort_unstable();
        percentile(&sorted, 50)
    };
    let first_ms = median(&starts_ms[..third]);
    let last_ms = median(&starts_ms[starts_ms.len() - third..]);
    let p99_ms = percentile(resumes_us, 99) / 1_000;
    outcome.says(format!("accepted again after {slowest_ms} ms at most"));
    outcome.says(format!(
        "start-up {first_ms} ms in the first third, {last_ms} ms in the last"
    ));
    outcome.says(format!(
        "{} resumes, p99 {p99_ms} ms after the kill",
        resumes_us.len()
    ));
    outcome.demands(
        "it accepts again within 5 s",
        slowest_ms <= ACCEPTS_WITHIN_MS,
    );
    outcome.demands(
        "clients are resumed within 10 s",
        p99_ms <= RESUMED_WITHIN_MS,
    );
    outcome.demands("clients resumed at all", !resumes_us.is_empty());
    outcome.demands(
        "start-up does not grow",
        last_ms <= first_ms * 2 + STEADY_MS,
    );
}
