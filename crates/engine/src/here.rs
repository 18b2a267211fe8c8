//! The shell around [`PresenceState`]: time, the people's privacy, and who may watch whom.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use parking_lot::Mutex;
use tidings_domain::limits::{COALESCE_MS, PRESENCE_GRACE_MS, PRESENCE_SUBSCRIPTIONS_MAX};
use tidings_domain::presence::{Availability, Presence};
use tidings_domain::user::{Audience, User};
use tidings_domain::{Timestamp, UserId};

use crate::envelope::{Notice, NoticeContent, ShownPresence};
use crate::outlet::{ConnectionId, Offer, Outlet};
use crate::people::People;
use crate::ports::{Clock, Directory, Outage, Write};
use crate::presence::{Departure, PresenceState};
use crate::refusal::{Failure, Refusal};
use crate::writer::{Then, Writer};

/// Presence of everyone. *Lock*: held for state changes only.
pub struct PresenceDesk {
    state: Mutex<Desk>,
    directory: Arc<dyn Directory>,
    people: Arc<People>,
    clock: Arc<dyn Clock>,
}

struct Desk {
    presence: PresenceState,
    /// The outlets of connections that watch somebody.
    outlets: HashMap<ConnectionId, (UserId, Arc<dyn Outlet>)>,
    /// What a connection had no place for; told again until it has.
    owed: BTreeMap<ConnectionId, BTreeSet<UserId>>,
}

impl PresenceDesk {
    /// Nobody is here yet.
    #[must_use]
    pub fn new(directory: Arc<dyn Directory>, people: Arc<People>, clock: Arc<dyn Clock>) -> Self {
        let presence = PresenceState::new(PRESENCE_GRACE_MS);
        let state = Mutex::new(Desk {
            presence,
            outlets: HashMap::new(),
            owed: BTreeMap::new(),
        });
        Self {
            state,
            directory,
            people,
            clock,
        }
    }

    /// A connection begins.
    pub fn connected(&self, user: UserId, connection: ConnectionId) {
        self.state.lock().presence.connected(user, connection);
    }

    /// A connection ends.
    pub fn disconnected(&self, user: UserId, connection: ConnectionId, departure: Departure) {
        let mut desk = self.state.lock();
        desk.outlets.remove(&connection);
        desk.owed.remove(&connection);
        desk.presence
            .disconnected(user, connection, departure, self.clock.monotonic_ms());
    }

    /// What a connection's user says of themselves.
    pub fn available(&self, user: UserId, connection: ConnectionId, says: Availability) {
        self.state.lock().presence.available(user, connection, says);
    }

    /// Whether any connection of a user lives.
    #[must_use]
    pub fn is_connected(&self, user: UserId) -> bool {
        self.state.lock().presence.is_connected(user)
    }

    /// A user's profile changed in a way that watchers see.
    pub fn touch(&self, user: UserId) {
        self.state.lock().presence.touch(user);
    }

    /// Users here, connections that watch, and watches.
    #[must_use]
    pub fn size(&self) -> (usize, usize, usize) {
        self.state.lock().presence.size()
    }

    /// A connection watches those of `users` with whom its own user shares a room; what each of
    /// them is now.
    ///
    /// # Errors
    /// [`Refusal::LimitReached`] when it would watch too many; those before the limit are watched.
    pub async fn watch(
        &self,
        user: UserId,
        connection: ConnectionId,
        outlet: &Arc<dyn Outlet>,
        users: &[UserId],
    ) -> Result<Vec<ShownPresence>, Failure> {
        let known = self.directory.acquainted(user, users).await?;
        let mut now = Vec::with_capacity(known.len());
        {
            let mut desk = self.state.lock();
            desk.outlets
                .entry(connection)
                .or_insert_with(|| (user, outlet.clone()));
            for watched in known {
                let presence = desk
                    .presence
                    .watch(connection, watched, PRESENCE_SUBSCRIPTIONS_MAX)
                    .ok_or(Refusal::LimitReached("watched people"))?;
                now.push((watched, presence));
            }
        }
        Ok(self.shown(&now).await?)
    }

    /// A connection watches these users no more.
    pub fn unwatch(&self, connection: ConnectionId, users: &[UserId]) {
        let mut desk = self.state.lock();
        for user in users {
            desk.presence.unwatch(connection, *user);
        }
    }

    /// The presence of those of `users` with whom `user` shares a room.
    pub async fn of(&self, user: UserId, users: &[UserId]) -> Result<Vec<ShownPresence>, Outage> {
        let known = self.directory.acquainted(user, users).await?;
        let now: Vec<_> = {
            let mut desk = self.state.lock();
            known
                .into_iter()
                .map(|other| (other, desk.presence.now(other)))
                .collect()
        };
        self.shown(&now).await
    }

    /// Ends the watches between a user who has lost a room and those whom they know no more.
    pub async fn check_watches(&self, user: UserId) -> Result<(), Outage> {
        let (pairs, others) = {
            let desk = self.state.lock();
            let watching = desk.presence.watchers(user).filter_map(|connection| {
                let (watcher, _) = desk.outlets.get(&connection)?;
                Some((connection, user, *watcher))
            });
            let own = desk.outlets.iter().filter(|(_, (owner, _))| *owner == user);
            let watched = own.flat_map(|(connection, _)| {
                desk.presence
                    .watched(*connection)
                    .map(move |other| (*connection, other, other))
            });
            let pairs: Vec<_> = watching.chain(watched).collect();
            let mut others: Vec<UserId> = pairs.iter().map(|(_, _, other)| *other).collect();
            others.sort_unstable();
            others.dedup();
            (pairs, others)
        };
        let known = self.directory.acquainted(user, &others).await?;
        let mut desk = self.state.lock();
        for (connection, watched, other) in pairs {
            if other != user && !known.contains(&other) {
                desk.presence.unwatch(connection, watched);
            }
        }
        Ok(())
    }

    /// What others may see: nobody's presence against their will.
    async fn shown(&self, now: &[(UserId, Presence)]) -> Result<Vec<ShownPresence>, Outage> {
        let users: Vec<UserId> = now.iter().map(|(user, _)| *user).collect();
        let people = self.people.get_many(&users).await?;
        let shown = now
            .iter()
            .filter_map(|(user, presence)| Some(as_seen(people.get(user)?, *presence)));
        Ok(shown.collect())
    }

    async fn tell_news(&self, writer: &Writer) {
        let at = self.clock.now();
        let (gone, tell) = self.state.lock().news(self.clock.monotonic_ms());
        for user in gone {
            // Refused under load, it costs a moment's accuracy and nothing else.
            drop(writer.submit(Write::LastSeen { user, at }, Then::Nothing));
            self.people.forget(user);
        }
        for (connection, outlet, users) in tell {
            let taken = match self.shown(&users).await {
                Ok(shown) => {
                    let now = shown.into_iter().map(|one| gone_at(one, at)).collect();
                    outlet.notice(&Notice::new(NoticeContent::Presence(now)))
                }
                Err(outage) => {
                    tracing::warn!(%outage, "presence is told later");
                    Offer::Full
                }
            };
            outlet.flush();
            if taken == Offer::Full {
                let owed = users.into_iter().map(|(user, _)| user);
                self.state
                    .lock()
                    .owed
                    .entry(connection)
                    .or_default()
                    .extend(owed);
            }
        }
    }
}

type Telling = (ConnectionId, Arc<dyn Outlet>, Vec<(UserId, Presence)>);

impl Desk {
    /// Who has gone, and what is to be told to whom: what changed, and what is owed.
    fn news(&mut self, now_ms: u64) -> (Vec<UserId>, Vec<Telling>) {
        let news = self.presence.take_news(now_ms);
        let mut tell: BTreeMap<ConnectionId, BTreeSet<UserId>> = std::mem::take(&mut self.owed);
        for (connection, users) in news.tell {
            tell.entry(connection)
                .or_default()
                .extend(users.into_iter().map(|(user, _)| user));
        }
        let telling = tell.into_iter().filter_map(|(connection, users)| {
            let (_, outlet) = self.outlets.get(&connection)?;
            let users = users
                .into_iter()
                .map(|user| (user, self.presence.shown(user)));
            Some((connection, outlet.clone(), users.collect()))
        });
        (news.gone, telling.collect())
    }
}

/// Who is told of as gone was last seen now, whatever the store has heard by now.
fn gone_at(mut shown: ShownPresence, at: Timestamp) -> ShownPresence {
    if shown.presence == Presence::Offline {
        shown.last_seen_at = shown.last_seen_at.map(|_| at);
    }
    shown
}

/// Tells watchers what has changed, now and then, for as long as the process lives.
pub(crate) async fn run(desk: Arc<PresenceDesk>, writer: Writer) {
    let mut tick = tokio::time::interval(Duration::from_millis(COALESCE_MS));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        desk.tell_news(&writer).await;
    }
}

fn as_seen(person: &User, presence: Presence) -> ShownPresence {
    let hides_presence = person.privacy.presence == Audience::Nobody;
    let hides_last_seen = person.privacy.last_seen == Audience::Nobody;
    let presence = if hides_presence {
        Presence::Offline
    } else {
        presence
    };
    let is_gone = presence == Presence::Offline && !hides_last_seen && !hides_presence;
    ShownPresence {
        user: person.id,
        presence,
        last_seen_at: person.last_seen_at.filter(|_| is_gone),
        status_text: person.status_text.clone(),
    }
}
