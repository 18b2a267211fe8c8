//! W3: one room, one sender, and what each delivery costs; and what all workloads of deliveries
//! share: the server and the floor side by side, each with its members, measured in turns.

use std::ops::Range;

use super::each_us;
use crate::bench::Bench;
use crate::child::{ClientProcess, FloorProcess};
use crate::client::orders::{Load, Pace, Ran, Until};
use crate::client::wire::plain_frame_bytes;
use crate::failure::Outcome;
use crate::figures::{Paired, median};
use crate::floor::words::EVENT_HEADER_BYTES;
use crate::histogram::Histogram;
use crate::process::Watched;
use crate::report::{Budget, Row, Unit};
use crate::server::Server;
use crate::terminal;

/// Of each message.
const TEXT_BYTES: usize = 128;
/// Members of the further rooms, which [`super::loads`] uses.
const HALL: u32 = 5_000;
const SMALL: (u32, u32) = (100, 10);
const MIDDLE: (u32, u32) = (10, 100);

/// The rooms of all workloads, by their numbers.
pub(crate) struct Rooms {
    seats: Vec<(String, Range<u32>)>,
    pub(crate) crowds: Range<u32>,
    pub(crate) hall: Option<Range<u32>>,
    pub(crate) small: Range<u32>,
    pub(crate) middle: Range<u32>,
}

impl Rooms {
    fn of(bench: &Bench) -> Self {
        let users = bench.sizes.crowds.iter().copied().max().unwrap_or_default();
        let mut rooms = Self {
            seats: Vec::new(),
            crowds: 0..0,
            hall: None,
            small: 0..0,
            middle: 0..0,
        };
        rooms.crowds = rooms.add(bench.sizes.crowds.iter().map(|members| 0..*members));
        rooms.hall = (users >= HALL).then(|| rooms.add(std::iter::once(0..HALL)));
        rooms.small = rooms.add((0..SMALL.0).map(|n| n * SMALL.1..(n + 1) * SMALL.1));
        rooms.middle = rooms.add((0..MIDDLE.0).map(|n| n * MIDDLE.1..(n + 1) * MIDDLE.1));
        rooms
    }

    fn add(&mut self, rooms: impl Iterator<Item = Range<u32>>) -> Range<u32> {
        let first = self.seats.len() as u32;
        self.seats
            .extend(rooms.map(|users| (format!("Room of {}", users.end - users.start), users)));
        first..self.seats.len() as u32
    }

    fn users(&self) -> u32 {
        self.seats
            .iter()
            .map(|(_, users)| users.end)
            .max()
            .unwrap_or_default()
    }
}

/// The server and the floor, each with its members.
pub(crate) struct Session {
    server: Server,
    members: ClientProcess,
    floor: FloorProcess,
    floor_members: ClientProcess,
    pub(crate) rooms: Rooms,
    /// Of a text for the floor, so that its frames are as long as the server's.
    floor_text_bytes: usize,
}

/// A load and how long it takes.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) rooms: Range<u32>,
    pub(crate) pace: Pace,
    pub(crate) rounds: usize,
    pub(crate) round_ms: u64,
}

/// What all rounds of a case brought.
#[derive(Debug, Default)]
pub(crate) struct Cost {
    /// Microseconds of CPU a delivery.
    pub(crate) cpu_us: Paired,
    /// Deliveries a second.
    pub(crate) rate: Paired,
    pub(crate) latency: Histogram,
    pub(crate) floor_latency: Histogram,
    /// Events that came with one read, which tells how many left with one write.
    pub(crate) events_per_read: f64,
}

impl Session {
    /// Makes the rooms and opens all connections.
    pub(crate) fn open(bench: &mut Bench) -> Outcome<Self> {
        let rooms = Rooms::of(bench);
        let users = rooms.users();
        let server = Server::start(&bench.place)?;
        let seats = bench.populate(&server, users, |world| {
            terminal::step(&format!(
                "Making {} rooms, the largest of {users}",
                rooms.seats.len()
            ));
            world.seat(&rooms.seats)
        })?;
        // Whoever is measured has not made the rooms.
        server.stop()?;
        let server = Server::start(&bench.place)?;
        terminal::step(&format!(
            "Opening {users} connections to the server, and to the floor"
        ));
        let mut members = bench.members(&server, &seats)?;
        members.open(0..users)?;
        let (floor, mut floor_members) = bench.floor(&seats)?;
        floor_members.open(0..users)?;
        let mut session = Self {
            server,
            members,
            floor,
            floor_members,
            rooms,
            floor_text_bytes: TEXT_BYTES,
        };
        session.warm_up()?;
        Ok(session)
    }

    /// Ends the server, which has to take it well.
    pub(crate) fn close(mut self) -> Outcome<()> {
        self.members.close()?;
        self.server.stop()
    }

    /// Runs the server and the floor in turns.
    pub(crate) fn measure(&mut self, case: &Case) -> Outcome<Cost> {
        let mut cost = Cost::default();
        let mut batches = Vec::new();
        for _ in 0..case.rounds {
            let (ran, cpu_us) = self.round(case)?;
            let (floor_ran, floor_cpu_us) = self.floor_round(case)?;
            let each = |ran: &Ran, cpu_us| each_us(cpu_us, ran.deliveries);
            cost.cpu_us
                .note(each(&ran, cpu_us), each(&floor_ran, floor_cpu_us));
            cost.rate.note(per_s(&ran), per_s(&floor_ran));
            cost.latency.merge(&ran.latency);
            cost.floor_latency.merge(&floor_ran.latency);
            batches.push(ran.deliveries as f64 / ran.reads.max(1) as f64);
        }
        cost.events_per_read = median(&batches);
        Ok(cost)
    }

    /// A few messages in every room, so that both know all of them, and the floor's frames get the
    /// length of the server's.
    fn warm_up(&mut self) -> Outcome<()> {
        let pace = Pace::Window {
            in_flight: 1,
            until: Until::HeardByAll,
        };
        let case = Case {
            rooms: 0..self.rooms.seats.len() as u32,
            pace,
            rounds: 1,
            round_ms: 300,
        };
        let (ran, _) = self.round(&case)?;
        let header = plain_frame_bytes(ran.frame_bytes) - ran.frame_bytes;
        terminal::note(&format!(
            "an event's frame has {} bytes",
            ran.frame_bytes + header
        ));
        self.floor_text_bytes = ran.frame_bytes - EVENT_HEADER_BYTES;
        self.floor_round(&case).map(drop)
    }

    fn round(&mut self, case: &Case) -> Outcome<(Ran, u64)> {
        let watched = self.server.watched();
        accounted(watched, || self.members.run(&case.load(TEXT_BYTES)))
    }

    fn floor_round(&mut self, case: &Case) -> Outcome<(Ran, u64)> {
        let watched = self.floor.process.watched();
        accounted(watched, || {
            self.floor_members.run(&case.load(self.floor_text_bytes))
        })
    }
}

impl Case {
    fn load(&self, text_bytes: usize) -> Load {
        Load {
            rooms: self.rooms.clone(),
            senders_per_room: 1,
            pace: self.pace,
            duration_ms: self.round_ms,
            text_bytes,
        }
    }
}

/// Runs something and gives what a process used meanwhile, in microseconds.
pub(crate) fn accounted<T>(
    process: Watched,
    run: impl FnOnce() -> Outcome<T>,
) -> Outcome<(T, u64)> {
    let before_us = process.cpu_us()?;
    let ran = run()?;
    Ok((ran, process.cpu_us()? - before_us))
}

fn per_s(ran: &Ran) -> f64 {
    ran.deliveries as f64 * 1e9 / ran.elapsed_ns.max(1) as f64
}

/// W3: one message outstanding, then sixteen.
pub(crate) fn run(bench: &mut Bench, session: &mut Session) -> Outcome<()> {
    for (room, members) in session.rooms.crowds.clone().zip(bench.sizes.crowds) {
        for in_flight in [1, 16] {
            terminal::step(&format!("W3: a room of {members}, {in_flight} in flight"));
            let pace = Pace::Window {
                in_flight,
                until: Until::HeardByAll,
            };
            let (rounds, round_ms) = (bench.sizes.rounds, bench.sizes.round_ms);
            let cost = session.measure(&Case {
                rooms: room..room + 1,
                pace,
                rounds,
                round_ms,
            })?;
            let what = format!("a delivery in a room of {members}, {in_flight} in flight");
            bench.rows.extend(rows(bench, &what, in_flight, &cost));
        }
    }
    Ok(())
}

fn rows(bench: &Bench, what: &str, in_flight: u32, cost: &Cost) -> Vec<Row> {
    let scale = bench.scale;
    let cpu = |budget| Row {
        workload: "W3",
        what: what.to_owned(),
        unit: Unit::CpuUs,
        budget,
        measured: cost.cpu_us.measured(),
        floor: Some(cost.cpu_us.floor()),
        ratio: Some(cost.cpu_us.ratio()),
    };
    if in_flight == 1 {
        return vec![cpu(Budget::AtMostTimesFloor(scale.of(1.15, 2.5)))];
    }
    let per_core = |cpu_us: f64| 1e6 / cpu_us;
    let events = cost.events_per_read;
    vec![
        cpu(scale.of(Budget::Shown, Budget::AtMostTimesFloor(2.0))),
        Row {
            workload: "W3",
            what: format!("{what}, {events:.1} events a read"),
            unit: Unit::PerSecondAndCore,
            budget: scale.of(Budget::AtLeast(1e6), Budget::Shown),
            measured: per_core(cost.cpu_us.measured()),
            floor: Some(per_core(cost.cpu_us.floor())),
            ratio: Some(1.0 / cost.cpu_us.ratio()),
        },
    ]
}
