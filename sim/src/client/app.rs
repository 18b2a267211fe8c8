//! An application on a device: what it remembers between its starts, and the machine while it runs.

use std::collections::{BTreeMap, BTreeSet};

use tidings_client::machine::Machine;
use tidings_domain::{ClientId, CommandId, RoomId, Seq, UserId};
use tidings_history::Name;
use tidings_protocol::socket::command::Send;

use super::wire::Reader;
use crate::random::Rng;
use crate::server::outlet::LinkId;

/// See the module.
pub struct App {
    /// Which client of the run.
    pub number: usize,
    /// Its name in the history.
    pub name: Name,
    /// Whose it is.
    pub user: UserId,
    /// Their name in the history.
    pub user_name: Name,
    /// The machine, while the application runs and has loaded.
    pub machine: Option<Machine>,
    /// Whether the application runs.
    pub is_running: bool,
    /// Whether it was told not to come back.
    pub has_stopped: bool,
    /// Counts its starts; what was asked for in an earlier one is not heard.
    pub life: u64,
    /// Up to where each room was shown or loaded.
    pub shown: BTreeMap<RoomId, Seq>,
    /// Where to go on, if all up to there was shown.
    pub kept: Option<String>,
    /// What was said and not answered, in order.
    pub unanswered: Vec<(Send, u64)>,
    /// How much was said in all.
    pub said: usize,
    /// The connection, if there is one.
    pub link: Option<LinkId>,
    /// What came over it and is not whole yet.
    pub reader: Reader,
    /// Whether it was greeted on it.
    pub is_live: bool,
    /// Rooms that are being fetched.
    pub fetching: BTreeSet<RoomId>,
    /// The cursor of the last hello.
    pub hello_cursor: Option<String>,
    /// Statuses that wait for their answer, with the names of the operations.
    pub statuses: BTreeMap<CommandId, u64>,
    /// For when the machine last asked to be woken.
    pub wake_at_ms: Option<u64>,
    /// Chance on this device.
    pub rng: Rng,
}

impl App {
    /// Never started.
    #[must_use]
    pub fn new(number: usize, user: UserId, seed: u64) -> Self {
        Self {
            number,
            name: crate::ids::client_name(number),
            user,
            user_name: crate::ids::user_name(user),
            machine: None,
            is_running: false,
            has_stopped: false,
            life: 0,
            shown: BTreeMap::new(),
            kept: None,
            unanswered: Vec::new(),
            said: 0,
            link: None,
            reader: Reader::default(),
            is_live: false,
            fetching: BTreeSet::new(),
            hello_cursor: None,
            statuses: BTreeMap::new(),
            wake_at_ms: None,
            rng: Rng::of(seed, &[3, number as u64]),
        }
    }

    /// What it will call the next thing that it says.
    pub fn next_send(&mut self) -> ClientId {
        self.said += 1;
        crate::ids::send(self.number, self.said)
    }

    /// Takes something off the list of what was not answered; the operation's name.
    pub fn answered(&mut self, client_id: ClientId) -> Option<u64> {
        let mut all = self.unanswered.iter();
        let at = all.position(|(send, _)| send.client_id == client_id)?;
        Some(self.unanswered.remove(at).1)
    }

    /// The connection is gone.
    pub fn detach(&mut self) {
        self.link = None;
        self.is_live = false;
        self.reader = Reader::default();
        self.statuses.clear();
    }

    /// Whether everything that it wants is done.
    #[must_use]
    pub fn is_at_rest(&self) -> bool {
        let has_all = self.is_live && self.fetching.is_empty() && self.unanswered.is_empty();
        self.has_stopped || has_all
    }
}
