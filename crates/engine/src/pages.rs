//! Pages of a room's messages: from memory if the room was in use lately, else from the store.
//!
//! A page says which seqs of the log it covers, so that a client knows which pages touch.

use std::sync::Arc;

use tidings_domain::{Message, RoomId, Seq};

use crate::envelope::Envelope;
use crate::ports::{History, Log, Outage};
use crate::recent::Recent;
use crate::rooms::Standing;

/// Events that are read to begin a room's tail.
const TAIL_EVENTS: u64 = 128;

/// Which messages of a room are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// The last ones.
    Latest,
    /// The last ones before a seq.
    Before(Seq),
    /// The first ones after a seq.
    After(Seq),
    /// Those on both sides of a seq, itself included.
    Around(Seq),
}

/// Messages, ascending, and the stretch of the log that they cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The messages.
    pub messages: Vec<Message>,
    /// The first seq that is covered.
    pub first: Seq,
    /// The last seq that is covered; less than `first` for an empty stretch.
    pub last: Seq,
    /// The room's last event.
    pub head: Seq,
    /// Whether the member may see something before.
    pub has_before: bool,
    /// Whether something follows.
    pub has_after: bool,
}

/// A stretch of a room's log, ascending and without holes.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// The events.
    pub events: Vec<Arc<Envelope>>,
    /// The room's last event, as far as is known.
    pub head: Seq,
    /// Whether the stretch reaches it.
    pub is_complete: bool,
}

/// Reads pages.
pub struct Pages {
    history: Arc<dyn History>,
    log: Arc<dyn Log>,
    recent: Arc<Recent>,
}

impl Pages {
    /// Reads from memory and from the store.
    #[must_use]
    pub fn new(history: Arc<dyn History>, log: Arc<dyn Log>, recent: Arc<Recent>) -> Self {
        Self {
            history,
            log,
            recent,
        }
    }

    /// A page of at most `limit` messages for a member.
    pub async fn page(
        &self,
        room: RoomId,
        standing: &Standing,
        want: Want,
        limit: usize,
    ) -> Result<Page, Outage> {
        let head = standing.facts.head;
        let bounds = Bounds {
            floor: standing.visible_from,
            head,
        };
        match want {
            Want::Latest => {
                self.warm(room, head).await?;
                self.before(room, head.next(), bounds, limit).await
            }
            Want::Before(seq) => self.before(room, seq, bounds, limit).await,
            Want::After(seq) => self.after(room, seq, bounds, limit).await,
            Want::Around(seq) => {
                let half = limit / 2;
                let before = self.before(room, seq, bounds, half).await?;
                let after = self.after(room, Seq(seq.0.saturating_sub(1)), bounds, limit - half);
                Ok(join(before, after.await?))
            }
        }
    }

    /// At most `limit` events after a seq, for a member.
    pub async fn events(
        &self,
        room: RoomId,
        standing: &Standing,
        after: Seq,
        limit: usize,
    ) -> Result<Stretch, Outage> {
        let known = standing.facts.head;
        let after = after.max(Seq(standing.visible_from.0.saturating_sub(1)));
        let in_memory = (after <= known)
            .then(|| self.recent.after(room, after, known, limit))
            .flatten();
        let events = match in_memory {
            Some(events) => events,
            None => {
                let events = self.log.events_after(room, after, limit).await?;
                events.into_iter().map(Envelope::new).collect()
            }
        };
        let last = events.last().map(|envelope| envelope.event.seq);
        let head = known.max(last.unwrap_or_default());
        Ok(Stretch {
            is_complete: last.unwrap_or(after) >= head,
            head,
            events,
        })
    }

    /// Begins a room's tail, if it has none that reaches its head.
    async fn warm(&self, room: RoomId, head: Seq) -> Result<(), Outage> {
        if head > Seq::ZERO && self.recent.tail(room, head).is_none() {
            let after = Seq(head.0.saturating_sub(TAIL_EVENTS));
            let limit = usize::try_from(TAIL_EVENTS * 2).unwrap_or(usize::MAX);
            let events = self.log.events_after(room, after, limit).await?;
            let events: Vec<_> = events.into_iter().map(Envelope::new).collect();
            self.recent.begin(room, &events);
        }
        Ok(())
    }

    async fn before(
        &self,
        room: RoomId,
        before: Seq,
        bounds: Bounds,
        limit: usize,
    ) -> Result<Page, Outage> {
        let before = before.min(bounds.head.next());
        let found = match self.before_in_memory(room, before, bounds, limit) {
            Some(found) => found,
            None => {
                self.history
                    .messages_before(room, before, bounds.floor, limit)
                    .await?
            }
        };
        let is_full = found.len() >= limit;
        let mut messages = found;
        messages.reverse();
        let earliest = messages.first().map_or(before, |message| message.seq);
        let first = if is_full { earliest } else { bounds.floor };
        Ok(bounds.page(messages, first, Seq(before.0.saturating_sub(1))))
    }

    fn before_in_memory(
        &self,
        room: RoomId,
        before: Seq,
        bounds: Bounds,
        limit: usize,
    ) -> Option<Vec<Message>> {
        let tail = self.recent.tail(room, bounds.head)?;
        let begins = tail.first()?.event.seq;
        let earlier = tail.iter().rev().map(|envelope| &envelope.event);
        let wanted = earlier.filter(|event| event.seq < before && event.seq >= bounds.floor);
        let found: Vec<Message> = wanted.filter_map(Message::created_by).take(limit).collect();
        (found.len() == limit || begins <= bounds.floor).then_some(found)
    }

    async fn after(
        &self,
        room: RoomId,
        after: Seq,
        bounds: Bounds,
        limit: usize,
    ) -> Result<Page, Outage> {
        let after = after
            .max(Seq(bounds.floor.0.saturating_sub(1)))
            .min(bounds.head);
        let in_memory = self
            .recent
            .after(room, after, bounds.head, usize::MAX)
            .map(|events| {
                let messages = events.iter().filter_map(|e| Message::created_by(&e.event));
                messages.take(limit).collect::<Vec<_>>()
            });
        let mut messages = match in_memory {
            Some(found) => found,
            None => self.history.messages_after(room, after, limit).await?,
        };
        // What was committed since the standing was read is not covered.
        messages.retain(|message| message.seq <= bounds.head);
        let is_full = messages.len() >= limit;
        let latest = messages.last().map_or(after, |message| message.seq);
        let last = if is_full { latest } else { bounds.head };
        Ok(bounds.page(messages, after.next(), last))
    }
}

/// What a member may see of a room's log.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    floor: Seq,
    head: Seq,
}

impl Bounds {
    fn page(self, messages: Vec<Message>, first: Seq, last: Seq) -> Page {
        let first = first.max(self.floor);
        Page {
            messages,
            first,
            last,
            head: self.head,
            has_before: first > self.floor,
            has_after: last < self.head,
        }
    }
}

/// Two pages that touch, as one.
fn join(before: Page, after: Page) -> Page {
    let mut messages = before.messages;
    messages.extend(after.messages);
    Page {
        messages,
        first: before.first,
        has_before: before.has_before,
        ..after
    }
}
