//! A back end with an API key: makes users on a server elsewhere and signs them in.

use std::sync::atomic::Ordering;

use serde::Serialize;
use tidings_protocol::rest::back_end::{OpenSession, PutUser};
use tidings_protocol::rest::person::Profile;
use tidings_protocol::rest::session::Session;

use crate::address::Address;
use crate::clock;
use crate::failure::{Outcome, While};
use crate::http::{Connection, Request};
use crate::lanes::{PIPELINED, exchange, read, side_by_side};
use crate::people::Login;

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct BackEnd {
    pub(crate) address: Address,
    pub(crate) key: String,
    /// Begins the names of its users, so that another run has others.
    pub(crate) run: String,
}

impl BackEnd {
    /// The logins of users 0 to `users`: those that there are, renewed where they grew old, and
    /// those that were missing.
    pub(crate) fn sign_in(&self, logins: &[Login], users: u32) -> Outcome<Vec<Login>> {
        let users: Vec<u32> = (0..users.max(logins.len() as u32)).collect();
        let groups: Vec<&[u32]> = users.chunks(PIPELINED).collect();
        let signed_in = side_by_side(&groups, "users", users.len() as u32, |group, done| {
            let known: Vec<Option<&Login>> = group
                .iter()
                .map(|user| logins.get(*user as usize))
                .collect();
            done.fetch_add(group.len() as u32, Ordering::Relaxed);
            if known.iter().all(|login| login.is_some_and(Login::is_fresh)) {
                return Ok(known.into_iter().flatten().cloned().collect());
            }
            self.sign_in_group(group, &known)
        });
        Ok(signed_in?
            .into_iter()
            .flat_map(|group: Vec<Login>| group)
            .collect())
    }

    fn sign_in_group(&self, users: &[u32], known: &[Option<&Login>]) -> Outcome<Vec<Login>> {
        let open = Connection::open(&self.address);
        let mut connection = open.during("reaching the server")?;
        let puts: Vec<Request> = users.iter().map(|user| self.put_user(*user)).collect();
        let profiles = exchange(&mut connection, &puts)?;
        let mut posts = Vec::new();
        for (profile, known) in profiles.iter().zip(known) {
            posts.push(self.open_session(&read(profile)?, *known));
        }
        let sessions = exchange(&mut connection, &posts)?;
        let logins = sessions.iter().map(|session| Ok(login(read(session)?)));
        logins.collect()
    }

    fn put_user(&self, user: u32) -> Request {
        let body = PutUser {
            display_name: format!("User {user}"),
            ..PutUser::default()
        };
        self.request("PUT", format!("/v1/users/{}-{user}", self.run), &body)
    }

    fn open_session(&self, profile: &Profile, known: Option<&Login>) -> Request {
        let body = OpenSession {
            device_id: known.map(|login| login.device.clone()),
            ..OpenSession::default()
        };
        self.request("POST", format!("/v1/users/{}/sessions", profile.id), &body)
    }

    fn request(&self, method: &'static str, path: String, body: &impl Serialize) -> Request {
        Request {
            method,
            path,
            token: self.key.clone(),
            body: serde_json::to_string(body).expect("a body is plain"),
        }
    }
}

fn login(session: Session) -> Login {
    Login {
        user: session.user.id,
        token: session.access_token,
        device: session.device_id.to_string(),
        since_ns: clock::now_ns(),
    }
}
