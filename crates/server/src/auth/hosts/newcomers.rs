//! Users of host applications, made at first sight and renamed when their application renames them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use hashbrown::HashMap;
use parking_lot::Mutex;
use tidings_domain::UserId;
use tidings_domain::name::DisplayName;
use tidings_domain::user::{Privacy, User, UserOrigin};
use tidings_engine::Engine;
use tidings_engine::ports::Refresh;
use tidings_engine::refusal::Failure;

use super::claims::HostUser;
use crate::auth::external_users::provision;

/// Users in one generation of those whose names are known to be up to date.
const SEEN_ENTRIES_MAX: usize = 50_000;

/// Who was here, so that they cost no query again. *Lock*: held for map work only.
#[derive(Default)]
pub(super) struct Newcomers {
    seen: Mutex<Seen>,
}

/// Users, and a hash of the names under which they came. *Limit*: two generations.
#[derive(Default)]
struct Seen {
    young: HashMap<UserId, u64>,
    old: HashMap<UserId, u64>,
}

impl Newcomers {
    /// Makes the user, or brings their names up to date; costs nothing for one who was here.
    pub(super) async fn welcome(&self, engine: &Engine, user: &HostUser) -> Result<(), Failure> {
        let names = fingerprint(user);
        if self.seen.lock().knows(user.id, names) {
            return Ok(());
        }
        let known = engine.people.get(user.id).await?;
        let is_current = known.as_ref().is_some_and(|known| has_names(known, user));
        if !is_current {
            let refresh = if user.display_name.is_some() {
                Refresh::Names
            } else {
                Refresh::Keep
            };
            let wanted = as_user(engine, user, known.as_deref());
            provision(engine, wanted, refresh).await?;
        }
        self.seen.lock().put(user.id, names);
        Ok(())
    }
}

fn has_names(known: &User, user: &HostUser) -> bool {
    let name_fits = user
        .display_name
        .as_ref()
        .is_none_or(|name| *name == known.display_name);
    let username_fits = user.username.is_none() || user.username == known.username;
    // Without a name in the token, names are not taken over; see `welcome`.
    name_fits && (username_fits || user.display_name.is_none())
}

fn as_user(engine: &Engine, user: &HostUser, known: Option<&User>) -> User {
    let shown = user
        .display_name
        .clone()
        .or_else(|| known.map(|user| user.display_name.clone()));
    User {
        id: user.id,
        origin: UserOrigin::External,
        username: user.username.clone(),
        display_name: shown.unwrap_or_else(|| name_of_subject(user)),
        avatar_url: None,
        status_text: None,
        privacy: Privacy::default(),
        created_at: engine.clock.now(),
        last_seen_at: None,
    }
}

/// The subject, or where that cannot be shown, something that tells people apart.
fn name_of_subject(user: &HostUser) -> DisplayName {
    DisplayName::parse(&user.subject).unwrap_or_else(|_| {
        let id = user.id.to_string();
        DisplayName::parse(&format!("user {}", &id[..8])).expect("a word and hexadecimal digits")
    })
}

fn fingerprint(user: &HostUser) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&user.display_name, &user.username).hash(&mut hasher);
    hasher.finish()
}

impl Seen {
    fn knows(&mut self, user: UserId, names: u64) -> bool {
        if self.young.get(&user) == Some(&names) {
            return true;
        }
        let is_known = self.old.get(&user) == Some(&names);
        if is_known {
            self.put(user, names);
        }
        is_known
    }

    fn put(&mut self, user: UserId, names: u64) {
        if self.young.len() >= SEEN_ENTRIES_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(user, names);
    }
}
