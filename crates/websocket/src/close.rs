//! Close codes: which exist, and which may be put on the wire.
//!
//! *Invariant*: a [`CloseCode`] is one that an endpoint may send (RFC 6455 section 7.4 and the
//! registry that IANA keeps of it).

use std::fmt;
use std::num::NonZeroU16;

/// A close code that may stand in a close frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(NonZeroU16);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    pub const NORMAL: Self = Self::known(1000);
    /// 1001: the endpoint goes away, as a server does that shuts down.
    pub const GOING_AWAY: Self = Self::known(1001);
    /// 1002: the peer broke the framing protocol.
    pub const PROTOCOL_ERROR: Self = Self::known(1002);
    /// 1003: a kind of data that this endpoint does not take.
    pub const UNSUPPORTED: Self = Self::known(1003);
    /// 1007: text that is not UTF-8.
    pub const INVALID_DATA: Self = Self::known(1007);
    /// 1008: a policy was violated, where nothing more particular fits.
    pub const POLICY: Self = Self::known(1008);
    /// 1009: a message too big to process.
    pub const TOO_BIG: Self = Self::known(1009);
    /// 1011: the server met something that it did not expect.
    pub const INTERNAL_ERROR: Self = Self::known(1011);
    /// 1012: the service restarts; come back after a random pause.
    pub const SERVICE_RESTART: Self = Self::known(1012);
    /// 1013: overloaded; try again later.
    pub const TRY_AGAIN_LATER: Self = Self::known(1013);
    /// 3008: a time limit passed (registered at IANA as "Timeout").
    pub const TIMEOUT: Self = Self::known(3008);

    const fn known(code: u16) -> Self {
        match Self::parse(code) {
            Some(code) => code,
            None => panic!("a constant of this file is not a sendable close code"),
        }
    }

    /// The code, if an endpoint may send it: 1000–1003, 1007–1014, and the ranges that are given
    /// to registered (3000–3999) and to private use (4000–4999).
    #[must_use]
    pub const fn parse(code: u16) -> Option<Self> {
        match (code, NonZeroU16::new(code)) {
            (1000..=1003 | 1007..=1014 | 3000..=4999, Some(code)) => Some(Self(code)),
            _ => None,
        }
    }

    /// The number on the wire.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({})", self.0)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_must_not_be_sent_do_not_parse() {
        for code in [
            0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535,
        ] {
            assert_eq!(CloseCode::parse(code), None, "{code}");
        }
    }

    #[test]
    fn sendable_codes_keep_their_number() {
        for code in [1000, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4999] {
            assert_eq!(CloseCode::parse(code).map(CloseCode::get), Some(code));
        }
    }
}
