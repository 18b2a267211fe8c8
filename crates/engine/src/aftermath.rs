//! What follows from commits besides the events: receipts are shown, lost rooms end watches.
//!
//! Receipts are gathered for a moment and shown as the last word of each member, looked up when it is
//! told, to rooms small enough for it; a member's own are told to all of their devices, with what is unread now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tidings_domain::limits::COALESCE_MS;
use tidings_domain::receipt::Watermarks;
use tidings_domain::{RoomId, UserId};
use tokio::sync::mpsc;

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

/// Runs until the writer ends.
pub(crate) async fn run(engine: Arc<Engine>, mut news: mpsc::Receiver<Aftermath>) {
    let mut receipts = Gathered::new();
    let mut removed = BTreeSet::new();
    let mut tick = tokio::time::interval(Duration::from_millis(COALESCE_MS));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = tick.tick() => {
                let (receipts, removed) =
                    (std::mem::take(&mut receipts), std::mem::take(&mut removed));
                if !receipts.is_empty() || !removed.is_empty() {
                    // Apart, so that a slow store does not hold up the writer.
                    tokio::spawn(settle(engine.clone(), receipts, removed));
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

async fn settle(engine: Arc<Engine>, receipts: Gathered, removed: BTreeSet<UserId>) {
    for user in removed {
        if let Err(outage) = engine.presence.check_watches(user).await {
            tracing::warn!(%outage, "watches of a removed member stay until they are checked again");
        }
    }
    for (room, members) in receipts {
        if let Err(outage) = show(&engine, room, &members).await {
            tracing::warn!(%outage, %room, "receipts were not shown; the next resume tells them");
        }
    }
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
            marks,
            unread,
        };
        engine.hub.reply_user(user, reply).await;
    }
    Ok(())
}

/// Where these members stand by now; who is none any more is left out.
async fn marks_now(
    engine: &Engine,
    room: RoomId,
    members: &BTreeSet<UserId>,
) -> Result<BTreeMap<UserId, Watermarks>, Outage> {
    let mut now = BTreeMap::new();
    for user in members {
        if let Some((marks, _)) = engine.store.history.receipt(room, *user).await? {
            now.insert(*user, marks);
        }
    }
    Ok(now)
}
