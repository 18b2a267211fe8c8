//! Sends a message.
//!
//! The common case never waits before the writer's queue: the sender's standing is in memory, the
//! decision is a table look-up, and the append carries the room's version as its guard.

use std::sync::Arc;

use tidings_domain::limits::MESSAGE_MENTIONS_MAX;
use tidings_domain::{
    Action, ClientId, CommandId, EventBody, MessageBody, Role, RoomId, RoomVersion, Seq, Timestamp,
};

use super::Actor;
use crate::engine::Engine;
use crate::limiter::Budget;
use crate::outlet::Outlet;
use crate::ports::{Append, Guard, Outcome, Write};
use crate::refusal::{Failure, Refusal};
use crate::rooms::Standing;
use crate::writer::Then;

/// A message to send.
#[derive(Debug, Clone)]
pub struct SendMessage {
    /// Where to.
    pub room: RoomId,
    /// What the client names it by.
    pub client_id: ClientId,
    /// What it says.
    pub body: MessageBody,
}

/// A message that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Its place in the room's log.
    pub seq: Seq,
    /// When the server took it.
    pub at: Timestamp,
    /// Whether an earlier try had sent it.
    pub duplicate: bool,
}

/// Where the answer goes when a connection sends.
pub struct AnswerTo {
    /// The connection.
    pub outlet: Arc<dyn Outlet>,
    /// Its command.
    pub command: CommandId,
}

/// Sends on behalf of a connection, if the sender's standing is in memory; the answer goes out
/// with the event. Gives the message back when the room has to be looked up first, with
/// [`load`].
///
/// # Errors
/// A refusal; then the message is certainly not sent.
pub fn send_now(
    engine: &Engine,
    actor: Actor,
    message: SendMessage,
    answer: AnswerTo,
) -> Result<Option<(SendMessage, AnswerTo)>, Refusal> {
    let Some(standing) = engine.rooms.cached(message.room, actor.user) else {
        return Ok(Some((message, answer)));
    };
    let room = message.room;
    check(engine, actor, &standing, &message)?;
    let append = append(engine, actor, &standing, message);
    let AnswerTo { outlet, command } = answer;
    let then = Then::AckSend {
        outlet,
        user: actor.user,
        room,
        command,
    };
    let submitted = engine.writer.submit(Write::Append(append), then);
    submitted.inspect_err(|_| engine.slow_mode.give_back(room, actor.user))?;
    Ok(None)
}

/// Brings the sender's standing into memory.
pub async fn load(engine: &Engine, actor: Actor, room: RoomId) -> Result<Standing, Failure> {
    let standing = engine.rooms.standing(room, actor.user).await?;
    Ok(standing.ok_or(Refusal::NotFound("room"))?)
}

/// What an earlier try of a send that is refused now has made: who was removed, or whose room was
/// archived, between the commit and the lost answer still learns of it. It asks by an append whose
/// guard never holds: de-duplication comes before the guard.
pub async fn earlier(
    engine: &Engine,
    actor: Actor,
    room: RoomId,
    client_id: ClientId,
) -> Result<Option<Sent>, Failure> {
    let question = Append {
        room,
        sender: actor.user,
        device: actor.device,
        client_id: Some(client_id),
        at: engine.clock.now(),
        bodies: vec![EventBody::MessageBlanked],
        guard: Guard::Version(RoomVersion(u64::MAX)),
        invitation: None,
    };
    Ok(match engine.writer.write(Write::Append(question)).await? {
        Outcome::Duplicate { seq, at } => Some(Sent {
            seq,
            at,
            duplicate: true,
        }),
        _ => None,
    })
}

/// Whether a refusal says nothing about an earlier try: then [`earlier`] has to be asked.
#[must_use]
pub const fn hides_earlier(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::NotFound(_) | Refusal::Forbidden | Refusal::Archived
    )
}

/// Sends and waits for the commit.
pub async fn send(engine: &Engine, actor: Actor, message: SendMessage) -> Result<Sent, Failure> {
    let (room, client_id) = (message.room, message.client_id);
    match attempt(engine, actor, message).await {
        Err(Failure::Refused(refusal)) if hides_earlier(&refusal) => {
            let sent = earlier(engine, actor, room, client_id).await?;
            sent.ok_or(Failure::Refused(refusal))
        }
        other => other,
    }
}

async fn attempt(engine: &Engine, actor: Actor, message: SendMessage) -> Result<Sent, Failure> {
    let room = message.room;
    let standing = load(engine, actor, room).await?;
    check(engine, actor, &standing, &message)?;
    let sent = append_under(engine, actor, standing, message).await;
    if !matches!(
        sent,
        Ok(Sent {
            duplicate: false,
            ..
        })
    ) {
        engine.slow_mode.give_back(room, actor.user);
    }
    sent
}

/// Appends a message that may be sent, and decides again when the room has changed.
async fn append_under(
    engine: &Engine,
    actor: Actor,
    mut standing: Standing,
    message: SendMessage,
) -> Result<Sent, Failure> {
    let mut turn = None;
    for attempt in 0..super::ATTEMPTS_MAX {
        if attempt == 1 {
            // Somebody changed the room in between; now nobody else does.
            turn = Some(engine.turns.of(message.room).await);
        }
        if attempt > 0 {
            standing = load(engine, actor, message.room).await?;
            decide(&standing, &message)?;
        }
        let append = append(engine, actor, &standing, message.clone());
        match engine.writer.write(Write::Append(append)).await? {
            Outcome::Appended { events, .. } => {
                return Ok(Sent {
                    seq: events[0].seq,
                    at: events[0].at,
                    duplicate: false,
                });
            }
            Outcome::Duplicate { seq, at } => {
                return Ok(Sent {
                    seq,
                    at,
                    duplicate: true,
                });
            }
            Outcome::ClientIdReused => return Err(Refusal::ClientIdReused.into()),
            _ => engine.rooms.forget(Some(message.room)),
        }
    }
    drop(turn);
    Err(Refusal::Conflict.into())
}

/// What a user may still send just now, without taking of it.
#[must_use]
pub fn full_budget(engine: &Engine) -> Budget {
    Budget {
        remaining: engine.options.sends.burst,
        reset_ms: 0,
    }
}

/// Whether the member may send this.
fn decide(standing: &Standing, message: &SendMessage) -> Result<(), Refusal> {
    standing.require(Action::Send)?;
    if standing.facts.archived {
        return Err(Refusal::Archived);
    }
    if message.body.mentions.len() > MESSAGE_MENTIONS_MAX {
        return Err(Refusal::invalid(
            "mentions",
            &format!("at most {MESSAGE_MENTIONS_MAX}"),
        ));
    }
    match message.body.reply_to {
        Some(seq) if seq < standing.visible_from || seq > standing.facts.head => Err(
            Refusal::invalid("reply_to", &"no such message in this room"),
        ),
        _ => Ok(()),
    }
}

/// Whether the member may send this, and now.
fn check(
    engine: &Engine,
    actor: Actor,
    standing: &Standing,
    message: &SendMessage,
) -> Result<(), Refusal> {
    decide(standing, message)?;
    let now_us = engine.clock.monotonic_us();
    engine
        .sends
        .take(actor.user, now_us)
        .map_err(|exceeded| Refusal::RateLimited {
            retry_after_ms: exceeded.retry_after_ms,
        })?;
    let pause_s = standing.facts.slow_mode_s;
    if pause_s == 0 || standing.role > Role::Member {
        return Ok(());
    }
    engine
        .slow_mode
        .take(message.room, actor.user, pause_s, now_us / 1_000)
        .map_err(|retry_after_ms| Refusal::SlowMode { retry_after_ms })
}

fn append(engine: &Engine, actor: Actor, standing: &Standing, message: SendMessage) -> Append {
    Append {
        room: message.room,
        sender: actor.user,
        device: actor.device,
        client_id: Some(message.client_id),
        at: engine.clock.now(),
        bodies: vec![EventBody::MessageSent(message.body)],
        guard: Guard::Version(standing.facts.version),
        invitation: None,
    }
}
