//! A run: its place, its users, its rows.

use std::ops::Range;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::address::Address;
use crate::arguments::Arguments;
use crate::back_end::BackEnd;
use crate::child::FloorProcess;
use crate::client::orders::{Begin, RoomSeats, Target};
use crate::clock;
use crate::failure::{Failure, Outcome, While};
use crate::fleet::{Fleet, members_per_process};
use crate::histogram::Histogram;
use crate::itself::Itself;
use crate::people::People;
use crate::picture::Curve;
use crate::process;
use crate::report::Row;
use crate::scale::{Scale, Sizes};
use crate::server::{Place, Server};
use crate::terminal;
use crate::world::World;

/// Which server is measured.
pub(crate) enum Site {
    /// One that this tool starts itself.
    Own(Place),
    /// One that others run.
    Elsewhere { back_end: BackEnd, people: People },
}

/// See the module.
pub(crate) struct Bench {
    pub(crate) itself: Itself,
    pub(crate) scale: Scale,
    pub(crate) sizes: Sizes,
    pub(crate) rows: Vec<Row>,
    pub(crate) curves: Vec<Curve>,
    site: Site,
    /// Users 0 up to here are known to the server.
    provisioned: u32,
    /// Members of one client process.
    per_process: u32,
    folder: TempDir,
}

impl Bench {
    /// A run with an empty folder, which is removed when the run is over.
    pub(crate) fn prepare(itself: Itself, arguments: &Arguments) -> Outcome<Self> {
        let folder = tempfile::tempdir().during("making a folder for the run")?;
        let site = match &arguments.url {
            Some(url) => elsewhere(url, arguments)?,
            None => {
                let program = arguments.server.clone().unwrap_or_else(|| itself.server());
                Site::Own(Place::prepare(&program, folder.path())?)
            }
        };
        let descriptors = process::raise_descriptors();
        let per_process = arguments.per_process;
        Ok(Self {
            itself,
            scale: arguments.scale,
            sizes: arguments.scale.sizes(),
            rows: Vec::new(),
            curves: Vec::new(),
            site,
            provisioned: 0,
            per_process: per_process.unwrap_or_else(|| members_per_process(descriptors)),
            folder,
        })
    }

    /// Whether the server is one that others run: then nothing is known of its process, and what
    /// stands beside it here is no floor of its.
    pub(crate) const fn is_elsewhere(&self) -> bool {
        matches!(self.site, Site::Elsewhere { .. })
    }

    /// The place of a server of this tool's own.
    ///
    /// # Errors
    /// When the server is another's.
    pub(crate) fn place(&self) -> Outcome<&Place> {
        match &self.site {
            Site::Own(place) => Ok(place),
            Site::Elsewhere { back_end, .. } => Err(Failure::Server(format!(
                "{} was not started by this tool",
                back_end.address
            ))),
        }
    }

    /// A server that runs: started now, or that of others.
    pub(crate) fn server(&self) -> Outcome<Server> {
        match &self.site {
            Site::Own(place) => Server::start(place),
            Site::Elsewhere { back_end, .. } => Ok(Server::elsewhere(back_end.address.clone())),
        }
    }

    const fn people(&self) -> &People {
        match &self.site {
            Site::Own(place) => &place.people,
            Site::Elsewhere { people, .. } => people,
        }
    }

    /// Adds figures. Of a server elsewhere only those that say something without its process and
    /// without a floor, and none is judged: the budgets are for this machine.
    pub(crate) fn add(&mut self, rows: impl IntoIterator<Item = Row>) {
        let is_elsewhere = self.is_elsewhere();
        self.rows
            .extend(rows.into_iter().filter_map(|row| match is_elsewhere {
                true => row.seen_outside(),
                false => Some(row),
            }));
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

    /// Keeps a distribution and the floor's, where there was one.
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
            floor: Some(floor.clone()).filter(|floor| !floor.is_empty()),
        });
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
        if self.provisioned < users {
            terminal::step(&format!("Making {} users", users - self.provisioned));
        }
        if let Site::Elsewhere { back_end, people } = &mut self.site {
            let logins = match people {
                People::SignedIn(logins) => std::mem::take(logins),
                People::Host(_) => Vec::new(),
            };
            *people = People::SignedIn(back_end.sign_in(&logins, users)?);
        }
        let world = World {
            address: &server.address,
            people: self.people(),
        };
        if self.provisioned < users && !self.is_elsewhere() {
            world.provision(self.provisioned..users)?;
        }
        let made = make(world)?;
        self.provisioned = self.provisioned.max(users);
        Ok(made)
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
            address: server.address.clone(),
            target: Target::Tidings(self.people().clone()),
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
            address: floor.address.into(),
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

fn elsewhere(url: &str, arguments: &Arguments) -> Outcome<Site> {
    let address = Address::of_url(url).map_err(|error| Failure::Server(error.to_string()))?;
    let key = arguments.api_key.clone().ok_or_else(|| {
        Failure::Server(format!(
            "{address} needs an API key with the scopes users and sessions: --api-key, or \
             TIDINGS_API_KEY"
        ))
    })?;
    let run = format!("bench-{:x}", clock::unix_ms());
    Ok(Site::Elsewhere {
        back_end: BackEnd { address, key, run },
        people: People::SignedIn(Vec::new()),
    })
}
