//! Which sessions live, so that a revoked one is refused at once and a live one costs no query.

use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;
use tidings_domain::SessionId;
use tidings_engine::ports::{Accounts, Outage};

/// A session found alive is taken for alive so long; one that this process ends is forgotten at
/// once.
const TRUST_MS: u64 = 30_000;
/// Sessions in one generation.
const GENERATION_ENTRIES_MAX: usize = 100_000;

/// See the module. *Lock*: held for map work only. *Limit*: two generations; the older one goes
/// when the younger is full.
pub struct LiveSessions {
    accounts: Arc<dyn Accounts>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    young_ms: HashMap<SessionId, u64>,
    old_ms: HashMap<SessionId, u64>,
    /// How often a session was forgotten. What was found alive before that may be the one.
    forgotten: u64,
}

impl LiveSessions {
    /// A cache in front of accounts.
    #[must_use]
    pub fn new(accounts: Arc<dyn Accounts>) -> Self {
        Self { accounts, seen: Mutex::default() }
    }

    /// Whether a session lives.
    pub async fn is_live(&self, session: SessionId, now_ms: u64) -> Result<bool, Outage> {
        let forgotten = {
            let seen = self.seen.lock();
            if seen.is_fresh(session, now_ms) {
                return Ok(true);
            }
            seen.forgotten
        };
        let is_live = self.accounts.session(session).await?.is_some();
        if is_live {
            self.seen.lock().put(session, now_ms, forgotten);
        }
        Ok(is_live)
    }

    /// Forgets a session that was just ended.
    pub fn forget(&self, session: SessionId) {
        self.seen.lock().forget(session);
    }
}

impl Seen {
    fn is_fresh(&self, session: SessionId, now_ms: u64) -> bool {
        let seen_ms = self.young_ms.get(&session).or_else(|| self.old_ms.get(&session));
        seen_ms.is_some_and(|seen_ms| now_ms < seen_ms + TRUST_MS)
    }

    /// Remembers a session, unless one was forgotten since it was looked up.
    fn put(&mut self, session: SessionId, now_ms: u64, forgotten_before: u64) {
        if self.forgotten != forgotten_before {
            return;
        }
        if self.young_ms.len() >= GENERATION_ENTRIES_MAX {
            self.old_ms = std::mem::take(&mut self.young_ms);
        }
        self.young_ms.insert(session, now_ms);
    }

    fn forget(&mut self, session: SessionId) {
        self.young_ms.remove(&session);
        self.old_ms.remove(&session);
        self.forgotten += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: SessionId = SessionId::from_bytes([1; 16]);

    #[test]
    fn a_live_session_is_trusted_for_a_while_and_a_forgotten_one_never() {
        let mut seen = Seen::default();
        seen.put(SESSION, 0, 0);
        assert!(seen.is_fresh(SESSION, 29_999));
        assert!(!seen.is_fresh(SESSION, 30_000));
        seen.forget(SESSION);
        assert!(!seen.is_fresh(SESSION, 1));
    }

    #[test]
    fn a_session_that_ends_while_it_is_looked_up_is_not_remembered() {
        let mut seen = Seen::default();
        let before_the_query = seen.forgotten;
        seen.forget(SESSION);
        seen.put(SESSION, 0, before_the_query);
        assert!(!seen.is_fresh(SESSION, 0));
    }
}
