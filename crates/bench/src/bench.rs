//! A run: its place, its users, its rows.

use std::ops::Range;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::child::FloorProcess;
use crate::client::orders::{Begin, RoomSeats, Target};
use crate::failure::{Outcome, While};
use crate::fleet::{Fleet, members_per_process};
use crate::histogram::Histogram;
use crate::itself::Itself;
use crate::picture::Curve;
use crate::process;
use crate::report::Row;
use crate::scale::{Scale, Sizes};
use crate::server::{Place, Server};
use crate::terminal;
use crate::world::World;

/// See the module.
pub(crate) struct Bench {
    pub(crate) itself: Itself,
    pub(crate) scale: Scale,
    pub(crate) sizes: Sizes,
    pub(crate) place: Place,
    pub(crate) rows: Vec<Row>,
    pub(crate) curves: Vec<Curve>,
    /// Users 0 up to here are known to the server.
    provisioned: u32,
    /// Members of one client process.
    per_process: u32,
    folder: TempDir,
}

impl Bench {
    /// A run with an empty folder, which is removed when the run is over.
    pub(crate) fn prepare(
        itself: Itself,
        program: &std::path::Path,
        scale: Scale,
        per_process: Option<u32>,
    ) -> Outcome<Self> {
        let folder = tempfile::tempdir().during("making a folder for the run")?;
        let place = Place::prepare(program, folder.path())?;
        let sizes = scale.sizes();
        let descriptors = process::raise_descriptors();
        let per_process = per_process.unwrap_or(members_per_process(descriptors));
        Ok(Self {
            itself,
            scale,
            sizes,
            place,
            rows: Vec::new(),
            curves: Vec::new(),
            provisioned: 0,
            per_process,
            folder,
        })
    }

    /// Keeps a distribution for the picture.
    pub(crate) fn draw(&mut self, workload: &'static str, name: String, latency: &Histogram) {
        self.curves.push(Curve {
            workload,
            name,
            latency: latency.clone(),
            floor: None,
        });
    }

    /// Keeps a distribution and the floor's.
    pub(crate) fn draw_beside(
        &mut self,
        workload: &'static str,
        name: &str,
        latency: &Histogram,
        floor: &Histogram,
    ) {
        self.curves.push(Curve {
            workload,
            name: name.to_owned(),
            latency: latency.clone(),
            floor: Some(floor.clone()),
        });
    }

    /// A place for another server of the same program.
    pub(crate) fn another_place(&self, name: &str) -> Outcome<Place> {
        self.place.another(name)
    }

    /// A file of the run's own.
    pub(crate) fn scratch(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The users and rooms of a server that runs, with at least so many users.
    pub(crate) fn populate<T>(
        &mut self,
        server: &Server,
        users: u32,
        make: impl FnOnce(World<'_>) -> Outcome<T>,
    ) -> Outcome<T> {
        let world = World {
            address: server.address,
            host: &self.place.host,
        };
        if self.provisioned < users {
            terminal::step(&format!("Making {} users", users - self.provisioned));
            world.provision(self.provisioned..users)?;
            self.provisioned = users;
        }
        make(world)
    }

    /// Members of the server: these users, in these rooms.
    pub(crate) fn members(
        &self,
        server: &Server,
        rooms: &[RoomSeats],
        users: Range<u32>,
    ) -> Outcome<Fleet> {
        Fleet::start(
            &self.itself,
            &self.begin(server, rooms),
            users,
            self.per_process,
        )
    }

    fn begin(&self, server: &Server, rooms: &[RoomSeats]) -> Begin {
        Begin {
            address: server.address,
            target: Target::Tidings(self.place.host.clone()),
            users: 0..0,
            rooms: rooms.to_vec(),
        }
    }

    /// Members of the server who must be in one process.
    pub(crate) fn members_in_one(
        &self,
        server: &Server,
        rooms: &[RoomSeats],
        users: Range<u32>,
    ) -> Outcome<Fleet> {
        Fleet::start(&self.itself, &self.begin(server, rooms), users, u32::MAX)
    }

    /// Members of the floor, in rooms of the same sizes.
    pub(crate) fn floor_members(
        &self,
        floor: &FloorProcess,
        rooms: &[RoomSeats],
        users: Range<u32>,
    ) -> Outcome<Fleet> {
        let numbered = (0..).zip(rooms);
        let rooms = numbered.map(|(number, seats): (u32, _)| RoomSeats {
            name: number.to_string(),
            users: seats.users.clone(),
        });
        let begin = Begin {
            address: floor.address,
            target: Target::Floor,
            users: 0..0,
            rooms: rooms.collect(),
        };
        Fleet::start(&self.itself, &begin, users, self.per_process)
    }

    /// A floor of its own for a workload.
    pub(crate) fn floor(&self) -> Outcome<FloorProcess> {
        FloorProcess::start(&self.itself)
    }
}
