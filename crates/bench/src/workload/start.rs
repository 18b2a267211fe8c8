//! W10: how long a server takes until it answers, on an empty store and on one that holds millions
//! of messages: whatever it does at its start must not grow with what it keeps.

use std::path::Path;

use crate::bare_writer::FILE_NAME;
use crate::bench::Bench;
use crate::clock;
use crate::failure::{Failure, Outcome, While};
use crate::figures::median;
use crate::http::Connection;
use crate::large_store;
use crate::report::{Budget, Row, Unit};
use crate::scale::Scale;
use crate::server::{Place, Server};
use crate::terminal;
use crate::world::{RoomPlan, World};

/// Starts on each store; the median counts.
const STARTS: usize = 5;
/// Rooms of the large store, and members of each.
const ROOMS: u32 = 1_000;
const MEMBERS: u32 = 2;

/// Runs it.
pub(crate) fn run(bench: &mut Bench) -> Outcome<()> {
    let messages = bench.sizes.stored;
    terminal::step("W10: starting on an empty store");
    let mut empty_ms = Vec::new();
    for start in 0..STARTS {
        let place = bench.place()?.another(&format!("empty-{start}"))?;
        empty_ms.push(start_ms(&place)?);
    }
    terminal::step(&format!("W10: making a store of {messages} messages"));
    let place = bench.place()?.another("large")?;
    make_large(bench.scale, &place, messages)?;
    terminal::step(&format!("W10: starting on {messages} messages"));
    let mut large_ms = Vec::new();
    for _ in 0..STARTS {
        forget_cached(&place.data().join(FILE_NAME))?;
        large_ms.push(start_ms(&place)?);
    }
    let row = |what: String, budget, times: &[f64]| {
        Row::alone("W10", what, Unit::Millis, budget, median(times))
    };
    let scale = bench.scale;
    let rows = [
        row(
            "until a server answers, on an empty store".to_owned(),
            Budget::AtMost(scale.of(200.0, 2_000.0)),
            &empty_ms,
        ),
        row(
            format!("until it answers, on {messages} messages, none of them in the page cache"),
            Budget::AtMost(scale.of(1_000.0, 3_000.0)),
            &large_ms,
        ),
    ];
    bench.add(rows);
    place.remove()
}

/// From the start of the process to its first answer.
fn start_ms(place: &Place) -> Outcome<f64> {
    let begin_ns = clock::now_ns();
    let server = Server::start(place)?;
    let mut connection = Connection::open(&server.address).during("reaching the server")?;
    let status = connection
        .get("/readyz")
        .during("asking whether it is ready")?;
    let taken_ms = (clock::now_ns() - begin_ns) as f64 / 1e6;
    server.stop()?;
    match status {
        200 => Ok(taken_ms),
        status => Err(Failure::Server(format!("it was ready with {status}"))),
    }
}

/// Rooms that a server makes, and messages that are inserted, which a server then has to find right.
fn make_large(scale: Scale, place: &Place, messages: u64) -> Outcome<()> {
    let server = Server::start(place)?;
    let world = World {
        address: &server.address,
        people: &place.people,
    };
    world.provision(0..ROOMS * MEMBERS)?;
    let plans: Vec<RoomPlan> = (0..ROOMS)
        .map(|n| RoomPlan {
            name: format!("Room {n}"),
            users: (n * MEMBERS..(n + 1) * MEMBERS).collect(),
        })
        .collect();
    let rooms = world.make_rooms(&plans)?;
    server.stop()?;
    let path = place.data().join(FILE_NAME);
    large_store::fill(&path, messages)?;
    // A whole check reads all there is, which is for small stores.
    if scale == Scale::Smoke && !place.check()? {
        return Err(Failure::Untrue(
            "the server's check does not take the messages that were inserted".to_owned(),
        ));
    }
    check_last_page(place, &rooms[0], messages.div_ceil(u64::from(ROOMS)))
}

/// A member finds the messages in a room, as many as there are.
fn check_last_page(place: &Place, room: &str, messages: u64) -> Outcome<()> {
    let server = Server::start(place)?;
    let world = World {
        address: &server.address,
        people: &place.people,
    };
    let page = world.last_page(0, room)?;
    server.stop()?;
    let last = page.messages.last().map(|message| message.seq);
    if last == Some(page.head) && page.head.0 > messages {
        return Ok(());
    }
    Err(Failure::Untrue(format!(
        "of {messages} messages that were inserted the server shows {last:?} as the last, and the \
         head is {:?}",
        page.head
    )))
}

/// Has the system forget what it holds of a file in memory, as after a restart of the machine.
fn forget_cached(path: &Path) -> Outcome<()> {
    let file = std::fs::File::open(path).during("opening the store")?;
    file.sync_all().during("writing the store to the disk")?;
    let whole = None;
    rustix::fs::fadvise(&file, 0, whole, rustix::fs::Advice::DontNeed)
        .during("having the store forgotten")
}
