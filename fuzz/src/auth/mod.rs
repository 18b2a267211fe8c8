//! Tokens of our own that come back from clients, and below them those of host applications.
//!
//! Properties of tokens: what is taken was signed: it is written as the very same text; a token is
//! neither taken as one of the other kind, nor under another key, nor with any of its bytes
//! changed; claims come back as they were signed.
//!
//! The sources are the server's own files: as a library it would bring the whole server, whose
//! build with counters takes minutes.

pub mod hosts;
#[path = "../../../crates/server/src/auth/tokens.rs"]
pub mod tokens;

use tidings_domain::{DeviceId, SessionId, Timestamp, UserId};

use self::tokens::{AccessClaims, BadToken, RefreshClaims, Tokens};
use crate::draw::Draw;

/// Nothing has expired before this time.
const EARLY: Timestamp = Timestamp(i64::MIN);

/// Holds one input against the properties: as a token, and as choices of claims and of damage.
pub fn run(data: &[u8]) {
    let tokens = Tokens::new([7; 32]);
    if let Ok(text) = std::str::from_utf8(data) {
        taken_as_signed(&tokens, text);
    }
    let mut draw = Draw::new(data);
    let access = AccessClaims {
        session: SessionId::from_bytes(std::array::from_fn(|_| draw.byte())),
        user: UserId::from_bytes(std::array::from_fn(|_| draw.byte())),
        device: DeviceId::from_bytes(std::array::from_fn(|_| draw.byte())),
        expires_at: Timestamp(i64::from_be_bytes(std::array::from_fn(|_| draw.byte()))),
    };
    let text = tokens.access(&access);
    let expired = access.expires_at <= EARLY;
    let expected = if expired {
        Err(BadToken::Expired)
    } else {
        Ok(access)
    };
    assert_eq!(tokens.check_access(&text, EARLY), expected);
    refused_elsewhere(&tokens, &text, &mut draw);

    let refresh = RefreshClaims {
        session: access.session,
        generation: draw.number(),
    };
    let text = tokens.refresh(&refresh);
    assert_eq!(tokens.check_refresh(&text), Ok(refresh));
    refused_elsewhere(&tokens, &text, &mut draw);
}

fn taken_as_signed(tokens: &Tokens, text: &str) {
    if let Ok(claims) = tokens.check_access(text, EARLY) {
        assert_eq!(tokens.access(&claims), text);
    }
    if let Ok(claims) = tokens.check_refresh(text) {
        assert_eq!(tokens.refresh(&claims), text);
    }
}

fn refused_elsewhere(tokens: &Tokens, text: &str, draw: &mut Draw<'_>) {
    let is_refused = |tokens: &Tokens, text: &str| {
        tokens.check_access(text, EARLY) == Err(BadToken::Invalid)
            && tokens.check_refresh(text) == Err(BadToken::Invalid)
    };
    assert!(is_refused(&Tokens::new([8; 32]), text));
    let (kind, rest) = text.split_at(3);
    let other = if kind == "ta_" { "tr_" } else { "ta_" };
    assert!(is_refused(tokens, &format!("{other}{rest}")));
    let at = draw.below(text.len());
    let mut damaged = text.as_bytes().to_vec();
    damaged[at] ^= 1 << draw.below(7);
    if let Ok(damaged) = std::str::from_utf8(&damaged) {
        assert!(is_refused(tokens, damaged), "{damaged} for {text}");
    }
}

/// Tokens of both kinds.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let tokens = Tokens::new([7; 32]);
    let access = tokens.access(&AccessClaims {
        session: SessionId::from_bytes([1; 16]),
        user: UserId::from_bytes([2; 16]),
        device: DeviceId::from_bytes([3; 16]),
        expires_at: Timestamp(i64::MAX),
    });
    let refresh = tokens.refresh(&RefreshClaims {
        session: SessionId::from_bytes([1; 16]),
        generation: u64::MAX,
    });
    vec![access.into_bytes(), refresh.into_bytes()]
}
