//! The server killed with SIGKILL at random moments under sends, and started again: every message
//! that was acknowledged is there, once, at the place that the ack named, and who listened has
//! heard all of it in order.
//!
//! The real binary (that of `TIDINGS_BIN` if set), real sockets, one store on disk. A seed decides
//! when the server dies.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test fails by panicking, tells what it did, and shares its parts by folders"
)]

mod crash_test {
    pub mod person;
    pub mod server;
}

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use crash_test::person::{Account, Speaker, Watcher};
use crash_test::server::Server;

const SPEAKERS: usize = 6;
const KILLS: u64 = 4;

/// Numbers from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_doubled_or_moved_when_the_server_is_killed() {
    for seed in [1, 2] {
        run(seed).await;
    }
}

async fn run(seed: u64) {
    let mut dice = Dice(seed);
    let mut server = Server::start();
    let owner = Account::sign_up(&server.url, "owner").await;
    let room = owner.make_channel("crash").await;
    let mut accounts = Vec::new();
    for n in 0..SPEAKERS {
        let account = Account::sign_up(&server.url, &format!("speaker{n}")).await;
        account.join(&room).await;
        accounts.push(Arc::new(account));
    }
    let watcher = Watcher::start(Arc::new(owner), room.clone());
    let speakers: Vec<Speaker> = accounts
        .iter()
        .map(|account| Speaker::start(account.clone(), room.clone()))
        .collect();
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(300 + dice.below(700))).await;
        server.kill_and_restart();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut said = HashMap::new();
    for speaker in speakers {
        said.extend(speaker.finish().await);
    }
    let log = accounts[0].whole_log(&room).await;
    let heard = watcher.finish(log.len() as u64).await;
    judge(seed, &said, &log, &heard);
    drop(server);
}

/// `said`: what was sent, by client id, with the seq of its ack. `log`: client ids by seq.
fn judge(
    seed: u64,
    said: &HashMap<String, Option<u64>>,
    log: &BTreeMap<u64, Option<String>>,
    heard: &[u64],
) {
    let dense: Vec<u64> = (1..=log.len() as u64).collect();
    assert_eq!(
        log.keys().copied().collect::<Vec<_>>(),
        dense,
        "seed {seed}: the log has holes"
    );
    let mut places: HashMap<&str, u64> = HashMap::new();
    for (seq, client_id) in log {
        let Some(client_id) = client_id else { continue };
        let twice = places.insert(client_id, *seq);
        assert_eq!(twice, None, "seed {seed}: {client_id} is in the log twice");
        assert!(
            said.contains_key(client_id),
            "seed {seed}: nobody said {client_id}"
        );
    }
    let mut acknowledged = 0;
    for (client_id, seq) in said {
        let Some(seq) = seq else { continue };
        acknowledged += 1;
        let place = places.get(client_id.as_str());
        assert_eq!(
            place,
            Some(seq),
            "seed {seed}: {client_id} was acknowledged at {seq}"
        );
    }
    let first = heard.first().copied().unwrap_or(1);
    let expected: Vec<u64> = (first..=log.len() as u64).collect();
    assert_eq!(
        heard, expected,
        "seed {seed}: the watcher missed or repeated something"
    );
    assert!(
        acknowledged > 50,
        "seed {seed}: only {acknowledged} sends: that proves nothing"
    );
    println!(
        "seed {seed}: {KILLS} kills, {} sent, {acknowledged} acknowledged, 0 lost, 0 doubled; \
         the watcher heard {} events in order",
        said.len(),
        heard.len()
    );
}
