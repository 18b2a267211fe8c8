//! The recent events of active rooms, in memory: most reads of history and most resumes end here.
//!
//! *Invariant*: a room's tail is an unbroken run of its log that ends at its head as committed, or
//! the room has no tail. *Limit*: all tails together weigh at most a budget in bytes; the room
//! that was used least recently gives way first.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;
use tidings_domain::{Position, RoomId, Seq};

use crate::envelope::Envelope;

/// Events that one room's tail holds at most.
const TAIL_EVENTS_MAX: usize = 512;

/// See the module. *Lock*: held for map work and copying of pointers only.
#[derive(Debug)]
pub struct Recent {
    tails: Mutex<Tails>,
}

#[derive(Debug)]
struct Tails {
    rooms: HashMap<RoomId, Tail>,
    bytes: usize,
    bytes_max: usize,
    uses: u64,
}

#[derive(Debug, Default)]
struct Tail {
    events: VecDeque<Arc<Envelope>>,
    bytes: usize,
    used: u64,
}

/// What a tail knows of a room after some position.
#[derive(Debug, Clone)]
pub struct TailSince {
    /// The first event after it, if there is one.
    pub first: Option<Seq>,
    /// The first so many of them.
    pub events: Vec<Arc<Envelope>>,
}

impl Recent {
    /// Keeps at most so many bytes.
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        let tails = Tails {
            rooms: HashMap::new(),
            bytes: 0,
            bytes_max,
            uses: 0,
        };
        Self {
            tails: Mutex::new(tails),
        }
    }

    /// Takes committed events, in commit order.
    pub fn commit(&self, events: &[Arc<Envelope>]) {
        let mut tails = self.tails.lock();
        for envelope in events {
            tails.push(envelope);
        }
        tails.shed();
    }

    /// Begins a room's tail with events that were read from the log and end at its head as the
    /// reader saw it. Ignored when the room has a tail already, which is at least as recent; and
    /// when a commit has passed by since, the first push that does not follow ends it again.
    pub fn begin(&self, room: RoomId, events: &[Arc<Envelope>]) {
        let mut tails = self.tails.lock();
        if !tails.rooms.contains_key(&room) {
            for envelope in events {
                tails.push(envelope);
            }
            tails.shed();
        }
    }

    /// Forgets a room, or everything: after an outage nobody knows what was committed.
    pub fn forget(&self, room: Option<RoomId>) {
        let mut tails = self.tails.lock();
        match room {
            Some(room) => tails.remove(room),
            None => {
                tails.rooms.clear();
                tails.bytes = 0;
            }
        }
    }

    /// Events with `after < seq`, the first `limit` of them, if the tail reaches back that far and
    /// up to `head`; `None` if the log must be asked.
    #[must_use]
    pub fn after(
        &self,
        room: RoomId,
        after: Seq,
        head: Seq,
        limit: usize,
    ) -> Option<Vec<Arc<Envelope>>> {
        let mut tails = self.tails.lock();
        let tail = tails.touch(room)?;
        let (first, last) = tail.span()?;
        if last < head || after.next() < first {
            return None;
        }
        let skip = usize::try_from(after.next().0.saturating_sub(first.0)).ok()?;
        Some(tail.events.iter().skip(skip).take(limit).cloned().collect())
    }

    /// Events with `position > since`, as [`Self::after`].
    #[must_use]
    pub fn since(
        &self,
        room: RoomId,
        since: Position,
        head: Seq,
        limit: usize,
    ) -> Option<TailSince> {
        let mut tails = self.tails.lock();
        let tail = tails.touch(room)?;
        let (first, last) = tail.span()?;
        let skip = tail.events.partition_point(|e| e.event.position <= since);
        if last < head || (skip == 0 && first > Seq(1)) {
            return None;
        }
        let first = tail.events.get(skip).map(|e| e.event.seq);
        let events = tail.events.iter().skip(skip).take(limit).cloned().collect();
        Some(TailSince { first, events })
    }

    /// Everything the tail holds of a room, if it reaches up to `head`.
    #[must_use]
    pub fn tail(&self, room: RoomId, head: Seq) -> Option<Vec<Arc<Envelope>>> {
        let mut tails = self.tails.lock();
        let tail = tails.touch(room)?;
        (tail.span()?.1 >= head).then(|| tail.events.iter().cloned().collect())
    }

    /// Bytes and rooms held now.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let tails = self.tails.lock();
        (tails.bytes, tails.rooms.len())
    }
}

impl Tail {
    fn span(&self) -> Option<(Seq, Seq)> {
        Some((
            self.events.front()?.event.seq,
            self.events.back()?.event.seq,
        ))
    }
}

impl Tails {
    fn touch(&mut self, room: RoomId) -> Option<&Tail> {
        self.uses += 1;
        let tail = self.rooms.get_mut(&room)?;
        tail.used = self.uses;
        Some(tail)
    }

    fn push(&mut self, envelope: &Arc<Envelope>) {
        self.uses += 1;
        let room = envelope.event.room;
        let tail = self.rooms.entry(room).or_default();
        let follows = tail
            .span()
            .is_none_or(|(_, last)| last.next() == envelope.event.seq);
        if !follows {
            // A run must be unbroken: what came before is of no use any more.
            self.bytes -= tail.bytes;
            *tail = Tail::default();
        }
        let weight = envelope.event.weight();
        tail.events.push_back(envelope.clone());
        tail.bytes += weight;
        tail.used = self.uses;
        self.bytes += weight;
        if tail.events.len() > TAIL_EVENTS_MAX
            && let Some(oldest) = tail.events.pop_front()
        {
            tail.bytes -= oldest.event.weight();
            self.bytes -= oldest.event.weight();
        }
    }

    fn remove(&mut self, room: RoomId) {
        if let Some(tail) = self.rooms.remove(&room) {
            self.bytes -= tail.bytes;
        }
    }

    /// Makes room, generously, so that it need not be done at every commit: down to 7/8.
    fn shed(&mut self) {
        if self.bytes <= self.bytes_max {
            return;
        }
        let mut by_use: Vec<(u64, RoomId)> = self
            .rooms
            .iter()
            .map(|(room, tail)| (tail.used, *room))
            .collect();
        by_use.sort_unstable();
        for (_, room) in by_use {
            if self.bytes <= self.bytes_max / 8 * 7 {
                return;
            }
            self.remove(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_domain::text::MessageText;
    use tidings_domain::{Event, EventBody, MessageBody, Timestamp, UserId};

    fn envelope(room: u8, seq: u64, position: u64) -> Arc<Envelope> {
        Envelope::new(Event {
            room: RoomId::from_bytes([room; 16]),
            seq: Seq(seq),
            position: Position(position),
            sender: UserId::from_bytes([1; 16]),
            device: None,
            client_id: None,
            at: Timestamp(0),
            body: EventBody::MessageSent(MessageBody {
                text: MessageText::parse("hi").unwrap(),
                reply_to: None,
                mentions: Vec::new(),
                metadata: serde_json::Map::new(),
            }),
        })
    }

    fn seqs(events: &[Arc<Envelope>]) -> Vec<u64> {
        events.iter().map(|e| e.event.seq.0).collect()
    }

    #[test]
    fn it_answers_only_what_it_holds_without_a_hole() {
        let recent = Recent::new(1 << 20);
        let room = RoomId::from_bytes([1; 16]);
        recent.commit(&[envelope(1, 5, 50), envelope(2, 1, 51), envelope(1, 6, 52)]);
        assert_eq!(
            seqs(&recent.after(room, Seq(4), Seq(6), 9).unwrap()),
            [5, 6]
        );
        assert_eq!(
            seqs(&recent.after(room, Seq(6), Seq(6), 9).unwrap()),
            [0; 0]
        );
        assert!(
            recent.after(room, Seq(3), Seq(6), 9).is_none(),
            "4 is not held"
        );
        assert!(
            recent.after(room, Seq(5), Seq(7), 9).is_none(),
            "7 is not held"
        );
        assert_eq!(
            recent.since(room, Position(50), Seq(6), 9).unwrap().first,
            Some(Seq(6))
        );
        assert!(
            recent.since(room, Position(49), Seq(6), 9).is_none(),
            "4 might lie after 49"
        );
    }

    #[test]
    fn a_jump_begins_a_new_run() {
        let recent = Recent::new(1 << 20);
        let room = RoomId::from_bytes([1; 16]);
        recent.commit(&[envelope(1, 1, 1), envelope(1, 2, 2), envelope(1, 9, 9)]);
        assert_eq!(seqs(&recent.tail(room, Seq(9)).unwrap()), [9]);
    }

    #[test]
    fn the_least_recently_used_room_gives_way_and_the_budget_holds() {
        let one = envelope(1, 1, 1).event.weight();
        let recent = Recent::new(one * 8);
        for n in 0..8 {
            recent.commit(&[envelope(n, 1, u64::from(n) + 1)]);
        }
        assert!(
            recent.tail(RoomId::from_bytes([0; 16]), Seq(1)).is_some(),
            "used again"
        );
        recent.commit(&[envelope(9, 1, 99)]);
        assert!(recent.size().0 <= one * 8);
        assert!(recent.tail(RoomId::from_bytes([0; 16]), Seq(1)).is_some());
        assert!(recent.tail(RoomId::from_bytes([1; 16]), Seq(1)).is_none());
    }
}
