//! Ids and numbers that must not be mixed up: one type for each.
//!
//! Ids are opaque UUIDs. The server makes version 7 (RFC 9562), so that rows made together lie
//! together; order is never read from an id, only from [`Seq`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What was offered as an id is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected a UUID such as 0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a UUID that is known to be one of these.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Takes sixteen bytes that were stored by [`Self::as_bytes`].
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The sixteen bytes, as a store keeps them.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The UUID itself.
            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }

            /// Parses what a caller sent.
            ///
            /// # Errors
            /// [`InvalidId`] when it is not a UUID in its hyphenated form, or is the nil UUID.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                let uuid = Uuid::try_parse(text).map_err(|_| InvalidId)?;
                if uuid.is_nil() { Err(InvalidId) } else { Ok(Self(uuid)) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }
    };
}

id!(
    /// A person or bot.
    UserId
);
id!(
    /// A conversation.
    RoomId
);
id!(
    /// One installed client of a user.
    DeviceId
);
id!(
    /// One authenticated login of a device.
    SessionId
);
id!(
    /// An invitation link of a room. The link's code is a secret; this is not.
    InvitationId
);
id!(
    /// A key of a back end.
    ApiKeyId
);
id!(
    /// What a client names a send by, so that a retry is harmless. Any UUID serves; version 7 is
    /// recommended, because stores that spread a log over partitions find its retry faster.
    ClientId
);

impl RoomId {
    /// The one room of kind `direct` that two people share, whoever opens it first.
    ///
    /// The id is a version-8 UUID made of SHA-256 over both ids in ascending order, so that two
    /// simultaneous requests name the same room and no lookup table is needed.
    #[must_use]
    pub fn direct(one: UserId, other: UserId) -> Self {
        let (low, high) = if one <= other {
            (one, other)
        } else {
            (other, one)
        };
        Self(derived_uuid(&[b"direct", low.as_bytes(), high.as_bytes()]))
    }

    /// The id of a room whose creation carried an idempotency key: a retry names the same room.
    #[must_use]
    pub fn from_idempotency_key(creator: UserId, key: &str) -> Self {
        Self(derived_uuid(&[b"room", creator.as_bytes(), key.as_bytes()]))
    }
}

impl ClientId {
    /// The client id of a send over HTTP that was named by an idempotency key which is no UUID.
    #[must_use]
    pub fn from_idempotency_key(sender: UserId, key: &str) -> Self {
        Self(derived_uuid(&[b"send", sender.as_bytes(), key.as_bytes()]))
    }
}

impl UserId {
    /// The id of the user whom a host application knows as `subject` under `issuer`.
    #[must_use]
    pub fn from_subject(issuer: &str, subject: &str) -> Self {
        Self(derived_uuid(&[
            b"subject",
            issuer.as_bytes(),
            subject.as_bytes(),
        ]))
    }

    /// The id of an account whose creation carried an idempotency key: a retry names the same user.
    #[must_use]
    pub fn from_idempotency_key(username: &str, key: &str) -> Self {
        Self(derived_uuid(&[
            b"account",
            username.as_bytes(),
            key.as_bytes(),
        ]))
    }
}

/// A version-8 UUID (RFC 9562, section 5.8) of SHA-256 over the parts, each preceded by its length.
fn derived_uuid(parts: &[&[u8]]) -> Uuid {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// Before the first one.
            pub const ZERO: Self = Self(0);

            /// The one that follows.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }

            /// The bare number.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// Where an event stands in its room's log: 1, 2, 3 … without holes. Zero is before the first.
    /// A message is named by its room and the seq of the event that created it.
    Seq
);
number!(
    /// Where an event stands in the store's commit order, over all rooms. Rising, not dense.
    Position
);
number!(
    /// What a client names a command by on one connection; echoed in its ack or refusal.
    CommandId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_own_text() {
        let id = RoomId::from_uuid(Uuid::from_u128(0x0192_f0c1_7d7a_7cc0_8000_2b1d_5c3e_9f10));
        assert_eq!(RoomId::parse(&id.to_string()), Ok(id));
    }

    #[test]
    fn nil_braced_and_simple_forms_are_no_ids() {
        for text in [
            "00000000-0000-0000-0000-000000000000",
            "{0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10}",
            "0192f0c17d7a7cc080002b1d5c3e9f10",
            "",
            "../../etc/passwd",
        ] {
            assert_eq!(UserId::parse(text), Err(InvalidId), "{text}");
        }
    }

    #[test]
    fn two_people_share_one_direct_room_whoever_asks() {
        let ana = UserId::from_subject("app", "ana");
        let bob = UserId::from_subject("app", "bob");
        assert_eq!(RoomId::direct(ana, bob), RoomId::direct(bob, ana));
        assert_ne!(RoomId::direct(ana, bob), RoomId::direct(ana, ana));
    }

    #[test]
    fn derived_ids_do_not_confuse_where_one_part_ends() {
        assert_ne!(
            UserId::from_subject("a", "bc"),
            UserId::from_subject("ab", "c")
        );
    }
}
