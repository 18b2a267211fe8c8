//! The users of a run: those of a made-up host application, for a server of the tool's own; or those
//! that a back end has signed in by its API key, for a server elsewhere.

use serde::{Deserialize, Serialize};
use tidings_domain::UserId;

use crate::clock;
use crate::token::Host;

/// A session of one user's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) user: UserId,
    /// The access token, as `Authorization: Bearer` and `hello` take it.
    pub(crate) token: String,
    /// Given again, so that a user has one device in the whole run.
    pub(crate) device: String,
    /// When the token was made, on the monotonic clock.
    pub(crate) since_ns: u64,
}

/// An access token lives a quarter of an hour, and a workload no longer than what is left then.
const FRESH_NS: u64 = 4 * 60 * 1_000_000_000;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum People {
    /// Whoever the host application says.
    Host(Host),
    /// These, by their numbers.
    SignedIn(Vec<Login>),
}

impl People {
    /// The id that the server gives to a user.
    pub(crate) fn user_id(&self, user: u32) -> UserId {
        match self {
            Self::Host(host) => host.user_id(user),
            Self::SignedIn(logins) => logins[user as usize].user,
        }
    }

    /// A user's token.
    pub(crate) fn token(&self, user: u32) -> String {
        match self {
            Self::Host(host) => host.token(user),
            Self::SignedIn(logins) => logins[user as usize].token.clone(),
        }
    }
}

impl Login {
    /// Whether its token lasts for a workload.
    pub(crate) fn is_fresh(&self) -> bool {
        clock::now_ns().saturating_sub(self.since_ns) < FRESH_NS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_signed_in_has_the_id_and_the_token_of_their_login() {
        let login = |n: u8| Login {
            user: UserId::from_bytes([n; 16]),
            token: format!("token {n}"),
            device: String::new(),
            since_ns: clock::now_ns(),
        };
        let people = People::SignedIn(vec![login(1), login(2)]);
        assert_eq!(people.user_id(1), UserId::from_bytes([2; 16]));
        assert_eq!(people.token(0), "token 1");
        assert!(login(1).is_fresh());
    }
}
