//! Users and rooms, set up by REST as any back end would do it.
//!
//! Work is divided into lanes: the requests of a lane follow one another over one connection, several
//! under way at once, and lanes run side by side. What belongs to one room stays in one lane, since
//! each change of a room is decided on the one before.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use tidings_protocol::error::{ErrorCode, Problem};
use tidings_protocol::rest::account::Me;
use tidings_protocol::rest::message::Page;
use tidings_protocol::rest::room::{CreateRoom, Room};

use crate::client::orders::RoomSeats;
use crate::clock;
use crate::failure::{Failure, Outcome, While};
use crate::http::{Answer, Connection, Request};
use crate::terminal;
use crate::token::Host;

/// Lanes that run side by side: enough that commits of several share a disk sync.
const LANES: usize = 32;
/// Requests of one lane under way at once.
const PIPELINED: usize = 16;
/// How often a request that may be repeated is repeated.
const ATTEMPTS_MAX: usize = 50;
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
    pub(crate) address: SocketAddr,
    pub(crate) host: &'a Host,
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
                    .map(|user| self.host.user_id(*user).to_string())
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
                    let path =
                        format!("/v1/rooms/{}/members/{}", room.id, self.host.user_id(*user));
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
        if me.profile.id == self.host.user_id(user) {
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
            token: self.host.token(user),
            body: body.to_owned(),
        }
    }
}

/// Sends requests together, and those again that may succeed later.
fn exchange(connection: &mut Connection, requests: &[Request]) -> Outcome<Vec<Answer>> {
    let mut answers = connection.exchange(requests).during("asking the server")?;
    for (request, answer) in requests.iter().zip(&mut answers) {
        for _ in 0..ATTEMPTS_MAX {
            if answer.status < 300 {
                break;
            }
            let wait_ms = retry_after_ms(request, answer)?;
            clock::rest(Duration::from_millis(wait_ms));
            let again = connection.exchange(std::slice::from_ref(request));
            answer.clone_from(&again.during("asking the server again")?[0]);
        }
    }
    Ok(answers)
}

/// How long to wait before the same request may succeed.
fn retry_after_ms(request: &Request, answer: &Answer) -> Outcome<u64> {
    let problem: Option<Problem> = serde_json::from_slice(&answer.body).ok();
    let code = problem
        .as_ref()
        .and_then(|problem| ErrorCode::parse(&problem.code));
    if code.is_some_and(ErrorCode::is_retryable) {
        return Ok(problem
            .and_then(|problem| problem.retry_after_ms)
            .unwrap_or(20));
    }
    let body = String::from_utf8_lossy(&answer.body);
    let Request { method, path, .. } = request;
    Err(Failure::Server(format!(
        "{method} {path} was answered with {}: {body}",
        answer.status
    )))
}

fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> Outcome<T> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        let body = String::from_utf8_lossy(&answer.body);
        Failure::Server(format!("an answer of another form ({error}): {body}"))
    })
}

/// Runs a job for each item, [`LANES`] at a time, and says how far it is. Results are in the order
/// of the items.
fn side_by_side<T: Sync, R: Send>(
    items: &[T],
    what: &str,
    of: u32,
    job: impl Fn(&T, &AtomicU32) -> Outcome<R> + Sync,
) -> Outcome<Vec<R>> {
    let (next, done, running) = (AtomicUsize::new(0), AtomicU32::new(0), AtomicUsize::new(0));
    let results: Mutex<Vec<(usize, Outcome<R>)>> = Mutex::new(Vec::new());
    let lanes = LANES.min(items.len());
    running.store(lanes, Ordering::Relaxed);
    std::thread::scope(|scope| {
        for _ in 0..lanes {
            scope.spawn(|| {
                while let Some((index, item)) = take(items, &next) {
                    let result = job(item, &done);
                    if result.is_err() {
                        next.store(items.len(), Ordering::Relaxed);
                    }
                    results.lock().expect("no job panics").push((index, result));
                }
                running.fetch_sub(1, Ordering::Relaxed);
            });
        }
        while running.load(Ordering::Relaxed) > 0 {
            terminal::progress(what, done.load(Ordering::Relaxed), of);
            clock::rest(Duration::from_millis(50));
        }
    });
    let mut results = results.into_inner().expect("no job panics");
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn take<'a, T>(items: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, items.get(index)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_their_items_and_the_first_error_ends_all() {
        let items: Vec<u32> = (0..200).collect();
        let doubled = side_by_side(&items, "items", 200, |item, _| Ok(item * 2)).unwrap();
        assert_eq!(
            doubled,
            items.iter().map(|item| item * 2).collect::<Vec<_>>()
        );
        let failed = side_by_side(&items, "items", 200, |item, done| {
            done.fetch_add(1, Ordering::Relaxed);
            match item {
                5 => Err(Failure::Server("five".to_owned())),
                _ => Ok(()),
            }
        });
        assert!(failed.is_err());
    }

    #[test]
    fn only_what_may_succeed_later_is_asked_again() {
        let request = Request {
            method: "POST",
            path: "/v1/rooms".into(),
            token: String::new(),
            body: String::new(),
        };
        let problem = |code: ErrorCode| Answer {
            status: code.status(),
            body: serde_json::to_vec(&Problem::new(code)).unwrap(),
        };
        assert_eq!(
            retry_after_ms(&request, &problem(ErrorCode::Conflict)).unwrap(),
            20
        );
        assert!(retry_after_ms(&request, &problem(ErrorCode::NotFound)).is_err());
    }
}
