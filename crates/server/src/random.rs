//! Chance: new ids and secrets, from the system's source.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// A new time-ordered id (UUID version 7).
#[must_use]
pub fn id() -> Uuid {
    Uuid::now_v7()
}

/// So many secret bytes.
#[must_use]
pub fn secret<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system's source of chance never fails once started");
    bytes
}

/// Bytes as text for URLs and headers.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes behind [`text`], if it is that and of this length.
#[must_use]
pub fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() > N * 2 {
        return None;
    }
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
