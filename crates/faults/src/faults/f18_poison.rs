//! F18: rows that nobody can read, and messages made to choke whoever handles them. One is skipped
//! and reported, the room lives, and the server does not die of it again and again.

use tidings_domain::RoomId;

use crate::failure::Failure;
use crate::inside::tool;
use crate::judge::Outcome;
use crate::metrics::metric;
use crate::reading::{Difference, Reading};
use crate::run::{Plan, Run, Setup};
use crate::terminal;

/// What the bodies of three events are overwritten with: cut off, of another form, and no text.
const POISON: [&str; 3] = [
    r#"'{"text":'"#,
    r#"'{"text":{"a":[[[[[[[[]]]]]]]]}}'"#,
    "char(0) || 'x'",
];

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F18: rows that nobody can read");
    let rows = rows(plan).await?;
    terminal::step("F18: messages made to choke on");
    let messages = messages(plan).await?;
    Ok(vec![rows, messages])
}

async fn rows(plan: &Plan) -> Result<Outcome, Failure> {
    let mut run = Run::begin(plan, "F18-rows", Setup::default()).await?;
    run.go_on(plan.scale.seconds(2, 20)).await;
    run.silence();
    run.rest().await;
    let before = Reading::of(&run.world).await?;
    run.recorder.crash();
    run.server.kill()?;
    poison(&run)?;
    run.server.start_again().await?;
    run.recorder.restart(None);
    run.heal();
    run.speak();
    run.go_on(plan.scale.seconds(3, 40)).await;
    run.silence();
    let rested = run.rest().await;
    let panics = metric(&run.server, "tidings_panics_total").await;
    let lives = run.server.lives();
    let after = Reading::of(&run.world).await?;
    let injected = "three bodies of the log overwritten by sqlite3, and a restart";
    let mut outcome = run.finish_damaged("F18, rows", injected, &before).await?;
    let difference = before.compare(&after);
    outcome.says(format!(
        "{} events read before, {difference}; {} now",
        before.len(),
        after.len()
    ));
    let expected = Difference {
        damaged: POISON.len(),
        ..Difference::default()
    };
    outcome.demands(
        "these and no others are shown as damaged",
        difference == expected,
    );
    let named = outcome
        .log
        .matches("an event in the database is damaged")
        .count();
    outcome.demands("each is reported once", named == POISON.len());
    outcome.demands(
        "the rooms live: all that was said is answered and shown",
        rested,
    );
    outcome.demands("more was said", after.len() > before.len());
    outcome.demands(
        "no task ended by a bug, and the server lives",
        panics == Some(0) && lives,
    );
    Ok(outcome)
}

/// The last messages of the log: those that everybody reads first.
fn poison(run: &Run) -> Result<(), Failure> {
    let path = run.server.program.data.join("tidings.db");
    let path = path.to_str().expect("a plain name");
    for (number, body) in POISON.iter().enumerate() {
        let which = format!(
            "(SELECT position FROM events WHERE kind = 'message.sent' \
             ORDER BY position DESC LIMIT 1 OFFSET {})",
            number * 3
        );
        let statement = format!("UPDATE events SET body = {body} WHERE position = {which}");
        tool("sqlite3", &[path, &statement])?;
    }
    Ok(())
}

async fn messages(plan: &Plan) -> Result<Outcome, Failure> {
    let run = Run::begin(plan, "F18-messages", Setup::default()).await?;
    run.go_on(plan.scale.seconds(1, 10)).await;
    run.recorder.fault("messages made to choke on are sent");
    let room: RoomId = run.world.people[0].rooms[0].0;
    for text in nasty() {
        run.members[0].say_this(room, text);
    }
    run.go_on(plan.scale.seconds(3, 40)).await;
    let panics = metric(&run.server, "tidings_panics_total").await;
    run.heal();
    run.go_on(plan.scale.seconds(1, 10)).await;
    let injected = format!(
        "{} messages of NULs, controls, marks, depth and size",
        nasty().len()
    );
    let mut outcome = run.finish("F18, messages", &injected).await?;
    outcome.demands("no task ended by a bug", panics == Some(0));
    outcome.says(format!(
        "{} of them refused for good",
        outcome.figures.refused
    ));
    Ok(outcome)
}

fn nasty() -> Vec<String> {
    vec![
        "\0".to_owned(),
        "a\0b".to_owned(),
        "\u{202e}\u{2066}\u{200f}txt.exe".to_owned(),
        format!("a{}", "\u{301}".repeat(3_000)),
        "\u{feff}\u{fffe}\u{ffff}\u{10ffff}".to_owned(),
        "> ".repeat(5_000),
        format!("{}{}", "[".repeat(4_000), "]".repeat(4_000)),
        "*_".repeat(5_000),
        "x".repeat(60_000),
        "'; DROP TABLE events; --".to_owned(),
        "{\"text\":".to_owned(),
        "\r\n\r\ndata: {}\r\n\r\n".to_owned(),
        "<script>alert(1)</script>".to_owned(),
    ]
}
