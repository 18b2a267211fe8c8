//! Many simple clients in a process of their own: they connect, listen, and come back with their
//! cursors as the protocol says, or as an unkind client would.
//!
//! Told what to do by one line of JSON on standard input; says how many are live, a line at a time.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tidings_client::machine::Input;
use tidings_domain::CommandId;
use tidings_protocol::Command as Said;
use tidings_protocol::ServerFrame;
use tidings_protocol::socket::command::Hello;
use tidings_protocol::socket::frame::AckBody;

use crate::dice::Dice;
use crate::failure::{Failure, While};
use crate::terminal;
use crate::wire::{Dial, Socket};

/// Between two lines about how many are live.
const REPORT_EVERY: Duration = Duration::from_millis(200);
/// The protocol's back-off: `random(0, min(30 s, 0.5 s × 2^n))`.
const FIRST_MS: u64 = 500;
const LONGEST_MS: u64 = 30_000;
/// Sockets that are opened at a time when a herd begins.
const OPENING_MAX: usize = 64;

/// What a herd does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Orders {
    pub(crate) server: SocketAddr,
    /// Access tokens; clients take them in turn.
    pub(crate) tokens: Vec<String>,
    pub(crate) clients: usize,
    pub(crate) seed: u64,
    /// Bytes a second that each reads; all where nothing is said.
    pub(crate) reads_bytes_per_s: Option<u32>,
    pub(crate) receive_buffer_bytes: Option<u32>,
    pub(crate) manner: Manner,
    /// From which address all of them come.
    pub(crate) from: Option<IpAddr>,
}

/// How clients come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Manner {
    /// As the protocol says.
    BackOff,
    /// At once, and gone again as soon as it is there: so many a second in all.
    Hammer {
        /// Attempts.
        per_s: u32,
    },
}

/// How a herd fares.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Count {
    /// Greeted, and not lost since.
    pub(crate) live: u64,
    /// Greetings so far.
    pub(crate) greeted: u64,
    /// Those of them that resumed.
    pub(crate) resumed: u64,
    /// Attempts so far.
    pub(crate) attempts: u64,
}

/// A herd in its process. Dropped, it is killed.
pub(crate) struct Herd {
    child: Child,
    count: Arc<Mutex<Count>>,
}

impl Herd {
    /// Starts a herd.
    pub(crate) fn start(orders: &Orders) -> Result<Self, Failure> {
        let itself = std::env::current_exe().during("finding this program")?;
        let mut child = Command::new(itself)
            .arg("herd")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .during("starting a herd")?;
        let mut input = child.stdin.take().expect("its input is piped");
        let line = serde_json::to_string(orders).expect("orders have string keys only");
        writeln!(input, "{line}").during("ordering a herd")?;
        let output = child.stdout.take().expect("its output is piped");
        let count = Arc::new(Mutex::new(Count::default()));
        let latest = count.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Ok(count) = serde_json::from_str(&line) {
                    *latest.lock().unwrap_or_else(PoisonError::into_inner) = count;
                }
            }
        });
        Ok(Self { child, count })
    }

    /// How it fares, as of a moment ago.
    pub(crate) fn count(&self) -> Count {
        *self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Freezes all of its clients: they hold their sockets and read nothing.
    pub(crate) fn freeze(&self) -> Result<(), Failure> {
        kill_process(Pid::from_child(&self.child), Signal::STOP)
            .map_err(std::io::Error::from)
            .during("freezing a herd")
    }
}

impl Drop for Herd {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The herd's own process.
pub(crate) fn be_one() -> Result<u8, Failure> {
    let mut line = String::new();
    let mut input = std::io::stdin().lock();
    input.read_line(&mut line).during("reading orders")?;
    let orders: Orders = serde_json::from_str(&line)
        .map_err(|why| Failure::Tool(format!("these are no orders: {why}")))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .during("starting")?;
    runtime.block_on(graze(orders));
    Ok(0)
}

#[derive(Default)]
struct Counters {
    live: AtomicU64,
    greeted: AtomicU64,
    resumed: AtomicU64,
    attempts: AtomicU64,
}

async fn graze(orders: Orders) {
    let counters = Arc::new(Counters::default());
    let orders = Arc::new(orders);
    match orders.manner {
        Manner::BackOff => {
            let opening = Arc::new(tokio::sync::Semaphore::new(OPENING_MAX));
            for number in 0..orders.clients {
                let client = listen(number, orders.clone(), counters.clone(), opening.clone());
                tokio::spawn(client);
            }
        }
        Manner::Hammer { per_s } => {
            tokio::spawn(hammer(per_s, orders.clone(), counters.clone()));
        }
    }
    loop {
        tokio::time::sleep(REPORT_EVERY).await;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let count = Count {
            live: read(&counters.live),
            greeted: read(&counters.greeted),
            resumed: read(&counters.resumed),
            attempts: read(&counters.attempts),
        };
        let line = serde_json::to_string(&count).expect("numbers can be written");
        terminal::result(&line);
    }
}

/// One client, for ever.
async fn listen(
    number: usize,
    orders: Arc<Orders>,
    counters: Arc<Counters>,
    opening: Arc<tokio::sync::Semaphore>,
) {
    let mut dice = Dice::new(orders.seed ^ (number as u64) << 20);
    let token = &orders.tokens[number % orders.tokens.len()];
    let mut cursor: Option<String> = None;
    let mut failures = 0;
    loop {
        // Only the first connections are made in turn; a storm is a storm.
        let permit = match cursor {
            None => opening.acquire().await.ok(),
            Some(_) => None,
        };
        if stay(&orders, token, &mut cursor, &counters, permit).await {
            failures = 0;
        }
        let most_ms = (FIRST_MS << failures.min(16)).min(LONGEST_MS);
        failures += 1;
        tokio::time::sleep(Duration::from_millis(dice.below(most_ms + 1))).await;
    }
}

/// One connection, from its opening to its end; whether it was greeted.
async fn stay(
    orders: &Orders,
    token: &str,
    cursor: &mut Option<String>,
    counters: &Counters,
    permit: Option<tokio::sync::SemaphorePermit<'_>>,
) -> bool {
    counters.attempts.fetch_add(1, Ordering::Relaxed);
    let Some(mut socket) = Socket::open(orders.server, dial(orders)).await else {
        return false;
    };
    let hello = Said::Hello(Hello {
        token: Some(token.to_owned()),
        cursor: cursor.clone(),
        device_name: None,
    });
    if socket.write(CommandId(1), &hello).await.is_err() {
        return false;
    }
    let mut permit = permit;
    let mut is_greeted = false;
    loop {
        match socket.next().await {
            Input::Disconnected(_) => break,
            Input::Frame(ServerFrame::Checkpoint(checkpoint)) => *cursor = Some(checkpoint.cursor),
            Input::Frame(ServerFrame::Ack(ack)) => {
                if let AckBody::Welcome { welcome } = ack.body {
                    let resumed = u64::from(cursor.is_some());
                    counters.resumed.fetch_add(resumed, Ordering::Relaxed);
                    cursor.get_or_insert(welcome.cursor);
                    counters.greeted.fetch_add(1, Ordering::Relaxed);
                    counters.live.fetch_add(1, Ordering::Relaxed);
                    is_greeted = true;
                    permit = None;
                }
            }
            _ => {}
        }
    }
    drop(permit);
    if is_greeted {
        counters.live.fetch_sub(1, Ordering::Relaxed);
    }
    is_greeted
}

fn dial(orders: &Orders) -> Dial {
    Dial {
        from: orders.from,
        receive_buffer_bytes: orders.receive_buffer_bytes,
        reads_bytes_per_s: orders.reads_bytes_per_s,
    }
}

/// Opens sockets at a rate, whatever comes of those before, and drops each at once.
async fn hammer(per_s: u32, orders: Arc<Orders>, counters: Arc<Counters>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_s);
    let at_a_time = Arc::new(tokio::sync::Semaphore::new(orders.clients));
    loop {
        ticks.tick().await;
        let Ok(permit) = at_a_time.clone().try_acquire_owned() else {
            continue;
        };
        counters.attempts.fetch_add(1, Ordering::Relaxed);
        let (orders, counters) = (orders.clone(), counters.clone());
        tokio::spawn(async move {
            let opened = Socket::open(orders.server, dial(&orders)).await;
            let greeted = u64::from(opened.is_some());
            counters.greeted.fetch_add(greeted, Ordering::Relaxed);
            drop(permit);
        });
    }
}
