//! What clients ask by request, as the server's REST routes carry it out.

use tidings_domain::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, ROOM_PAGE_ITEMS_MAX};
use tidings_domain::receipt::Watermarks;
use tidings_domain::text::MessageText;
use tidings_domain::{Action, ClientId, Cursor, MessageBody, RoomId, Seq, UserId};
use tidings_engine::commands::Actor;
use tidings_engine::commands::put_member::put_member;
use tidings_engine::commands::remove_member::remove_member;
use tidings_engine::commands::send_message::{SendMessage, Sent, send};
use tidings_engine::engine::Engine;
use tidings_engine::refusal::Failure;
use tidings_protocol::Event;

use super::frames;
use crate::ids;

/// Names a request for a whole run.
pub type RequestId = u64;

/// What is asked for.
#[derive(Debug, Clone)]
pub enum Request {
    /// A fresh access token.
    Token,
    /// One's rooms, and a cursor from which nothing falls between them and the stream.
    Rooms,
    /// The watermarks of a room's members.
    Receipts(RoomId),
    /// A room's events after a seq.
    Events(RoomId, Seq),
    /// To say something.
    Send {
        /// Where.
        room: RoomId,
        /// Named by.
        client_id: ClientId,
        /// What.
        text: String,
    },
    /// To make somebody a member.
    Add(RoomId, UserId),
    /// To take somebody out.
    Remove(RoomId, UserId),
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum Response {
    /// A token, and how long it lives.
    Token(String, u64),
    /// A cursor, and each room with its head.
    Rooms(String, Vec<(RoomId, Seq)>),
    /// Watermarks.
    Receipts(Vec<(UserId, Watermarks)>),
    /// Events, and the room's head.
    Events(Vec<Event>, Seq),
    /// It was said.
    Sent(Sent),
    /// It was done.
    Done,
    /// It was refused.
    Refused(&'static str),
    /// Nobody knows.
    Unknown,
}

/// A request that was carried out.
pub struct Answered {
    /// Which.
    pub id: RequestId,
    /// With which result.
    pub response: Response,
}

/// Carries out a request of a user's client.
pub async fn serve(engine: &Engine, client: usize, user: UserId, request: Request) -> Response {
    match attempt(engine, client, user, request).await {
        Ok(response) => response,
        Err(Failure::Refused(refusal)) => Response::Refused(frames::code_of(&refusal).0.as_str()),
        Err(Failure::Outage(_)) => Response::Unknown,
    }
}

async fn attempt(
    engine: &Engine,
    client: usize,
    user: UserId,
    request: Request,
) -> Result<Response, Failure> {
    let actor = Actor {
        user,
        device: Some(ids::device(client)),
    };
    Ok(match request {
        // The token service is the world's.
        Request::Token => Response::Unknown,
        Request::Rooms => rooms(engine, user).await?,
        Request::Receipts(room) => {
            engine.rooms.require(room, user, Action::Read).await?;
            Response::Receipts(engine.store.history.receipts(room, PAGE_ITEMS_MAX).await?)
        }
        Request::Events(room, after) => {
            let standing = engine.rooms.require(room, user, Action::Read).await?;
            let pages = &engine.pages;
            let stretch = pages
                .events(room, &standing, after, PAGE_ITEMS_DEFAULT)
                .await?;
            let events = stretch.events.iter().map(|one| Event::from(&one.event));
            Response::Events(events.collect(), stretch.head)
        }
        Request::Send {
            room,
            client_id,
            text,
        } => {
            let body = MessageBody {
                text: MessageText::parse(text).expect("texts of a run are texts"),
                reply_to: None,
                mentions: Vec::new(),
                metadata: serde_json::Map::new(),
            };
            let message = SendMessage {
                room,
                client_id,
                body,
            };
            Response::Sent(send(engine, actor, message).await?)
        }
        Request::Add(room, member) => {
            put_member(engine, actor, room, member, None).await?;
            Response::Done
        }
        Request::Remove(room, member) => {
            remove_member(engine, actor, room, member).await?;
            Response::Done
        }
    })
}

async fn rooms(engine: &Engine, user: UserId) -> Result<Response, Failure> {
    let directory = &engine.store.directory;
    let list = directory.my_rooms(user, None, ROOM_PAGE_ITEMS_MAX).await?;
    let cursor = Cursor::at(engine.epoch, list.position).to_string();
    let rooms = list.rooms.iter().map(|one| (one.room.id, one.room.head));
    Ok(Response::Rooms(cursor, rooms.collect()))
}
