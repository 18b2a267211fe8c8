//! Access and refresh tokens: signed, not stored.
//!
//! A token is its claims and a MAC over them (HMAC-SHA256, cut to 128 bits; RFC 2104 section 5
//! allows half). An access token names session, user and device until it expires; a refresh token
//! names a session and a generation, which the store turns over. The key is the store's own, so
//! tokens outlive restarts. *Invariant*: claims are not looked at before the MAC was checked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tidings_domain::{DeviceId, SessionId, Timestamp, UserId};

const ACCESS_PREFIX: &str = "ta_";
const REFRESH_PREFIX: &str = "tr_";
const MAC_BYTES: usize = 16;
const ACCESS_BYTES: usize = 16 + 16 + 16 + 8;
const REFRESH_BYTES: usize = 16 + 8;
/// Longer than any token of ours.
const TOKEN_CHARS_MAX: usize = 160;

/// Makes and checks tokens.
pub struct Tokens {
    key: [u8; 32],
}

/// What an access token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessClaims {
    /// Under which session.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// On which device.
    pub device: DeviceId,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What a refresh token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshClaims {
    /// Which session.
    pub session: SessionId,
    /// How often the session was refreshed before.
    pub generation: u64,
}

/// Why a token does not serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadToken {
    /// It is none of ours.
    Invalid,
    /// It was, once.
    Expired,
}

impl Tokens {
    /// Signs with the store's secret.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// Whether a text looks like one of our access tokens, so that it is no host token.
    #[must_use]
    pub fn is_access(text: &str) -> bool {
        text.starts_with(ACCESS_PREFIX)
    }

    /// Writes an access token.
    #[must_use]
    pub fn access(&self, claims: &AccessClaims) -> String {
        let mut bytes = Vec::with_capacity(ACCESS_BYTES + MAC_BYTES);
        bytes.extend(claims.session.as_bytes());
        bytes.extend(claims.user.as_bytes());
        bytes.extend(claims.device.as_bytes());
        bytes.extend(claims.expires_at.millis().to_be_bytes());
        self.seal(ACCESS_PREFIX, bytes)
    }

    /// Checks an access token.
    ///
    /// # Errors
    /// [`BadToken`] says whether refreshing would help.
    pub fn check_access(&self, text: &str, now: Timestamp) -> Result<AccessClaims, BadToken> {
        let bytes: [u8; ACCESS_BYTES] = self.open(ACCESS_PREFIX, text)?;
        let claims = AccessClaims {
            session: SessionId::from_bytes(part(&bytes, 0)),
            user: UserId::from_bytes(part(&bytes, 16)),
            device: DeviceId::from_bytes(part(&bytes, 32)),
            expires_at: Timestamp(i64::from_be_bytes(part(&bytes, 48))),
        };
        if claims.expires_at <= now {
            Err(BadToken::Expired)
        } else {
            Ok(claims)
        }
    }

    /// Writes a refresh token. The same claims give the same token, so that a lost answer can be
    /// given again.
    #[must_use]
    pub fn refresh(&self, claims: &RefreshClaims) -> String {
        let mut bytes = Vec::with_capacity(REFRESH_BYTES + MAC_BYTES);
        bytes.extend(claims.session.as_bytes());
        bytes.extend(claims.generation.to_be_bytes());
        self.seal(REFRESH_PREFIX, bytes)
    }

    /// Checks a refresh token; the store knows whether it still counts.
    ///
    /// # Errors
    /// [`BadToken::Invalid`] when it is none of ours.
    pub fn check_refresh(&self, text: &str) -> Result<RefreshClaims, BadToken> {
        let bytes: [u8; REFRESH_BYTES] = self.open(REFRESH_PREFIX, text)?;
        Ok(RefreshClaims {
            session: SessionId::from_bytes(part(&bytes, 0)),
            generation: u64::from_be_bytes(part(&bytes, 16)),
        })
    }

    /// A secret of sixteen bytes that follows from a name: a retry of one request makes it again.
    #[must_use]
    pub fn derived_secret(&self, name: &str) -> [u8; 16] {
        self.mac("derived", name.as_bytes())
    }

    fn seal(&self, prefix: &str, mut bytes: Vec<u8>) -> String {
        let mac = self.mac(prefix, &bytes);
        bytes.extend(mac);
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    fn open<const N: usize>(&self, prefix: &str, text: &str) -> Result<[u8; N], BadToken> {
        if text.len() > TOKEN_CHARS_MAX {
            return Err(BadToken::Invalid);
        }
        let encoded = text.strip_prefix(prefix).ok_or(BadToken::Invalid)?;
        let bytes = URL_SAFE_NO_PAD
            .decode(encoded)
            .map_err(|_| BadToken::Invalid)?;
        let (claims, mac) = bytes
            .split_last_chunk::<MAC_BYTES>()
            .ok_or(BadToken::Invalid)?;
        let mut expected = self.keyed(prefix);
        expected.update(claims);
        // Compares in constant time.
        expected
            .verify_truncated_left(mac)
            .map_err(|_| BadToken::Invalid)?;
        claims.try_into().map_err(|_| BadToken::Invalid)
    }

    fn mac(&self, prefix: &str, bytes: &[u8]) -> [u8; MAC_BYTES] {
        let mut mac = self.keyed(prefix);
        mac.update(bytes);
        part(&mac.finalize().into_bytes(), 0)
    }

    /// The prefix is part of what is signed, so that one kind of token is never another.
    fn keyed(&self, prefix: &str) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        mac.update(prefix.as_bytes());
        mac
    }
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("the slice is N long")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> AccessClaims {
        AccessClaims {
            session: SessionId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            device: DeviceId::from_bytes([3; 16]),
            expires_at: Timestamp(1_000),
        }
    }

    #[test]
    fn a_token_says_what_was_signed_until_it_expires() {
        let tokens = Tokens::new([7; 32]);
        let text = tokens.access(&claims());
        assert_eq!(tokens.check_access(&text, Timestamp(999)), Ok(claims()));
        assert_eq!(
            tokens.check_access(&text, Timestamp(1_000)),
            Err(BadToken::Expired)
        );
    }

    #[test]
    fn another_key_another_kind_and_every_changed_byte_are_refused() {
        let tokens = Tokens::new([7; 32]);
        let text = tokens.access(&claims());
        let now = Timestamp(0);
        assert_eq!(
            Tokens::new([8; 32]).check_access(&text, now),
            Err(BadToken::Invalid)
        );
        let refresh = tokens.refresh(&RefreshClaims {
            session: claims().session,
            generation: 1,
        });
        let renamed = refresh.replace(REFRESH_PREFIX, ACCESS_PREFIX);
        assert_eq!(tokens.check_access(&renamed, now), Err(BadToken::Invalid));
        for at in ACCESS_PREFIX.len()..text.len() {
            let mut forged = text.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert!(
                tokens.check_access(&forged, now).is_err(),
                "changed at {at}"
            );
        }
        for text in [
            "",
            "ta_",
            "ta_AAAA",
            "tr_",
            &format!("ta_{}", "A".repeat(10_000)),
        ] {
            assert_eq!(tokens.check_access(text, now), Err(BadToken::Invalid));
        }
    }
}
