//! Watermarks that the server has not confirmed: the highest of each room, said until it is heard.

use std::collections::BTreeMap;

use tidings_domain::{RoomId, Seq};
use tidings_protocol::Command;
use tidings_protocol::socket::command::Mark;

/// Which watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkKind {
    /// All up to here reached this device.
    Delivered,
    /// All up to here was seen.
    Read,
}

impl MarkKind {
    pub(super) const fn command(self, mark: Mark) -> Command {
        match self {
            Self::Delivered => Command::Delivered(mark),
            Self::Read => Command::Read(mark),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Pending {
    seq: Seq,
    is_under_way: bool,
}

/// Unconfirmed watermarks.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pending: BTreeMap<(MarkKind, RoomId), Pending>,
}

impl Marks {
    pub(super) fn take(&mut self, kind: MarkKind, mark: Mark) {
        let fresh = Pending {
            seq: mark.seq,
            is_under_way: false,
        };
        let pending = self.pending.entry((kind, mark.room)).or_insert(fresh);
        if pending.seq < mark.seq {
            *pending = fresh;
        }
    }

    /// The next one to say.
    pub(super) fn next(&mut self) -> Option<(MarkKind, Mark)> {
        let (&(kind, room), pending) = self
            .pending
            .iter_mut()
            .find(|(_, pending)| !pending.is_under_way)?;
        pending.is_under_way = true;
        Some((
            kind,
            Mark {
                room,
                seq: pending.seq,
            },
        ))
    }

    /// The server has heard this one.
    pub(super) fn done(&mut self, kind: MarkKind, mark: Mark) {
        let key = (kind, mark.room);
        if self
            .pending
            .get(&key)
            .is_some_and(|pending| pending.seq <= mark.seq)
        {
            self.pending.remove(&key);
        }
    }

    /// All are to be said again.
    pub(super) fn connected(&mut self) {
        for pending in self.pending.values_mut() {
            pending.is_under_way = false;
        }
    }
}
