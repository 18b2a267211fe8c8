//! Which sessions live, so that a revoked one is refused at once and a live one costs no query.

use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;
use tidings_domain::SessionId;
use tidings_engine::ports::{Accounts, Outage};

/// A session found alive is taken for alive so long; one that this process ends is forgotten at
/// once.
const TRUST_MS: u64 = 30_000;
/// Sessions remembered.
const ENTRIES_MAX: usize = 200_000;

/// See the module. *Lock*: held for map work only.
pub struct LiveSessions {
    accounts: Arc<dyn Accounts>,
    seen_ms: Mutex<HashMap<SessionId, u64>>,
}

impl LiveSessions {
    /// A cache in front of accounts.
    #[must_use]
    pub fn new(accounts: Arc<dyn Accounts>) -> Self {
        Self { accounts, seen_ms: Mutex::default() }
    }

    /// Whether a session lives.
    pub async fn is_live(&self, session: SessionId, now_ms: u64) -> Result<bool, Outage> {
        if let Some(seen_ms) = self.seen_ms.lock().get(&session)
            && now_ms < seen_ms + TRUST_MS
        {
            return Ok(true);
        }
        let is_live = self.accounts.session(session).await?.is_some();
        let mut seen_ms = self.seen_ms.lock();
        if is_live {
            if seen_ms.len() >= ENTRIES_MAX {
                seen_ms.retain(|_, seen| now_ms < *seen + TRUST_MS);
            }
            seen_ms.insert(session, now_ms);
        } else {
            seen_ms.remove(&session);
        }
        Ok(is_live)
    }

    /// Forgets a session that was just ended.
    pub fn forget(&self, session: SessionId) {
        self.seen_ms.lock().remove(&session);
    }
}
