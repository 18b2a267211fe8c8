//! Who calls, from the request's headers: a user's session, a host application's user, or a back
//! end that speaks for a user.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tidings_domain::{DeviceId, SessionId, Timestamp, UserId};
use tidings_engine::commands::Actor;
use tidings_engine::limiter::Budget;
use tidings_engine::ports::ApiKey;
use tidings_protocol::error::{ErrorCode, Problem};

use super::hosts::is_host_login;
use super::tokens::{BadToken, Tokens};
use crate::app::App;
use crate::rest::problem::ApiError;

/// Names the user for whom a back end acts.
pub const ON_BEHALF_OF: &str = "tidings-on-behalf-of";
/// Every API key begins so.
pub const API_KEY_PREFIX: &str = "tk_";

/// A user who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserCaller {
    /// Who.
    pub user: UserId,
    /// Under which session; a back end's calls have one that is made up for its key.
    pub session: SessionId,
    /// From which device.
    pub device: DeviceId,
    /// Until when the token serves.
    pub expires_at: Timestamp,
}

impl UserCaller {
    /// Whether this token may take the place of the one with which a connection came: of the same
    /// session, or of the same user's host application, whose tokens are each a login of its own.
    #[must_use]
    pub fn renews(&self, user: UserId, session: SessionId) -> bool {
        let is_same = self.session == session;
        self.user == user && (is_same || (is_host_login(self.session) && is_host_login(session)))
    }

    /// As the engine knows them.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor {
            user: self.user,
            device: Some(self.device),
        }
    }
}

/// Whoever calls with a good token.
#[derive(Debug, Clone)]
pub enum Caller {
    /// A user.
    User(UserCaller),
    /// A back end, perhaps for a user.
    BackEnd {
        /// Its key.
        key: Arc<ApiKey>,
        /// For whom.
        user: Option<UserCaller>,
    },
}

/// What became of a request's token, looked at once, before anything else; among the request's
/// extensions when it has one.
#[derive(Debug, Clone)]
pub struct Identity(pub Result<Caller, ApiError>);

impl Identity {
    /// Looks at a request's token.
    pub async fn of(app: &App, headers: &HeaderMap) -> Self {
        Self(Caller::of(app, headers).await)
    }

    /// Whether the token is none that serves: then nobody knows who asks.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        let code = self.0.as_ref().err().and_then(|error| error.0.known_code());
        code.is_some_and(|code| code.status() == 401)
    }
}

/// What is left of the caller's budget, for the answer's headers.
#[derive(Debug, Clone, Default)]
pub struct SpentBudget(pub Arc<Mutex<Option<(u32, Budget)>>>);

impl Caller {
    /// Reads who calls.
    pub async fn of(app: &App, headers: &HeaderMap) -> Result<Self, ApiError> {
        let token = bearer(headers)?;
        if let Some(key) = token.strip_prefix(API_KEY_PREFIX) {
            return back_end(app, headers, key).await;
        }
        user_of(app, token).await.map(Self::User)
    }

    /// Whether a request comes with an API key, good or not.
    #[must_use]
    pub fn is_back_end(headers: &HeaderMap) -> bool {
        bearer(headers).is_ok_and(|token| token.starts_with(API_KEY_PREFIX))
    }

    /// The user who calls, or for whom a back end does.
    pub fn user(&self) -> Result<UserCaller, ApiError> {
        let user = match self {
            Self::User(user) => Some(*user),
            Self::BackEnd { user, .. } => *user,
        };
        user.ok_or_else(|| {
            let detail = "say for whom: Tidings-On-Behalf-Of: <user id>";
            ApiError::with(ErrorCode::InvalidRequest, detail)
        })
    }

    /// Passes if a back end calls whose key has this scope.
    pub fn require_scope(&self, scope: &str) -> Result<(), ApiError> {
        match self {
            Self::BackEnd { key, .. } if key.scopes.iter().any(|has| has == scope) => Ok(()),
            Self::BackEnd { .. } => Err(ApiError::with(
                ErrorCode::Forbidden,
                format!("the key lacks the scope {scope}"),
            )),
            Self::User(_) => Err(ApiError::new(ErrorCode::NotFound)),
        }
    }

    /// Names the owner of idempotency keys.
    #[must_use]
    pub fn owner(&self) -> String {
        match self {
            Self::User(user) => format!("user:{}", user.user),
            Self::BackEnd { key, user: None } => format!("key:{}", key.id),
            Self::BackEnd {
                key,
                user: Some(user),
            } => format!("key:{}:{}", key.id, user.user),
        }
    }
}

/// The user behind an access token of ours, or of a host application.
pub async fn user_of(app: &App, token: &str) -> Result<UserCaller, ApiError> {
    if !Tokens::is_access(token) {
        return app.hosts.user_of(app, token).await;
    }
    let claims = app
        .tokens
        .check_access(token, app.engine.clock.now())
        .map_err(|bad| match bad {
            BadToken::Invalid => ApiError::new(ErrorCode::Unauthenticated),
            BadToken::Expired => ApiError::new(ErrorCode::TokenExpired),
        })?;
    if !app
        .sessions
        .is_live(claims.session, app.engine.clock.monotonic_ms())
        .await?
    {
        return Err(ApiError::new(ErrorCode::SessionRevoked));
    }
    Ok(UserCaller {
        user: claims.user,
        session: claims.session,
        device: claims.device,
        expires_at: claims.expires_at,
    })
}

async fn back_end(app: &App, headers: &HeaderMap, key: &str) -> Result<Caller, ApiError> {
    let hash: [u8; 32] = Sha256::digest(format!("{API_KEY_PREFIX}{key}")).into();
    let found = app.engine.store.accounts.api_key(hash).await?;
    let key = Arc::new(found.ok_or_else(|| ApiError::new(ErrorCode::Unauthenticated))?);
    let Some(named) = headers.get(ON_BEHALF_OF) else {
        return Ok(Caller::BackEnd { key, user: None });
    };
    let unknown = || ApiError::field("Tidings-On-Behalf-Of", "no such user");
    let user = named
        .to_str()
        .ok()
        .and_then(|text| UserId::parse(text).ok())
        .ok_or_else(unknown)?;
    if app.engine.people.get(user).await?.is_none() {
        return Err(unknown());
    }
    let key_id = *key.id.as_bytes();
    let user = UserCaller {
        user,
        session: SessionId::from_bytes(key_id),
        device: DeviceId::from_bytes(key_id),
        expires_at: Timestamp(i64::MAX),
    };
    Ok(Caller::BackEnd {
        key,
        user: Some(user),
    })
}

fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    let missing = || ApiError::with(ErrorCode::Unauthenticated, "send `Authorization: Bearer …`");
    let mut values = headers.get_all(http::header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(missing());
    };
    let text = value.to_str().map_err(|_| missing())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(missing())
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    /// Reads who calls and takes one request from their budget.
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let caller = match parts.extensions.get::<Identity>() {
            Some(Identity(known)) => known.clone()?,
            None => Self::of(app, &parts.headers).await?,
        };
        if let Self::User(user) = &caller {
            let taken = app
                .requests
                .take(user.user, app.engine.clock.monotonic_us());
            let budget = taken.map_err(|exceeded| {
                let problem = Problem::new(ErrorCode::RateLimited);
                ApiError(Box::new(problem.retry_after_ms(exceeded.retry_after_ms)))
            })?;
            if let Some(spent) = parts.extensions.get::<SpentBudget>() {
                *spent.0.lock() = Some((app.requests.rate().burst, budget));
            }
        }
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }
}

impl FromRequestParts<Arc<App>> for UserCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        Caller::from_request_parts(parts, app).await?.user()
    }
}
