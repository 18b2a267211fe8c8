//! Users in memory, for what is shown of them often: names, privacy, status.

use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::Mutex;
use tidings_domain::receipt::Watermarks;
use tidings_domain::user::{Audience, User};
use tidings_domain::{Seq, UserId};

use crate::envelope::ShownReceipt;
use crate::ports::{Accounts, Outage};

/// Users in one generation.
const GENERATION_ENTRIES_MAX: usize = 50_000;

/// A cache in front of the accounts. *Lock*: held for map work only. *Limit*: two generations;
/// the older one goes when the younger is full.
pub struct People {
    accounts: Arc<dyn Accounts>,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    young: HashMap<UserId, Arc<User>>,
    old: HashMap<UserId, Arc<User>>,
}

impl People {
    /// A cache in front of accounts.
    #[must_use]
    pub fn new(accounts: Arc<dyn Accounts>) -> Self {
        Self {
            accounts,
            cache: Mutex::default(),
        }
    }

    /// One user.
    pub async fn get(&self, user: UserId) -> Result<Option<Arc<User>>, Outage> {
        if let Some(found) = self.cache.lock().get(user) {
            return Ok(Some(found));
        }
        let found = self.accounts.user(user).await?.map(Arc::new);
        if let Some(found) = &found {
            self.keep(found.clone());
        }
        Ok(found)
    }

    /// Those of the users that exist.
    pub async fn get_many(&self, users: &[UserId]) -> Result<HashMap<UserId, Arc<User>>, Outage> {
        let mut found: HashMap<UserId, Arc<User>> = HashMap::with_capacity(users.len());
        let mut missing = Vec::new();
        {
            let mut cache = self.cache.lock();
            for user in users {
                match cache.get(*user) {
                    Some(known) => drop(found.insert(*user, known)),
                    None => missing.push(*user),
                }
            }
        }
        if !missing.is_empty() {
            for user in self.accounts.users(&missing).await? {
                let user = Arc::new(user);
                self.keep(user.clone());
                found.insert(user.id, user);
            }
        }
        Ok(found)
    }

    /// A member's watermarks as others may see them.
    pub async fn shown_receipt(
        &self,
        user: UserId,
        marks: Watermarks,
    ) -> Result<ShownReceipt, Outage> {
        let person = self.get(user).await?;
        let hides = person.is_some_and(|person| person.privacy.receipts == Audience::Nobody);
        let read = if hides { Seq::ZERO } else { marks.read };
        Ok(ShownReceipt {
            user,
            marks: Watermarks { read, ..marks },
        })
    }

    /// Takes in a user as just stored.
    pub fn keep(&self, user: Arc<User>) {
        self.cache.lock().put(user);
    }

    /// Forgets a user that is about to be stored differently.
    pub fn forget(&self, user: UserId) {
        let mut cache = self.cache.lock();
        cache.young.remove(&user);
        cache.old.remove(&user);
    }
}

impl Cache {
    fn get(&mut self, user: UserId) -> Option<Arc<User>> {
        if let Some(found) = self.young.get(&user) {
            return Some(found.clone());
        }
        let found = self.old.remove(&user)?;
        self.put(found.clone());
        Some(found)
    }

    fn put(&mut self, user: Arc<User>) {
        if self.young.len() >= GENERATION_ENTRIES_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(user.id, user);
    }
}
