//! The members of a run, in as many processes as their descriptors ask for.
//!
//! *Invariant*: a room whose members are in several processes is heard equally in all of them: each
//! process waits until its members have heard what the others' have, and in the same bytes.

use std::collections::HashMap;
use std::ops::Range;

use crate::child::ClientProcess;
use crate::client::orders::{Begin, Calm, Extent, Load, Manner, Order, Ran, Report, Storm, Upto};
use crate::failure::{Failure, Outcome};
use crate::itself::Itself;

/// Descriptors that a process needs for other things than its members.
const DESCRIPTORS_RESERVED: u64 = 100;
/// Members of one process at most, whatever the system allows: one thread serves them all.
const MEMBERS_MAX: u32 = 19_000;

/// See the module.
pub(crate) struct Fleet {
    processes: Vec<(Range<u32>, ClientProcess)>,
}

impl Fleet {
    /// Processes for these users, who are not connected yet.
    pub(crate) fn start(
        itself: &Itself,
        begin: &Begin,
        users: Range<u32>,
        per_process: u32,
    ) -> Outcome<Self> {
        let processes = shares(users, per_process).map(|share| {
            let begin = Begin {
                users: share.clone(),
                ..begin.clone()
            };
            Ok((share, ClientProcess::start(itself, begin)?))
        });
        Ok(Self {
            processes: processes.collect::<Outcome<_>>()?,
        })
    }

    /// Opens connections and says how far it is.
    pub(crate) fn open(&mut self, users: Range<u32>) -> Outcome<()> {
        self.open_as(users, Manner::Ordinary)
    }

    /// Opens connections of a special kind.
    pub(crate) fn open_as(&mut self, users: Range<u32>, manner: Manner) -> Outcome<()> {
        for (share, process) in &mut self.processes {
            let users = common(share, &users);
            if !users.is_empty() {
                process.order(&Order::Open { users, manner })?;
            }
        }
        Ok(())
    }

    /// Runs a load to its end.
    pub(crate) fn run(&mut self, load: &Load) -> Outcome<Ran> {
        self.begin(load)?;
        self.end()
    }

    /// Begins a load, in all processes at once.
    pub(crate) fn begin(&mut self, load: &Load) -> Outcome<()> {
        self.order_all(&Order::Count)?;
        let order = Order::Run(load.clone());
        let mut processes = self.processes.iter_mut();
        processes.try_for_each(|(_, process)| process.tell(&order))
    }

    /// Waits for the end of a load.
    pub(crate) fn end(&mut self) -> Outcome<Ran> {
        let mut all = Ran::default();
        for (_, process) in &mut self.processes {
            all.merge(process.ran()?);
        }
        if self.processes.len() > 1 {
            let upto = upto(&all.rooms);
            all.rooms.clear();
            all.merge(self.settle(&upto)?);
        }
        check_equal(&all.rooms)?;
        Ok(all)
    }

    /// Waits until all members have heard their rooms up to there.
    pub(crate) fn settle(&mut self, upto: &[Upto]) -> Outcome<Ran> {
        let mut all = Ran::default();
        for (_, process) in &mut self.processes {
            process.tell(&Order::Settle(upto.to_vec()))?;
            all.merge(process.ran()?);
        }
        Ok(all)
    }

    /// Makes a storm, by the members of the first process.
    pub(crate) fn storm(&mut self, storm: &Storm) -> Outcome<Calm> {
        let (_, first) = &mut self.processes[0];
        match first.order(&Order::Storm(storm.clone()))? {
            Report::Calm(calm) => Ok(calm),
            other => Err(Failure::Server(format!("the client said {other:?}"))),
        }
    }

    /// Closes all connections.
    pub(crate) fn close(&mut self) -> Outcome<()> {
        self.order_all(&Order::Close)
    }

    /// An order that is answered by nothing but that it was carried out.
    pub(crate) fn order_all(&mut self, order: &Order) -> Outcome<()> {
        let mut processes = self.processes.iter_mut();
        processes.try_for_each(|(_, process)| process.order(order).map(drop))
    }
}

/// How many members a process may have: as many as its descriptors allow.
pub(crate) fn members_per_process(descriptors: Option<u64>) -> u32 {
    let free = descriptors.map(|all| all.saturating_sub(DESCRIPTORS_RESERVED).max(1));
    let free = free.and_then(|free| u32::try_from(free).ok());
    free.unwrap_or(MEMBERS_MAX).min(MEMBERS_MAX)
}

/// Neighbouring users in shares of nearly one size.
fn shares(users: Range<u32>, per_process: u32) -> impl Iterator<Item = Range<u32>> {
    let count = users.end - users.start;
    let each = count.div_ceil(count.div_ceil(per_process).max(1)).max(1);
    users
        .clone()
        .step_by(each as usize)
        .map(move |first| first..(first + each).min(users.end))
}

/// The users that are in both.
pub(crate) fn common(one: &Range<u32>, other: &Range<u32>) -> Range<u32> {
    let start = one.start.max(other.start);
    start..one.end.min(other.end).max(start)
}

/// How far each room was heard by whoever heard most of it.
pub(crate) fn upto(extents: &[Extent]) -> Vec<Upto> {
    let mut furthest: HashMap<u32, u64> = HashMap::new();
    for extent in extents {
        let next = furthest.entry(extent.room).or_default();
        *next = extent.next.max(*next);
    }
    let upto = furthest.into_iter();
    upto.map(|(room, next)| Upto { room, next }).collect()
}

fn check_equal(extents: &[Extent]) -> Outcome<()> {
    let mut first: HashMap<u32, &Extent> = HashMap::new();
    for extent in extents {
        let one = *first.entry(extent.room).or_insert(extent);
        let same_events = match (one.digest, extent.digest) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        if one.next != extent.next || !same_events {
            let room = extent.room;
            return Err(Failure::Untrue(format!(
                "room {room} was not heard equally by two client processes"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_shared_evenly_by_as_many_processes_as_are_needed() {
        let of = |users, per_process| shares(users, per_process).collect::<Vec<_>>();
        assert_eq!(of(0..18_000, 19_000).len(), 1);
        assert_eq!(of(0..50_000, 19_000).len(), 3);
        assert_eq!(of(5..12, 3), [5..8, 8..11, 11..12]);
        assert_eq!(of(3..3, 5), []);
    }

    #[test]
    fn a_process_has_room_for_what_its_descriptors_allow() {
        assert_eq!(members_per_process(Some(1_024)), 924);
        assert_eq!(members_per_process(Some(20_000)), 19_000);
        assert_eq!(members_per_process(None), 19_000);
    }

    #[test]
    fn two_processes_that_heard_different_things_are_a_fault() {
        let heard = |next, digest| Extent {
            room: 4,
            next,
            digest,
        };
        assert!(check_equal(&[heard(9, Some(1)), heard(9, Some(1)), heard(9, None)]).is_ok());
        assert!(check_equal(&[heard(9, Some(1)), heard(8, Some(1))]).is_err());
        assert!(check_equal(&[heard(9, Some(1)), heard(9, Some(2))]).is_err());
        let upto = upto(&[heard(9, None), heard(12, None)]);
        assert_eq!(upto, [Upto { room: 4, next: 12 }]);
    }

    #[test]
    fn users_in_common_are_those_of_both() {
        assert_eq!(common(&(0..5), &(3..9)), 3..5);
        assert!(common(&(0..5), &(7..9)).is_empty());
        assert!(common(&(7..9), &(0..5)).is_empty());
    }
}
