//! What is unread, summed up and explained.

use tidings_domain::Seq;
use tidings_domain::unread::Unread;
use tidings_engine::ports::UnreadRoom;
use tidings_protocol::rest::unread::{RoomUnread, UnreadExplained, UnreadList};

/// All rooms in which anything is unread, and the sums.
pub(crate) fn list(rooms: Vec<UnreadRoom>) -> UnreadList {
    let rooms: Vec<RoomUnread> = rooms
        .into_iter()
        .map(|UnreadRoom { room, unread, .. }| RoomUnread {
            room,
            unread: unread.into(),
        })
        .collect();
    UnreadList {
        messages: rooms.iter().map(|room| room.unread.messages).sum(),
        mentions: rooms.iter().map(|room| room.unread.mentions).sum(),
        rooms,
    }
}

/// The very messages that were counted. They were read after the count, so they say how many
/// there are, and a mention that came in between is not counted without its message.
pub(crate) fn explained(unread: Unread, seqs: Vec<Seq>) -> UnreadExplained {
    let messages = seqs.len() as u64;
    let unread = Unread {
        messages,
        mentions: unread.mentions.min(messages),
        first: seqs.first().copied(),
    };
    UnreadExplained {
        unread: unread.into(),
        seqs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_that_of_the_messages_it_explains() {
        let counted = Unread {
            messages: 3,
            mentions: 3,
            first: Some(Seq(4)),
        };
        let told = explained(counted, vec![Seq(5), Seq(9)]);
        assert_eq!((told.unread.messages, told.unread.mentions), (2, 2));
        assert_eq!(told.unread.first, Some(Seq(5)));
        assert_eq!(
            explained(counted, Vec::new()).unread,
            Unread::default().into()
        );
    }
}
