//! The port [`Log`] over maps.

use async_trait::async_trait;
use tidings_domain::{
    Event, EventBody, Position, Room, RoomId, RoomVersion, Seq, Timestamp, UserId,
};

use super::{Member, Memory, State};
use crate::planted::{self, Bug};
use crate::ports::{
    Append, Guard, Log, LogStart, Outage, Outcome, ReceiptChange, ReceiptWrite, Since, UserRoom,
    UserRooms, Write,
};

#[async_trait]
impl Log for Memory {
    async fn start(&self) -> Result<LogStart, Outage> {
        let state = self.state.lock();
        Ok(LogStart {
            epoch: state.epoch,
            position: state.position(),
        })
    }

    async fn commit(&self, batch: Vec<Write>) -> Result<Vec<Outcome>, Outage> {
        Ok(self.state.lock().commit(batch))
    }

    async fn committed_after(&self, after: Position, limit: usize) -> Result<Vec<Event>, Outage> {
        let state = self.state.lock();
        let later = state.log.iter().filter(|event| event.position > after);
        Ok(later.take(limit).cloned().collect())
    }

    async fn events_after(
        &self,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<Event>, Outage> {
        let state = self.state.lock();
        let later = state.events(room).filter(|event| event.seq > after);
        Ok(later.take(limit).cloned().collect())
    }

    async fn events_since(
        &self,
        room: RoomId,
        after: Position,
        limit: usize,
    ) -> Result<Since, Outage> {
        let state = self.state.lock();
        let later = || state.events(room).filter(|event| event.position > after);
        Ok(Since {
            first: later().next().map(|event| event.seq),
            events: later().take(limit).cloned().collect(),
        })
    }

    async fn user_rooms(&self, user: UserId, since: Option<Position>) -> Result<UserRooms, Outage> {
        let state = self.state.lock();
        let rooms = state.members.values().filter_map(|member| {
            let room = state.rooms.get(&member.membership.room)?;
            (member.membership.user == user && is_listed(member, since)).then(|| UserRoom {
                membership: member.membership.clone(),
                kind: room.kind,
                members: room.members,
                head: room.head,
                head_position: room.head_position,
            })
        });
        Ok(UserRooms {
            position: state.position(),
            rooms: rooms.collect(),
        })
    }

    async fn receipts_since(
        &self,
        user: UserId,
        since: Position,
        members_max: u32,
    ) -> Result<Vec<ReceiptChange>, Outage> {
        let state = self.state.lock();
        let mut changes = Vec::new();
        for (_, room) in state.rooms_of(user) {
            let shown = state.members_of(room.id).filter(|member| {
                let is_own = member.membership.user == user;
                let rose = member.stamp >= since && member.stamp > Position::ZERO;
                rose && (is_own || room.members <= members_max)
            });
            changes.extend(shown.map(|member| {
                ReceiptChange {
                    unread_from: member
                        .unread_from
                        .filter(|_| member.membership.user == user),
                    ..change(member)
                }
            }));
        }
        Ok(changes)
    }
}

/// Present, or ended after `since`.
fn is_listed(member: &Member, since: Option<Position>) -> bool {
    match (member.left_position, since) {
        (None, _) => true,
        (Some(left), Some(since)) => left > since,
        (Some(_), None) => false,
    }
}

fn change(member: &Member) -> ReceiptChange {
    ReceiptChange {
        room: member.membership.room,
        user: member.membership.user,
        marks: member.marks,
        unread_from: member.unread_from,
    }
}

impl State {
    fn commit(&mut self, batch: Vec<Write>) -> Vec<Outcome> {
        let mut risen = Vec::new();
        let outcomes = batch
            .into_iter()
            .map(|write| match write {
                Write::Append(append) => self.append(append, &mut risen),
                Write::Receipt(receipt) => self.raise(receipt, &mut risen),
                Write::MarkUnread { room, user, from } => {
                    self.mark_unread(room, user, from, &mut risen)
                }
                Write::LastSeen { user, at } => self.last_seen(user, at),
            })
            .collect();
        // The stamp is where the log ends once the whole batch is committed.
        let stamp = self.position();
        for key in risen {
            if let Some(member) = self.members.get_mut(&key) {
                member.stamp = stamp;
            }
        }
        outcomes
    }

    fn append(&mut self, append: Append, risen: &mut Vec<(RoomId, UserId)>) -> Outcome {
        if let Some(earlier) = self.earlier(&append) {
            return earlier;
        }
        let room = self.rooms.get(&append.room);
        if !holds(&append, room) {
            return Outcome::Stale;
        }
        let head = room.map_or(Seq::ZERO, |room| room.head);
        if let Some(used) = &append.invitation {
            let found = self.invitations.get_mut(&used.code_hash);
            let live = found.filter(|it| it.room == append.room && it.is_live(append.at));
            let Some(invitation) = live else {
                return Outcome::InvitationSpent;
            };
            invitation.uses += 1;
        }
        let mut events = Vec::new();
        for (seq, body) in (head.0 + 1..).map(Seq).zip(append.bodies) {
            let event = Event {
                room: append.room,
                seq,
                position: self.position().next(),
                sender: append.sender,
                device: append.device,
                client_id: append.client_id.filter(|_| events.is_empty()),
                at: append.at,
                body,
            };
            events.push(event.clone());
            risen.extend(self.apply(event));
        }
        let room = self.rooms.get(&append.room);
        Outcome::Appended {
            events,
            version: room.map_or(RoomVersion(0), |room| room.version),
            members: room.map_or(0, |room| room.members),
        }
    }

    /// The first answer to a retry, if this is one.
    fn earlier(&self, append: &Append) -> Option<Outcome> {
        let client_id = append
            .client_id
            .filter(|_| !planted::is(Bug::NoDeduplication))?;
        let first = self
            .log
            .iter()
            .find(|it| it.client_id == Some(client_id) && it.sender == append.sender)?;
        Some(if first.room == append.room {
            Outcome::Duplicate {
                seq: first.seq,
                at: first.at,
            }
        } else {
            Outcome::ClientIdReused
        })
    }

    fn raise(&mut self, receipt: ReceiptWrite, risen: &mut Vec<(RoomId, UserId)>) -> Outcome {
        let key = (receipt.room, receipt.user);
        let head = self.rooms.get(&receipt.room).map(|room| room.head);
        let member = self.members.get_mut(&key);
        let current = member.filter(|member| member.membership.is_current());
        let (Some(head), Some(member)) = (head, current) else {
            return Outcome::Stale;
        };
        let rose = member.read_again(receipt.delivered, receipt.read, head);
        if rose {
            risen.push(key);
        }
        Outcome::Receipt {
            now: change(member),
            rose,
        }
    }

    fn mark_unread(
        &mut self,
        room: RoomId,
        user: UserId,
        from: Seq,
        risen: &mut Vec<(RoomId, UserId)>,
    ) -> Outcome {
        let member = self.members.get_mut(&(room, user));
        let Some(member) = member.filter(|member| member.membership.is_current()) else {
            return Outcome::Stale;
        };
        member.unread_from = Some(from);
        risen.push((room, user));
        Outcome::Done
    }

    fn last_seen(&mut self, user: UserId, at: Timestamp) -> Outcome {
        if let Some(user) = self.users.get_mut(&user) {
            user.last_seen_at = user.last_seen_at.max(Some(at));
        }
        Outcome::Done
    }
}

fn holds(append: &Append, room: Option<&Room>) -> bool {
    match (append.guard, room) {
        (Guard::Absent, None) => matches!(append.bodies.first(), Some(EventBody::RoomCreated(_))),
        (Guard::Version(version), Some(room)) => !room.deleted && room.version == version,
        (Guard::Absent, Some(_)) | (Guard::Version(_), None) => false,
    }
}
