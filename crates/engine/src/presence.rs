//! Who is here, as a pure state machine: connections come and go, watchers hear of changes.
//!
//! *Invariant*: a user is shown as here while any connection of theirs lives; as gone at once when
//! the last one closed cleanly, and after a grace period when it broke, so that a quick return
//! shows no flicker. A watcher's last word about a user is the truth once the changes were taken.
//! *Limit*: a connection watches a bounded number of users.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};
use tidings_domain::UserId;
use tidings_domain::presence::{Availability, Presence};

use crate::outlet::ConnectionId;

/// See the module.
#[derive(Debug)]
pub struct PresenceState {
    grace_ms: u64,
    here: HashMap<UserId, Here>,
    watchers: HashMap<UserId, HashSet<ConnectionId>>,
    watching: HashMap<ConnectionId, BTreeSet<UserId>>,
    leaving: BTreeSet<(u64, UserId)>,
    changed: BTreeSet<UserId>,
}

#[derive(Debug, Default)]
struct Here {
    connections: Vec<(ConnectionId, Availability)>,
    /// What watchers were told last.
    shown: Presence,
    /// Until when the user counts as here although no connection lives: one broke not long before.
    grace_until_ms: Option<u64>,
    /// What the connections said before the last of them broke: it holds for the grace.
    forgiven: Presence,
    /// Whether somebody was told of a presence other than `shown`: then the next is news.
    is_ahead: bool,
}

impl Here {
    /// What the connections say; what they said last while the grace of one that broke goes on.
    fn presence(&self) -> Presence {
        if self.connections.is_empty() && self.grace_until_ms.is_some() {
            self.forgiven
        } else {
            Presence::of(self.connections.iter().map(|(_, says)| *says))
        }
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// Its client said goodbye, or its session was ended.
    Clean,
    /// It broke, or fell silent.
    Broken,
}

/// What is to be told after some time.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PresenceNews {
    /// To whom, and the presence of which users.
    pub tell: Vec<(ConnectionId, Vec<(UserId, Presence)>)>,
    /// Users who have just gone.
    pub gone: Vec<UserId>,
}

impl PresenceState {
    /// Nobody is here. Broken connections are forgiven for `grace_ms`.
    #[must_use]
    pub fn new(grace_ms: u64) -> Self {
        Self {
            grace_ms,
            here: HashMap::new(),
            watchers: HashMap::new(),
            watching: HashMap::new(),
            leaving: BTreeSet::new(),
            changed: BTreeSet::new(),
        }
    }

    /// A connection begins.
    pub fn connected(&mut self, user: UserId, connection: ConnectionId) {
        let here = self.here.entry(user).or_default();
        here.connections.push((connection, Availability::Online));
        self.changed.insert(user);
    }

    /// A connection ends, and with it what it watched.
    pub fn disconnected(
        &mut self,
        user: UserId,
        connection: ConnectionId,
        departure: Departure,
        now_ms: u64,
    ) {
        for watched in self.watching.remove(&connection).unwrap_or_default() {
            self.unwatch_one(connection, watched);
        }
        let Some(here) = self.here.get_mut(&user) else {
            return;
        };
        let before = here.connections.len();
        let said = Presence::of(here.connections.iter().map(|(_, says)| *says));
        here.connections.retain(|(other, _)| *other != connection);
        if here.connections.len() == before {
            return;
        }
        if departure == Departure::Broken {
            let until = now_ms + self.grace_ms;
            if let Some(earlier) = here.grace_until_ms.replace(until) {
                self.leaving.remove(&(earlier, user));
            }
            self.leaving.insert((until, user));
        }
        if here.connections.is_empty() {
            here.forgiven = said;
        }
        self.changed.insert(user);
    }

    /// What a connection's user says of themselves.
    pub fn available(
        &mut self,
        user: UserId,
        connection: ConnectionId,
        availability: Availability,
    ) {
        let Some(here) = self.here.get_mut(&user) else {
            return;
        };
        if let Some(entry) = here
            .connections
            .iter_mut()
            .find(|(id, _)| *id == connection)
        {
            entry.1 = availability;
            self.changed.insert(user);
        }
    }

    /// A connection watches a user from now on; what they are now. `None` when it already watches
    /// `max` others.
    pub fn watch(
        &mut self,
        connection: ConnectionId,
        user: UserId,
        max: usize,
    ) -> Option<Presence> {
        let watching = self.watching.entry(connection).or_default();
        if watching.len() >= max && !watching.contains(&user) {
            return None;
        }
        watching.insert(user);
        self.watchers.entry(user).or_default().insert(connection);
        Some(self.now(user))
    }

    /// A connection watches a user no more.
    pub fn unwatch(&mut self, connection: ConnectionId, user: UserId) {
        if let Some(watching) = self.watching.get_mut(&connection) {
            watching.remove(&user);
            if watching.is_empty() {
                self.watching.remove(&connection);
            }
        }
        self.unwatch_one(connection, user);
    }

    /// Who watches a user.
    pub fn watchers(&self, user: UserId) -> impl Iterator<Item = ConnectionId> + '_ {
        self.watchers.get(&user).into_iter().flatten().copied()
    }

    /// Whom a connection watches.
    pub fn watched(&self, connection: ConnectionId) -> impl Iterator<Item = UserId> + '_ {
        self.watching
            .get(&connection)
            .into_iter()
            .flatten()
            .copied()
    }

    /// What others see of a user.
    #[must_use]
    pub fn shown(&self, user: UserId) -> Presence {
        self.here
            .get(&user)
            .map_or(Presence::Offline, |here| here.shown)
    }

    /// What others see of a user now, also before those who watch were told.
    #[must_use]
    pub fn now(&mut self, user: UserId) -> Presence {
        let Some(here) = self.here.get_mut(&user) else {
            return Presence::Offline;
        };
        let presence = here.presence();
        here.is_ahead |= presence != here.shown;
        presence
    }

    /// Whether any connection of a user lives.
    #[must_use]
    pub fn is_connected(&self, user: UserId) -> bool {
        self.here
            .get(&user)
            .is_some_and(|here| !here.connections.is_empty())
    }

    /// A user's profile changed in a way that watchers see.
    pub fn touch(&mut self, user: UserId) {
        self.changed.insert(user);
    }

    /// Users here, connections that watch, and watches.
    #[must_use]
    pub fn size(&self) -> (usize, usize, usize) {
        let watches = self.watching.values().map(BTreeSet::len).sum();
        (self.here.len(), self.watching.len(), watches)
    }

    /// What has changed since the last time, for those who watch.
    pub fn take_news(&mut self, now_ms: u64) -> PresenceNews {
        while let Some((until, user)) = self.leaving.first().copied() {
            if until > now_ms {
                break;
            }
            self.leaving.pop_first();
            self.changed.insert(user);
        }
        let mut news = PresenceNews::default();
        let mut tell: std::collections::BTreeMap<ConnectionId, Vec<(UserId, Presence)>> =
            std::collections::BTreeMap::new();
        for user in std::mem::take(&mut self.changed) {
            let Some(presence) = self.settle(user, now_ms, &mut news.gone) else {
                continue;
            };
            for watcher in self.watchers(user) {
                tell.entry(watcher).or_default().push((user, presence));
            }
        }
        news.tell = tell.into_iter().collect();
        news
    }

    /// What a user is now, if that is news.
    fn settle(&mut self, user: UserId, now_ms: u64, gone: &mut Vec<UserId>) -> Option<Presence> {
        let here = self.here.get_mut(&user)?;
        here.grace_until_ms = here.grace_until_ms.filter(|until| *until > now_ms);
        let presence = here.presence();
        let is_news = here.shown != presence || here.is_ahead;
        here.is_ahead = false;
        here.shown = presence;
        if here.connections.is_empty() && here.grace_until_ms.is_none() {
            self.here.remove(&user);
            gone.push(user);
        }
        is_news.then_some(presence)
    }

    fn unwatch_one(&mut self, connection: ConnectionId, user: UserId) {
        if let Some(watchers) = self.watchers.get_mut(&user) {
            watchers.remove(&connection);
            if watchers.is_empty() {
                self.watchers.remove(&user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: UserId = UserId::from_bytes([1; 16]);
    const BOB: UserId = UserId::from_bytes([2; 16]);
    const PHONE: ConnectionId = ConnectionId(1);
    const LAPTOP: ConnectionId = ConnectionId(2);
    const BOBS: ConnectionId = ConnectionId(3);

    /// Bob watches Ana, who is offline.
    fn watched() -> PresenceState {
        let mut state = PresenceState::new(5_000);
        state.connected(BOB, BOBS);
        assert_eq!(state.watch(BOBS, ANA, 10), Some(Presence::Offline));
        state.take_news(0);
        state
    }

    fn told(state: &mut PresenceState, now_ms: u64) -> Vec<Presence> {
        let news = state.take_news(now_ms);
        news.tell
            .into_iter()
            .flat_map(|(_, users)| users)
            .map(|(_, presence)| presence)
            .collect()
    }

    #[test]
    fn online_while_any_connection_lives_and_offline_at_once_on_goodbye() {
        let mut state = watched();
        state.connected(ANA, PHONE);
        state.connected(ANA, LAPTOP);
        assert_eq!(told(&mut state, 1), [Presence::Online]);
        state.disconnected(ANA, PHONE, Departure::Clean, 2);
        assert_eq!(told(&mut state, 2), []);
        state.disconnected(ANA, LAPTOP, Departure::Clean, 3);
        assert_eq!(told(&mut state, 3), [Presence::Offline]);
    }

    #[test]
    fn a_quick_return_after_a_break_shows_no_flicker() {
        let mut state = watched();
        state.connected(ANA, PHONE);
        assert_eq!(told(&mut state, 1), [Presence::Online]);
        state.disconnected(ANA, PHONE, Departure::Broken, 1_000);
        assert_eq!(told(&mut state, 1_500), []);
        state.connected(ANA, LAPTOP);
        assert_eq!(told(&mut state, 9_000), []);
        state.disconnected(ANA, LAPTOP, Departure::Broken, 10_000);
        assert_eq!(told(&mut state, 14_999), []);
        assert_eq!(told(&mut state, 15_000), [Presence::Offline]);
    }

    #[test]
    fn who_breaks_before_anybody_was_told_of_them_counts_as_here_for_the_grace() {
        let mut state = watched();
        state.connected(ANA, PHONE);
        state.disconnected(ANA, PHONE, Departure::Broken, 100);
        assert_eq!(state.now(ANA), Presence::Online);
        assert_eq!(told(&mut state, 200), [Presence::Online]);
        assert_eq!(told(&mut state, 5_100), [Presence::Offline]);
    }

    #[test]
    fn who_says_goodbye_on_one_device_keeps_the_grace_of_another_that_broke() {
        let mut state = watched();
        state.connected(ANA, PHONE);
        assert_eq!(told(&mut state, 0), [Presence::Online]);
        state.disconnected(ANA, PHONE, Departure::Broken, 100);
        state.connected(ANA, LAPTOP);
        state.disconnected(ANA, LAPTOP, Departure::Clean, 200);
        assert_eq!(told(&mut state, 300), []);
        assert_eq!(told(&mut state, 5_100), [Presence::Offline]);
    }

    #[test]
    fn who_hides_before_anybody_but_one_was_told_of_them_is_hidden_from_that_one_too() {
        let mut state = watched();
        state.connected(ANA, PHONE);
        assert_eq!(state.now(ANA), Presence::Online);
        state.available(ANA, PHONE, Availability::Invisible);
        assert_eq!(told(&mut state, 1), [Presence::Offline]);
    }

    #[test]
    fn who_hides_is_seen_as_offline_and_away_needs_all_devices() {
        let mut state = watched();
        state.connected(ANA, PHONE);
        state.connected(ANA, LAPTOP);
        state.available(ANA, PHONE, Availability::Away);
        assert_eq!(told(&mut state, 1), [Presence::Online]);
        state.available(ANA, LAPTOP, Availability::Away);
        assert_eq!(told(&mut state, 2), [Presence::Away]);
        state.available(ANA, PHONE, Availability::Invisible);
        assert_eq!(told(&mut state, 3), [Presence::Offline]);
    }

    #[test]
    fn watches_are_bounded_and_end_with_their_connection() {
        let mut state = watched();
        assert_eq!(state.watch(BOBS, BOB, 1), None);
        state.disconnected(BOB, BOBS, Departure::Clean, 1);
        state.take_news(1);
        assert_eq!(state.size(), (0, 0, 0));
        state.connected(ANA, PHONE);
        assert_eq!(told(&mut state, 2), []);
    }
}
