//! The domain's own words as OpenAPI schemas, since the domain knows nothing of OpenAPI.
//!
//! Nothing here is ever made: each type mirrors one of the domain for `#[schema(value_type = …)]`.
//! Tests hold them to the originals.
#![allow(missing_docs, reason = "the mirrored types carry the documentation")]

use serde::Serialize;
use utoipa::ToSchema;

/// How a room is entered and who speaks in it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RoomKind)]
pub enum RoomKindSchema {
    Direct,
    Group,
    Channel,
    Live,
}

/// What a newcomer may read of what was said before.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HistoryVisibility)]
pub enum HistoryVisibilitySchema {
    All,
    SinceJoined,
}

/// What a member may do, from least to most.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub enum RoleSchema {
    Reader,
    Member,
    Moderator,
    Admin,
    Owner,
}

/// Whether a user is here, as others see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Presence)]
pub enum PresenceSchema {
    Offline,
    Away,
    Online,
}

/// Where a user comes from.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UserOrigin)]
pub enum UserOriginSchema {
    Account,
    Guest,
    External,
}

/// Who may see something about a user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Audience)]
pub enum AudienceSchema {
    Everyone,
    Nobody,
}

/// What a user lets others see.
#[derive(Serialize, ToSchema)]
#[schema(as = Privacy)]
pub struct PrivacySchema {
    pub receipts: AudienceSchema,
    pub last_seen: AudienceSchema,
    pub presence: AudienceSchema,
}

/// How far a member has got.
#[derive(Serialize, ToSchema)]
#[schema(as = Watermarks)]
pub struct WatermarksSchema {
    pub delivered: u64,
    pub read: u64,
}

#[cfg(test)]
mod tests {
    use serde_json::to_value;
    use tidings_domain::member::Role;
    use tidings_domain::presence::Presence;
    use tidings_domain::receipt::Watermarks;
    use tidings_domain::room::{HistoryVisibility, RoomKind};
    use tidings_domain::user::{Audience, Privacy, UserOrigin};

    use super::*;

    /// Holds each mirrored value to the original's text, and (by its match) the list to be whole.
    macro_rules! mirrors {
        ($original:ident, $mirror:ident: $($variant:ident),*) => {{
            $(assert_eq!(
                to_value($original::$variant).unwrap(),
                to_value($mirror::$variant).unwrap()
            );)*
            let whole = |value: $original| match value { $($original::$variant => ()),* };
            $(whole($original::$variant);)*
        }};
    }

    #[test]
    fn every_mirrored_word_is_spelled_as_the_domain_spells_it() {
        mirrors!(RoomKind, RoomKindSchema: Direct, Group, Channel, Live);
        mirrors!(HistoryVisibility, HistoryVisibilitySchema: All, SinceJoined);
        mirrors!(Role, RoleSchema: Reader, Member, Moderator, Admin, Owner);
        mirrors!(Presence, PresenceSchema: Offline, Away, Online);
        mirrors!(UserOrigin, UserOriginSchema: Account, Guest, External);
        mirrors!(Audience, AudienceSchema: Everyone, Nobody);
    }

    #[test]
    fn mirrored_objects_have_the_domains_fields() {
        let keys = |value: serde_json::Value| -> Vec<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        let everyone = || AudienceSchema::Everyone;
        let privacy = PrivacySchema {
            receipts: everyone(),
            last_seen: everyone(),
            presence: everyone(),
        };
        assert_eq!(
            keys(to_value(privacy).unwrap()),
            keys(to_value(Privacy::default()).unwrap())
        );
        let marks = WatermarksSchema {
            delivered: 0,
            read: 0,
        };
        assert_eq!(
            keys(to_value(marks).unwrap()),
            keys(to_value(Watermarks::default()).unwrap())
        );
    }
}
