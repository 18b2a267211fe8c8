//! Single-use tickets for sockets: what may stand in a URL, because it is worth nothing afterwards.
//!
//! In memory: a ticket does not outlive the process, nor thirty seconds. *Limit*: those that have
//! expired go when new ones come, and there are at most so many.

use hashbrown::HashMap;
use parking_lot::Mutex;
use tidings_domain::limits::SOCKET_TICKET_EXPIRY_MS;

use super::caller::UserCaller;

const TICKETS_MAX: usize = 100_000;

/// See the module. *Lock*: held for map work only.
#[derive(Default)]
pub struct Tickets {
    issued: Mutex<HashMap<[u8; 16], (UserCaller, u64)>>,
}

impl Tickets {
    /// Keeps a ticket under a random secret. `false` when there are too many.
    pub fn issue(&self, secret: [u8; 16], caller: UserCaller, now_ms: u64) -> bool {
        let mut issued = self.issued.lock();
        if issued.len() >= TICKETS_MAX {
            issued.retain(|_, (_, until_ms)| *until_ms > now_ms);
        }
        if issued.len() >= TICKETS_MAX {
            return false;
        }
        issued.insert(secret, (caller, now_ms + SOCKET_TICKET_EXPIRY_MS));
        true
    }

    /// Takes a ticket: the first who asks gets it, nobody after.
    pub fn redeem(&self, secret: [u8; 16], now_ms: u64) -> Option<UserCaller> {
        let (caller, until_ms) = self.issued.lock().remove(&secret)?;
        (until_ms > now_ms).then_some(caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_domain::{DeviceId, SessionId, Timestamp, UserId};

    fn caller() -> UserCaller {
        UserCaller {
            user: UserId::from_bytes([1; 16]),
            session: SessionId::from_bytes([2; 16]),
            device: DeviceId::from_bytes([3; 16]),
            expires_at: Timestamp(0),
        }
    }

    #[test]
    fn a_ticket_works_once_and_not_for_long() {
        let tickets = Tickets::default();
        assert!(tickets.issue([1; 16], caller(), 0));
        assert!(tickets.issue([2; 16], caller(), 0));
        assert!(tickets.redeem([1; 16], 29_999).is_some());
        assert!(tickets.redeem([1; 16], 29_999).is_none());
        assert!(tickets.redeem([2; 16], 30_000).is_none());
    }
}
