//! Randomness: ids that nobody guesses, and a seed for the jitter.

use tidings_domain::ClientId;

use crate::clock::Clock;

/// Random bytes of the system.
///
/// # Panics
/// When the system has none, as then nothing can be kept apart or secret any more.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .expect("an operating system without randomness cannot be worked on");
    bytes
}

/// A seed for [`crate::machine::Machine`].
#[must_use]
pub fn seed() -> u64 {
    u64::from_be_bytes(bytes())
}

/// A new client id: a UUID of version 7, so that a store finds a retry of it fast.
#[must_use]
pub fn client_id(clock: &dyn Clock) -> ClientId {
    let uuid = uuid::Builder::from_unix_timestamp_millis(clock.unix_ms(), &bytes()).into_uuid();
    ClientId::from_uuid(uuid)
}

/// A text of 32 letters and digits that nobody guesses: a password or a key.
#[must_use]
pub fn secret() -> String {
    uuid::Builder::from_random_bytes(bytes())
        .into_uuid()
        .simple()
        .to_string()
}
