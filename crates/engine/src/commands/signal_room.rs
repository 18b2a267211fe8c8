//! Typing and signals: ephemeral, checked like everything else, never stored.

use tidings_domain::limits::{SIGNAL_BYTES_MAX, TYPING_SHOWN_MEMBERS_MAX};
use tidings_domain::{Action, RoomId, RoomKind, UserId, name};

use crate::engine::Engine;
use crate::envelope::{Notice, NoticeContent};
use crate::refusal::{Failure, Refusal};

/// Characters of a signal's name.
const SIGNAL_NAME_CHARS_MAX: usize = 64;

/// Tells a room's other members that one writes, or has stopped. In rooms too large for it, and in
/// live rooms, nobody is told.
pub async fn typing(
    engine: &Engine,
    user: UserId,
    room: RoomId,
    active: bool,
) -> Result<(), Failure> {
    let standing = engine.rooms.require(room, user, Action::Signal).await?;
    take_budget(engine, user)?;
    let facts = standing.facts;
    if facts.members <= TYPING_SHOWN_MEMBERS_MAX && facts.kind != RoomKind::Live {
        let notice = Notice::new(NoticeContent::Typing { room, user, active });
        engine.hub.notice_room(room, &notice, Some(user));
    }
    Ok(())
}

/// Tells a room's other members something of the application's own.
pub async fn signal(
    engine: &Engine,
    user: UserId,
    room: RoomId,
    signal_name: &str,
    data: String,
) -> Result<(), Failure> {
    engine.rooms.require(room, user, Action::Signal).await?;
    let name = name::line(signal_name, SIGNAL_NAME_CHARS_MAX)
        .map_err(|why| Refusal::invalid("name", &why))?;
    if data.len() > SIGNAL_BYTES_MAX {
        let detail = format!("at most {SIGNAL_BYTES_MAX} bytes of JSON");
        return Err(Refusal::invalid("data", &detail).into());
    }
    take_budget(engine, user)?;
    let notice = Notice::new(NoticeContent::Signal {
        room,
        user,
        name,
        data,
    });
    engine.hub.notice_room(room, &notice, Some(user));
    Ok(())
}

fn take_budget(engine: &Engine, user: UserId) -> Result<(), Refusal> {
    let taken = engine.signals.take(user, engine.clock.monotonic_us());
    taken.map(drop).map_err(|e| Refusal::RateLimited {
        retry_after_ms: e.retry_after_ms,
    })
}
