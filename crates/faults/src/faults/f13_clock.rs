//! F13: the server's clock jumps an hour ahead, an hour back, and runs fast. Order is that of seqs,
//! and timers go by the monotonic clock: nobody is taken for dead. Tokens live by the clock on the
//! wall, so those of before may be over; clients get new ones.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tidings_client::clock::Clock as _;
use tidings_client::clock::SystemClock;
use tidings_history::Entry;

use crate::failure::{Failure, While};
use crate::judge::Outcome;
use crate::run::{Plan, Run, Setup};
use crate::terminal;

/// What Debian's package libfaketime installs, in the folder of the machine's architecture.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";
/// The clocks: an hour ahead, an hour behind, and a tenth too fast.
const CLOCKS: [(&str, i64); 3] = [("+3600", 3_600), ("-3600", -3_600), ("+0 x1.10", 0)];
/// How far the server's clock may lie from what it was set to.
const APART_S: i64 = 60;
/// The close code of a token that is over.
const TOKEN_EXPIRED: u16 = 4101;

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F13: the clock jumps");
    let library = library()?;
    let folder = tempfile::tempdir().during("making a folder")?;
    set(&folder, "+0")?;
    let mut run = Run::begin(plan, "F13", setup(&folder, library)).await?;
    run.go_on(plan.scale.seconds(2, 10)).await;
    let mut shown = Vec::new();
    for (clock, _) in CLOCKS {
        run.recorder.fault(&format!("the clock is {clock}"));
        set(&folder, clock)?;
        run.go_on(plan.scale.seconds(3, 20)).await;
        shown.push(ahead_s(&run).await?);
    }
    set(&folder, "+0")?;
    run.heal();
    run.go_on(plan.scale.seconds(2, 10)).await;
    run.silence();
    let codes = run.recorder.look(|lines| {
        let ends = lines.iter().filter_map(|line| match &line.entry {
            Entry::Disconnect(end) => Some(end.code),
            _ => None,
        });
        ends.collect::<Vec<_>>()
    });
    let injected = "libfaketime: an hour ahead, an hour back, a tenth too fast";
    let mut outcome = run.finish("F13", injected).await?;
    for ((clock, expected), shown) in CLOCKS.iter().zip(shown) {
        let is_so = (shown - expected).abs() <= APART_S;
        outcome.demands(
            &format!("the server's clock is {clock}, not {shown} s"),
            is_so,
        );
    }
    let others = codes
        .iter()
        .filter(|code| **code != Some(TOKEN_EXPIRED))
        .count();
    outcome.says(format!(
        "{} sockets asked for a newer token, {others} broke otherwise",
        codes.len() - others
    ));
    outcome.demands("no socket is given up for the clock", others == 0);
    Ok(vec![outcome])
}

fn setup(folder: &TempDir, library: PathBuf) -> Setup {
    let variables = [
        ("LD_PRELOAD", library.into_os_string()),
        (
            "FAKETIME_TIMESTAMP_FILE",
            folder.path().join("clock").into_os_string(),
        ),
        ("FAKETIME_NO_CACHE", "1".into()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ("DONT_FAKE_MONOTONIC", "1".into()),
    ];
    Setup {
        environment: variables
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
        ..Setup::default()
    }
}

fn library() -> Result<PathBuf, Failure> {
    let folders = fs::read_dir("/usr/lib").during("looking for libfaketime")?;
    let mut found = folders.flatten().map(|folder| folder.path().join(LIBRARY));
    found.find(|library| library.exists()).ok_or_else(|| {
        Failure::Tool("there is no libfaketime: apt-get install faketime".to_owned())
    })
}

fn set(folder: &TempDir, clock: &str) -> Result<(), Failure> {
    // Put in place at once: the server reads it at every look at the clock.
    let new = folder.path().join("new");
    fs::write(&new, format!("{clock}\n")).during("setting the clock")?;
    fs::rename(new, folder.path().join("clock")).during("setting the clock")
}

/// How far ahead the last message says that the server's clock is.
async fn ahead_s(run: &Run) -> Result<i64, Failure> {
    let person = &run.world.people[0];
    let room = run.world.rooms[0];
    let found = person
        .session
        .room(room)
        .await
        .during("asking for a room")?;
    let now_ms = i64::try_from(SystemClock::start().unix_ms()).unwrap_or(i64::MAX);
    Ok((found.head_at_ms.millis() - now_ms) / 1_000)
}
