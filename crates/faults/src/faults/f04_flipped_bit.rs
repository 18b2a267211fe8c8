//! F4: one bit of the database is flipped while the server is down: in the text of a message in the
//! log, and in a page of an index. It is detected and named, and no wrong text is ever shown.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::dice::Dice;
use crate::failure::{Failure, While};
use crate::inside::tool;
use crate::judge::Outcome;
use crate::reading::{Difference, Reading};
use crate::run::{Plan, Run, Setup};
use crate::server::Program;
use crate::terminal;

/// SQLite's, and ours.
const PAGE_BYTES: usize = 4_096;
/// An index that every de-duplication looks at.
const INDEX: &str = "events_by_client_id";

/// Bits that are tried until one matters.
const FLIPS_MAX: usize = 100;

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F4: a flipped bit in the log");
    let log = log(plan).await?;
    terminal::step("F4: a flipped bit in an index");
    let index = index(plan).await?;
    Ok(vec![log, index])
}

/// A run that has said something and stands still, and everything that there is to read.
async fn spoken(plan: &Plan, name: &str) -> Result<(Run, Reading), Failure> {
    let mut run = Run::begin(plan, name, Setup::default()).await?;
    run.go_on(plan.scale.seconds(3, 60)).await;
    run.silence();
    run.rest().await;
    let reading = Reading::of(&run.world).await?;
    run.recorder.crash();
    run.server.stop().await?;
    Ok((run, reading))
}

async fn log(plan: &Plan) -> Result<Outcome, Failure> {
    let (mut run, before) = spoken(plan, "F4-log").await?;
    let pages = pages_of(&run.server.program, "events")?;
    let text = before.a_text(&mut run.dice);
    let at = flip_in_text(&file(&run.server.program), &pages, &text)?;
    run.server.start_again().await?;
    run.recorder.restart(None);
    let after = Reading::of(&run.world).await?;
    let (program, scratch) = (run.server.program.clone(), run.keep_scratch());
    let injected = format!("one bit of a text, at byte {at} of the database");
    let ending = run.finish_damaged("F4, in the log", &injected, &before);
    let mut outcome = ending.await?;
    let difference = before.compare(&after);
    outcome.says(format!(
        "{} events read before and after, {difference}",
        before.len()
    ));
    let expected = Difference {
        damaged: 1,
        ..Difference::default()
    };
    outcome.demands(
        "exactly the damaged event is shown as damaged",
        difference == expected,
    );
    let named = outcome.log.contains("an event in the database is damaged");
    outcome.demands("the log names the damaged event", named);
    judge_check(&mut outcome, &program)?;
    drop(scratch);
    Ok(outcome)
}

async fn index(plan: &Plan) -> Result<Outcome, Failure> {
    let (mut run, before) = spoken(plan, "F4-index").await?;
    let program = run.server.program.clone();
    let pages = pages_of(&program, INDEX)?;
    let at = flip_in_page(&file(&program), &pages, &mut run.dice)?;
    let injected = format!("one bit of `{INDEX}`, at byte {at} of the database");
    let scratch = run.keep_scratch();
    let mut outcome = match run.server.start_again().await {
        Ok(_) => starts(run, &injected, &before).await?,
        Err(failure) => {
            let mut outcome = Outcome::of("F4, in an index", &injected);
            outcome.says(format!("it does not start: {failure}"));
            outcome.log = run.server.logged();
            outcome
        }
    };
    judge_check(&mut outcome, &program)?;
    drop(scratch);
    Ok(outcome)
}

/// A server that starts with a damaged index shows nothing wrong.
async fn starts(run: Run, injected: &str, before: &Reading) -> Result<Outcome, Failure> {
    run.recorder.restart(None);
    let after = Reading::of(&run.world).await?;
    let mut outcome = run.finish("F4, in an index", injected).await?;
    let difference = before.compare(&after);
    outcome.says(format!(
        "it starts; {} events read before and after, {difference}",
        before.len()
    ));
    outcome.demands(
        "nothing wrong is shown",
        difference == Difference::default(),
    );
    Ok(outcome)
}

fn file(program: &Program) -> PathBuf {
    program.data.join("tidings.db")
}

/// The pages of a table or an index, from 1.
fn pages_of(program: &Program, name: &str) -> Result<Vec<usize>, Failure> {
    let query = format!("SELECT pageno FROM dbstat WHERE name = '{name}' AND pagetype = 'leaf'");
    let path = file(program);
    let text = tool(
        "sqlite3",
        &["-readonly", path.to_str().expect("a plain name"), &query],
    )?;
    Ok(text.lines().filter_map(|line| line.parse().ok()).collect())
}

/// Flips the lowest bit of a text's last byte, where it stands in these pages; where that was.
fn flip_in_text(path: &Path, pages: &[usize], text: &str) -> Result<usize, Failure> {
    let bytes = fs::read(path).during("reading the database")?;
    let starts = pages.iter().map(|page| (page - 1) * PAGE_BYTES);
    let mut found = starts.filter_map(|start| {
        let page = &bytes[start..start + PAGE_BYTES];
        let mut windows = page.windows(text.len());
        windows
            .position(|window| window == text.as_bytes())
            .map(|at| start + at)
    });
    let at = found
        .next_back()
        .ok_or_else(|| Failure::Tool(format!("{text:?} is not in the database")))?;
    flip(path, bytes, at + text.len() - 1)
}

/// Flips bits until one is found that SQLite's own check of the index sees: much of a page is free.
fn flip_in_page(path: &Path, pages: &[usize], dice: &mut Dice) -> Result<usize, Failure> {
    let bytes = fs::read(path).during("reading the database")?;
    if pages.is_empty() {
        return Err(Failure::Tool(format!("{INDEX} has no pages")));
    }
    for _ in 0..FLIPS_MAX {
        let page = pages[dice.index(pages.len())];
        let at = page * PAGE_BYTES - 1 - dice.index(PAGE_BYTES / 2);
        flip(path, bytes.clone(), at)?;
        let text = path.to_str().expect("a plain name");
        let found = tool("sqlite3", &["-readonly", text, "PRAGMA integrity_check(1)"]);
        if found.map_or(true, |found| found.trim() != "ok") {
            return Ok(at);
        }
    }
    Err(Failure::Tool("no flipped bit damages the index".to_owned()))
}

fn flip(path: &Path, mut bytes: Vec<u8>, at: usize) -> Result<usize, Failure> {
    bytes[at] ^= 1;
    fs::write(path, bytes).during("damaging the database")?;
    Ok(at)
}

/// `tidings check` must find it, too.
fn judge_check(outcome: &mut Outcome, program: &Program) -> Result<(), Failure> {
    let mut command: Command = program.command("check");
    let output = command
        .arg("--data")
        .arg(&program.data)
        .output()
        .during("checking")?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let first = said
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let code = output.status.code();
    let left = code.map_or_else(|| "no code".to_owned(), |code| code.to_string());
    outcome.says(format!(
        "`tidings check` leaves with {left}: {}",
        first.replace('|', "/")
    ));
    outcome.demands(
        "`tidings check` finds the damage",
        matches!(code, Some(4 | 5)),
    );
    Ok(())
}
