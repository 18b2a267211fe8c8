//! What a transaction brought, sorted by who is to hear of it.

use std::sync::Arc;

use tidings_domain::{Event, RoomVersion, UserId};
use tokio::sync::oneshot;

use super::job::{MarkWaiter, Then, sent};
use crate::envelope::Envelope;
use crate::fanout::Ack;
use crate::meters::Meters;
use crate::outlet::Reply;
use crate::ports::{Outcome, ReceiptChange};
use crate::refusal::{Failure, Refusal};

/// What a transaction brought, in its order.
#[derive(Default)]
pub(super) struct News {
    pub(super) events: Vec<(Arc<Envelope>, RoomVersion, u32)>,
    pub(super) acks: Vec<(UserId, Ack)>,
    pub(super) told: Vec<(oneshot::Sender<Result<Outcome, Failure>>, Outcome)>,
    pub(super) receipts: Vec<ReceiptChange>,
}

impl News {
    pub(super) fn take(&mut self, then: Then, outcome: Outcome, meters: &Meters) {
        match &outcome {
            Outcome::Appended {
                events,
                version,
                members,
            } => {
                let envelope = |event: &Event| (Envelope::new(event.clone()), *version, *members);
                self.events.extend(events.iter().map(envelope));
            }
            Outcome::Duplicate { .. } => meters.duplicates.one(),
            Outcome::Receipt { now, rose: true } => self.receipts.push(*now),
            _ => {}
        }
        match then {
            Then::Nothing => {}
            Then::Tell(tell) => self.told.push((tell, outcome)),
            Then::AckSend {
                outlet,
                user,
                room,
                command,
            } => {
                let reply = sent(command, room, &outcome);
                self.acks.push((user, Ack { outlet, reply }));
            }
            Then::TellMarks(waiters) => self.tell_marks(waiters, &outcome),
        }
    }
}

impl News {
    fn tell_marks(&mut self, waiters: Vec<MarkWaiter>, outcome: &Outcome) {
        let marks = match outcome {
            Outcome::Receipt { now, .. } => Ok(now.marks),
            _ => Err(Failure::from(Refusal::NotFound("room"))),
        };
        for waiter in waiters {
            match waiter {
                MarkWaiter::Request(tell) => drop(tell.send(marks.clone())),
                MarkWaiter::Socket {
                    outlet,
                    user,
                    command,
                } => {
                    let reply = match &marks {
                        Ok(marks) => Reply::Marked {
                            command,
                            marks: *marks,
                        },
                        Err(failure) => Reply::Failed {
                            command,
                            failure: failure.clone(),
                        },
                    };
                    self.acks.push((user, Ack { outlet, reply }));
                }
            }
        }
    }
}
