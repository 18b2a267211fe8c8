//! A process that appends is killed at chance moments. What it had said is committed is there once,
//! in order, and what is derived follows from it.
//!
//! The test runs itself as the process that is killed.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use tidings_domain::{ClientId, Event, EventBody, RoomId, RoomKind, RoomSettings, Seq, UserId};
use tidings_engine::conformance::stage::{NOON, append_of, creation, message, receipt};
use tidings_engine::ports::{Append, Guard, Outcome, Store, Write};
use tidings_store_sqlite::{Options, Role, SqliteStore, check};

/// Names the folder to the process that is to be killed.
const FOLDER: &str = "TIDINGS_KILL_FOLDER";
/// Which life of that process it is.
const ROUND: &str = "TIDINGS_KILL_ROUND";

const ROOMS: u8 = 3;
const ROUNDS: u64 = 5;

#[test]
fn what_was_acknowledged_survives_a_kill() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let round = std::env::var(ROUND).unwrap().parse().unwrap();
        append_until_killed(Path::new(&folder), round);
    }
    for seed in [3, 11, 42] {
        survives(seed);
    }
}

fn room(n: u8) -> RoomId {
    RoomId::from_bytes([n + 1; 16])
}

fn sender(n: u8) -> UserId {
    UserId::from_bytes([n + 0x81; 16])
}

/// A name that no other send has, in this life or another.
fn client(round: u64, room: u8, n: u64) -> ClientId {
    let mut bytes = [room; 16];
    bytes[..4].copy_from_slice(&u32::try_from(round).unwrap().to_be_bytes());
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    ClientId::from_bytes(bytes)
}

fn text(client: ClientId) -> EventBody {
    message(&format!("I am {client}"))
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(Options::in_folder(folder, Role::Server)).unwrap()
}

/// The process: a task a room sends in batches and says what was acknowledged, for ever.
fn append_until_killed(folder: &Path, round: u64) -> ! {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let store = Arc::new(open(folder).ports());
    for n in 0..ROOMS {
        runtime.spawn(append_to(Arc::clone(&store), round, n));
    }
    loop {
        std::thread::park();
    }
}

async fn append_to(store: Arc<Store>, round: u64, n: u8) {
    let settings = RoomSettings::default();
    let create = creation(room(n), RoomKind::Group, sender(n), settings);
    store.log.commit(vec![Write::Append(create)]).await.unwrap();
    for batch in 0.. {
        let sends = (0..1 + batch % 7).map(|k| client(round, n, batch * 8 + k));
        let mut writes: Vec<_> = sends.map(|client| send(n, client)).collect();
        writes.push(receipt(room(n), sender(n), batch, batch));
        let outcomes = store.log.commit(writes).await.unwrap();
        say(&outcomes);
    }
}

fn send(n: u8, client: ClientId) -> Write {
    // Made and joined: nothing else ever changes these rooms.
    let guard = Guard::Version(tidings_domain::RoomVersion(2));
    Write::Append(Append {
        client_id: Some(client),
        ..append_of(room(n), sender(n), guard, vec![text(client)])
    })
}

fn say(outcomes: &[Outcome]) {
    let mut out = std::io::stdout().lock();
    for outcome in outcomes {
        if let Outcome::Appended { events, .. } = outcome {
            let event = &events[0];
            let client = event.client_id.unwrap();
            writeln!(out, "acknowledged {} {} {client}", event.room, event.seq).unwrap();
        }
    }
    out.flush().unwrap();
}

/// What the process has said: which send is at which place.
type Acknowledged = BTreeMap<(RoomId, Seq), ClientId>;

fn survives(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Acknowledged::new();
    let mut chance = seed;
    for round in 0..ROUNDS {
        let child = start(folder.path(), round);
        // A linear congruential step (Knuth, MMIX): a different moment in every round.
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let lines = 1 + (chance >> 33) % 300;
        kill_after(child, lines, &mut acknowledged);
        assert_all_there(folder.path(), &acknowledged, (seed, round));
    }
    assert!(acknowledged.len() as u64 >= ROUNDS, "nothing was tested");
}

fn start(folder: &Path, round: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "what_was_acknowledged_survives_a_kill",
            "--exact",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills the process once it has said so much, and keeps all that it said before it died.
fn kill_after(mut child: Child, lines: u64, acknowledged: &mut Acknowledged) {
    let mut heard = 0;
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        // A line that the kill cut is not an acknowledgement.
        if let Some((place, client)) = line.strip_suffix('\n').and_then(acknowledgement) {
            acknowledged.insert(place, client);
            heard += 1;
        }
        if heard == lines {
            child.kill().unwrap();
            heard += 1;
        }
        line.clear();
    }
    child.wait().unwrap();
}

fn acknowledgement(line: &str) -> Option<((RoomId, Seq), ClientId)> {
    let mut words = line.strip_prefix("acknowledged ")?.split(' ');
    let room = RoomId::parse(words.next()?).ok()?;
    let seq = words.next()?.parse().ok()?;
    let client = ClientId::parse(words.next()?).ok()?;
    Some(((room, Seq(seq)), client))
}

fn assert_all_there(folder: &Path, acknowledged: &Acknowledged, when: (u64, u64)) {
    let store = open(folder);
    let path = store.path().to_owned();
    let ports = store.ports();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut found = BTreeMap::new();
    for n in 0..ROOMS {
        let events = ports.log.events_after(room(n), Seq::ZERO, usize::MAX);
        let events = runtime.block_on(events).unwrap();
        assert_dense_and_once(&events, when);
        found.extend(events.into_iter().map(|it| ((it.room, it.seq), it)));
    }
    for (place, client) in acknowledged {
        let event = found.get(place);
        let event = event.unwrap_or_else(|| panic!("{when:?}: {place:?} is lost"));
        assert_eq!(event.client_id, Some(*client), "{when:?}: {place:?}");
        assert_eq!(event.body, text(*client), "{when:?}: {place:?}");
    }
    if let Some(((room, seq), client)) = acknowledged.last_key_value() {
        let n = room.as_bytes()[0] - 1;
        let retry = runtime.block_on(ports.log.commit(vec![send(n, *client)]));
        let at = NOON;
        assert_eq!(retry.unwrap(), [Outcome::Duplicate { seq: *seq, at }]);
    }
    drop((ports, store));
    assert_eq!(check(&path).unwrap(), [], "{when:?}");
}

fn assert_dense_and_once(events: &[Event], when: (u64, u64)) {
    let seqs = events.iter().map(|it| it.seq.0);
    assert!(seqs.eq(1..=events.len() as u64), "{when:?}: a hole");
    let clients = events.iter().filter_map(|it| it.client_id);
    let mut clients: Vec<_> = clients.collect();
    let count = clients.len();
    clients.sort();
    clients.dedup();
    assert_eq!(clients.len(), count, "{when:?}: a send is there twice");
}
