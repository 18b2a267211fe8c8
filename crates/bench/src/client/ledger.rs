//! What each room has said and who has heard it: the part that makes a run true.
//!
//! *Invariant*: every member of a room hears every event of it once, in the order of its seqs, which
//! have no hole, and in the very same bytes. Whatever breaks that is a [`Fault`], and the run is
//! worth nothing.
//!
//! The first member to hear an event has it decoded; for all others it is enough to compare bytes,
//! so that checking costs less than what is checked.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hasher as _};
use std::ops::RangeInclusive;

use super::orders::{Extent, Upto};
use super::stamp::Stamp;
use crate::histogram::Histogram;

/// The digest of no events.
const DIGEST_BEGIN: u64 = 0;

/// A room's number in the ledger.
pub(crate) type RoomNumber = u32;

/// What one room has said that is not yet heard by all.
#[derive(Debug, Default)]
struct Room {
    members: u32,
    /// The seq of the first event that anybody heard.
    base: Option<u64>,
    /// The seq of the first entry of `events`.
    first: u64,
    events: VecDeque<Said>,
    /// Over the bytes of all events so far; none once a gap was stated.
    digest: Option<u64>,
}

#[derive(Debug)]
struct Said {
    frame: Box<[u8]>,
    stamp: Stamp,
    heard: u32,
}

/// Where one member stands in one room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) room: RoomNumber,
    /// The next seq that is due; 0 before the first.
    pub(crate) next: u64,
}

impl Place {
    pub(crate) const fn new(room: RoomNumber) -> Self {
        Self { room, next: 0 }
    }
}

/// An event as its first hearer had it decoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decoded<'a> {
    pub(crate) room: &'a str,
    pub(crate) seq: u64,
    pub(crate) stamp: Stamp,
}

/// An event that all members of its room have heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Completed {
    pub(crate) sender: u32,
}

/// What came of a frame that was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It was due, and others are to hear it still.
    Due,
    /// It was due, and now all have heard it.
    ByAll(Completed),
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("an event of a room that the member is not in: {0}")]
    Misdirected(String),
    #[error("room {room}: event {due} was lost, event {came} came instead")]
    Lost { room: String, due: u64, came: u64 },
    #[error("room {room}: event {came} came twice or too late, {due} was due")]
    Doubled { room: String, due: u64, came: u64 },
    #[error("room {room}: event {seq} was not the same for all members")]
    Unequal { room: String, seq: u64 },
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    rooms: Vec<Room>,
    names: Vec<String>,
    numbers: HashMap<String, RoomNumber>,
    /// From when each delivery was intended to when it was heard.
    pub(crate) latency: Histogram,
    pub(crate) deliveries: u64,
    /// Events that were passed over because a gap was stated.
    pub(crate) skipped: u64,
    /// When the last event was heard.
    pub(crate) last_ns: u64,
    /// Of the last event that was decoded.
    pub(crate) frame_bytes: usize,
}

impl Ledger {
    /// Adds a room that `members` of this process listen to.
    pub(crate) fn add_room(&mut self, name: &str, members: u32) {
        let number = u32::try_from(self.rooms.len()).expect("a run has fewer than 2^32 rooms");
        self.rooms.push(Room {
            members,
            digest: Some(DIGEST_BEGIN),
            ..Room::default()
        });
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
    }

    pub(crate) fn name(&self, room: RoomNumber) -> &str {
        &self.names[room as usize]
    }

    /// Whether the frame is an event that was due for this member and is known already.
    pub(crate) fn recognise(
        &mut self,
        places: &mut [Place],
        frame: &[u8],
        now_ns: u64,
    ) -> Option<Heard> {
        let place = places.iter_mut().find(|place| {
            let said = self.rooms[place.room as usize].at(place.next);
            said.is_some_and(|said| *said.frame == *frame)
        })?;
        Some(self.note(place, now_ns))
    }

    /// Takes an event that nobody has heard before, or that is not what was due.
    pub(crate) fn learn(
        &mut self,
        places: &mut [Place],
        frame: &[u8],
        event: Decoded<'_>,
        now_ns: u64,
    ) -> Result<Heard, Fault> {
        let number = self.numbers.get(event.room);
        let place = number.and_then(|number| places.iter_mut().find(|place| place.room == *number));
        let place = place.ok_or_else(|| Fault::Misdirected(event.room.to_owned()))?;
        let room = &mut self.rooms[place.room as usize];
        place.next = due(room, *place, event.room, event.seq)?;
        match room.at(place.next) {
            Some(said) if said.frame.is_empty() => room.learn_late(event.seq, frame, event.stamp),
            Some(said) if *said.frame != *frame => {
                return Err(Fault::Unequal {
                    room: event.room.to_owned(),
                    seq: event.seq,
                });
            }
            Some(_) => {}
            None => {
                room.learn(frame, event.stamp);
                self.frame_bytes = frame.len();
            }
        }
        Ok(self.note(place, now_ns))
    }

    /// Passes over events which a member was told that it would not be sent.
    pub(crate) fn skip(
        &mut self,
        places: &mut [Place],
        room: &str,
        seqs: RangeInclusive<u64>,
    ) -> Result<(), Fault> {
        let number = self.numbers.get(room);
        let place = number.and_then(|number| places.iter_mut().find(|place| place.room == *number));
        let place = place.ok_or_else(|| Fault::Misdirected(room.to_owned()))?;
        let told = &mut self.rooms[place.room as usize];
        for seq in seqs {
            place.next = due(told, *place, room, seq)?;
            told.note_skipped(place.next);
            place.next += 1;
            self.skipped += 1;
        }
        told.forget_completed();
        Ok(())
    }

    /// Whether all members of this process have heard a room so far.
    pub(crate) fn has_heard(&self, upto: Upto) -> bool {
        let room = &self.rooms[upto.room as usize];
        room.members == 0 || (room.events.is_empty() && room.first >= upto.next)
    }

    /// What was heard of each room in which anything was.
    pub(crate) fn extents(&self) -> Vec<Extent> {
        let rooms = (0..).zip(&self.rooms);
        rooms
            .filter(|(_, room)| room.base.is_some())
            .map(|(number, room)| Extent {
                room: number,
                next: room.first,
                digest: room.digest,
            })
            .collect()
    }

    /// Counts deliveries and their latency from here on.
    pub(crate) fn begin_counting(&mut self) {
        self.deliveries = 0;
        self.skipped = 0;
        self.latency = Histogram::default();
    }

    fn note(&mut self, place: &mut Place, now_ns: u64) -> Heard {
        let room = &mut self.rooms[place.room as usize];
        let index = usize::try_from(place.next - room.first).expect("an index of a queue");
        let said = &mut room.events[index];
        place.next += 1;
        said.heard += 1;
        let (stamp, is_complete) = (said.stamp, said.heard == room.members);
        self.deliveries += 1;
        self.last_ns = now_ns;
        self.latency.note(now_ns.saturating_sub(stamp.intended_ns));
        if !is_complete {
            return Heard::Due;
        }
        room.forget_completed();
        Heard::ByAll(Completed {
            sender: stamp.sender,
        })
    }
}

/// Which seq is due at a place, if the event is the one.
fn due(room: &mut Room, place: Place, name: &str, came: u64) -> Result<u64, Fault> {
    // Nobody joins during a run, so the first event that anybody hears is the first for all.
    let base = *room.base.get_or_insert_with(|| {
        room.first = came;
        came
    });
    let due = if place.next == 0 { base } else { place.next };
    let room = name.to_owned();
    match came {
        _ if came > due => Err(Fault::Lost { room, due, came }),
        _ if came < due => Err(Fault::Doubled { room, due, came }),
        _ => Ok(due),
    }
}

/// The digest of the same events and one more. All processes of a run are of one program, so the
/// hash need not outlive it.
fn digest_with(digest: u64, frame: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_u64(digest);
    hasher.write(frame);
    hasher.finish()
}

impl Room {
    fn at(&self, seq: u64) -> Option<&Said> {
        let index = seq.checked_sub(self.first)?;
        self.events.get(usize::try_from(index).ok()?)
    }

    fn learn(&mut self, frame: &[u8], stamp: Stamp) {
        self.digest = self.digest.map(|digest| digest_with(digest, frame));
        self.events.push_back(Said {
            frame: frame.into(),
            stamp,
            heard: 0,
        });
    }

    /// An event that others were told they would not be sent.
    fn learn_late(&mut self, seq: u64, frame: &[u8], stamp: Stamp) {
        let index = seq
            .checked_sub(self.first)
            .and_then(|index| usize::try_from(index).ok());
        if let Some(said) = index.and_then(|index| self.events.get_mut(index)) {
            said.frame = frame.into();
            said.stamp = stamp;
        }
    }

    fn note_skipped(&mut self, seq: u64) {
        self.digest = None;
        if self.at(seq).is_none() {
            let (intended_ns, sender) = (0, u32::MAX);
            self.events.push_back(Said {
                frame: Box::default(),
                stamp: Stamp {
                    intended_ns,
                    sender,
                },
                heard: 0,
            });
        }
        let index = usize::try_from(seq - self.first).expect("an index of a queue");
        self.events[index].heard += 1;
    }

    fn forget_completed(&mut self) {
        while self
            .events
            .front()
            .is_some_and(|said| said.heard == self.members)
        {
            self.events.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_NS: u64 = 1_000;

    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        ledger.add_room("general", 2);
        ledger.add_room("other", 2);
        ledger
    }

    fn decoded(seq: u64) -> Decoded<'static> {
        Decoded {
            room: "general",
            seq,
            stamp: Stamp {
                intended_ns: 400,
                sender: 3,
            },
        }
    }

    /// As a member does it: by bytes first, else decoded.
    fn hear(ledger: &mut Ledger, places: &mut [Place], seq: u64) -> Result<Heard, Fault> {
        let frame = seq.to_be_bytes();
        match ledger.recognise(places, &frame, AT_NS) {
            Some(heard) => Ok(heard),
            None => ledger.learn(places, &frame, decoded(seq), AT_NS),
        }
    }

    #[test]
    fn an_event_is_complete_when_all_members_have_heard_it() {
        let mut ledger = ledger();
        let (mut ana, mut bob) = ([Place::new(1), Place::new(0)], [Place::new(0)]);
        assert_eq!(hear(&mut ledger, &mut ana, 41), Ok(Heard::Due));
        assert_eq!(hear(&mut ledger, &mut ana, 42), Ok(Heard::Due));
        let all = Ok(Heard::ByAll(Completed { sender: 3 }));
        assert_eq!(hear(&mut ledger, &mut bob, 41), all);
        assert_eq!(hear(&mut ledger, &mut bob, 42), all);
        assert_eq!((ledger.deliveries, ledger.last_ns), (4, AT_NS));
        assert!((600..610).contains(&ledger.latency.quantile_ns(1.0)));
        assert!(ledger.rooms[0].events.is_empty());
    }

    #[test]
    fn a_hole_is_a_loss_also_at_the_beginning() {
        let mut ledger = ledger();
        let (mut ana, mut bob) = ([Place::new(0)], [Place::new(0)]);
        hear(&mut ledger, &mut ana, 5).unwrap();
        let lost = |due, came| {
            Err(Fault::Lost {
                room: "general".into(),
                due,
                came,
            })
        };
        assert_eq!(hear(&mut ledger, &mut ana, 7), lost(6, 7));
        assert_eq!(hear(&mut ledger, &mut bob, 6), lost(5, 6));
    }

    #[test]
    fn an_event_that_comes_again_is_a_fault_before_and_after_it_is_complete() {
        let mut ledger = ledger();
        let (mut ana, mut bob) = ([Place::new(0)], [Place::new(0)]);
        hear(&mut ledger, &mut ana, 5).unwrap();
        let doubled = Err(Fault::Doubled {
            room: "general".into(),
            due: 6,
            came: 5,
        });
        assert_eq!(hear(&mut ledger, &mut ana, 5), doubled);
        hear(&mut ledger, &mut bob, 5).unwrap();
        assert_eq!(hear(&mut ledger, &mut bob, 5), doubled);
    }

    #[test]
    fn who_is_told_of_a_gap_goes_on_behind_it_and_others_may_hear_it_all() {
        let mut ledger = ledger();
        let (mut ana, mut bob) = ([Place::new(0)], [Place::new(0)]);
        hear(&mut ledger, &mut ana, 5).unwrap();
        assert_eq!(ledger.skip(&mut ana, "general", 6..=8), Ok(()));
        hear(&mut ledger, &mut ana, 9).unwrap();
        for seq in 5..=9 {
            hear(&mut ledger, &mut bob, seq).unwrap();
        }
        assert_eq!((ledger.deliveries, ledger.skipped), (7, 3));
        assert!(ledger.has_heard(Upto { room: 0, next: 10 }));
        assert!(!ledger.has_heard(Upto { room: 0, next: 11 }));
        let lost = ledger.skip(&mut ana, "general", 11..=12);
        assert!(matches!(lost, Err(Fault::Lost { due: 10, .. })), "{lost:?}");
    }

    #[test]
    fn what_was_heard_is_told_with_a_digest_that_its_bytes_decide() {
        let heard = |frames: [&[u8]; 2]| {
            let mut ledger = ledger();
            let mut ana = [Place::new(0)];
            for (seq, frame) in (5..).zip(frames) {
                ledger.learn(&mut ana, frame, decoded(seq), AT_NS).unwrap();
                ledger
                    .learn(
                        &mut [Place {
                            next: seq,
                            ..Place::new(0)
                        }],
                        frame,
                        decoded(seq),
                        AT_NS,
                    )
                    .unwrap();
            }
            let [extent] = ledger.extents()[..] else {
                panic!("one room was heard")
            };
            assert_eq!((extent.room, extent.next), (0, 7));
            extent.digest.unwrap()
        };
        assert_eq!(heard([b"a", b"b"]), heard([b"a", b"b"]));
        assert_ne!(heard([b"a", b"b"]), heard([b"b", b"a"]));
        assert_ne!(heard([b"a", b"b"]), heard([b"ab", b""]));
    }

    #[test]
    fn other_bytes_for_another_member_are_a_fault() {
        let mut ledger = ledger();
        hear(&mut ledger, &mut [Place::new(0)], 5).unwrap();
        let told = ledger.learn(&mut [Place::new(0)], b"other", decoded(5), AT_NS);
        assert_eq!(
            told,
            Err(Fault::Unequal {
                room: "general".into(),
                seq: 5
            })
        );
    }

    #[test]
    fn an_event_of_a_room_that_one_is_not_in_is_a_fault() {
        let mut ledger = ledger();
        let told = ledger.learn(&mut [Place::new(1)], b"5", decoded(5), AT_NS);
        assert_eq!(told, Err(Fault::Misdirected("general".into())));
    }
}
