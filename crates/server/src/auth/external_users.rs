//! Users whom another application knows: made here, renamed here, and those who know them told.

use std::sync::Arc;

use tidings_domain::user::User;
use tidings_engine::Engine;
use tidings_engine::commands::change_profile::change_profile;
use tidings_engine::ports::{Refresh, UserChange};
use tidings_engine::refusal::Failure;

/// Makes a user, or brings one up to date as `refresh` says; the user as they are then.
///
/// # Errors
/// An outage of the store.
pub async fn provision(
    engine: &Engine,
    user: User,
    refresh: Refresh,
) -> Result<Arc<User>, Failure> {
    let before = engine.people.get(user.id).await?;
    engine.people.forget(user.id);
    let stored = engine.store.accounts.provision(user, refresh).await?;
    let stored = Arc::new(stored);
    engine.people.keep(stored.clone());
    match before {
        // Nothing is left to change: this tells of what has changed.
        Some(before) if before != stored => {
            change_profile(engine, stored.id, UserChange::default()).await
        }
        _ => Ok(stored),
    }
}
