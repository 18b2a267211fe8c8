//! Why a socket was closed, and what a client does then.
//!
//! The range decides, so that old clients behave on codes that are made later. Section 5 of
//! `docs/protocol.md` is this table in writing; a test compares them.

/// What a client does after a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Come back with the usual back-off and the last cursor.
    Reconnect,
    /// Get a new token first, then come back.
    Reauthenticate,
    /// Do not come back by itself.
    Stop,
}

macro_rules! close_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $reason:literal;)*) => {
        /// The codes that the server closes with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CloseCode {
            $($(#[$doc])* $variant,)*
        }

        impl CloseCode {
            /// All of them, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The number in the close frame.
            #[must_use]
            pub const fn code(self) -> u16 {
                match self { $(Self::$variant => $code),* }
            }

            /// The reason in the close frame, at most 123 bytes.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self { $(Self::$variant => $reason),* }
            }

            /// From the number; `None` for one that is none of ours.
            #[must_use]
            pub const fn from_code(code: u16) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

close_codes! {
    /// Done.
    Normal = 1000, "bye";
    /// The server or the page goes away.
    GoingAway = 1001, "going away";
    /// RFC 6455 was broken.
    ProtocolError = 1002, "protocol error";
    /// Binary where text is due, or the other way round.
    UnsupportedData = 1003, "wrong kind of frame";
    /// Not UTF-8.
    InvalidPayload = 1007, "not UTF-8";
    /// Larger than a frame may be.
    MessageTooBig = 1009, "frame too large";
    /// The server sheds load.
    TryAgainLater = 1013, "overloaded, come back later";
    /// The server restarts; it said when to come back.
    Restarting = 4000, "restarting";
    /// No hello came in time.
    HelloTimeout = 4001, "no hello in time";
    /// Nothing was heard for too long.
    PeerTimeout = 4002, "nothing heard from you";
    /// Too many connections from this address or user.
    TooManyConnections = 4003, "too many connections";
    /// The token is missing or not valid.
    Unauthenticated = 4100, "token missing or not valid";
    /// The token has expired.
    TokenExpired = 4101, "token expired";
    /// The session has ended.
    SessionRevoked = 4102, "session revoked";
    /// A frame that is no command.
    NotACommand = 4200, "a frame that is no command";
    /// Commands before hello.
    HelloFirst = 4201, "say hello first";
    /// A flood that did not heed its refusals.
    Flood = 4202, "too much, in spite of refusals";
}

impl CloseCode {
    /// What a client does then.
    #[must_use]
    pub const fn advice(self) -> Advice {
        Advice::of(self.code())
    }
}

impl Advice {
    /// What to do after any code at all, known or not. A connection that broke without a close
    /// frame (1005, 1006) is met by coming back.
    #[must_use]
    pub const fn of(code: u16) -> Self {
        match code {
            1002 | 1003 | 1007 | 1009 | 1010 | 4200..=4299 => Self::Stop,
            4100..=4199 => Self::Reauthenticate,
            _ => Self::Reconnect,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

    /// The rows of section 5: the codes of a row, its own advice, and that of the range above it.
    fn documented() -> Vec<(u16, Advice)> {
        let (_, section) = DOCUMENT.split_once("## 5. Close codes").unwrap();
        let (section, _) = section.split_once("## 6.").unwrap();
        let mut range = None;
        let mut found = Vec::new();
        for line in section.lines().filter(|line| line.starts_with("| ")) {
            let cells: Vec<&str> = line
                .split('|')
                .map(|cell| cell.trim().trim_matches('*'))
                .collect();
            if cells[1].contains('–') {
                range = advice_in(cells[2]);
            } else if cells[1].starts_with(|c: char| c.is_ascii_digit()) {
                let advice = range.or_else(|| advice_in(cells[3])).unwrap();
                found.extend(
                    cells[1]
                        .split(", ")
                        .map(|code| (code.parse().unwrap(), advice)),
                );
            }
        }
        found
    }

    fn advice_in(text: &str) -> Option<Advice> {
        match text {
            text if text.starts_with("stop") => Some(Advice::Stop),
            text if text.starts_with("get a new token") => Some(Advice::Reauthenticate),
            text if text.starts_with("reconnect") => Some(Advice::Reconnect),
            _ => None,
        }
    }

    #[test]
    fn the_document_lists_exactly_these_codes_with_their_advice() {
        let ours: Vec<_> = CloseCode::ALL
            .iter()
            .map(|code| (code.code(), code.advice()))
            .collect();
        assert_eq!(ours, documented());
    }

    #[test]
    fn codes_of_later_versions_follow_their_range() {
        assert_eq!(Advice::of(4077), Advice::Reconnect);
        assert_eq!(Advice::of(4177), Advice::Reauthenticate);
        assert_eq!(Advice::of(4277), Advice::Stop);
        assert_eq!(Advice::of(1006), Advice::Reconnect);
    }

    #[test]
    fn a_code_survives_its_number_and_a_reason_fits_its_frame() {
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::from_code(code.code()), Some(*code));
            assert!(code.reason().len() <= 123);
        }
    }
}
