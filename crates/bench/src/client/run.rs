//! A load from its first message to the last delivery.

use std::collections::BTreeSet;

use super::driver::{Driver, Fault};
use super::ledger::RoomNumber;
use super::orders::{Load, Ran, Upto};
use super::stamp::TEXT_BYTES_MIN;
use super::traffic::{Period, Sender, Traffic};
use crate::clock;

/// After the time of a load is over, what is under way has so long to arrive.
const DRAIN_NS: u64 = 30_000_000_000;
/// The longest wait between two looks at the time.
const TURN_NS: u64 = 50_000_000;

impl Driver {
    /// Runs a load to its end: until all that was sent is answered and was heard by all.
    pub(super) fn run(
        &mut self,
        load: &Load,
        progress: impl FnMut(u64, u64),
    ) -> Result<Ran, Fault> {
        let begin_ns = clock::now_ns();
        let period = self.set_off(load, begin_ns)?;
        self.drive(period, progress)?;
        let traffic = self.traffic.take();
        Ok(self.ran(traffic, begin_ns))
    }

    /// Begins a load, which goes on as long as due messages are sent.
    pub(super) fn set_off(&mut self, load: &Load, begin_ns: u64) -> Result<Period, Fault> {
        let (senders, part) = self.senders(load)?;
        let pace = load.pace.part(part);
        self.refusals = load.refusals;
        self.text_bytes = load.text_bytes.max(TEXT_BYTES_MIN);
        let period = Period {
            begin_ns,
            end_ns: begin_ns + load.duration_ms * 1_000_000,
        };
        let answers = self.dialect.answers();
        self.traffic = Some(Traffic::new(senders, pace, answers, period));
        Ok(period)
    }

    /// The last seq of a room that a member has heard.
    pub(super) fn last_heard(&self, member: u32, room: RoomNumber) -> Option<u64> {
        let places = &self.members[member as usize].places;
        let place = places.iter().find(|place| place.room == room)?;
        place.next.checked_sub(1).filter(|seq| *seq > 0)
    }

    /// Counts from here on.
    pub(super) fn count(&mut self) {
        self.ledger.begin_counting();
        self.behind = 0;
        self.reads = 0;
    }

    /// Reads until all members have heard these rooms so far.
    pub(super) fn settle(&mut self, upto: &[Upto]) -> Result<Ran, Fault> {
        let begin_ns = clock::now_ns();
        while let Some(lacking) = upto.iter().find(|upto| !self.ledger.has_heard(**upto)) {
            if clock::now_ns() > begin_ns + DRAIN_NS {
                let room = self.ledger.name(lacking.room);
                return Err(format!(
                    "room {room} was not heard by all up to {} after 30 s; they stand at {:?}, told \
                     {} times that they are behind, and of {} events that they are not sent",
                    lacking.next,
                    self.standing(lacking.room),
                    self.behind,
                    self.ledger.skipped,
                ));
            }
            self.turn(TURN_NS)?;
        }
        Ok(self.ran(None, begin_ns))
    }

    fn drive(&mut self, period: Period, mut progress: impl FnMut(u64, u64)) -> Result<(), Fault> {
        let of_ns = period.end_ns - period.begin_ns;
        loop {
            let now_ns = clock::now_ns();
            self.send_due(now_ns)?;
            let Some(traffic) = &self.traffic else {
                return Ok(());
            };
            if traffic.is_over(now_ns) {
                return Ok(());
            }
            if now_ns > period.end_ns + DRAIN_NS {
                return Err(format!("{} after 30 s", traffic.under_way()));
            }
            let wake_ns = traffic.wake_ns().unwrap_or(u64::MAX);
            self.turn(wake_ns.saturating_sub(now_ns).min(TURN_NS))?;
            progress((now_ns - period.begin_ns).min(of_ns), of_ns);
        }
    }

    /// The seqs that are next for the members of a room, each once.
    fn standing(&self, room: RoomNumber) -> BTreeSet<u64> {
        let places = self.members.iter().flat_map(|member| &member.places);
        places
            .filter(|place| place.room == room)
            .map(|place| place.next)
            .collect()
    }

    /// Those of the senders who are members of this process, and how large a part of all they are.
    fn senders(&self, load: &Load) -> Result<(Vec<Sender>, f64), Fault> {
        let mut senders = Vec::new();
        for nth in 0..load.senders_per_room {
            for room in load.rooms.clone() {
                let seats = &self.begin.rooms[room as usize];
                let user = seats.users.start + nth;
                if self.begin.users.contains(&user) {
                    let member = self.member_of(user);
                    let member = member.ok_or("a sender's connection is not open")?;
                    senders.push(Sender { user, member, room });
                }
            }
        }
        let all = load.rooms.len() as f64 * f64::from(load.senders_per_room);
        let part = senders.len() as f64 / all;
        Ok((senders, part))
    }

    /// What came since counting began.
    fn ran(&mut self, traffic: Option<Traffic>, begin_ns: u64) -> Ran {
        let mut ran = Ran {
            deliveries: self.ledger.deliveries,
            reads: self.reads,
            elapsed_ns: self.ledger.last_ns.saturating_sub(begin_ns),
            latency: std::mem::take(&mut self.ledger.latency),
            frame_bytes: self.ledger.frame_bytes,
            behind: self.behind,
            skipped: self.ledger.skipped,
            rooms: self.ledger.extents(),
            ..Ran::default()
        };
        if let Some(traffic) = traffic {
            ran.sent = traffic.sent;
            ran.acknowledged = traffic.acknowledged;
            ran.refused = traffic.refused;
            ran.ack_latency = traffic.ack_latency;
            ran.late = traffic.late;
        }
        self.count();
        ran
    }
}
