//! A window: the events of some rooms after a position, in commit order. Pure.

use std::sync::Arc;

use tidings_domain::{Position, RoomId, Seq};

use crate::envelope::Envelope;

/// The events of some rooms after a position, in commit order, and how far that goes.
#[derive(Debug)]
pub(super) struct Window {
    /// What to send.
    pub(super) events: Vec<Arc<Envelope>>,
    /// All that may be seen up to here is among them, or was stated as a gap.
    pub(super) up_to: Position,
    /// Ranges that are not sent.
    pub(super) gaps: Vec<(RoomId, Seq, Seq)>,
}

/// What one room brings to a window.
pub(super) struct RoomNews {
    pub(super) events: Vec<Arc<Envelope>>,
    /// Whether the room has more after these.
    pub(super) is_cut: bool,
    pub(super) gap: Option<(RoomId, Seq, Seq)>,
}

impl Window {
    /// Whether there is anything to send.
    pub(super) const fn is_news(&self) -> bool {
        !self.gaps.is_empty() || !self.events.is_empty()
    }
}

impl RoomNews {
    pub(super) const fn none() -> Self {
        Self {
            events: Vec::new(),
            is_cut: false,
            gap: None,
        }
    }
}

/// Merges what the rooms bring, in commit order, up to where the first of them was cut.
pub(super) fn merge(news: Vec<RoomNews>, snapshot: Position) -> Window {
    let cuts = news.iter().filter(|room| room.is_cut);
    let ends = cuts.filter_map(|room| room.events.last().map(|e| e.event.position));
    let up_to = ends.min().unwrap_or(snapshot);
    let mut gaps = Vec::new();
    let mut events = Vec::new();
    for room in news {
        gaps.extend(room.gap);
        events.extend(
            room.events
                .into_iter()
                .filter(|e| e.event.position <= up_to),
        );
    }
    events.sort_by_key(|envelope| envelope.event.position);
    Window {
        events,
        up_to,
        gaps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_domain::{Event, EventBody, Timestamp, UserId};

    fn news(room: u8, events: &[(u64, u64)], is_cut: bool) -> RoomNews {
        let events = events.iter().map(|(seq, position)| {
            Envelope::new(Event {
                room: RoomId::from_bytes([room; 16]),
                seq: Seq(*seq),
                position: Position(*position),
                sender: UserId::from_bytes([1; 16]),
                device: None,
                client_id: None,
                at: Timestamp(0),
                body: EventBody::MessageBlanked,
            })
        });
        RoomNews {
            events: events.collect(),
            is_cut,
            gap: None,
        }
    }

    #[test]
    fn rooms_are_merged_in_commit_order_and_cut_where_the_first_was_cut() {
        let window = merge(
            vec![
                news(1, &[(1, 10), (2, 40)], true),
                news(2, &[(7, 20), (8, 30), (9, 50)], false),
                news(3, &[(4, 35), (5, 60)], true),
            ],
            Position(99),
        );
        let positions: Vec<u64> = window.events.iter().map(|e| e.event.position.0).collect();
        assert_eq!(positions, [10, 20, 30, 35, 40]);
        assert_eq!(window.up_to, Position(40));
    }

    #[test]
    fn a_whole_window_reaches_its_snapshot() {
        assert_eq!(
            merge(vec![news(1, &[(1, 10)], false)], Position(99)).up_to,
            Position(99)
        );
        assert_eq!(merge(Vec::new(), Position(7)).up_to, Position(7));
    }
}
