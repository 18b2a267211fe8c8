//! `/v1/me`, `/v1/users` and `/v1/presence`: oneself and others.

use std::sync::Arc;

use axum::extract::State;
use tidings_domain::UserId;
use tidings_domain::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, STATUS_TEXT_CHARS_MAX};
use tidings_domain::name::line;
use tidings_domain::user::{Audience, Privacy};
use tidings_engine::commands::change_profile::change_profile;
use tidings_engine::ports::UserChange;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::json::Patch;
use tidings_protocol::rest::SearchQuery;
use tidings_protocol::rest::account::{ChangeMe, ChangePrivacy, Me};
use tidings_protocol::rest::person::{People, PresenceList, PresenceQuery, Profile};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::accounts::shown_as;
use super::body::Json;
use super::extract::{PathOf, QueryOf, field, field_if, page_limit};
use super::fields;
use super::problem::{ApiError, ApiResult};
use super::problem_answers::{Changing, Listing, Looking};
use super::views::presence::presence_entry;
use crate::app::App;
use crate::auth::caller::UserCaller;

/// People whose presence one request asks for: their ids fit an address.
const PRESENCE_USERS_MAX: usize = PAGE_ITEMS_MAX;

/// The routes of people.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(show_me, change_me))
        .routes(routes!(search))
        .routes(routes!(show))
        .routes(routes!(presence))
}

/// Show oneself
#[utoipa::path(
    get, path = "/me", tag = "people", operation_id = "show_me",
    responses((status = 200, description = "Oneself", body = Me), Listing),
)]
async fn show_me(State(app): State<Arc<App>>, caller: UserCaller) -> ApiResult<Json<Me>> {
    let user = app.engine.people.get(caller.user).await?;
    Ok(Json(Me::from(user.ok_or_else(unknown)?.as_ref())))
}

/// Change how one is shown, and what others may see
///
/// What is left out stays; `null` clears.
#[utoipa::path(
    patch, path = "/me", tag = "people", operation_id = "change_me", request_body = ChangeMe,
    responses((status = 200, description = "Oneself", body = Me), Changing),
)]
async fn change_me(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    Json(body): Json<ChangeMe>,
) -> ApiResult<Json<Me>> {
    let privacy = match body.privacy {
        None => None,
        Some(change) => {
            let user = app
                .engine
                .people
                .get(caller.user)
                .await?
                .ok_or_else(unknown)?;
            Some(changed_privacy(user.privacy, &change)?)
        }
    };
    let change = UserChange {
        display_name: body.display_name.as_deref().map(shown_as).transpose()?,
        avatar_url: fields::patch(body.avatar_url, fields::avatar_url)?,
        status_text: status_text(body.status_text)?,
        privacy,
    };
    let changed = change_profile(&app.engine, caller.user, change).await?;
    Ok(Json(Me::from(changed.as_ref())))
}

/// A status that is blank is none.
fn status_text(patch: Patch<String>) -> ApiResult<Patch<String>> {
    let patch = patch.map(|text| text.filter(|text| !text.trim().is_empty()));
    fields::patch(patch, |text| {
        line(&text, STATUS_TEXT_CHARS_MAX).map_err(|why| ApiError::field("status_text", why))
    })
}

fn changed_privacy(present: Privacy, change: &ChangePrivacy) -> ApiResult<Privacy> {
    let audience = |name: &str, text: &Option<String>, present: Audience| match text.as_deref() {
        None => Ok(present),
        Some("everyone") => Ok(Audience::Everyone),
        Some("nobody") => Ok(Audience::Nobody),
        Some(_) => Err(ApiError::field(name, "must be everyone or nobody")),
    };
    Ok(Privacy {
        receipts: audience("privacy.receipts", &change.receipts, present.receipts)?,
        last_seen: audience("privacy.last_seen", &change.last_seen, present.last_seen)?,
        presence: audience("privacy.presence", &change.presence, present.presence)?,
    })
}

/// Search people by their names
///
/// Those whose username begins with, or whose display name contains, `query`; by username. Guests
/// are left out.
#[utoipa::path(
    get, path = "/users", tag = "people", operation_id = "search_people", params(SearchQuery),
    responses((status = 200, description = "People", body = People), Listing),
)]
async fn search(
    State(app): State<Arc<App>>,
    _caller: UserCaller,
    QueryOf(query): QueryOf<SearchQuery>,
) -> ApiResult<Json<People>> {
    let limit = page_limit(query.limit, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX)?;
    let after: Option<UserId> = field_if("after", query.after.as_deref())?;
    let text = fields::name_query(query.query.as_deref())?;
    let mut found = app
        .engine
        .store
        .accounts
        .search(&text, after, limit + 1)
        .await?;
    let next = fields::cut(&mut found, limit).map(|last| last.id.to_string());
    Ok(Json(People {
        users: found.iter().map(Profile::from).collect(),
        next,
    }))
}

/// Show a person
#[utoipa::path(
    get, path = "/users/{id}", tag = "people", operation_id = "show_person",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, description = "The person", body = Profile), Looking),
)]
async fn show(
    State(app): State<Arc<App>>,
    _caller: UserCaller,
    PathOf(user): PathOf<UserId>,
) -> ApiResult<Json<Profile>> {
    let user = app.engine.people.get(user).await?;
    Ok(Json(Profile::from(user.ok_or_else(unknown)?.as_ref())))
}

/// Ask who is here
///
/// Answers of those with whom one shares a room, and of nobody else.
#[utoipa::path(
    get, path = "/presence", tag = "people", operation_id = "show_presence", params(PresenceQuery),
    responses((status = 200, description = "Presence", body = PresenceList), Listing),
)]
async fn presence(
    State(app): State<Arc<App>>,
    caller: UserCaller,
    QueryOf(query): QueryOf<PresenceQuery>,
) -> ApiResult<Json<PresenceList>> {
    let texts: Vec<&str> = query
        .users
        .split(',')
        .filter(|text| !text.is_empty())
        .collect();
    if texts.len() > PRESENCE_USERS_MAX {
        let why = format!("must be at most {PRESENCE_USERS_MAX} ids");
        return Err(ApiError::field("users", why));
    }
    let users = texts.into_iter().map(|text| field("users", text));
    let users = users.collect::<ApiResult<Vec<UserId>>>()?;
    let shown = app.engine.presence.of(caller.user, &users).await?;
    Ok(Json(PresenceList {
        presence: shown.iter().map(presence_entry).collect(),
    }))
}

fn unknown() -> ApiError {
    ApiError::with(ErrorCode::NotFound, "no such user")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn privacy_changes_where_it_is_named_and_only_to_words_that_are_known() {
        let present = Privacy {
            receipts: Audience::Nobody,
            ..Privacy::default()
        };
        let change = ChangePrivacy {
            presence: Some("nobody".into()),
            ..ChangePrivacy::default()
        };
        let changed = changed_privacy(present, &change).unwrap();
        assert_eq!(
            (changed.receipts, changed.presence),
            (Audience::Nobody, Audience::Nobody)
        );
        assert_eq!(changed.last_seen, Audience::Everyone);
        let change = ChangePrivacy {
            presence: Some("friends".into()),
            ..ChangePrivacy::default()
        };
        let error = changed_privacy(present, &change).unwrap_err();
        assert_eq!(error.0.errors[0].field, "privacy.presence");
    }

    #[test]
    fn a_blank_status_clears_it() {
        assert_eq!(status_text(Some(Some("  ".into()))).unwrap(), Some(None));
        assert_eq!(
            status_text(Some(Some(" at sea ".into()))).unwrap(),
            Some(Some("at sea".into()))
        );
        assert_eq!(status_text(None).unwrap(), None);
        assert!(status_text(Some(Some("a\nb".into()))).is_err());
    }
}
