//! When who sends: the pace of a load, and what is still under way. No clock and no I/O.

use std::collections::{HashMap, VecDeque};

use super::ledger::RoomNumber;
use super::orders::{Pace, Until};
use super::stamp::Stamp;
use crate::histogram::Histogram;

/// A member that sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sender {
    pub(crate) user: u32,
    /// Its place among the members of this process.
    pub(crate) member: u32,
    pub(crate) room: RoomNumber,
}

/// A message that is to be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) sender: Sender,
    pub(crate) stamp: Stamp,
}

/// What answers a target gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// One for each message.
    Each,
    /// None at all.
    None,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Traffic {
    senders: Vec<Sender>,
    places: HashMap<u32, usize>,
    pace: Pace,
    answers: Answers,
    begin_ns: u64,
    end_ns: u64,
    /// Senders that may send once more, one entry for each message.
    ready: VecDeque<usize>,
    unanswered: HashMap<u64, Stamp>,
    pub(crate) sent: u64,
    pub(crate) acknowledged: u64,
    pub(crate) refused: u64,
    heard: u64,
    pub(crate) ack_latency: Histogram,
    /// From when each message was meant to be sent to when it was written: what of all latency is
    /// this tool's own.
    pub(crate) late: Histogram,
}

/// From when to when a load runs, in nanoseconds of the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) begin_ns: u64,
    pub(crate) end_ns: u64,
}

impl Traffic {
    /// A load that begins. The first of `senders` to send are spread over all of them.
    pub(crate) fn new(
        senders: Vec<Sender>,
        pace: Pace,
        answers: Answers,
        Period { begin_ns, end_ns }: Period,
    ) -> Self {
        let at_once = match pace {
            Pace::Window { in_flight, .. } => in_flight,
            Pace::Rate { .. } => 0,
        };
        let places = senders
            .iter()
            .enumerate()
            .map(|(index, sender)| (sender.user, index));
        Self {
            places: places.collect(),
            ready: (0..at_once).flat_map(|_| 0..senders.len()).collect(),
            senders,
            pace,
            answers,
            begin_ns,
            end_ns,
            unanswered: HashMap::new(),
            sent: 0,
            acknowledged: 0,
            refused: 0,
            heard: 0,
            ack_latency: Histogram::default(),
            late: Histogram::default(),
        }
    }

    /// The next message, if one is due by now; [`Self::note_sent`] has to follow.
    pub(crate) fn next_due(&mut self, now_ns: u64) -> Option<Due> {
        let (index, intended_ns) = match self.pace {
            Pace::Window { .. } if now_ns >= self.end_ns => return None,
            Pace::Window { .. } => (self.ready.pop_front()?, now_ns),
            Pace::Rate { .. } => {
                let intended_ns = self.intended_ns().filter(|intended| *intended <= now_ns)?;
                let turn = self.sent % self.senders.len() as u64;
                (
                    usize::try_from(turn).expect("a remainder of a length"),
                    intended_ns,
                )
            }
        };
        let sender = self.senders[index];
        Some(Due {
            sender,
            stamp: Stamp {
                intended_ns,
                sender: sender.user,
            },
        })
    }

    /// A message was sent as this command.
    pub(crate) fn note_sent(&mut self, command: u64, stamp: Stamp, now_ns: u64) {
        self.sent += 1;
        self.late.note(now_ns.saturating_sub(stamp.intended_ns));
        if self.answers == Answers::Each {
            self.unanswered.insert(command, stamp);
        }
    }

    /// A command was answered; whether it was one of these.
    pub(crate) fn note_acknowledged(&mut self, command: u64, now_ns: u64) -> bool {
        let Some(stamp) = self.unanswered.remove(&command) else {
            return false;
        };
        self.acknowledged += 1;
        self.ack_latency
            .note(now_ns.saturating_sub(stamp.intended_ns));
        self.give_back(Until::Acknowledged, stamp.sender);
        true
    }

    /// A command was refused because there are too many; whether it was one of these.
    pub(crate) fn note_refused(&mut self, command: u64) -> bool {
        let is_ours = self.unanswered.remove(&command).is_some();
        self.refused += u64::from(is_ours);
        is_ours
    }

    /// A message was heard by all members of its room; of other processes' nothing is expected.
    pub(crate) fn note_heard_by_all(&mut self, sender: u32) {
        if self.places.contains_key(&sender) {
            self.heard += 1;
            self.give_back(Until::HeardByAll, sender);
        }
    }

    /// When the next message is due, if that is known.
    pub(crate) fn wake_ns(&self) -> Option<u64> {
        match self.pace {
            Pace::Window { .. } => None,
            Pace::Rate { .. } => self.intended_ns(),
        }
    }

    /// Whether the time is over and nothing is under way.
    pub(crate) fn is_over(&self, now_ns: u64) -> bool {
        now_ns >= self.end_ns
            && self.intended_ns().is_none()
            && self.heard + self.refused == self.sent
            && self.unanswered.is_empty()
    }

    /// What is still under way, in words.
    pub(crate) fn under_way(&self) -> String {
        let unheard = self.sent - self.heard - self.refused;
        let unanswered = self.unanswered.len();
        format!(
            "of {} messages {unheard} were not heard by all, {unanswered} not answered",
            self.sent
        )
    }

    /// When the next message of a rate is to be sent; none after the end.
    fn intended_ns(&self) -> Option<u64> {
        let Pace::Rate { per_s } = self.pace else {
            return None;
        };
        if self.senders.is_empty() {
            return None;
        }
        let offset_ns = self.sent as f64 * 1e9 / per_s;
        Some(self.begin_ns + offset_ns as u64).filter(|intended| *intended < self.end_ns)
    }

    fn give_back(&mut self, reached: Until, sender: u32) {
        if matches!(self.pace, Pace::Window { until, .. } if until == reached) {
            self.ready.extend(self.places.get(&sender));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Period = Period {
        begin_ns: 1_000,
        end_ns: 2_000,
    };

    fn two() -> Vec<Sender> {
        [(7, 0), (9, 1)]
            .map(|(user, room)| Sender {
                user,
                member: user - 7,
                room,
            })
            .to_vec()
    }

    fn send(traffic: &mut Traffic, command: u64, now_ns: u64) -> Option<Stamp> {
        let due = traffic.next_due(now_ns)?;
        traffic.note_sent(command, due.stamp, now_ns);
        Some(due.stamp)
    }

    #[test]
    fn a_window_is_filled_sender_by_sender_and_again_when_all_have_heard() {
        let pace = Pace::Window {
            in_flight: 2,
            until: Until::HeardByAll,
        };
        let mut traffic = Traffic::new(two(), pace, Answers::Each, PERIOD);
        let senders: Vec<u32> = (1..=4)
            .map(|n| send(&mut traffic, n, 1_000).unwrap().sender)
            .collect();
        assert_eq!(senders, [7, 9, 7, 9]);
        assert_eq!(send(&mut traffic, 5, 1_100), None);
        assert!(traffic.note_acknowledged(1, 1_200));
        assert_eq!(send(&mut traffic, 5, 1_200), None);
        traffic.note_heard_by_all(9);
        assert_eq!(
            send(&mut traffic, 5, 1_300),
            Some(Stamp {
                intended_ns: 1_300,
                sender: 9
            })
        );
    }

    #[test]
    fn what_was_refused_is_not_waited_for() {
        let mut traffic = Traffic::new(two(), Pace::Rate { per_s: 2e6 }, Answers::Each, PERIOD);
        send(&mut traffic, 1, 1_000);
        send(&mut traffic, 2, 2_000);
        traffic.note_heard_by_all(7);
        assert!(traffic.note_acknowledged(1, 1_500) && !traffic.is_over(2_000));
        assert!(traffic.note_refused(2) && !traffic.note_refused(2));
        assert!(traffic.is_over(2_000));
        assert_eq!((traffic.sent, traffic.refused), (2, 1));
    }

    #[test]
    fn what_others_have_sent_is_not_waited_for() {
        let pace = Pace::Window {
            in_flight: 1,
            until: Until::HeardByAll,
        };
        let mut traffic = Traffic::new(two(), pace, Answers::None, PERIOD);
        send(&mut traffic, 1, 1_000);
        traffic.note_heard_by_all(8);
        assert!(!traffic.is_over(2_000));
        traffic.note_heard_by_all(7);
        assert!(traffic.is_over(2_000));
    }

    #[test]
    fn a_load_is_over_when_all_is_answered_and_heard() {
        let pace = Pace::Window {
            in_flight: 1,
            until: Until::Acknowledged,
        };
        let mut traffic = Traffic::new(two(), pace, Answers::Each, PERIOD);
        send(&mut traffic, 1, 1_000);
        traffic.note_heard_by_all(7);
        assert!(!traffic.is_over(2_000), "the answer is missing");
        assert!(traffic.note_acknowledged(1, 1_500));
        assert!(
            !traffic.note_acknowledged(1, 1_500),
            "it was answered before"
        );
        assert!(!traffic.is_over(1_999));
        assert!(traffic.is_over(2_000));
        assert_eq!(send(&mut traffic, 2, 2_000), None);
        assert_eq!(traffic.ack_latency.count(), 1);
    }

    #[test]
    fn a_rate_keeps_its_times_however_late_its_sender_is() {
        let mut traffic = Traffic::new(two(), Pace::Rate { per_s: 4e6 }, Answers::None, PERIOD);
        assert_eq!(traffic.wake_ns(), Some(1_000));
        let late: Vec<Stamp> = (0..3)
            .map(|n| send(&mut traffic, n, 1_600).unwrap())
            .collect();
        let meant = [(1_000, 7), (1_250, 9), (1_500, 7)];
        let meant = meant.map(|(intended_ns, sender)| Stamp {
            intended_ns,
            sender,
        });
        assert_eq!(late, meant);
        assert!((600..610).contains(&traffic.late.quantile_ns(1.0)));
        assert_eq!(send(&mut traffic, 3, 1_600), None);
        assert_eq!(traffic.wake_ns(), Some(1_750));
        assert!(send(&mut traffic, 3, 5_000).is_some());
        assert_eq!(
            (traffic.wake_ns(), send(&mut traffic, 4, 5_000)),
            (None, None)
        );
        assert!(!traffic.is_over(5_000));
        [7, 9, 7, 9]
            .iter()
            .for_each(|sender| traffic.note_heard_by_all(*sender));
        assert!(traffic.is_over(5_000));
    }
}
