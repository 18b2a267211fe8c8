//! The live connections, by session and user: to end those of a revoked session at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hashbrown::HashMap;
use parking_lot::Mutex;
use tidings_domain::{SessionId, Timestamp, UserId};

use crate::outlet::{ConnectionId, Farewell, Outlet};

/// See the module. *Lock*: held for map work only; outlets are called outside of it.
#[derive(Default)]
pub struct Connections {
    last: AtomicU64,
    sessions: Mutex<HashMap<SessionId, Vec<Entry>>>,
    users: Mutex<HashMap<UserId, u32>>,
}

#[derive(Clone)]
struct Entry {
    id: ConnectionId,
    outlet: Arc<dyn Outlet>,
}

impl Connections {
    /// Takes in a connection, unless its user already has `per_user_max`.
    pub fn open(
        &self,
        user: UserId,
        session: SessionId,
        outlet: Arc<dyn Outlet>,
        per_user_max: u32,
    ) -> Option<ConnectionId> {
        {
            let mut users = self.users.lock();
            let count = users.entry(user).or_insert(0);
            if *count >= per_user_max {
                return None;
            }
            *count += 1;
        }
        let id = ConnectionId(self.last.fetch_add(1, Ordering::Relaxed) + 1);
        self.sessions
            .lock()
            .entry(session)
            .or_default()
            .push(Entry { id, outlet });
        Some(id)
    }

    /// Forgets a connection.
    pub fn close(&self, user: UserId, session: SessionId, id: ConnectionId) {
        let mut sessions = self.sessions.lock();
        if let Some(entries) = sessions.get_mut(&session) {
            entries.retain(|entry| entry.id != id);
            if entries.is_empty() {
                sessions.remove(&session);
            }
        }
        drop(sessions);
        let mut users = self.users.lock();
        if let Some(count) = users.get_mut(&user) {
            *count -= 1;
            if *count == 0 {
                users.remove(&user);
            }
        }
    }

    /// Ends all connections of a session.
    pub fn end_session(&self, session: SessionId) {
        let ended = self
            .sessions
            .lock()
            .get(&session)
            .cloned()
            .unwrap_or_default();
        for entry in ended {
            entry.outlet.close(Farewell::SessionRevoked);
        }
    }

    /// Ends those whose tokens have expired.
    pub fn expire(&self, now: Timestamp) {
        for entry in self.all() {
            entry.outlet.expire(now);
        }
    }

    /// Ends all connections.
    pub fn end_all(&self, farewell: Farewell) {
        for entry in self.all() {
            entry.outlet.close(farewell);
        }
    }

    /// In the order in which they were opened.
    fn all(&self) -> Vec<Entry> {
        let mut all: Vec<Entry> = self.sessions.lock().values().flatten().cloned().collect();
        all.sort_unstable_by_key(|entry| entry.id);
        all
    }

    /// The outlet of a connection, if it lives; looked up by session.
    #[must_use]
    pub fn outlet(&self, session: SessionId, id: ConnectionId) -> Option<Arc<dyn Outlet>> {
        let sessions = self.sessions.lock();
        let entry = sessions
            .get(&session)?
            .iter()
            .find(|entry| entry.id == id)?;
        Some(entry.outlet.clone())
    }

    /// How many bytes wait to be written to each that has some waiting.
    #[must_use]
    pub fn waiting_bytes(&self) -> Vec<usize> {
        let all = self.all();
        let each = all.iter().map(|entry| entry.outlet.waiting_bytes());
        each.filter(|bytes| *bytes > 0).collect()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.lock().values().map(Vec::len).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.lock().is_empty()
    }
}
