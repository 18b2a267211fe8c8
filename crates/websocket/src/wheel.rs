//! A hashed timing wheel: one for very many connections, instead of a timer for each.
//!
//! Pure: time is a count of ticks that the owner gives. To schedule, to cancel and to expire one
//! entry each cost the same however many there are (Varghese and Lauck, 1987, scheme 6).
//!
//! *Invariant*: a scheduled entry is in exactly one slot's list, that of its due tick modulo the
//! number of slots; it leaves it on the first [`advance`](Wheel::advance) to its tick or beyond.

/// A point in time, counted in ticks of the owner's choosing.
pub type Tick = u32;

/// How many lists the entries are spread over. Whatever is due within as many ticks is looked at
/// only when it is due.
const SLOTS: u32 = 128;
const NOBODY: u32 = u32::MAX;
/// The slot of an entry that is not scheduled.
const UNSCHEDULED: u32 = NOBODY;

/// Names an entry until it is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(u32);

/// Entries, each of which may be due at some tick.
#[derive(Debug)]
pub struct Wheel<T> {
    now: Tick,
    /// The first entry of each slot's list.
    slots: Box<[u32]>,
    entries: Vec<Entry<T>>,
    /// The first entry that is free, linked by `next`.
    free: u32,
    live: usize,
}

#[derive(Debug)]
struct Entry<T> {
    /// None while the entry is free.
    value: Option<T>,
    due: Tick,
    slot: u32,
    previous: u32,
    next: u32,
}

impl<T> Wheel<T> {
    /// An empty wheel that stands at `now`.
    #[must_use]
    pub fn new(now: Tick) -> Self {
        let slots = vec![NOBODY; SLOTS as usize].into_boxed_slice();
        Self {
            now,
            slots,
            entries: Vec::new(),
            free: NOBODY,
            live: 0,
        }
    }

    /// How many entries there are, scheduled or not.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.live
    }

    /// There are no entries.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Adds an entry, due at `due`.
    pub fn insert(&mut self, value: T, due: Tick) -> Key {
        let key = Key(self.vacancy());
        self.entry(key).value = Some(value);
        self.live += 1;
        self.link(key, due);
        key
    }

    /// Takes an entry out. *Invariant*: its key is not used again.
    pub fn remove(&mut self, key: Key) -> Option<T> {
        self.unlink(key);
        let free = self.free;
        let entry = self.entry(key);
        let value = entry.value.take()?;
        entry.next = free;
        self.free = key.0;
        self.live -= 1;
        if self.live == 0 {
            self.entries = Vec::new();
            self.free = NOBODY;
        }
        Some(value)
    }

    /// Makes an entry due at `due`, or leaves it where it is if it is due before.
    pub fn schedule_by(&mut self, key: Key, due: Tick) {
        let entry = self.entry(key);
        if entry.slot == UNSCHEDULED || entry.due > due {
            self.unlink(key);
            self.link(key, due);
        }
    }

    /// Makes an entry due never, until it is scheduled again.
    pub fn cancel(&mut self, key: Key) {
        self.unlink(key);
    }

    /// Moves to `now` and hands over every entry that is due; they stay, but unscheduled.
    pub fn advance(&mut self, now: Tick, mut expired: impl FnMut(Key, &T)) {
        let laps = now.saturating_sub(self.now).min(SLOTS);
        self.now = self.now.max(now);
        for slot in (0..laps).map(|back| (now - back) % SLOTS) {
            self.expire_slot(slot, &mut expired);
        }
    }

    fn expire_slot(&mut self, slot: u32, expired: &mut impl FnMut(Key, &T)) {
        let mut at = self.slots[slot as usize];
        while at != NOBODY {
            let key = Key(at);
            at = self.entry(key).next;
            if self.entry(key).due <= self.now {
                self.unlink(key);
                self.entry(key)
                    .value
                    .iter()
                    .for_each(|value| expired(key, value));
            }
        }
    }

    fn entry(&mut self, key: Key) -> &mut Entry<T> {
        &mut self.entries[key.0 as usize]
    }

    fn vacancy(&mut self) -> u32 {
        if let Some(free) = self.entries.get(self.free as usize) {
            return std::mem::replace(&mut self.free, free.next);
        }
        let entry = Entry {
            value: None,
            due: 0,
            slot: UNSCHEDULED,
            previous: NOBODY,
            next: NOBODY,
        };
        self.entries.push(entry);
        (self.entries.len() - 1) as u32
    }

    /// Puts an unscheduled entry into the list of its slot. What is due already is due next.
    fn link(&mut self, key: Key, due: Tick) {
        let due = due.max(self.now + 1);
        let slot = due % SLOTS;
        let next = std::mem::replace(&mut self.slots[slot as usize], key.0);
        let entry = self.entry(key);
        (entry.due, entry.slot, entry.previous, entry.next) = (due, slot, NOBODY, next);
        if next != NOBODY {
            self.entry(Key(next)).previous = key.0;
        }
    }

    fn unlink(&mut self, key: Key) {
        let entry = self.entry(key);
        let slot = std::mem::replace(&mut entry.slot, UNSCHEDULED);
        let (previous, next) = (entry.previous, entry.next);
        if slot == UNSCHEDULED {
            return;
        }
        if next != NOBODY {
            self.entry(Key(next)).previous = previous;
        }
        match previous {
            NOBODY => self.slots[slot as usize] = next,
            previous => self.entry(Key(previous)).next = next,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    fn expired(wheel: &mut Wheel<char>, now: Tick) -> String {
        let mut names = Vec::new();
        wheel.advance(now, |_, name| names.push(*name));
        names.sort_unstable();
        names.into_iter().collect()
    }

    #[test]
    fn entries_expire_at_their_tick_and_once() {
        let mut wheel = Wheel::new(0);
        wheel.insert('a', 3);
        wheel.insert('b', 5);
        wheel.insert('c', 3 + SLOTS);
        assert_eq!(expired(&mut wheel, 2), "");
        assert_eq!(expired(&mut wheel, 3), "a");
        assert_eq!(expired(&mut wheel, 9), "b");
        assert_eq!(expired(&mut wheel, 3 + SLOTS), "c");
        assert_eq!(expired(&mut wheel, 10_000), "");
    }

    #[test]
    fn of_two_times_the_earlier_holds() {
        let mut wheel = Wheel::new(0);
        let key = wheel.insert('a', 9);
        wheel.schedule_by(key, 20);
        wheel.schedule_by(key, 4);
        assert_eq!(expired(&mut wheel, 4), "a");
        wheel.schedule_by(key, 20);
        assert_eq!(expired(&mut wheel, 20), "a");
    }

    #[test]
    fn what_is_overdue_is_due_next() {
        let mut wheel = Wheel::new(100);
        wheel.insert('a', 7);
        assert_eq!(expired(&mut wheel, 100), "");
        assert_eq!(expired(&mut wheel, 101), "a");
    }

    #[test]
    fn cancelled_and_removed_entries_do_not_expire() {
        let mut wheel = Wheel::new(0);
        let (a, b) = (wheel.insert('a', 3), wheel.insert('b', 3));
        wheel.insert('c', 3);
        wheel.cancel(a);
        assert_eq!(wheel.remove(b), Some('b'));
        assert_eq!(expired(&mut wheel, 3), "c");
        assert_eq!(wheel.len(), 2);
    }

    #[test]
    fn memory_is_given_back_when_all_have_left() {
        let mut wheel = Wheel::new(0);
        let keys: Vec<Key> = (0..1000).map(|due| wheel.insert('x', due)).collect();
        for key in keys {
            wheel.remove(key);
        }
        assert!(wheel.is_empty());
        assert_eq!(wheel.entries.capacity(), 0);
    }

    #[derive(Debug, Clone)]
    enum Act {
        Insert(Tick),
        Remove(usize),
        ScheduleBy(usize, Tick),
        Cancel(usize),
        Advance(Tick),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            (0..400u32).prop_map(Act::Insert),
            any::<usize>().prop_map(Act::Remove),
            (any::<usize>(), 0..400u32).prop_map(|(nth, due)| Act::ScheduleBy(nth, due)),
            any::<usize>().prop_map(Act::Cancel),
            (0..300u32).prop_map(Act::Advance),
        ]
    }

    proptest! {
        /// Against a map from key to due tick, walked from end to end.
        #[test]
        fn the_wheel_does_what_a_plain_list_does(acts in proptest::collection::vec(act(), 1..200)) {
            let (mut wheel, mut plain, mut now) = (Wheel::new(0), BTreeMap::new(), 0);
            for act in acts {
                let nth = |plain: &BTreeMap<Key, Option<Tick>>, n: usize| {
                    plain.keys().nth(n.checked_rem(plain.len())?).copied()
                };
                match act {
                    Act::Insert(wait) => {
                        let key = wheel.insert((), now + wait);
                        plain.insert(key, Some((now + wait).max(now + 1)));
                    }
                    Act::Remove(n) => if let Some(key) = nth(&plain, n) {
                        plain.remove(&key);
                        prop_assert_eq!(wheel.remove(key), Some(()));
                    },
                    Act::ScheduleBy(n, wait) => if let Some(key) = nth(&plain, n) {
                        wheel.schedule_by(key, now + wait);
                        let due = plain[&key].map_or(now + wait, |due| due.min(now + wait));
                        plain.insert(key, Some(due.max(now + 1)));
                    },
                    Act::Cancel(n) => if let Some(key) = nth(&plain, n) {
                        wheel.cancel(key);
                        plain.insert(key, None);
                    },
                    Act::Advance(by) => {
                        now += by;
                        let mut expired = Vec::new();
                        wheel.advance(now, |key, ()| expired.push(key));
                        expired.sort_unstable();
                        let due = |due: &Option<Tick>| due.is_some_and(|due| due <= now);
                        let expected: Vec<Key> =
                            plain.iter().filter(|(_, at)| due(at)).map(|(key, _)| *key).collect();
                        prop_assert_eq!(&expired, &expected);
                        plain.extend(expired.iter().map(|key| (*key, None)));
                    }
                }
                prop_assert_eq!(wheel.len(), plain.len());
            }
        }
    }
}
