//! The server and the floor side by side, each with the same members in the same rooms, measured in
//! turns: what slows the machine for a while slows both.

use std::ops::Range;

use super::each_us;
use crate::bench::Bench;
use crate::child::FloorProcess;
use crate::client::orders::{Load, Pace, Ran, Refusals, RoomSeats, Until};
use crate::client::wire::plain_frame_bytes;
use crate::failure::Outcome;
use crate::figures::{Paired, median};
use crate::fleet::Fleet;
use crate::floor::words::EVENT_HEADER_BYTES;
use crate::histogram::Histogram;
use crate::process::Watched;
use crate::server::Server;
use crate::terminal;

/// Of each message, where a workload says nothing else.
pub(crate) const TEXT_BYTES: usize = 128;

/// The rooms of a session, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    seats: Vec<(String, Range<u32>)>,
}

impl Rooms {
    /// Adds rooms of neighbouring users; their numbers.
    pub(crate) fn add(&mut self, rooms: impl Iterator<Item = Range<u32>>) -> Range<u32> {
        let first = self.seats.len() as u32;
        self.seats
            .extend(rooms.map(|users| (format!("Room of {}", users.end - users.start), users)));
        first..self.seats.len() as u32
    }

    /// Adds rooms of one size, with other users in each; their numbers.
    pub(crate) fn add_many(&mut self, count: u32, members: u32, from_user: u32) -> Range<u32> {
        let first = |n| from_user + n * members;
        self.add((0..count).map(|n| first(n)..first(n + 1)))
    }

    fn users(&self) -> u32 {
        let ends = self.seats.iter().map(|(_, users)| users.end);
        ends.max().unwrap_or_default()
    }
}

/// See the module.
pub(crate) struct Session {
    pub(crate) server: Server,
    /// None beside a server elsewhere.
    floor: Option<FloorProcess>,
    groups: Vec<Group>,
    /// Of a text for the floor, so that its frames are as long as the server's.
    floor_text_bytes: usize,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Floor,
}

/// Members who are told what to do independently of others.
struct Group {
    members: Fleet,
    floor_members: Option<Fleet>,
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
    /// Makes the rooms and opens the connections of all users, in one group.
    pub(crate) fn open(bench: &mut Bench, rooms: &Rooms) -> Outcome<Self> {
        Self::open_groups(bench, rooms, std::slice::from_ref(&(0..rooms.users())))
    }

    /// Makes the rooms and opens the connections of these groups of users.
    pub(crate) fn open_groups(
        bench: &mut Bench,
        rooms: &Rooms,
        groups: &[Range<u32>],
    ) -> Outcome<Self> {
        let (server, seats) = prepare(bench, rooms)?;
        let users: u32 = groups.iter().map(|users| users.end - users.start).sum();
        let floor = match bench.is_elsewhere() {
            true => None,
            false => Some(bench.floor()?),
        };
        let both = floor.as_ref().map_or("", |_| ", and to the floor");
        terminal::step(&format!("Opening {users} connections to the server{both}"));
        let groups = groups.iter().map(|users| {
            let mut members = bench.members(&server, &seats, users.clone())?;
            members.open(users.clone())?;
            let mut floor_members = None;
            if let Some(floor) = &floor {
                let members = bench.floor_members(floor, &seats, users.clone())?;
                floor_members.insert(members).open(users.clone())?;
            }
            Ok(Group {
                members,
                floor_members,
            })
        });
        Ok(Self {
            groups: groups.collect::<Outcome<_>>()?,
            server,
            floor,
            floor_text_bytes: TEXT_BYTES,
        })
    }

    /// Ends the server, which has to take it well.
    pub(crate) fn close(mut self) -> Outcome<()> {
        for group in &mut self.groups {
            group.members.close()?;
        }
        self.server.stop()
    }

    /// Runs the server and the floor in turns, with the members of the first group.
    pub(crate) fn measure(&mut self, case: &Case) -> Outcome<Cost> {
        let mut cost = Cost::default();
        let mut batches = Vec::new();
        for _ in 0..case.rounds {
            let (ran, cpu_us) = self.round(case)?;
            batches.push(ran.deliveries as f64 / ran.reads.max(1) as f64);
            cost.latency.merge(&ran.latency);
            let Some((floor_ran, floor_cpu_us)) = self.floor_round(case)? else {
                cost.rate.note_alone(per_s(&ran));
                continue;
            };
            let each = |ran: &Ran, cpu_us| each_us(cpu_us, ran.deliveries);
            cost.cpu_us
                .note(each(&ran, cpu_us), each(&floor_ran, floor_cpu_us));
            cost.rate.note(per_s(&ran), per_s(&floor_ran));
            cost.floor_latency.merge(&floor_ran.latency);
        }
        cost.events_per_read = median(&batches);
        Ok(cost)
    }

    /// A few messages in these rooms, so that both know all of them, and the floor's frames get the
    /// length of the server's.
    pub(crate) fn warm_up(&mut self, rooms: Range<u32>) -> Outcome<()> {
        let pace = Pace::Window {
            in_flight: 1,
            until: Until::HeardByAll,
        };
        let case = Case {
            rooms,
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

    /// The members of one group: of the server, or of the floor, if there is one.
    pub(crate) fn group(&mut self, side: Side, index: usize) -> Option<&mut Fleet> {
        let group = &mut self.groups[index];
        match side {
            Side::Server => Some(&mut group.members),
            Side::Floor => group.floor_members.as_mut(),
        }
    }

    /// The first group's members of the server.
    pub(crate) fn members(&mut self) -> &mut Fleet {
        &mut self.groups[0].members
    }

    /// A case as a load for one of the two.
    pub(crate) fn load(&self, side: Side, case: &Case) -> Load {
        Load {
            rooms: case.rooms.clone(),
            senders_per_room: 1,
            pace: case.pace,
            duration_ms: case.round_ms,
            text_bytes: match side {
                Side::Server => TEXT_BYTES,
                Side::Floor => self.floor_text_bytes,
            },
            refusals: Refusals::Fault,
        }
    }

    fn round(&mut self, case: &Case) -> Outcome<(Ran, u64)> {
        let (watched, load) = (self.server.watched(), self.load(Side::Server, case));
        accounted(watched, || self.members().run(&load))
    }

    fn floor_round(&mut self, case: &Case) -> Outcome<Option<(Ran, u64)>> {
        let watched = self.floor.as_ref().map(|floor| floor.process.watched());
        let load = self.load(Side::Floor, case);
        match self.group(Side::Floor, 0) {
            Some(fleet) => accounted(watched, || fleet.run(&load)).map(Some),
            None => Ok(None),
        }
    }
}

/// A server whose rooms another has made: whoever is measured has them in its store alone.
pub(crate) fn prepare(bench: &mut Bench, rooms: &Rooms) -> Outcome<(Server, Vec<RoomSeats>)> {
    let users = rooms.users();
    let server = bench.server()?;
    let seats = bench.populate(&server, users, |world| {
        let count = rooms.seats.len();
        terminal::step(&format!("Making {count} rooms of {users} users"));
        world.seat(&rooms.seats)
    })?;
    server.stop()?;
    Ok((bench.server()?, seats))
}

/// Runs something and gives what a process used meanwhile, in microseconds; zero of none.
pub(crate) fn accounted<T>(
    process: Option<Watched>,
    run: impl FnOnce() -> Outcome<T>,
) -> Outcome<(T, u64)> {
    let used_us = || process.map_or(Ok(0), Watched::cpu_us);
    let before_us = used_us()?;
    let ran = run()?;
    Ok((ran, used_us()? - before_us))
}

fn per_s(ran: &Ran) -> f64 {
    ran.deliveries as f64 * 1e9 / ran.elapsed_ns.max(1) as f64
}
