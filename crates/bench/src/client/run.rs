//! A load from its first message to the last delivery.

use super::driver::{Driver, Fault};
use super::orders::{Load, Ran};
use super::stamp::TEXT_BYTES_MIN;
use super::traffic::{Period, Sender, Traffic};
use crate::clock;

/// After the time of a load is over, what is under way has so long to arrive.
const DRAIN_NS: u64 = 30_000_000_000;
/// The longest wait between two looks at the time.
const TURN_NS: u64 = 50_000_000;

impl Driver {
    /// Runs a load to its end: until all that was sent is answered and was heard by all.
    pub(super) fn run(&mut self, load: &Load) -> Result<Ran, Fault> {
        let senders = self.senders(load)?;
        self.text_bytes = load.text_bytes.max(TEXT_BYTES_MIN);
        self.ledger.begin_counting();
        self.behind = 0;
        self.reads = 0;
        let begin_ns = clock::now_ns();
        let period = Period {
            begin_ns,
            end_ns: begin_ns + load.duration_ms * 1_000_000,
        };
        let answers = self.dialect.answers();
        self.traffic = Some(Traffic::new(senders, load.pace, answers, period));
        self.drive(period)?;
        Ok(self.ran(begin_ns))
    }

    fn drive(&mut self, period: Period) -> Result<(), Fault> {
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
        }
    }

    fn senders(&self, load: &Load) -> Result<Vec<Sender>, Fault> {
        let mut senders = Vec::new();
        for nth in 0..load.senders_per_room {
            for room in load.rooms.clone() {
                let seats = &self.begin.rooms[room as usize];
                let member = self.member_of(seats.users.start + nth);
                let member = member.ok_or("a sender's connection is not open")?;
                senders.push(Sender { member, room });
            }
        }
        Ok(senders)
    }

    fn ran(&mut self, begin_ns: u64) -> Ran {
        let Some(traffic) = self.traffic.take() else {
            return Ran::default();
        };
        Ran {
            sent: traffic.sent,
            acknowledged: traffic.acknowledged,
            deliveries: self.ledger.deliveries,
            reads: self.reads,
            elapsed_ns: self.ledger.last_ns.saturating_sub(begin_ns),
            latency: std::mem::take(&mut self.ledger.latency),
            ack_latency: traffic.ack_latency,
            frame_bytes: self.ledger.frame_bytes,
            behind: self.behind,
        }
    }
}
