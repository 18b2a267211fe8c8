//! A run: clients, network, server and disk in one thread, in an order that the seed decides.
//!
//! While the server lives, events are handled within its runtime, whose time is paused: it goes on
//! only when nobody has anything to do, and then to whatever is due first, here or in the engine.
//! A crash drops the runtime with everything in it. *Invariant*: no wall clock, no thread, no hash
//! order: the same plan gives the same run.

mod clients;
mod ending;
mod hearing;
mod links;
mod queue;
mod requests;
mod steps;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use parking_lot::Mutex;
use tidings_client::machine::Input;
use tidings_engine::presence::Departure;
use tidings_history::line::{Ending, Node};
use tidings_history::{Entry, History};
use tokio::runtime::{Builder, Runtime};

use crate::client::app::App;
use crate::clock::SimClock;
use crate::disk::Disk;
use crate::ids;
use crate::plan::{Cut, Plan};
use crate::record::Record;
use crate::server::life::{Completed, Host, Server};
use crate::server::outlet::{Attention, LinkId, SimOutlet};
use crate::server::requests::RequestId;
use crate::server::session::Session;
use links::Link;
use queue::{Event, Queue};
use requests::Asked;

/// How often the server looks whether a connection is silent.
const BEAT_MS: u64 = 5_000;
/// Every run is over by then; one that is not is stuck, which is a fault like any other.
const RUN_MS_MAX: u64 = 600_000;
/// No run has so many events, unless something goes round in circles.
const EVENTS_MAX: u64 = 20_000_000;
/// A client's applications start within the first so many milliseconds.
const STARTS_MS: u64 = 400;

/// What came of a run.
pub struct Outcome {
    /// What happened.
    pub history: History,
    /// A hash of all that the network did.
    pub trace: u64,
    /// Events that were handled.
    pub events: u64,
}

/// What hinders a client's line just now.
#[derive(Debug, Clone, Default)]
struct Hindrance {
    slow_bytes: Option<usize>,
    slow_until_ms: u64,
    stalled_until_ms: u64,
    unplugged_until_ms: u64,
}

/// Why the server's runtime is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// The server is gone for so long; what was not synced is kept or lost.
    Crash { ms: u64, tail: bool },
    /// The run is over.
    Over,
}

/// See the module.
pub struct World {
    plan: Arc<Plan>,
    now_ms: u64,
    queue: Queue,
    record: Record,
    apps: Vec<App>,
    hindrances: Vec<Hindrance>,
    links: BTreeMap<LinkId, Link>,
    sessions: BTreeMap<LinkId, Session>,
    host: Option<Host>,
    disk: Disk,
    attention: Arc<Attention>,
    revoked: Arc<Mutex<BTreeSet<usize>>>,
    jumped_ms: Arc<AtomicI64>,
    asked: BTreeMap<RequestId, Asked>,
    requests_made: u64,
    /// What applications say once their machines have done what they are at.
    afterwards: VecDeque<(usize, Input)>,
    left: Option<Left>,
    /// The server shuts down and takes no more connections.
    is_draining: bool,
    silent_cut_ms: u64,
    last_trouble_ms: u64,
    events: u64,
    lives: u64,
}

/// Runs a plan.
#[must_use]
pub fn run(plan: &Arc<Plan>) -> Outcome {
    let mut world = World::new(plan.clone());
    loop {
        let runtime = paused_runtime();
        match runtime.block_on(world.live()) {
            Left::Over => break,
            Left::Crash { ms, tail } => {
                world.host = None;
                drop(runtime);
                world.die(ms, tail);
            }
        }
    }
    let (history, trace) = world.record.finish();
    Outcome {
        history,
        trace,
        events: world.events,
    }
}

fn paused_runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O needs nothing of the system")
}

impl World {
    fn new(plan: Arc<Plan>) -> Self {
        let mut queue = Queue::default();
        let mut apps = Vec::new();
        for (number, client) in plan.clients.iter().enumerate() {
            let mut app = App::new(number, ids::user(client.user), plan.seed);
            if plan.takes_part(number) {
                queue.put(app.rng.between(1, STARTS_MS), Event::Start(number));
            }
            apps.push(app);
        }
        for (number, (at_ms, _)) in plan.steps.iter().enumerate() {
            queue.put(*at_ms, Event::Step(number));
        }
        queue.put(plan.active_ms, Event::Calm);
        Self {
            now_ms: 0,
            queue,
            record: Record::new(&plan),
            hindrances: vec![Hindrance::default(); apps.len()],
            apps,
            links: BTreeMap::new(),
            sessions: BTreeMap::new(),
            host: None,
            disk: Disk::new(plan.disk, plan.seed),
            attention: Arc::default(),
            revoked: Arc::default(),
            jumped_ms: Arc::default(),
            asked: BTreeMap::new(),
            requests_made: 0,
            afterwards: VecDeque::new(),
            left: None,
            is_draining: false,
            silent_cut_ms: 0,
            last_trouble_ms: 0,
            events: 0,
            lives: 0,
            plan,
        }
    }

    /// One life of the server.
    async fn live(&mut self) -> Left {
        let clock = Arc::new(SimClock::new(self.now_ms, self.jumped_ms.clone()));
        let server = self.boot(clock).await;
        self.host = Some(server.host.clone());
        if self.lives > 0 {
            self.record.add(Entry::Restart(node()));
        }
        self.lives += 1;
        let left = self.serve(&server).await;
        if left == Left::Over {
            self.read_out(&server).await;
        }
        left
    }

    /// The server starts while the world goes on around it, without it.
    async fn boot(&mut self, clock: Arc<SimClock>) -> Server {
        let (plan, disk) = (self.plan.clone(), self.disk.clone());
        let shared = (self.attention.clone(), self.revoked.clone());
        let mut start = pin!(Server::start(&plan, &disk, clock.clone(), shared));
        loop {
            self.to(clock.now_us() / 1_000);
            if let Some(event) = self.queue.due(self.now_ms) {
                self.handle(event);
                continue;
            }
            let next_ms = self.queue.next_at().unwrap_or(u64::MAX >> 20);
            tokio::select! {
                biased;
                server = &mut start => return server,
                () = tokio::time::sleep_until(clock.instant_of(next_ms)) => {}
            }
        }
    }

    async fn serve(&mut self, server: &Server) -> Left {
        loop {
            self.to(server.clock.now_us() / 1_000);
            self.attend();
            if let Some(left) = self.left.take() {
                return left;
            }
            if let Some(event) = self.queue.due(self.now_ms) {
                self.handle(event);
                continue;
            }
            let next_ms = self.queue.next_at().unwrap_or(u64::MAX >> 20);
            tokio::select! {
                biased;
                () = self.attention.bell.notified() => {}
                () = tokio::time::sleep_until(server.clock.instant_of(next_ms)) => {}
            }
        }
    }

    fn to(&mut self, now_ms: u64) {
        assert!(now_ms < RUN_MS_MAX, "the run does not end");
        self.now_ms = self.now_ms.max(now_ms);
        self.record.now(self.now_ms);
    }

    /// Looks after what has happened on the server's side.
    fn attend(&mut self) {
        let Some(host) = self.host.clone() else {
            return;
        };
        for completed in host.completed.take() {
            match completed {
                Completed::Session(link, awaited) => {
                    if let Some(session) = self.sessions.get_mut(&link) {
                        session.resumed(&host, awaited);
                    }
                }
                Completed::Request(answered) => self.answered(answered),
            }
        }
        for link in self.attention.drained() {
            if let Some(session) = self.sessions.get(&link) {
                session.drained();
            }
        }
        for link in self.attention.written() {
            self.send_down(link);
            if let Some(session) = self.sessions.get_mut(&link) {
                session.digest(&host);
            }
        }
        self.do_afterwards();
    }

    fn do_afterwards(&mut self) {
        while let Some((client, input)) = self.afterwards.pop_front() {
            self.hand_in(client, input);
        }
    }

    fn handle(&mut self, event: Event) {
        self.events += 1;
        assert!(self.events < EVENTS_MAX, "the run goes round in circles");
        match event {
            Event::Step(number) => {
                let plan = self.plan.clone();
                self.step(&plan.steps[number].1);
            }
            Event::Start(client) => self.start(client),
            Event::Wake(client) => self.wake(client),
            Event::Unhindered(client) => self.unhinder(client),
            Event::Dial { client, life } => self.dial(client, life),
            Event::Dialled { client, life, link } => self.dialled(client, life, link),
            Event::Arrive(link, way) => self.arrive(link, way),
            Event::Broken(link, way) => self.broken(link, way),
            Event::Beat(link) => self.beat(link),
            Event::Request(id, request) => self.arrived(id, request),
            Event::Response(id, response) => self.responded(id, response),
            Event::LoadAgain { client, life } => self.load_again(client, life),
            Event::Timeout(id) => self.timed_out(id),
            other => self.handle_server(&other),
        }
        self.do_afterwards();
    }

    fn handle_server(&mut self, event: &Event) {
        match event {
            Event::CommitsWork => self.disk.trouble(|disk| disk.commits_fail = None),
            Event::ReadsWork => self.disk.trouble(|disk| disk.reads_fail = false),
            Event::DiskFast => self.disk.trouble(|disk| disk.slower_ms = 0),
            Event::Gone { ms } => {
                let (ms, tail) = (*ms, true);
                self.left = Some(Left::Crash { ms, tail });
            }
            Event::Calm => self.calm(),
            Event::AllBack => self.all_back(),
            Event::AtRest => self.at_rest(),
            // That the server is up again is seen by its living.
            _ => {}
        }
    }

    /// The machine dies: connections break, and time goes by without a server.
    fn die(&mut self, ms: u64, tail: bool) {
        self.disk.lose_power(tail);
        self.is_draining = false;
        self.record.add(Entry::Crash(node()));
        self.sessions.clear();
        let links: Vec<LinkId> = self.links.keys().copied().collect();
        for link in links {
            let arrives = self.apps[self.links[&link].client].rng.below(1_001);
            self.cut(link, arrives, Cut::Reset);
        }
        // What the old life had to say is lost with it.
        drop((self.attention.written(), self.attention.drained()));
        self.queue.put(self.now_ms + ms, Event::Up);
        while let Some(at_ms) = self.queue.next_at() {
            self.to(at_ms);
            let Some(event) = self.queue.due(self.now_ms) else {
                continue;
            };
            if matches!(event, Event::Up) {
                return;
            }
            self.handle(event);
        }
    }

    /// A call for a connection reaches the server, or where it was.
    fn dial(&mut self, client: usize, life: u64) {
        let is_plugged = self.hindrances[client].unplugged_until_ms <= self.now_ms;
        let is_open = self.host.is_some() && !self.is_draining;
        let link = (is_open && is_plugged).then(|| self.open(client));
        let at_ms = self.now_ms + self.delay_ms(client);
        self.queue.put(at_ms, Event::Dialled { client, life, link });
    }

    fn open(&mut self, client: usize) -> LinkId {
        let id = self.links.len() as LinkId + 1;
        self.links.insert(id, Link::new(client, id, self.plan.seed));
        let how = &self.plan.clients[client];
        let attention = self.attention.clone();
        let outlet = SimOutlet::new(id, how.encoding, how.outbox_bytes, attention);
        let session = Session::new(id, Arc::new(outlet), self.now_ms);
        self.sessions.insert(id, session);
        self.queue.put(self.now_ms + BEAT_MS, Event::Beat(id));
        id
    }

    fn dialled(&mut self, client: usize, life: u64, link: Option<LinkId>) {
        let app = &mut self.apps[client];
        let is_wanted = app.life == life && app.is_running && app.link.is_none();
        match link {
            Some(id) if is_wanted && !self.links[&id].is_cut => {
                app.link = Some(id);
                self.hand_in(client, Input::Connected);
            }
            Some(id) if !is_wanted => self.cut(id, 0, Cut::Reset),
            _ if is_wanted => self.hand_in(client, Input::Disconnected(None)),
            _ => {}
        }
    }

    /// The server pings who is silent, and gives up who stays so.
    fn beat(&mut self, id: LinkId) {
        use tidings_domain::limits::{PEER_TIMEOUT_MS, PING_INTERVAL_MS};
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let silent_ms = self.now_ms - session.heard_ms;
        if silent_ms >= PEER_TIMEOUT_MS {
            self.note_end(id, Ending::Broken, None);
            self.end_session(id, Departure::Broken);
            return;
        }
        if silent_ms >= PING_INTERVAL_MS {
            session.outlet().ping();
            tidings_engine::outlet::Outlet::flush(&**session.outlet());
        }
        self.queue.put(self.now_ms + BEAT_MS, Event::Beat(id));
    }
}

fn node() -> Node {
    Node {
        node: "n1".into(),
        epoch: None,
    }
}
