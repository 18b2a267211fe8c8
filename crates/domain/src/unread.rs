//! What counts as unread: one function, told in SQL by the stores and in Rust to the caches.
//!
//! Messages of others, not deleted, after the read watermark. "Mark as unread" does not lower the
//! watermark (it only rises): it sets a mark from which messages count again until the next read.

use serde::{Deserialize, Serialize};

use crate::id::{Seq, UserId};
use crate::message::Message;

/// What a member has not read in a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Messages of others; counted up to [`crate::limits::UNREAD_COUNT_MAX`] and one more.
    pub messages: u64,
    /// Those among them that mention the member; capped likewise.
    pub mentions: u64,
    /// The first of them.
    pub first: Option<Seq>,
}

/// After which seq messages count for a member who has read up to `read` and perhaps marked the
/// room as unread from a message on.
#[must_use]
pub fn counts_after(read: Seq, marked_from: Option<Seq>) -> Seq {
    marked_from.map_or(read, |mark| read.min(Seq(mark.0.saturating_sub(1))))
}

/// Whether a message counts for `reader`, given what [`counts_after`] said.
#[must_use]
pub fn counts(message: &Message, reader: UserId, after: Seq) -> bool {
    message.seq > after && message.sender != reader && message.body.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marking_unread_counts_again_from_the_mark_without_lowering_the_watermark() {
        assert_eq!(counts_after(Seq(9), None), Seq(9));
        assert_eq!(counts_after(Seq(9), Some(Seq(4))), Seq(3));
        assert_eq!(counts_after(Seq(2), Some(Seq(4))), Seq(2));
    }
}
