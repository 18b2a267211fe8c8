//! One run: a server, a crowd that speaks, whatever is done to them, and the judgement.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tidings_domain::UserId;
use tidings_history::Entry;

use crate::dice::Dice;
use crate::failure::{Failure, While};
use crate::judge::{Outcome, judge};
use crate::load::Load;
use crate::member::{Manner, Member};
use crate::reading::Reading;
use crate::recorder::Recorder;
use crate::scale::{Crowd, Scale};
use crate::server::{Program, Server};
use crate::truth;
use crate::wire::Dial;
use crate::world::World;

/// So many others does each member watch.
const WATCHED: usize = 3;
/// All members are connected within this.
const CONNECT_WITHIN_MS: u64 = 30_000;
const PAUSE: Duration = Duration::from_millis(20);

/// What is the same for all runs of an invocation.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) server: PathBuf,
    pub(crate) seed: u64,
    pub(crate) scale: Scale,
    /// How long the load goes on, if not as long as the scale says.
    pub(crate) seconds: Option<u64>,
    /// Where histories are kept, if anywhere.
    pub(crate) histories: Option<PathBuf>,
}

/// What is particular to a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setup {
    pub(crate) settings: Vec<String>,
    pub(crate) wrap: Vec<OsString>,
    pub(crate) environment: Vec<(String, OsString)>,
    /// The folder of the database, where it is not to be an ordinary one.
    pub(crate) data: Option<PathBuf>,
    pub(crate) crowd: Option<Crowd>,
    /// Bytes of filling in each text.
    pub(crate) filling_bytes: usize,
}

/// A run that goes on.
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) recorder: Recorder,
    pub(crate) server: Server,
    pub(crate) world: World,
    pub(crate) members: Arc<Vec<Member>>,
    pub(crate) dice: Dice,
    pub(crate) crowd: Crowd,
    scratch: Arc<TempDir>,
    load: Option<Load>,
}

impl Plan {
    /// How long the load goes on.
    pub(crate) fn seconds(&self, smoke: u64, full: u64) -> Duration {
        let chosen = self.seconds.map(Duration::from_secs);
        chosen.unwrap_or_else(|| self.scale.seconds(smoke, full))
    }
}

impl Run {
    /// Starts the server, makes the crowd, connects it, and lets it speak.
    pub(crate) async fn begin(plan: &Plan, name: &str, setup: Setup) -> Result<Self, Failure> {
        let scratch = tempfile::tempdir().during("making a folder")?;
        let recorder = Recorder::begin(&format!("fault run {name}, seed {}", plan.seed));
        let crowd = setup.crowd.unwrap_or_else(|| plan.scale.crowd());
        let server = Server::start(program(plan, &setup, scratch.path())).await?;
        let world = World::make(&server, recorder.clock(), crowd).await?;
        let members = connect(&world, &server, setup.filling_bytes, &recorder).await?;
        let members = Arc::new(members);
        let dice = Dice::new(plan.seed);
        let mut run = Self {
            plan: plan.clone(),
            recorder,
            server,
            world,
            members,
            dice,
            crowd,
            scratch: Arc::new(scratch),
            load: None,
        };
        run.speak();
        Ok(run)
    }

    /// Sends go on at the crowd's rate.
    pub(crate) fn speak(&mut self) {
        let (members, dice) = (self.members.clone(), self.dice.clone());
        self.load = Some(Load::start(members, self.crowd.sends_per_s, dice));
    }

    /// Waits until everything that was said is answered and shown; whether that is so in time.
    pub(crate) async fn rest(&self) -> bool {
        const AT_MOST: Duration = Duration::from_secs(20);
        let is_answered = async || {
            let mut members = self.members.iter();
            members.all(|member| member.is_live() && member.unanswered() == 0)
        };
        self.until(AT_MOST, is_answered).await.is_some()
    }

    /// A folder that lives as long as the run.
    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// Keeps that folder beyond the run's end.
    pub(crate) fn keep_scratch(&self) -> Arc<TempDir> {
        self.scratch.clone()
    }

    /// Lets the load go on for a while.
    pub(crate) async fn go_on(&self, how_long: Duration) {
        tokio::time::sleep(how_long).await;
    }

    /// Waits for something, at most so long; how long it took, or nothing.
    pub(crate) async fn until(
        &self,
        at_most: Duration,
        mut is_so: impl AsyncFnMut() -> bool,
    ) -> Option<Duration> {
        let clock = self.recorder.clock();
        let began_us = clock.monotonic_us();
        loop {
            let waited = Duration::from_micros(clock.monotonic_us() - began_us);
            if is_so().await {
                return Some(waited);
            }
            if waited >= at_most {
                return None;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether all members are connected and have caught up.
    pub(crate) fn all_are_live(&self) -> bool {
        self.members.iter().all(Member::is_live)
    }

    /// Kills the server and starts it again; after how many milliseconds it accepted again.
    pub(crate) async fn kill_and_start_again(&mut self) -> Result<u64, Failure> {
        self.recorder.crash();
        self.server.kill()?;
        let took_ms = self.server.start_again().await?;
        self.recorder.restart(None);
        Ok(took_ms)
    }

    /// No fault is at work from here on.
    pub(crate) fn heal(&self) {
        self.recorder.note(Entry::Heal);
    }

    /// No more is said.
    pub(crate) fn silence(&mut self) {
        self.load = None;
    }

    /// Comes to rest, reads everything, and judges.
    pub(crate) async fn finish(self, row: &str, injected: &str) -> Result<Outcome, Failure> {
        self.finish_damaged(row, injected, &Reading::default())
            .await
    }

    /// The same of a run that has damaged some of what it had read before.
    pub(crate) async fn finish_damaged(
        mut self,
        row: &str,
        injected: &str,
        before: &Reading,
    ) -> Result<Outcome, Failure> {
        self.silence();
        truth::come_to_rest(&self.members, &self.world, &self.recorder).await?;
        let unequal = truth::read_all(&self.world, &self.recorder, before).await?;
        let mut history = self.recorder.history();
        before.restore_heard(&self.world.names, &mut history.lines);
        if let Some(folder) = &self.plan.histories {
            keep(folder, row, &history)?;
        }
        let mut outcome = judge(row, injected, &history);
        if unequal > 0 {
            outcome.finds(format!("{unequal} final readings were not equal"));
        }
        outcome.log = self.server.logged();
        Ok(outcome)
    }
}

fn keep(folder: &Path, row: &str, history: &tidings_history::History) -> Result<(), Failure> {
    let path = folder.join(format!("{}.jsonl", row.replace([' ', ','], "-")));
    let file = std::fs::File::create(path).during("keeping a history")?;
    let written = history.write(std::io::BufWriter::new(file));
    written.during("keeping a history")
}

fn program(plan: &Plan, setup: &Setup, scratch: &Path) -> Program {
    let mut settings: Vec<String> = [
        "limits.sends_per_s=1000000",
        "limits.sends_burst=1000000",
        "limits.requests_per_s=1000000",
        "limits.requests_burst=1000000",
        "log.format=json",
    ]
    .map(str::to_owned)
    .to_vec();
    settings.extend(setup.settings.iter().cloned());
    Program {
        path: plan.server.clone(),
        wrap: setup.wrap.clone(),
        settings,
        environment: setup.environment.clone(),
        data: setup.data.clone().unwrap_or_else(|| scratch.join("data")),
        log: scratch.join("server.log"),
    }
}

async fn connect(
    world: &World,
    server: &Server,
    filling_bytes: usize,
    recorder: &Recorder,
) -> Result<Vec<Member>, Failure> {
    let start = |(number, person): (usize, &Arc<crate::world::Person>)| {
        let manner = Manner {
            dial: Dial {
                from: Some(home_of(number)),
                ..Dial::default()
            },
            filling_bytes,
            watches: watched_by(world, number),
        };
        Member::start(
            person.clone(),
            server.address,
            manner,
            recorder,
            &world.names,
        )
    };
    let members: Vec<Member> = world.people.iter().enumerate().map(start).collect();
    let clock = recorder.clock();
    let until_ms = clock.monotonic_ms() + CONNECT_WITHIN_MS;
    while !members.iter().all(Member::is_live) {
        if clock.monotonic_ms() > until_ms {
            return Err(Failure::Server("it did not let everybody in".to_owned()));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(members)
}

/// Everybody comes from an address of their own.
fn home_of(number: usize) -> IpAddr {
    let number = u32::try_from(number).unwrap_or(0);
    IpAddr::V4(Ipv4Addr::from_bits(
        Ipv4Addr::new(127, 1, 0, 1).to_bits() + number,
    ))
}

/// Those with whom somebody shares their first room, some of them.
pub(crate) fn watched_by(world: &World, number: usize) -> Vec<UserId> {
    let person = &world.people[number];
    let shares = |other: &&Arc<crate::world::Person>| {
        let mut rooms = other.rooms.iter();
        let first = person.rooms.first();
        other.id() != person.id() && rooms.any(|(room, _)| first.is_some_and(|it| it.0 == *room))
    };
    let shared = world.people.iter().filter(shares).take(WATCHED);
    shared.map(|other| other.id()).collect()
}
