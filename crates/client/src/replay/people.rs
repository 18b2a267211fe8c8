//! The people of a run: one user a nick, made when they are first needed.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use tidings_domain::limits::{USERNAME_CHARS_MAX, USERNAME_CHARS_MIN};
use tidings_domain::name::DisplayName;
use tidings_domain::{RoomId, UserId};
use tidings_protocol::ErrorCode;
use tidings_protocol::rest::account::SignUp;
use tidings_protocol::rest::back_end::PutUser;
use tidings_protocol::rest::person::Profile;
use tokio::sync::OnceCell;

use super::ReplayError;
use crate::api::{Api, ApiError, Request, Session, escaped, patiently};
use crate::clock::Clock;
use crate::random;

/// Sign-ups at a time: each costs the server a password hash.
const SIGN_UPS_MAX: usize = 2;

/// Everybody who takes part in a run.
pub(super) struct People {
    api: Api,
    clock: Arc<dyn Clock>,
    api_key: Option<String>,
    sign_ups: tokio::sync::Semaphore,
    by_nick: Mutex<HashMap<String, Arc<OnceCell<Arc<Person>>>>>,
    usernames: Mutex<HashSet<String>>,
}

/// Somebody, signed in.
pub(super) struct Person {
    /// As the log calls them.
    pub(super) nick: String,
    /// Their login.
    pub(super) session: Arc<Session>,
}

impl Person {
    /// Which user they are.
    pub(super) fn id(&self) -> UserId {
        self.session.user().id
    }

    /// Joins a room; once more is harmless.
    pub(super) async fn join(&self, room: RoomId) -> Result<(), ReplayError> {
        let joined = patiently(|| self.session.join(room)).await;
        joined
            .map(|_| ())
            .map_err(ReplayError::refused(format!("{} joining", self.nick)))
    }
}

impl People {
    pub(super) fn new(api: Api, clock: Arc<dyn Clock>, api_key: Option<String>) -> Self {
        Self {
            api,
            clock,
            api_key,
            sign_ups: tokio::sync::Semaphore::new(SIGN_UPS_MAX),
            by_nick: Mutex::default(),
            usernames: Mutex::default(),
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.by_nick
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    /// Somebody by nick; made and signed in at the first call.
    pub(super) async fn named(&self, nick: &str) -> Result<Arc<Person>, ReplayError> {
        let cell = {
            let mut by_nick = self.by_nick.lock().unwrap_or_else(PoisonError::into_inner);
            by_nick.entry(nick.to_owned()).or_default().clone()
        };
        let person = cell.get_or_try_init(|| self.made(nick)).await;
        person
            .cloned()
            .map_err(ReplayError::refused(format!("signing in {nick}")))
    }

    async fn made(&self, nick: &str) -> Result<Arc<Person>, ApiError> {
        let session = match &self.api_key {
            Some(key) => self.opened_for(key, nick).await?,
            None => self.signed_up(nick).await?,
        };
        Ok(Arc::new(Person {
            nick: nick.to_owned(),
            session: Arc::new(session),
        }))
    }

    /// As a back end does: the user is put in place, and a session opened.
    async fn opened_for(&self, key: &str, nick: &str) -> Result<Session, ApiError> {
        let path = format!("/v1/users/{}", escaped(&format!("irc:{nick}")));
        let body = PutUser {
            display_name: display_name(nick),
            username: Some(self.free_username(nick)),
            avatar_url: None,
        };
        let put = || Request::put(&*path).bearer(key).json(&body);
        let user: Profile = patiently(|| self.api.call(put())).await?;
        let clock = || self.clock.clone();
        patiently(|| Session::open_for(&self.api, clock(), key, user.id)).await
    }

    /// As a person does: with a password, which nobody will ever need again.
    async fn signed_up(&self, nick: &str) -> Result<Session, ApiError> {
        let _permit = self
            .sign_ups
            .acquire()
            .await
            .expect("the semaphore is never closed");
        let (password, key) = (random::secret(), random::secret());
        let mut username = self.free_username(nick);
        loop {
            let account = SignUp {
                username: username.clone(),
                password: password.clone(),
                display_name: Some(display_name(nick)),
                device_name: Some("replay".to_owned()),
            };
            let key = format!("{key}-{username}");
            let clock = || self.clock.clone();
            let signed = patiently(|| Session::sign_up(&self.api, clock(), &account, &key));
            match signed.await {
                Err(error) if error.code() == Some(ErrorCode::UsernameTaken) => {
                    username = suffixed(&username_of(nick), &random::secret()[..6]);
                }
                answer => return answer,
            }
        }
    }

    /// A username for a nick that nobody else of this run has.
    fn free_username(&self, nick: &str) -> String {
        let mut taken = self
            .usernames
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let name = username_of(nick);
        let numbered = (2..).map(|number: u32| suffixed(&name, &number.to_string()));
        let free = std::iter::once(name.clone())
            .chain(numbered)
            .find(|name| !taken.contains(name));
        let free = free.expect("there are more numbers than nicks");
        taken.insert(free.clone());
        free
    }
}

/// How a nick is shown; some are nothing that can be shown.
fn display_name(nick: &str) -> String {
    DisplayName::parse(nick).map_or_else(|_| username_of(nick), |name| name.as_str().to_owned())
}

/// A nick in the alphabet of usernames.
fn username_of(nick: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let spelled: String = nick
        .chars()
        .map(|c| {
            if allowed(c) {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let name = spelled.trim_start_matches(['.', '_', '-']);
    let name = if name.len() < USERNAME_CHARS_MIN {
        format!("irc-{name}")
    } else {
        name.to_owned()
    };
    name.chars().take(USERNAME_CHARS_MAX).collect()
}

fn suffixed(name: &str, suffix: &str) -> String {
    let kept: String = name
        .chars()
        .take(USERNAME_CHARS_MAX - 1 - suffix.len())
        .collect();
    format!("{kept}-{suffix}")
}

#[cfg(test)]
mod tests {
    use tidings_domain::name::Username;

    use super::*;

    #[test]
    fn every_nick_gives_a_username_that_is_one() {
        for nick in [
            "pawan",
            "`anthony",
            "L0sT",
            "a",
            "_",
            "[[x]]",
            "Ünal",
            "Chris|",
            &"n".repeat(60),
        ] {
            let name = username_of(nick);
            assert_eq!(Username::parse(&name).unwrap().as_str(), name, "{nick}");
            let other = suffixed(&name, "17");
            assert_eq!(Username::parse(&other).unwrap().as_str(), other, "{nick}");
        }
    }

    #[test]
    fn nicks_that_are_spelled_alike_become_different_users() {
        let clock = Arc::new(crate::clock::SystemClock::start());
        let people = People::new(Api::new("http://localhost").unwrap(), clock, None);
        let names = ["ana", "Ana", "ANA"].map(|nick| people.free_username(nick));
        assert_eq!(names, ["ana", "ana-2", "ana-3"]);
    }
}
