//! F10: a client vanishes without a word: nothing of its port reaches anybody any more. It is found
//! out, its place is freed, and others are told that it is gone.

use std::time::Duration;

use tidings_history::Entry;

use crate::failure::Failure;
use crate::inside::tool;
use crate::judge::Outcome;
use crate::run::{Plan, Run, Setup, watched_by};
use crate::scale::Scale;
use crate::terminal;

/// Freed and offline within this.
const WITHIN: Duration = Duration::from_secs(60);

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F10: a client vanishes");
    let mut run = Run::begin(plan, "F10", setup(plan)).await?;
    run.go_on(plan.scale.seconds(1, 5)).await;
    let id = watched_by(&run.world, 0)[0];
    let victim = run.members.iter().find(|member| member.person.id() == id);
    let victim = victim.expect("everybody is a member");
    let port = victim.standing.local().map_or(0, |local| local.port());
    run.recorder
        .fault(&format!("packets of port {port} are dropped"));
    drop_packets(port)?;
    victim.vanish();
    let name = victim.person.name.clone();
    let from = run.recorder.len();
    let is_told = async || {
        run.recorder.look(|lines| {
            lines[from..].iter().any(|line| {
                matches!(&line.entry, Entry::Presence(it) if it.of == name && it.is.as_str() == "offline")
            })
        })
    };
    let began_us = run.recorder.now_us();
    let is_freed = async || !has_socket(run.server.address.port(), port);
    let had = has_socket(run.server.address.port(), port);
    let freed = run.until(WITHIN, is_freed).await;
    let waited = Duration::from_micros(run.recorder.now_us() - began_us);
    let told = run.until(WITHIN.saturating_sub(waited), is_told).await;
    let told = told.map(|after| waited + after);
    run.heal();
    run.go_on(plan.scale.seconds(1, 5)).await;
    run.silence();
    let words = format!(
        "packets of one client's port dropped by nft, heartbeat {}",
        beat(plan)
    );
    let mut outcome = run.finish("F10", &words).await?;
    outcome.demands("the server still had the connection when it vanished", had);
    tell(&mut outcome, "told to others as offline", told);
    tell(&mut outcome, "its connection freed", freed);
    Ok(vec![outcome])
}

const fn beat(plan: &Plan) -> &'static str {
    match plan.scale {
        Scale::Smoke => "1 s",
        Scale::Full => "as delivered (25 s)",
    }
}

fn setup(plan: &Plan) -> Setup {
    let quick = [
        "heartbeat.ping_interval_ms=1000",
        "heartbeat.peer_timeout_ms=2000",
    ];
    let settings = match plan.scale {
        Scale::Smoke => quick.map(str::to_owned).to_vec(),
        Scale::Full => Vec::new(),
    };
    Setup {
        settings,
        ..Setup::default()
    }
}

/// Within the run's own network: nobody else's packets pass there.
fn drop_packets(port: u16) -> Result<(), Failure> {
    let rules = format!(
        "table inet faults {{ chain gone {{ type filter hook input priority 0; \
         tcp sport {port} drop; tcp dport {port} drop; }}; }}"
    );
    tool("nft", &[&rules]).map(drop)
}

/// Whether the server still has its end of the connection.
fn has_socket(server: u16, port: u16) -> bool {
    let (from, to) = (format!(":{server}"), format!(":{port}"));
    let words = [
        "-Htn",
        "state",
        "established",
        "sport",
        "=",
        &from,
        "and",
        "dport",
        "=",
        &to,
    ];
    tool("ss", &words).map_or(true, |found| !found.trim().is_empty())
}

fn tell(outcome: &mut Outcome, what: &str, after: Option<Duration>) {
    match after {
        Some(after) => outcome.says(format!("{what} after {:.1} s", after.as_secs_f64())),
        None => outcome.finds(format!("it was not {what} within a minute")),
    }
}
