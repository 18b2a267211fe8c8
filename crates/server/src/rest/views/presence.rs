//! Presence as the wire has it.

use tidings_engine::envelope::ShownPresence;
use tidings_protocol::rest::person::PresenceEntry;

/// How a person is now.
pub(crate) fn presence_entry(shown: &ShownPresence) -> PresenceEntry {
    PresenceEntry {
        user: shown.user,
        presence: shown.presence,
        last_seen_at_ms: shown.last_seen_at,
        status_text: shown.status_text.clone(),
    }
}
