//! A member's watermarks in a room: how far events were delivered to a device, and read.
//!
//! *Invariant*: both only rise, `read <= delivered`, and neither passes the room's head.

use serde::{Deserialize, Serialize};

use crate::id::Seq;

/// Both watermarks of one member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Watermarks {
    /// All events up to this one reached one of the member's devices.
    pub delivered: Seq,
    /// All events up to this one were seen by the member.
    pub read: Seq,
}

impl Watermarks {
    /// The watermarks after hearing of others for the same member: the higher of each, never more
    /// than `head`, and what was read was delivered. `None` when nothing rises.
    #[must_use]
    pub fn raised(self, delivered: Seq, read: Seq, head: Seq) -> Option<Self> {
        let read = self.read.max(read.min(head));
        let delivered = self.delivered.max(delivered.min(head)).max(read);
        let raised = Self { delivered, read };
        (raised != self).then_some(raised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(delivered: u64, read: u64) -> Watermarks {
        Watermarks {
            delivered: Seq(delivered),
            read: Seq(read),
        }
    }

    #[test]
    fn they_only_rise_and_read_implies_delivered() {
        let at = marks(5, 3);
        assert_eq!(at.raised(Seq(4), Seq(2), Seq(9)), None);
        assert_eq!(at.raised(Seq(0), Seq(7), Seq(9)), Some(marks(7, 7)));
        assert_eq!(at.raised(Seq(6), Seq(0), Seq(9)), Some(marks(6, 3)));
    }

    #[test]
    fn a_seq_from_the_future_counts_as_the_head() {
        assert_eq!(
            marks(0, 0).raised(Seq(u64::MAX), Seq(50), Seq(9)),
            Some(marks(9, 9))
        );
    }
}
