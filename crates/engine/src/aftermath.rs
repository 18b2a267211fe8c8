//! What follows from commits besides the events: receipts are shown, lost rooms end watches.
//!
//! Receipts are gathered for a moment and shown as the last word of each member, looked up when it is
//! told, to rooms small enough for it; a member's own are told to all of their devices, with what is unread now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tidings_domain::limits::{COALESCE_MS, MEMBERS_PER_ROOM_MAX};
use tidings_domain::receipt::Watermarks;
use tidings_domain::{RoomId, UserId};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::catchup::shows_receipts;
use crate::engine::Engine;
use crate::envelope::{Notice, NoticeContent};
use crate::outlet::Reply;
use crate::ports::Outage;
use crate::writer::Aftermath;

/// News that wait to be gathered.
pub(crate) const AFTERMATH_QUEUE_MAX: usize = 4_096;

/// Whose watermarks rose, by room.
type Gathered = BTreeMap<RoomId, BTreeSet<UserId>>;

/// Runs until the writer ends. What is gathered is told by one task at a time: two could overtake
/// each other, and tell an old word last.
pub(crate) async fn run(engine: Arc<Engine>, mut news: mpsc::Receiver<Aftermath>) {
    let mut receipts = Gathered::new();
    let mut removed = BTreeSet::new();
    let mut telling: Option<JoinHandle<Gathered>> = None;
    let mut tick = tokio::time::interval(Duration::from_millis(COALESCE_MS));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = tick.tick() => {
                if telling.as_ref().is_some_and(|telling| !telling.is_finished()) {
                    continue;
                }
                if let Some(told) = telling.take() {
                    take_back(&mut receipts, told.await.unwrap_or_default());
                }
                if !receipts.is_empty() || !removed.is_empty() {
                    let (receipts, removed) =
                        (std::mem::take(&mut receipts), std::mem::take(&mut removed));
                    // Apart, so that a slow store does not hold up the writer.
                    telling = Some(tokio::spawn(settle(engine.clone(), receipts, removed)));
                }
            }
            next = news.recv() => match next {
                Some(Aftermath::Receipt(change)) => {
                    receipts.entry(change.room).or_default().insert(change.user);
                }
                Some(Aftermath::Removed(user)) => drop(removed.insert(user)),
                None => return,
            },
        }
    }
}

/// What could not be told waits again.
fn take_back(receipts: &mut Gathered, untold: Gathered) {
    for (room, members) in untold {
        receipts.entry(room).or_default().extend(members);
    }
}

/// Tells what was gathered; gives back what could not be told, which nobody else would tell to a
/// connection that stays.
async fn settle(engine: Arc<Engine>, receipts: Gathered, removed: BTreeSet<UserId>) -> Gathered {
    for user in removed {
        if let Err(outage) = engine.presence.check_watches(user).await {
            tracing::warn!(%outage, "watches of a removed member stay until they are checked again");
        }
    }
    let mut untold = Gathered::new();
    for (room, members) in receipts {
        if let Err(outage) = show(&engine, room, &members).await {
            tracing::warn!(%outage, %room, "receipts are shown later");
            untold.insert(room, members);
        }
    }
    untold
}

async fn show(engine: &Engine, room: RoomId, members: &BTreeSet<UserId>) -> Result<(), Outage> {
    let Some(found) = engine.store.directory.room(room).await? else {
        return Ok(());
    };
    let mut unread = Vec::new();
    for user in members {
        if engine.presence.is_connected(*user) {
            unread.push((*user, engine.store.history.unread(room, *user).await?));
        }
    }
    let _telling = engine.catch_up.telling().await;
    let marks = marks_now(engine, room, members).await?;
    if shows_receipts(found.kind, found.members) {
        let mut receipts = Vec::with_capacity(marks.len());
        for (user, marks) in &marks {
            receipts.push(engine.people.shown_receipt(*user, *marks).await?);
        }
        engine.hub.notice_room(
            room,
            &Notice::new(NoticeContent::Receipts { room, receipts }),
            None,
        );
    }
    for (user, unread) in unread {
        let Some(marks) = marks.get(&user).copied() else {
            continue;
        };
        let reply = Reply::OwnReceipt {
            room,
            user,
            marks: Some(marks),
            unread,
        };
        engine.hub.reply_user(user, reply).await;
    }
    Ok(())
}

/// Where these members stand by now; who is none any more is left out. Few are looked up one by one,
/// many by one look at the room: readers who join wait for it.
async fn marks_now(
    engine: &Engine,
    room: RoomId,
    members: &BTreeSet<UserId>,
) -> Result<BTreeMap<UserId, Watermarks>, Outage> {
    /// A look at a room costs as much as so many at a member.
    const FEW: usize = 8;
    let history = &engine.store.history;
    if members.len() > FEW {
        let all = history
            .receipts(room, MEMBERS_PER_ROOM_MAX as usize)
            .await?;
        let asked = all.into_iter().filter(|(user, _)| members.contains(user));
        return Ok(asked.collect());
    }
    let mut now = BTreeMap::new();
    for user in members {
        if let Some((marks, _)) = history.receipt(room, *user).await? {
            now.insert(*user, marks);
        }
    }
    Ok(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_told_waits_again_beside_what_is_new() {
        let room = RoomId::from_bytes([1; 16]);
        let [ana, bob] = [1, 2].map(|user| UserId::from_bytes([user; 16]));
        let mut waiting = Gathered::from([(room, BTreeSet::from([ana]))]);
        take_back(
            &mut waiting,
            Gathered::from([(room, BTreeSet::from([ana, bob]))]),
        );
        assert_eq!(
            waiting,
            Gathered::from([(room, BTreeSet::from([ana, bob]))])
        );
    }
}
