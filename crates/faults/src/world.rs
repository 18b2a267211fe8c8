//! The people and rooms of a run, made by REST before anything happens.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::Arc;

use tidings_client::api::{Api, Request, Session, patiently};
use tidings_client::clock::Clock;
use tidings_domain::{RoomId, Seq, UserId};
use tidings_history::Name;
use tidings_protocol::rest::back_end::PutUser;
use tidings_protocol::rest::person::Profile;
use tidings_protocol::rest::room::CreateRoom;

use crate::failure::{Failure, While};
use crate::scale::Crowd;
use crate::server::Server;

/// Everybody and everything of a run.
pub(crate) struct World {
    pub(crate) people: Vec<Arc<Person>>,
    pub(crate) rooms: Vec<RoomId>,
    pub(crate) names: Arc<Names>,
}

/// Somebody, signed in.
pub(crate) struct Person {
    pub(crate) name: Name,
    pub(crate) session: Arc<Session>,
    /// Where they are a member, and how far each room was when the run began.
    pub(crate) rooms: Vec<(RoomId, Seq)>,
}

/// What rooms and users are called in a history.
#[derive(Default)]
pub(crate) struct Names {
    rooms: HashMap<RoomId, Name>,
    users: HashMap<UserId, Name>,
}

impl Names {
    pub(crate) fn room(&self, id: RoomId) -> Name {
        let known = self.rooms.get(&id).cloned();
        known.unwrap_or_else(|| Name::from(id.to_string()))
    }

    pub(crate) fn user(&self, id: UserId) -> Name {
        let known = self.users.get(&id).cloned();
        known.unwrap_or_else(|| Name::from(id.to_string()))
    }
}

impl Person {
    pub(crate) fn id(&self) -> UserId {
        self.session.user().id
    }
}

impl World {
    /// Makes the crowd: room `r` has the people `r`, `r + 1`, … as members, the first as its owner.
    pub(crate) async fn make(
        server: &Server,
        clock: Arc<dyn Clock>,
        crowd: Crowd,
    ) -> Result<Self, Failure> {
        let api = Api::new(&server.url()).during("making an HTTP client")?;
        let key = make_key(server)?;
        let mut sessions = Vec::new();
        for number in 0..crowd.people {
            sessions.push(sign_in(&api, &clock, &key, number).await?);
        }
        let mut names = Names::default();
        for (number, session) in sessions.iter().enumerate() {
            let name = Name::from(person_name(number));
            names.users.insert(session.user().id, name);
        }
        let mut rooms = Vec::new();
        let mut of_person = vec![Vec::new(); crowd.people];
        for number in 0..crowd.rooms {
            let members: Vec<usize> = members_of(number, crowd).collect();
            let (room, head) = make_room(&sessions, number, &members).await?;
            names.rooms.insert(room, Name::from(format!("r{number}")));
            rooms.push(room);
            for member in members {
                of_person[member].push((room, head));
            }
        }
        let people = sessions.into_iter().zip(of_person).enumerate();
        let people = people.map(|(number, (session, rooms))| {
            let name = Name::from(person_name(number));
            let person = Person {
                name,
                session,
                rooms,
            };
            Arc::new(person)
        });
        Ok(Self {
            people: people.collect(),
            rooms,
            names: Arc::new(names),
        })
    }
}

fn person_name(number: usize) -> String {
    format!("u{number}")
}

fn members_of(room: usize, crowd: Crowd) -> impl Iterator<Item = usize> {
    (0..crowd.members).map(move |member| (room + member * 7) % crowd.people)
}

/// A key of a back end, which may put users in place and sign them in.
fn make_key(server: &Server) -> Result<String, Failure> {
    let mut command = server.program.command("api-key");
    command.args([
        "create",
        "--name",
        "faults",
        "--scopes",
        "users,sessions",
        "--data",
    ]);
    command.arg(&server.program.data).stderr(Stdio::null());
    let output = command.output().during("making an API key")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let key = text.split_whitespace().find(|word| word.starts_with("tk_"));
    key.map(str::to_owned)
        .ok_or_else(|| Failure::Server(format!("it made no API key: {text:?}")))
}

async fn sign_in(
    api: &Api,
    clock: &Arc<dyn Clock>,
    key: &str,
    number: usize,
) -> Result<Arc<Session>, Failure> {
    let name = person_name(number);
    let body = PutUser {
        display_name: name.clone(),
        ..PutUser::default()
    };
    let put = || {
        let path = format!("/v1/users/{name}");
        api.call::<Profile>(Request::put(path).bearer(key).json(&body))
    };
    let user = patiently(put).await.during("making a user")?;
    let open = || Session::open_for(api, clock.clone(), key, user.id);
    Ok(Arc::new(patiently(open).await.during("opening a session")?))
}

async fn make_room(
    sessions: &[Arc<Session>],
    number: usize,
    members: &[usize],
) -> Result<(RoomId, Seq), Failure> {
    let (owner, others) = members.split_first().expect("a room has members");
    let ids = others
        .iter()
        .map(|other| sessions[*other].user().id.to_string());
    let body = CreateRoom {
        kind: "group".to_owned(),
        name: Some(format!("room {number}")),
        description: None,
        avatar_url: None,
        history: Some("all".to_owned()),
        slow_mode_s: None,
        metadata: None,
        members: Some(ids.collect()),
        user: None,
    };
    let key = format!("room-{number}");
    let create = || sessions[*owner].create_room(&body, &key);
    let room = patiently(create).await.during("making a room")?;
    Ok((room.id, room.head))
}
