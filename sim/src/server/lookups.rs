//! What takes a look at the store before it is answered.

use std::sync::Arc;

use tidings_domain::{ClientId, CommandId, RoomId, Timestamp};
use tidings_engine::commands::send_message::{SendMessage, Sent, earlier, hides_earlier, load};
use tidings_engine::commands::{Actor, signal_room};
use tidings_engine::connection::Connection;
use tidings_engine::engine::Engine;
use tidings_engine::outlet::Outlet as _;
use tidings_engine::refusal::{Failure, Refusal as Refused};
use tidings_protocol::error::ErrorCode;
use tidings_protocol::socket::command::Command;
use tidings_protocol::socket::frame::{AckBody, Refusal, SentAck, ServerFrame};

use super::frames;
use super::life::{Host, Token};
use super::outlet::SimOutlet;
use super::session::Awaited;

/// It was done.
pub(super) const fn done(id: CommandId) -> ServerFrame {
    frames::ack(id, AckBody::Done {})
}

/// It was not done.
pub(super) fn refused(id: CommandId, failure: &Failure) -> Awaited {
    Awaited::Answer(ServerFrame::Refusal(frames::refusal(id, failure)))
}

/// Brings a message's room into memory.
pub(super) async fn load_room(
    engine: Arc<Engine>,
    actor: Actor,
    id: CommandId,
    message: SendMessage,
) -> Awaited {
    let (room, client_id) = (message.room, message.client_id);
    match load(&engine, actor, room).await {
        Ok(_) => Awaited::Again(Box::new((id, message))),
        Err(Failure::Refused(refusal)) if hides_earlier(&refusal) => {
            tell_earlier(engine, actor, room, client_id, id, refusal).await
        }
        Err(failure) => refused(id, &failure),
    }
}

/// What an earlier try came to, or why this one is refused.
pub(super) async fn tell_earlier(
    engine: Arc<Engine>,
    actor: Actor,
    room: RoomId,
    client_id: ClientId,
    id: CommandId,
    refusal: Refused,
) -> Awaited {
    match earlier(&engine, actor, room, client_id).await {
        Ok(Some(Sent { seq, at, duplicate })) => {
            let sent = SentAck {
                room,
                seq,
                at_ms: at,
                duplicate,
                budget: None,
            };
            Awaited::Answer(frames::ack(id, AckBody::Sent(sent)))
        }
        Ok(None) => refused(id, &refusal.into()),
        Err(failure) => refused(id, &failure),
    }
}

/// Commands that are looked up and then answered.
pub(super) async fn fleeting(
    host: Host,
    connection: Arc<Connection>,
    outlet: Arc<SimOutlet>,
    id: CommandId,
    command: Command,
) -> Awaited {
    let engine = &host.engine;
    let answered = match command {
        Command::Typing(typing) => {
            signal_room::typing(engine, connection.user, typing.room, typing.active)
                .await
                .map(|()| done(id))
        }
        Command::Presence(watch) => {
            let desk = &engine.presence;
            desk.unwatch(connection.id, &watch.unwatch);
            desk.watch(
                connection.user,
                connection.id,
                &connection.outlet,
                &watch.watch,
            )
            .await
            .map(|people| frames::ack(id, AckBody::Presence(frames::presence(&people))))
        }
        Command::Token(token) => Ok(renew(&host, &outlet, id, &token.token)),
        _ => Ok(done(id)),
    };
    answered.map_or_else(|failure| refused(id, &failure), Awaited::Answer)
}

fn renew(host: &Host, outlet: &SimOutlet, id: CommandId, token: &str) -> ServerFrame {
    let token = Token::parse(token).ok_or(ErrorCode::Unauthenticated);
    match token.and_then(|token| host.check(token).map(|()| token)) {
        Ok(token) => {
            outlet.stay_until(token.expires_at);
            let access_expires_at_ms: Timestamp = token.expires_at;
            frames::ack(
                id,
                AckBody::Token {
                    access_expires_at_ms,
                },
            )
        }
        Err(code) => ServerFrame::Refusal(Refusal::new(id, code, code.title())),
    }
}
