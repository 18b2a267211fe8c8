//! Users and rooms, set up by REST as any back end would do it.
//!
//! What belongs to one room stays in one lane, since each change of a room is decided on the one
//! before.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use tidings_protocol::rest::account::Me;
use tidings_protocol::rest::message::Page;
use tidings_protocol::rest::room::{CreateRoom, Room};

use crate::address::Address;
use crate::client::orders::RoomSeats;
use crate::failure::{Failure, Outcome, While};
use crate::http::{Answer, Connection, Request};
use crate::lanes::{LANES, PIPELINED, exchange, read, side_by_side};
use crate::people::People;

/// People whom a room's creator may bring along.
const FIRST_MEMBERS: usize = 100;

/// A room to be made. Its first member makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoomPlan {
    pub(crate) name: String,
    pub(crate) users: Vec<u32>,
}

/// A server whose users and rooms are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) address: &'a Address,
    pub(crate) people: &'a People,
}

impl World<'_> {
    /// Makes users by their first request.
    pub(crate) fn provision(&self, users: Range<u32>) -> Outcome<()> {
        let of = users.end - users.start;
        let each = of.div_ceil(LANES as u32).max(1);
        let lanes: Vec<Range<u32>> = (users.start..users.end)
            .step_by(each as usize)
            .map(|first| first..(first + each).min(users.end))
            .collect();
        side_by_side(&lanes, "users", of, |lane, done| {
            let mut connection = self.connect()?;
            let users: Vec<u32> = lane.clone().collect();
            for some in users.chunks(PIPELINED) {
                let requests: Vec<Request> = some
                    .iter()
                    .map(|user| self.request("GET", "/v1/me", *user, ""))
                    .collect();
                let answers = exchange(&mut connection, &requests)?;
                for (user, answer) in some.iter().zip(answers) {
                    self.check_user(*user, &answer)?;
                }
                done.fetch_add(some.len() as u32, Ordering::Relaxed);
            }
            Ok(())
        })
        .map(drop)
    }

    /// Makes rooms; gives their ids in the same order.
    pub(crate) fn make_rooms(&self, plans: &[RoomPlan]) -> Outcome<Vec<String>> {
        let of = plans.iter().map(|plan| plan.users.len() as u32).sum();
        side_by_side(plans, "memberships", of, |plan, done| {
            let mut connection = self.connect()?;
            self.make_room(&mut connection, plan, done)
        })
    }

    /// Makes rooms of neighbouring users, for traffic in them.
    pub(crate) fn seat(&self, rooms: &[(String, Range<u32>)]) -> Outcome<Vec<RoomSeats>> {
        let plans: Vec<RoomPlan> = rooms
            .iter()
            .map(|(name, users)| RoomPlan {
                name: name.clone(),
                users: users.clone().collect(),
            })
            .collect();
        let ids = self.make_rooms(&plans)?;
        let seats = ids.into_iter().zip(rooms);
        Ok(seats
            .map(|(name, (_, users))| RoomSeats {
                name,
                users: users.clone(),
            })
            .collect())
    }

    /// The latest messages of a room, as a member sees them.
    pub(crate) fn last_page(&self, user: u32, room: &str) -> Outcome<Page> {
        let path = format!("/v1/rooms/{room}/messages");
        let request = self.request("GET", &path, user, "");
        read(&exchange(&mut self.connect()?, &[request])?[0])
    }

    fn make_room(
        &self,
        connection: &mut Connection,
        plan: &RoomPlan,
        done: &AtomicU32,
    ) -> Outcome<String> {
        let [creator, others @ ..] = plan.users.as_slice() else {
            return Err(Failure::Server(
                "a room needs somebody to make it".to_owned(),
            ));
        };
        let (first, later) = others.split_at(others.len().min(FIRST_MEMBERS));
        let body = CreateRoom {
            kind: "group".to_owned(),
            name: Some(plan.name.clone()),
            members: Some(
                first
                    .iter()
                    .map(|user| self.people.user_id(*user).to_string())
                    .collect(),
            ),
            ..CreateRoom::default()
        };
        let body = serde_json::to_string(&body).expect("a body is plain");
        let made = exchange(
            connection,
            &[self.request("POST", "/v1/rooms", *creator, &body)],
        )?;
        let room: Room = read(&made[0])?;
        done.fetch_add(first.len() as u32 + 1, Ordering::Relaxed);
        for some in later.chunks(PIPELINED) {
            let puts: Vec<Request> = some
                .iter()
                .map(|user| {
                    let path = format!(
                        "/v1/rooms/{}/members/{}",
                        room.id,
                        self.people.user_id(*user)
                    );
                    self.request("PUT", &path, *creator, "{}")
                })
                .collect();
            exchange(connection, &puts)?;
            done.fetch_add(some.len() as u32, Ordering::Relaxed);
        }
        Ok(room.id.to_string())
    }

    fn check_user(&self, user: u32, answer: &Answer) -> Outcome<()> {
        let me: Me = read(answer)?;
        if me.profile.id == self.people.user_id(user) {
            return Ok(());
        }
        Err(Failure::Server(format!(
            "user {user} has another id than it should: {}",
            me.profile.id
        )))
    }

    fn connect(&self) -> Outcome<Connection> {
        Connection::open(self.address).during("reaching the server")
    }

    fn request(&self, method: &'static str, path: &str, user: u32, body: &str) -> Request {
        Request {
            method,
            path: path.to_owned(),
            token: self.people.token(user),
            body: body.to_owned(),
        }
    }
}
