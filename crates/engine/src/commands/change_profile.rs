//! Changes how a user is shown, and what they let others see.

use std::sync::Arc;

use tidings_domain::UserId;
use tidings_domain::limits::RECEIPTS_SHOWN_MEMBERS_MAX;
use tidings_domain::user::User;

use crate::engine::Engine;
use crate::envelope::{Notice, NoticeContent};
use crate::ports::UserChange;
use crate::refusal::{Failure, Refusal};

/// People who are told of a change at once; others see it when they load the profile.
const TOLD_MAX: usize = 1_000;

/// Changes a user, and tells those who know them.
pub async fn change_profile(
    engine: &Engine,
    user: UserId,
    change: UserChange,
) -> Result<Arc<User>, Failure> {
    engine.people.forget(user);
    let changed = engine.store.accounts.change(user, change).await?;
    let changed = Arc::new(changed.ok_or(Refusal::NotFound("user"))?);
    engine.people.keep(changed.clone());
    engine.presence.touch(user);
    let directory = &engine.store.directory;
    let mut told = directory
        .acquaintances(user, RECEIPTS_SHOWN_MEMBERS_MAX, TOLD_MAX)
        .await?;
    told.push(user);
    let content = NoticeContent::Profile(changed.clone());
    engine.hub.notice_users(&told, &Notice::new(content));
    Ok(changed)
}
