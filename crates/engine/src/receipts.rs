//! Watermarks on their way to the store: gathered, so that a storm of them costs little.
//!
//! Pure state with a thin shell. *Invariant*: of one member and room at most one write is under
//! way at a time from here, and it carries the highest of what was asked. *Limit*: entries and
//! waiters are bounded; beyond it a mark is refused as overloaded, and may be sent again.

use std::collections::BTreeMap;

use tidings_domain::limits::WRITER_QUEUE_MAX;
use tidings_domain::{RoomId, Seq, UserId};

use crate::ports::ReceiptWrite;
use crate::writer::MarkWaiter;

/// Marks that wait.
const PENDING_MAX: usize = 100_000;
/// Marks handed to the writer at once; the rest gather on.
const BATCH_MAX: usize = WRITER_QUEUE_MAX / 32;

/// Marks that wait to be written, by member.
#[derive(Default)]
pub struct PendingMarks {
    marks: BTreeMap<(RoomId, UserId), PendingMark>,
}

struct PendingMark {
    delivered: Seq,
    read: Seq,
    waiters: Vec<MarkWaiter>,
}

impl PendingMarks {
    /// Adds a mark.
    ///
    /// # Errors
    /// Gives the waiter back when too many marks wait.
    pub fn add(&mut self, mark: ReceiptWrite, waiter: MarkWaiter) -> Result<(), MarkWaiter> {
        let key = (mark.room, mark.user);
        if self.marks.len() >= PENDING_MAX && !self.marks.contains_key(&key) {
            return Err(waiter);
        }
        let pending = self.marks.entry(key).or_insert_with(|| PendingMark {
            delivered: Seq::ZERO,
            read: Seq::ZERO,
            waiters: Vec::new(),
        });
        pending.delivered = pending.delivered.max(mark.delivered);
        pending.read = pending.read.max(mark.read);
        pending.waiters.push(waiter);
        Ok(())
    }

    /// The next marks to write.
    pub fn take(&mut self) -> Vec<(ReceiptWrite, Vec<MarkWaiter>)> {
        let rest = self.marks.keys().nth(BATCH_MAX).copied();
        let later = rest
            .map(|key| self.marks.split_off(&key))
            .unwrap_or_default();
        let now = std::mem::replace(&mut self.marks, later);
        now.into_iter().map(PendingMark::into_write).collect()
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }
}

impl PendingMark {
    fn into_write(
        ((room, user), pending): ((RoomId, UserId), Self),
    ) -> (ReceiptWrite, Vec<MarkWaiter>) {
        let PendingMark {
            delivered,
            read,
            waiters,
        } = pending;
        (
            ReceiptWrite {
                room,
                user,
                delivered,
                read,
            },
            waiters,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    fn mark(user: u128, delivered: u64, read: u64) -> ReceiptWrite {
        ReceiptWrite {
            room: RoomId::from_bytes([1; 16]),
            user: UserId::from_bytes(user.to_be_bytes()),
            delivered: Seq(delivered),
            read: Seq(read),
        }
    }

    fn waiter() -> MarkWaiter {
        MarkWaiter::Request(oneshot::channel().0)
    }

    #[test]
    fn marks_of_one_member_become_one_write_with_the_highest() {
        let mut pending = PendingMarks::default();
        for (delivered, read) in [(5, 2), (4, 4), (7, 0)] {
            assert!(pending.add(mark(1, delivered, read), waiter()).is_ok());
        }
        let writes = pending.take();
        assert_eq!(writes.len(), 1);
        assert_eq!(writes[0].0, mark(1, 7, 4));
        assert_eq!(writes[0].1.len(), 3);
        assert!(pending.is_empty());
    }

    #[test]
    fn a_storm_goes_out_in_slices() {
        let mut pending = PendingMarks::default();
        for user in 0..2 * BATCH_MAX as u128 + 1 {
            assert!(pending.add(mark(user, 1, 1), waiter()).is_ok());
        }
        assert_eq!(
            [
                pending.take().len(),
                pending.take().len(),
                pending.take().len()
            ],
            [BATCH_MAX, BATCH_MAX, 1]
        );
    }
}
