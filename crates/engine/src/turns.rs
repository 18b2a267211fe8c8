//! One decision about a room at a time.
//!
//! A decision that changes a room rests on its version, and of those that are taken at once only
//! one is committed: the others look again. Taking turns, a hundred people who follow one
//! invitation in the same second each decide once. *Invariant*: this saves work and decides
//! nothing; what is right is the guard's to say, on any number of nodes.

use tidings_domain::RoomId;
use tokio::sync::{Mutex, MutexGuard};

/// Rooms that share a slot wait for each other.
const SLOTS: usize = 256;

/// See the module. *Lock*: held while a decision is read, taken and committed; never two at once.
pub struct Turns(Vec<Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..SLOTS).map(|_| Mutex::new(())).collect())
    }
}

impl Turns {
    /// Waits for the room's turn, first come first served, and holds it until it is dropped.
    pub async fn of(&self, room: RoomId) -> MutexGuard<'_, ()> {
        // The last byte of an id is random in every version of UUID that names rooms.
        self.0[usize::from(room.as_bytes()[15]) % SLOTS]
            .lock()
            .await
    }
}
