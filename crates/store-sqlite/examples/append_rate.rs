//! How many durable sends a second the store takes, beside what SQLite itself takes.
//!
//! The floor is a bare writer: the same file, schema and indices, the same rows of `events` and
//! `timeline`, 200 rows a transaction, nothing checked and nothing else kept. Beside it the port's
//! `commit` with batches of 1, 16, 64 and 200 sends from 200 senders in 200 rooms: it also checks,
//! de-duplicates, keeps rooms' heads and senders' watermarks, and crosses two threads. Rounds are
//! interleaved, the median of each is shown, and figures are compared within a run only. The CPU
//! that all threads took (Linux) says more than the time where others use the machine too.
//!
//! `cargo run --release -p tidings-store-sqlite --example append_rate [ROUNDS] [FOLDER]`

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints its table, and ends where it fails"
)]

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, params};
use tidings_domain::event::MemberJoined;
use tidings_domain::{
    ClientId, DeviceId, EventBody, Position, Role, RoomId, RoomKind, RoomSettings, RoomVersion,
    Seq, UserId,
};
use tidings_engine::conformance::stage::{NOON, append_of, creation, message};
use tidings_engine::ports::{Append, Guard, Outcome, Store, Write};
use tidings_store_sqlite::{Options, Role as Opener, SqliteStore};
use uuid::Uuid;

/// Rooms and senders, as in the workload of durable sends.
const ROOMS: u64 = 200;
/// Events that each room has before anything is measured, so that indices have depth.
const HISTORY: u64 = 500;
/// Sends a round.
const SENDS: u64 = 8_000;
/// Rows in a transaction of the bare writer.
const BARE_BATCH: u64 = 200;
/// Bytes of a text.
const TEXT_BYTES: usize = 300;

fn room(n: u64) -> RoomId {
    // Spread over the index as random ids are: multiplied by the golden ratio.
    let spread = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    RoomId::from_bytes((u128::from(spread) << 64 | 1).to_be_bytes())
}

fn sender(n: u64) -> UserId {
    let spread = (n + 1).wrapping_mul(0xd1b5_4a32_d192_ed03);
    UserId::from_bytes((u128::from(spread) << 64 | 2).to_be_bytes())
}

/// A version-7 id: the order of time, and chance behind it.
fn client(n: u64) -> ClientId {
    let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let chance = (u128::from(mixed) << 64 | u128::from(!mixed)).to_be_bytes();
    let random: [u8; 10] = chance[..10].try_into().unwrap();
    ClientId::from_uuid(uuid::Builder::from_unix_timestamp_millis(n / 10, &random).into_uuid())
}

fn text() -> EventBody {
    message(&"lorem ipsum dolor sit amet ".repeat(12)[..TEXT_BYTES])
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments.next().map_or(5, |text| text.parse().unwrap());
    let folder = match arguments.next() {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let folder = folder.unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (bare_folder, port_folder) = (folder.path().join("bare"), folder.path().join("port"));
    for folder in [&bare_folder, &port_folder] {
        std::fs::create_dir(folder).unwrap();
        runtime.block_on(furnish(folder));
    }
    let mut bare = Bare::open(&bare_folder);
    let store = open(&port_folder);
    let ports = store.ports();
    let mut sent = ROOMS * HISTORY;
    let batches = [1, 16, 64, 200];
    let mut costs = vec![Vec::new(); 2 + batches.len()];
    for _ in 0..rounds {
        costs[0].push(bare.round(Kept::Log));
        costs[1].push(bare.round(Kept::LogAndHeads));
        for (batch, costs) in batches.into_iter().zip(&mut costs[2..]) {
            costs.push(runtime.block_on(round(&ports, &mut sent, batch)));
        }
    }
    print(&costs, &batches);
}

/// What a send cost in a round, in microseconds.
#[derive(Clone, Copy)]
struct Cost {
    elapsed_us: f64,
    cpu_us: f64,
}

/// A round that has begun.
struct Round {
    began: Instant,
    cpu_ns: u64,
}

impl Round {
    fn begin() -> Self {
        Self {
            began: Instant::now(),
            cpu_ns: cpu_ns(),
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn end(self, count: u64) -> Cost {
        Cost {
            elapsed_us: self.began.elapsed().as_secs_f64() * 1e6 / count as f64,
            cpu_us: (cpu_ns() - self.cpu_ns) as f64 / 1e3 / count as f64,
        }
    }
}

/// Nanoseconds that this process's threads have run; zero where the system does not say.
fn cpu_ns() -> u64 {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return 0;
    };
    let stats =
        threads.filter_map(|it| std::fs::read_to_string(it.ok()?.path().join("schedstat")).ok());
    stats
        .filter_map(|it| it.split(' ').next()?.parse::<u64>().ok())
        .sum()
}

fn print(costs: &[Vec<Cost>], batches: &[u64]) {
    let median = |costs: &[Cost], of: fn(&Cost) -> f64| {
        let mut sorted: Vec<f64> = costs.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    };
    let (elapsed, cpu) = (|it: &Cost| it.elapsed_us, |it: &Cost| it.cpu_us);
    let floor = (median(&costs[0], elapsed), median(&costs[0], cpu));
    println!("| writer | sends/s | of the bare writer | CPU a send, µs | of the bare writer |");
    println!("|---|---:|---:|---:|---:|");
    let names = [
        "bare, 200 rows a transaction",
        "bare, and heads and watermarks",
    ];
    let names = names.map(str::to_owned).into_iter();
    let ports = batches
        .iter()
        .map(|batch| format!("commit, {batch} sends a batch"));
    for (name, costs) in names.chain(ports).zip(costs) {
        let (elapsed, cpu) = (median(costs, elapsed), median(costs, cpu));
        println!(
            "| {name} | {:.0} | {:.0} % | {cpu:.1} | {:.0} % |",
            1e6 / elapsed,
            100.0 * floor.0 / elapsed,
            100.0 * cpu / floor.1
        );
    }
}

fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(Options::in_folder(folder, Opener::Server)).unwrap()
}

/// Makes the rooms, their members and their history.
async fn furnish(folder: &Path) {
    let store = open(folder).ports();
    let mut sent = 0;
    for n in 0..ROOMS {
        let create = creation(room(n), RoomKind::Group, sender(n), RoomSettings::default());
        let joins = (1..10).map(|k| {
            EventBody::MemberJoined(MemberJoined {
                user: sender((n + k) % ROOMS),
                role: Role::Member,
                visible_from: Seq(1),
            })
        });
        let guard = Guard::Version(RoomVersion(2));
        let joins = append_of(room(n), sender(n), guard, joins.collect());
        let batch = vec![Write::Append(create), Write::Append(joins)];
        store.log.commit(batch).await.unwrap();
    }
    for _ in 0..HISTORY {
        commit(&store, &mut sent, ROOMS).await;
    }
}

/// The version at which [`furnish`] leaves each room.
const VERSION: RoomVersion = RoomVersion(11);

async fn commit(store: &Store, sent: &mut u64, count: u64) {
    let batch = (*sent..*sent + count).map(|n| {
        let (room, sender) = (room(n % ROOMS), sender(n % ROOMS));
        let append = append_of(room, sender, Guard::Version(VERSION), vec![text()]);
        Write::Append(Append {
            client_id: Some(client(n)),
            device: Some(DeviceId::from_uuid(Uuid::from_u128(7))),
            ..append
        })
    });
    let outcomes = store.log.commit(batch.collect()).await.unwrap();
    let taken = |outcome: &Outcome| matches!(outcome, Outcome::Appended { .. });
    assert!(outcomes.iter().all(taken), "a send was refused");
    *sent += count;
}

async fn round(store: &Store, sent: &mut u64, batch: u64) -> Cost {
    // A batch of one waits for the disk each time: fewer of them say as much.
    let count = if batch == 1 { SENDS / 8 } else { SENDS };
    let round = Round::begin();
    for _ in 0..count / batch {
        commit(store, sent, batch).await;
    }
    round.end(count / batch * batch)
}

/// What the bare writer writes.
#[derive(Clone, Copy, PartialEq)]
enum Kept {
    /// Rows of events and timeline.
    Log,
    /// And each room's head and each sender's watermarks.
    LogAndHeads,
}

/// The floor.
struct Bare {
    conn: Connection,
    sent: u64,
    last: Position,
    head: Seq,
}

impl Bare {
    fn open(folder: &Path) -> Self {
        let conn = Connection::open(Options::in_folder(folder, Opener::Tool).path).unwrap();
        conn.pragma_update(None, "synchronous", "FULL").unwrap();
        conn.pragma_update(None, "cache_size", -32 * 1024).unwrap();
        let sql = "SELECT max(position), max(seq) FROM events";
        let (last, head): (i64, i64) = conn
            .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        Self {
            conn,
            sent: ROOMS * HISTORY,
            last: Position(last.cast_unsigned()),
            head: Seq(head.cast_unsigned()),
        }
    }

    fn round(&mut self, kept: Kept) -> Cost {
        let round = Round::begin();
        for _ in 0..SENDS / BARE_BATCH {
            self.conn.execute_batch("BEGIN IMMEDIATE").unwrap();
            self.head = self.head.next();
            for n in 0..BARE_BATCH {
                self.row(n % ROOMS, kept);
            }
            self.conn.execute_batch("COMMIT").unwrap();
        }
        round.end(SENDS)
    }

    fn row(&mut self, n: u64, kept: Kept) {
        self.last = self.last.next();
        self.sent += 1;
        let (room, sender) = (room(n), sender(n));
        let (seq, position) = (self.head.0.cast_signed(), self.last.0.cast_signed());
        let (body, client) = (text(), client(self.sent));
        let sql = "INSERT INTO events (position, room, seq, sender, kind, device, client_id, at_ms, \
             body, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 7)";
        let event = params![
            position,
            room.as_bytes(),
            seq,
            sender.as_bytes(),
            body.kind(),
            [7_u8; 16],
            client.as_bytes(),
            NOON.millis(),
            body.to_json(),
        ];
        self.execute(sql, event);
        let sql = "INSERT INTO timeline (room, seq, position, sender, message) \
             VALUES (?1, ?2, ?3, ?4, 1)";
        let place = params![room.as_bytes(), seq, position, sender.as_bytes()];
        self.execute(sql, place);
        if kept == Kept::LogAndHeads {
            let sql = "UPDATE rooms SET head = ?2, head_position = ?3, head_at = ?4, \
                 last_message = ?2 WHERE id = ?1";
            let head = params![room.as_bytes(), seq, position, NOON.millis()];
            self.execute(sql, head);
            let sql = "UPDATE receipts SET delivered = ?3, read = ?3, stamp = ?4 \
                 WHERE room = ?1 AND user = ?2";
            let marks = params![room.as_bytes(), sender.as_bytes(), seq, position];
            self.execute(sql, marks);
        }
    }

    fn execute(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) {
        let written = self.conn.prepare_cached(sql).unwrap().execute(values);
        assert_eq!(written.unwrap(), 1);
    }
}
