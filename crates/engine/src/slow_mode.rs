//! When a member may speak again in a room that asks for slowness.
//!
//! In memory, for the rooms in slow mode only: a restart forgives a member one message. *Limit*:
//! entries that have run out are swept when there are too many.

use hashbrown::HashMap;
use parking_lot::Mutex;
use tidings_domain::{RoomId, UserId};

/// Entries before those that have run out are swept.
const ENTRIES_SWEEP: usize = 20_000;

/// See the module. *Lock*: held for map work only.
#[derive(Default)]
pub struct SlowMode {
    until_ms: Mutex<HashMap<(RoomId, UserId), u64>>,
}

impl SlowMode {
    /// Takes the member's turn.
    ///
    /// # Errors
    /// Milliseconds to wait, when it is not the member's turn; nothing is taken then.
    pub fn take(&self, room: RoomId, user: UserId, pause_s: u32, now_ms: u64) -> Result<(), u64> {
        let mut until_ms = self.until_ms.lock();
        if until_ms.len() > ENTRIES_SWEEP {
            until_ms.retain(|_, until| *until > now_ms);
        }
        let until = until_ms.entry((room, user)).or_insert(0);
        if *until > now_ms {
            return Err(*until - now_ms);
        }
        *until = now_ms + u64::from(pause_s) * 1_000;
        Ok(())
    }

    /// Gives a turn back that brought no message into the room. Nothing happens when none was taken.
    pub fn give_back(&self, room: RoomId, user: UserId) {
        self.until_ms.lock().remove(&(room, user));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_message_a_pause() {
        let slow = SlowMode::default();
        let (room, user) = (RoomId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        assert_eq!(slow.take(room, user, 10, 1_000), Ok(()));
        assert_eq!(slow.take(room, user, 10, 4_000), Err(7_000));
        assert_eq!(slow.take(room, user, 10, 11_000), Ok(()));
    }

    #[test]
    fn a_turn_that_was_given_back_can_be_taken_again() {
        let slow = SlowMode::default();
        let (room, user) = (RoomId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let other = UserId::from_bytes([3; 16]);
        assert_eq!(slow.take(room, user, 10, 1_000), Ok(()));
        slow.give_back(room, other);
        assert_eq!(slow.take(room, user, 10, 1_001), Err(9_999));
        slow.give_back(room, user);
        assert_eq!(slow.take(room, user, 10, 1_001), Ok(()));
    }
}
