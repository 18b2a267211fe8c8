//! A run: its place, its users, its rows.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::child::{ClientProcess, FloorProcess};
use crate::client::orders::{Begin, RoomSeats, Target};
use crate::failure::{Outcome, While};
use crate::itself::Itself;
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
    /// Users 0 up to here are known to the server.
    provisioned: u32,
    folder: TempDir,
}

impl Bench {
    /// A run with an empty folder, which is removed when the run is over.
    pub(crate) fn prepare(
        itself: Itself,
        program: &std::path::Path,
        scale: Scale,
    ) -> Outcome<Self> {
        let folder = tempfile::tempdir().during("making a folder for the run")?;
        let place = Place::prepare(program, folder.path())?;
        let sizes = scale.sizes();
        Ok(Self {
            itself,
            scale,
            sizes,
            place,
            rows: Vec::new(),
            provisioned: 0,
            folder,
        })
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

    /// A process of members of the server.
    pub(crate) fn members(&self, server: &Server, rooms: &[RoomSeats]) -> Outcome<ClientProcess> {
        let target = Target::Tidings(self.place.host.clone());
        let (address, rooms) = (server.address, rooms.to_vec());
        ClientProcess::start(
            &self.itself,
            Begin {
                address,
                target,
                rooms,
            },
        )
    }

    /// The floor, and a process of members of it, in rooms of the same sizes.
    pub(crate) fn floor(&self, rooms: &[RoomSeats]) -> Outcome<(FloorProcess, ClientProcess)> {
        let floor = FloorProcess::start(&self.itself)?;
        let numbered = (0..).zip(rooms);
        let rooms = numbered
            .map(|(number, seats): (u32, _)| RoomSeats {
                name: number.to_string(),
                users: seats.users.clone(),
            })
            .collect();
        let begin = Begin {
            address: floor.address,
            target: Target::Floor,
            rooms,
        };
        let members = ClientProcess::start(&self.itself, begin)?;
        Ok((floor, members))
    }
}
