//! What was said and not yet answered.
//!
//! *Ordering*: of each room one send is under way at a time, so that messages stand in the log in
//! the order in which they were said, whatever is refused or lost in between.

use std::collections::{HashSet, VecDeque};

use tidings_domain::{ClientId, RoomId};
use tidings_protocol::socket::command::Send;

use super::Tally;

/// Sends under way at a time over all rooms: half of what the server allows for all commands.
const UNDER_WAY_MAX: usize = tidings_domain::limits::COMMANDS_IN_FLIGHT_MAX / 2;

#[derive(Debug)]
struct Pending {
    send: Send,
    state: State,
    was_written: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    UnderWay { again_at_ms: u64 },
    Refused { again_at_ms: u64 },
}

/// Sends in the order in which they were said.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pending: VecDeque<Pending>,
}

impl Outbox {
    pub(super) fn take(&mut self, send: Send) {
        self.pending.push_back(Pending {
            send,
            state: State::Waiting,
            was_written: false,
        });
    }

    /// The next send to write now; it counts as under way until `again_at_ms`.
    pub(super) fn next(
        &mut self,
        now_ms: u64,
        again_at_ms: u64,
        tally: &mut Tally,
    ) -> Option<Send> {
        let found = self.sendable(now_ms)?;
        let pending = &mut self.pending[found];
        pending.state = State::UnderWay { again_at_ms };
        tally.resends += u64::from(pending.was_written);
        pending.was_written = true;
        Some(pending.send.clone())
    }

    /// The first send that is due and is the first of its room.
    fn sendable(&self, now_ms: u64) -> Option<usize> {
        let under_way = self
            .pending
            .iter()
            .filter(|pending| pending.state.is_under_way());
        if under_way.count() >= UNDER_WAY_MAX {
            return None;
        }
        let mut rooms = HashSet::<RoomId>::new();
        self.pending.iter().position(|pending| {
            let is_first = rooms.insert(pending.send.room);
            is_first && pending.state.is_due(now_ms)
        })
    }

    /// When the next one is to be written again.
    pub(super) fn due_at_ms(&self) -> Option<u64> {
        self.pending
            .iter()
            .filter_map(|pending| pending.state.again_at_ms())
            .min()
    }

    /// A send was answered for good; whether it was still waited for.
    pub(super) fn done(&mut self, client_id: ClientId) -> bool {
        let found = self
            .pending
            .iter()
            .position(|pending| pending.send.client_id == client_id);
        found.and_then(|at| self.pending.remove(at)).is_some()
    }

    /// A send was refused for now.
    pub(super) fn again(&mut self, client_id: ClientId, again_at_ms: u64) {
        if let Some(pending) = self
            .pending
            .iter_mut()
            .find(|pending| pending.send.client_id == client_id)
        {
            pending.state = State::Refused { again_at_ms };
        }
    }

    /// Nothing that was under way will be answered any more.
    pub(super) fn connection_lost(&mut self) {
        for pending in &mut self.pending {
            if pending.state.is_under_way() {
                pending.state = State::Waiting;
            }
        }
    }
}

impl State {
    const fn is_under_way(self) -> bool {
        matches!(self, Self::UnderWay { .. })
    }

    const fn again_at_ms(self) -> Option<u64> {
        match self {
            Self::Waiting => None,
            Self::UnderWay { again_at_ms } | Self::Refused { again_at_ms } => Some(again_at_ms),
        }
    }

    const fn is_due(self, now_ms: u64) -> bool {
        match self.again_at_ms() {
            None => true,
            Some(at_ms) => at_ms <= now_ms,
        }
    }
}
