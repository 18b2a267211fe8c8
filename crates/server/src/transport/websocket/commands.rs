//! The socket's commands, each as a call of the engine.

use std::pin::Pin;
use std::sync::Arc;

use tidings_domain::limits::FOCUS_ROOMS_MAX;
use tidings_domain::text::MessageText;
use tidings_domain::{Action, ClientId, CommandId, MessageBody, RoomId, Seq};
use tidings_engine::commands::mark_read::{Mark, mark_for};
use tidings_engine::commands::send_message::{
    AnswerTo, SendMessage, Sent, earlier, hides_earlier, load, send_now,
};
use tidings_engine::commands::{Actor, signal_room};
use tidings_engine::connection::Connection;
use tidings_engine::refusal::{Failure, Refusal};
use tidings_engine::writer::MarkWaiter;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::socket::command::{Command, Send, Signal, Watch};
use tidings_protocol::socket::frame::{self, AckBody, Pong, ServerFrame};

use super::frames::{ack, of_problem, presence, refusal};
use super::outlet::SocketOutlet;
use super::session::Awaited;
use crate::app::App;
use crate::auth::caller::user_of;
use crate::rest::problem::ApiError;

/// How a command goes on.
pub(super) enum Next {
    /// It is answered.
    Answer(ServerFrame),
    /// The answer comes by itself.
    Nothing,
    /// It has to look something up.
    Await(Pin<Box<dyn Future<Output = Awaited> + std::marker::Send>>),
}

/// A message whose room has to be looked up first.
pub(super) struct Parked {
    message: SendMessage,
    command: CommandId,
}

/// Carries out a command of a connection that was greeted.
pub(super) fn carry_out(
    app: &Arc<App>,
    connection: &Arc<Connection>,
    outlet: &Arc<SocketOutlet>,
    id: CommandId,
    command: Command,
) -> Next {
    match command {
        Command::Send(send) => match message(send) {
            Ok(message) => begin_send(app, connection, outlet, id, message),
            Err(wrong) => Next::Answer(ServerFrame::Refusal(of_problem(id, wrong))),
        },
        Command::Ping(ping) => {
            let server_at_ms = app.engine.clock.now();
            let pong = Pong {
                sent_at_ms: ping.sent_at_ms,
                server_at_ms,
            };
            Next::Answer(ack(id, AckBody::Pong(pong)))
        }
        Command::Status(status) => {
            let (user, at) = (connection.user, connection.id);
            app.engine.presence.available(user, at, status.availability);
            Next::Answer(done(id))
        }
        Command::Read(mark) => raise(app, connection, outlet, id, mark.room, Seq::ZERO, mark.seq),
        Command::Delivered(mark) => {
            raise(app, connection, outlet, id, mark.room, mark.seq, Seq::ZERO)
        }
        other => look_up(app, connection, id, other),
    }
}

/// Commands that are awaited and then answered here.
fn look_up(app: &Arc<App>, connection: &Arc<Connection>, id: CommandId, command: Command) -> Next {
    let now_us = app.engine.clock.monotonic_us();
    if let Err(exceeded) = app.requests.take(connection.user, now_us) {
        return refuse(
            id,
            Refusal::RateLimited {
                retry_after_ms: exceeded.retry_after_ms,
            },
        );
    }
    let (app, connection) = (app.clone(), connection.clone());
    Next::Await(Box::pin(async move {
        let answered = match command {
            Command::Typing(typing) => {
                signal_room::typing(&app.engine, connection.user, typing.room, typing.active)
                    .await
                    .map(|()| done(id))
            }
            Command::Signal(signal) => send_signal(&app, &connection, id, signal).await,
            Command::Presence(watch) => change_watches(&app, &connection, id, watch).await,
            Command::Focus(focus) => change_focus(&app, &connection, id, focus.rooms).await,
            Command::Token(token) => return renew(&app, &connection, id, &token.token).await,
            Command::Hello(_)
            | Command::Send(_)
            | Command::Ping(_)
            | Command::Status(_)
            | Command::Read(_)
            | Command::Delivered(_) => Ok(done(id)),
        };
        Awaited::Answer(answered.unwrap_or_else(|f| ServerFrame::Refusal(refusal(id, &f))))
    }))
}

/// A message whose room is in memory now, or was refused.
pub(super) fn send_again(
    app: &Arc<App>,
    connection: &Arc<Connection>,
    outlet: &Arc<SocketOutlet>,
    parked: Parked,
) -> Next {
    let Parked { message, command } = parked;
    begin_send(app, connection, outlet, command, message)
}

fn begin_send(
    app: &Arc<App>,
    connection: &Arc<Connection>,
    outlet: &Arc<SocketOutlet>,
    command: CommandId,
    message: SendMessage,
) -> Next {
    if !outlet.begin_command() {
        return too_many(command);
    }
    let actor = actor(connection);
    let (room, client_id) = (message.room, message.client_id);
    let answer = AnswerTo {
        outlet: outlet.clone(),
        command,
    };
    match send_now(&app.engine, actor, message, answer) {
        Ok(None) => Next::Nothing,
        Ok(Some((message, _))) => {
            outlet.end_command();
            let app = app.clone();
            Next::Await(Box::pin(async move {
                match load(&app.engine, actor, message.room).await {
                    Ok(_) => Awaited::Again(Box::new(Parked { message, command })),
                    Err(Failure::Refused(refused)) if hides_earlier(&refused) => {
                        tell_earlier(&app, actor, room, client_id, command, refused).await
                    }
                    Err(failure) => {
                        Awaited::Answer(ServerFrame::Refusal(refusal(command, &failure)))
                    }
                }
            }))
        }
        Err(refused) => {
            outlet.end_command();
            if !hides_earlier(&refused) {
                return refuse(command, refused);
            }
            let app = app.clone();
            Next::Await(Box::pin(async move {
                tell_earlier(&app, actor, room, client_id, command, refused).await
            }))
        }
    }
}

/// Answers a send that is refused now with what an earlier try has made, if one has.
async fn tell_earlier(
    app: &App,
    actor: Actor,
    room: RoomId,
    client_id: ClientId,
    command: CommandId,
    refused: Refusal,
) -> Awaited {
    Awaited::Answer(match earlier(&app.engine, actor, room, client_id).await {
        Ok(Some(Sent { seq, at, duplicate })) => {
            let sent = frame::SentAck {
                room,
                seq,
                at_ms: at,
                duplicate,
                budget: None,
            };
            ack(command, AckBody::Sent(sent))
        }
        Ok(None) => ServerFrame::Refusal(refusal(command, &refused.into())),
        Err(failure) => ServerFrame::Refusal(refusal(command, &failure)),
    })
}

fn raise(
    app: &Arc<App>,
    connection: &Arc<Connection>,
    outlet: &Arc<SocketOutlet>,
    id: CommandId,
    room: RoomId,
    delivered: Seq,
    read: Seq,
) -> Next {
    if !outlet.begin_command() {
        return too_many(id);
    }
    let (app, outlet, user) = (app.clone(), outlet.clone(), connection.user);
    Next::Await(Box::pin(async move {
        let waiter = MarkWaiter::Socket {
            outlet: outlet.clone(),
            user,
            command: id,
        };
        match mark_for(
            &app.engine,
            user,
            Mark {
                room,
                delivered,
                read,
            },
            waiter,
        )
        .await
        {
            Ok(()) => Awaited::Nothing,
            Err(failure) => {
                outlet.end_command();
                Awaited::Answer(ServerFrame::Refusal(refusal(id, &failure)))
            }
        }
    }))
}

async fn send_signal(
    app: &App,
    connection: &Connection,
    id: CommandId,
    signal: Signal,
) -> Result<ServerFrame, Failure> {
    let data = signal.data.to_string();
    signal_room::signal(
        &app.engine,
        connection.user,
        signal.room,
        &signal.name,
        data,
    )
    .await?;
    Ok(done(id))
}

async fn change_watches(
    app: &App,
    connection: &Connection,
    id: CommandId,
    watch: Watch,
) -> Result<ServerFrame, Failure> {
    let desk = &app.engine.presence;
    desk.unwatch(connection.id, &watch.unwatch);
    let (user, outlet) = (connection.user, &connection.outlet);
    let people = desk
        .watch(user, connection.id, outlet, &watch.watch)
        .await?;
    Ok(ack(id, AckBody::Presence(presence(&people))))
}

async fn change_focus(
    app: &App,
    connection: &Connection,
    id: CommandId,
    rooms: Option<Vec<RoomId>>,
) -> Result<ServerFrame, Failure> {
    if rooms
        .as_ref()
        .is_some_and(|rooms| rooms.len() > FOCUS_ROOMS_MAX)
    {
        return Err(Refusal::LimitReached("rooms in focus").into());
    }
    for room in rooms.iter().flatten() {
        app.engine
            .rooms
            .require(*room, connection.user, Action::Read)
            .await?;
    }
    connection.focus(rooms).await;
    Ok(done(id))
}

/// Takes a fresh token; it must be of the same user, and of the same session or host application.
async fn renew(app: &App, connection: &Connection, id: CommandId, token: &str) -> Awaited {
    let refused = match user_of(app, token).await {
        Ok(caller) if caller.renews(connection.user, connection.session) => {
            connection.outlet.stay_until(caller.expires_at);
            let access_expires_at_ms = caller.expires_at;
            return Awaited::Answer(ack(
                id,
                AckBody::Token {
                    access_expires_at_ms,
                },
            ));
        }
        Ok(_) => ApiError::with(ErrorCode::Forbidden, "the token is of another session"),
        Err(error) => error,
    };
    Awaited::Answer(ServerFrame::Refusal(of_problem(id, refused)))
}

fn message(send: Send) -> Result<SendMessage, ApiError> {
    let text = MessageText::parse(send.text)?;
    let Send {
        room,
        client_id,
        reply_to,
        mentions,
        metadata,
        ..
    } = send;
    let body = MessageBody {
        text,
        reply_to,
        mentions,
        metadata,
    };
    Ok(SendMessage {
        room,
        client_id,
        body,
    })
}

fn actor(connection: &Connection) -> Actor {
    Actor {
        user: connection.user,
        device: Some(connection.device),
    }
}

fn refuse(id: CommandId, refused: Refusal) -> Next {
    Next::Answer(ServerFrame::Refusal(refusal(id, &refused.into())))
}

fn too_many(id: CommandId) -> Next {
    let detail = "wait for answers before sending more";
    let refused = frame::Refusal::new(id, ErrorCode::TooManyInFlight, detail);
    Next::Answer(ServerFrame::Refusal(refused))
}

const fn done(id: CommandId) -> ServerFrame {
    ack(id, AckBody::Done {})
}
