//! Changes a room's settings.

use serde_json::{Map, Value};
use tidings_domain::limits::{METADATA_BYTES_MAX, ROOM_DESCRIPTION_CHARS_MAX, SLOW_MODE_S_MAX};
use tidings_domain::name::RoomName;
use tidings_domain::room::HistoryVisibility;
use tidings_domain::{Action, EventBody, RoomId, RoomSettings};

use super::{Actor, Decision, decide};
use crate::engine::Engine;
use crate::refusal::{Failure, Refusal};

/// What is to change; what is `None` stays, what is `Some(None)` is cleared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoomChange {
    /// How it is called.
    pub name: Option<RoomName>,
    /// What it is about.
    pub description: Option<Option<String>>,
    /// Its picture.
    pub avatar_url: Option<Option<String>>,
    /// What newcomers may read.
    pub history: Option<HistoryVisibility>,
    /// Seconds between two messages of an ordinary member.
    pub slow_mode_s: Option<u32>,
    /// Whether it is closed for writing.
    pub archived: Option<bool>,
    /// The application's own data, whole.
    pub metadata: Option<Map<String, Value>>,
}

/// Changes a room, if that is a change.
pub async fn change_room(
    engine: &Engine,
    actor: Actor,
    room: RoomId,
    change: RoomChange,
) -> Result<(), Failure> {
    let change = &change;
    decide(engine, room, actor, None, |sight| async move {
        sight.require(Action::ChangeRoom)?;
        let settings = changed(&sight.room.settings, change);
        check_settings(&settings)?;
        if settings == sight.room.settings {
            return Ok(Decision::Nothing);
        }
        Ok(Decision::Append(vec![EventBody::RoomChanged(settings)]))
    })
    .await
}

/// Refuses settings that are out of bounds.
pub fn check_settings(settings: &RoomSettings) -> Result<(), Refusal> {
    let described = settings
        .description
        .as_ref()
        .map_or(0, |text| text.chars().count());
    if described > ROOM_DESCRIPTION_CHARS_MAX {
        let detail = format!("at most {ROOM_DESCRIPTION_CHARS_MAX} characters");
        return Err(Refusal::invalid("description", &detail));
    }
    if settings.slow_mode_s > SLOW_MODE_S_MAX {
        let detail = format!("at most {SLOW_MODE_S_MAX} seconds");
        return Err(Refusal::invalid("slow_mode_s", &detail));
    }
    let metadata_bytes = serde_json::to_string(&settings.metadata).map_or(0, |text| text.len());
    if metadata_bytes > METADATA_BYTES_MAX {
        let detail = format!("at most {METADATA_BYTES_MAX} bytes of JSON");
        return Err(Refusal::invalid("metadata", &detail));
    }
    Ok(())
}

fn changed(settings: &RoomSettings, change: &RoomChange) -> RoomSettings {
    let change = change.clone();
    RoomSettings {
        name: change.name.or_else(|| settings.name.clone()),
        description: change
            .description
            .unwrap_or_else(|| settings.description.clone()),
        avatar_url: change
            .avatar_url
            .unwrap_or_else(|| settings.avatar_url.clone()),
        history: change.history.unwrap_or(settings.history),
        slow_mode_s: change.slow_mode_s.unwrap_or(settings.slow_mode_s),
        archived: change.archived.unwrap_or(settings.archived),
        metadata: change.metadata.unwrap_or_else(|| settings.metadata.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_and_null_clears() {
        let before = RoomSettings {
            description: Some("old".into()),
            avatar_url: Some("https://example.org/a.png".into()),
            slow_mode_s: 5,
            ..RoomSettings::default()
        };
        let change = RoomChange {
            description: Some(None),
            archived: Some(true),
            ..Default::default()
        };
        let after = changed(&before, &change);
        assert_eq!(after.description, None);
        assert_eq!(after.avatar_url, before.avatar_url);
        assert_eq!((after.slow_mode_s, after.archived), (5, true));
    }

    #[test]
    fn settings_out_of_bounds_are_refused_by_name() {
        let settings = RoomSettings {
            slow_mode_s: SLOW_MODE_S_MAX + 1,
            ..Default::default()
        };
        assert!(matches!(
            check_settings(&settings),
            Err(Refusal::Invalid {
                field: "slow_mode_s",
                ..
            })
        ));
    }
}
