//! F2: the power goes. The database lies on an ext4 image, which from one moment on takes nothing
//! more; then it is mounted anew, as after a restart of the machine.
//!
//! The same with `store.sync = "off"` must show a loss, or the cut cuts nothing.

use std::time::Duration;

use crate::disk::Disk;
use crate::failure::Failure;
use crate::judge::Outcome;
use crate::run::{Plan, Run, Setup};
use crate::terminal;

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F2: power cuts");
    let held = cuts(plan, plan.scale.number(2, 12)).await?;
    terminal::step("F2: a power cut with sync off, which must show a loss");
    let lost = unsynced(plan).await?;
    Ok(vec![held, lost])
}

/// As it is used: what was acknowledged survives.
async fn cuts(plan: &Plan, count: u64) -> Result<Outcome, Failure> {
    let disk = Disk::ext4()?;
    let setup = on(&disk, &[]);
    let mut run = Run::begin(plan, "F2", setup).await?;
    let mut slowest_ms = 0;
    for _ in 0..count {
        let pause_ms = run.dice.between(1_500, 6_000);
        run.go_on(Duration::from_millis(pause_ms)).await;
        slowest_ms = cut(&mut run, &disk).await?.max(slowest_ms);
    }
    run.heal();
    run.go_on(plan.scale.seconds(2, 20)).await;
    let injected = format!("ext4 image cut by the shutdown ioctl {count} times, mounted anew");
    let mut outcome = run.finish("F2", &injected).await?;
    outcome.says(format!(
        "accepted again {slowest_ms} ms after the mount at most"
    ));
    Ok(outcome)
}

fn on(disk: &Disk, settings: &[&str]) -> Setup {
    Setup {
        data: Some(disk.data()),
        settings: settings
            .iter()
            .map(|setting| (*setting).to_owned())
            .collect(),
        ..Setup::default()
    }
}

async fn cut(run: &mut Run, disk: &Disk) -> Result<u64, Failure> {
    disk.cut()?;
    run.recorder.crash();
    run.server.kill()?;
    disk.mount_again()?;
    let took_ms = run.server.start_again().await?;
    run.recorder.restart(None);
    Ok(took_ms)
}

/// With sync off. What was there before the load is synced, so that there is somebody to ask.
async fn unsynced(plan: &Plan) -> Result<Outcome, Failure> {
    let disk = Disk::ext4()?;
    let mut run = Run::begin(plan, "F2-off", on(&disk, &["store.sync=off"])).await?;
    disk.sync()?;
    run.go_on(Duration::from_secs(3)).await;
    let injected = "the same cut once, with `store.sync=off`";
    let mut shown = Outcome::of("F2, sync off", injected);
    match cut(&mut run, &disk).await {
        Ok(_) => {
            run.silence();
            shown.figures = run.finish("F2-off", injected).await?.figures;
            shown.demands("a loss is shown", shown.figures.lost > 0);
            shown.says("the loss is what this run must show".to_owned());
        }
        Err(failure) => shown.says(format!("all is lost, as may be: {failure}")),
    }
    Ok(shown)
}
