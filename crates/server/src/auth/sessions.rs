//! Which sessions live, so that a revoked one is refused at once and a live one costs no query.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;
use tidings_domain::SessionId;
use tidings_engine::ports::{Accounts, Outage};

/// A session found alive is taken for alive so long; one that this process ends is forgotten at
/// once.
const TRUST_MS: u64 = 30_000;
/// A session that ended is remembered as ended for so long at least: longer than a ticket lives
/// and a socket may wait with its hello, so that what was authenticated before does not outlive it.
const ENDED_MS: u64 = 120_000;
/// Sessions in one generation.
const GENERATION_ENTRIES_MAX: usize = 100_000;

/// See the module. *Lock*: held for map work only. *Limit*: two generations of live sessions, the
/// older of which goes when the younger is full; of ended ones, what ends in four minutes.
pub struct LiveSessions {
    accounts: Arc<dyn Accounts>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    young_ms: HashMap<SessionId, u64>,
    old_ms: HashMap<SessionId, u64>,
    /// How often a session ended. What was found alive before that may be the one.
    endings: u64,
    /// Those that ended lately, in two generations by time.
    ended: HashSet<SessionId>,
    ended_before: HashSet<SessionId>,
    turned_ms: u64,
}

impl LiveSessions {
    /// A cache in front of accounts.
    #[must_use]
    pub fn new(accounts: Arc<dyn Accounts>) -> Self {
        Self {
            accounts,
            seen: Mutex::default(),
        }
    }

    /// Whether a session lives.
    pub async fn is_live(&self, session: SessionId, now_ms: u64) -> Result<bool, Outage> {
        let endings = {
            let seen = self.seen.lock();
            if seen.is_fresh(session, now_ms) {
                return Ok(true);
            }
            seen.endings
        };
        let is_live = self.accounts.session(session).await?.is_some();
        if is_live {
            self.seen.lock().put(session, now_ms, endings);
        }
        Ok(is_live)
    }

    /// Whether this process has ended a session within the last two minutes. A socket asks once
    /// its connection can be found by its session: then either this says so, or whoever ends the
    /// session finds the connection.
    #[must_use]
    pub fn has_ended(&self, session: SessionId) -> bool {
        let seen = self.seen.lock();
        seen.ended.contains(&session) || seen.ended_before.contains(&session)
    }

    /// Takes note that a session was just ended in the store.
    pub fn end(&self, session: SessionId, now_ms: u64) {
        self.seen.lock().end(session, now_ms);
    }
}

impl Seen {
    fn is_fresh(&self, session: SessionId, now_ms: u64) -> bool {
        let seen_ms = self
            .young_ms
            .get(&session)
            .or_else(|| self.old_ms.get(&session));
        seen_ms.is_some_and(|seen_ms| now_ms < seen_ms + TRUST_MS)
    }

    /// Remembers a session, unless one has ended since it was looked up.
    fn put(&mut self, session: SessionId, now_ms: u64, endings_before: u64) {
        if self.endings != endings_before {
            return;
        }
        if self.young_ms.len() >= GENERATION_ENTRIES_MAX {
            self.old_ms = std::mem::take(&mut self.young_ms);
        }
        self.young_ms.insert(session, now_ms);
    }

    fn end(&mut self, session: SessionId, now_ms: u64) {
        self.young_ms.remove(&session);
        self.old_ms.remove(&session);
        self.endings += 1;
        if now_ms >= self.turned_ms + ENDED_MS {
            self.ended_before = std::mem::take(&mut self.ended);
            self.turned_ms = now_ms;
        }
        self.ended.insert(session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionId = SessionId::from_bytes([1; 16]);

    #[test]
    fn a_live_session_is_trusted_for_a_while_and_one_that_ended_never() {
        let mut seen = Seen::default();
        seen.put(SESSION, 0, 0);
        assert!(seen.is_fresh(SESSION, 29_999));
        assert!(!seen.is_fresh(SESSION, 30_000));
        seen.end(SESSION, 1);
        assert!(!seen.is_fresh(SESSION, 1));
    }

    #[test]
    fn a_session_that_ends_while_it_is_looked_up_is_not_remembered() {
        let mut seen = Seen::default();
        let before_the_query = seen.endings;
        seen.end(SESSION, 0);
        seen.put(SESSION, 0, before_the_query);
        assert!(!seen.is_fresh(SESSION, 0));
    }

    #[test]
    fn an_ended_session_is_remembered_for_two_minutes_at_least_and_not_for_ever() {
        let other = SessionId::from_bytes([2; 16]);
        let knows =
            |seen: &Seen| seen.ended.contains(&SESSION) || seen.ended_before.contains(&SESSION);
        let mut seen = Seen::default();
        seen.end(SESSION, 119_999);
        seen.end(other, 120_000);
        seen.end(other, 239_999);
        assert!(knows(&seen));
        seen.end(other, 240_000);
        assert!(!knows(&seen));
    }
}
