//! Opens, refreshes and ends sessions: the store's record, the tokens, and the sockets together.
//!
//! *Invariant*: whoever ends sessions ends them in the store first, then here, so that nothing can
//! come to life again on a session that has ended.

use tidings_domain::limits::DEVICES_PER_USER_MAX;
use tidings_domain::name::DisplayName;
use tidings_domain::user::User;
use tidings_domain::{DeviceId, SessionId, Timestamp, UserId};
use tidings_engine::ports::{NewSession, OpenedSession, Outage, Rotation};
use tidings_protocol::error::ErrorCode;
use tidings_protocol::rest::person::Profile;
use tidings_protocol::rest::session::Session;

use super::tokens::{AccessClaims, RefreshClaims};
use crate::app::App;
use crate::random;
use crate::rest::problem::{ApiError, ApiResult};

/// The generation of a new session's refresh token, as stores count.
const FIRST_GENERATION: u64 = 1;
/// A refresh token that comes again within this time is a lost answer, not a theft.
const REUSE_GRACE_MS: i64 = 10_000;
/// A device's name, where it does not say one.
const NAMELESS_DEVICE: &str = "Unnamed device";

/// On what a session shall be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginDevice {
    /// The device, if it was here before.
    pub id: Option<DeviceId>,
    /// How it calls itself.
    pub name: DisplayName,
}

impl LoginDevice {
    /// Reads what a request says of its device.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn read(id: Option<&str>, name: Option<&str>) -> ApiResult<Self> {
        let id = id.map(DeviceId::parse).transpose();
        let name = DisplayName::parse(name.unwrap_or(NAMELESS_DEVICE));
        Ok(Self {
            id: id.map_err(|why| ApiError::field("device_id", why))?,
            name: name.map_err(|why| ApiError::field("device_name", why))?,
        })
    }
}

/// Which session, of whom, on which device.
#[derive(Debug, Clone, Copy)]
struct Login {
    session: SessionId,
    user: UserId,
    device: DeviceId,
}

/// Opens a session for a user. Sessions of devices that are one too many end.
///
/// # Errors
/// An outage; then nobody has the tokens of the session that may have been opened.
pub async fn open(app: &App, user: &User, on: LoginDevice) -> ApiResult<Session> {
    let now = app.engine.clock.now();
    let expires_at = refresh_expiry(app, now);
    let mut new = NewSession {
        id: SessionId::from_uuid(random::id()),
        user: user.id,
        device: on.id.unwrap_or_else(fresh_device),
        device_name: on.name,
        created_at: now,
        expires_at,
    };
    let accounts = &app.engine.store.accounts;
    let mut opened = accounts
        .open_session(new.clone(), DEVICES_PER_USER_MAX)
        .await?;
    if opened == OpenedSession::ForeignDevice {
        // Another user of the same client: they are told their new device's id.
        new.device = fresh_device();
        opened = accounts
            .open_session(new.clone(), DEVICES_PER_USER_MAX)
            .await?;
    }
    let OpenedSession::Opened(ended) = opened else {
        return Err(ApiError::new(ErrorCode::Internal));
    };
    take_leave(app, &ended);
    let login = Login {
        session: new.id,
        user: user.id,
        device: new.device,
    };
    Ok(with_tokens(app, user, login, FIRST_GENERATION, expires_at))
}

/// Trades a refresh token for a new pair. One that was used before ends its session.
///
/// # Errors
/// `unauthenticated` for what is no refresh token, `session_revoked` for one of a session that has
/// ended or ends by this, or an outage.
pub async fn refresh(app: &App, token: &str) -> ApiResult<Session> {
    let claims = app.tokens.check_refresh(token);
    let claims = claims.map_err(|_| ApiError::new(ErrorCode::Unauthenticated))?;
    let now = app.engine.clock.now();
    let expires_at = refresh_expiry(app, now);
    let rotation = app.engine.store.accounts.rotate(
        claims.session,
        claims.generation,
        now,
        expires_at,
        REUSE_GRACE_MS,
    );
    let revoked = || ApiError::new(ErrorCode::SessionRevoked);
    let (session, generation) = match rotation.await? {
        Rotation::Current {
            session,
            generation,
        } => (session, generation),
        Rotation::Reused => {
            tracing::warn!(session = %claims.session, "a refresh token was used twice");
            take_leave(app, &[claims.session]);
            return Err(revoked());
        }
        Rotation::Gone => return Err(revoked()),
    };
    let user = app
        .engine
        .people
        .get(session.user)
        .await?
        .ok_or_else(revoked)?;
    let login = Login {
        session: session.id,
        user: session.user,
        device: session.device,
    };
    Ok(with_tokens(
        app,
        &user,
        login,
        generation,
        session.expires_at,
    ))
}

/// Ends a session of a user; whether it was live. Its sockets close at once.
pub async fn end(app: &App, user: UserId, session: SessionId) -> Result<bool, Outage> {
    let was_live = app.engine.store.accounts.end_session(user, session).await?;
    if was_live {
        take_leave(app, &[session]);
    }
    Ok(was_live)
}

/// Ends all sessions of a user but one.
pub async fn end_others(app: &App, user: UserId, keep: SessionId) -> Result<(), Outage> {
    let ended = app
        .engine
        .store
        .accounts
        .end_sessions(user, Some(keep))
        .await?;
    take_leave(app, &ended);
    Ok(())
}

/// Lets go of sessions that the store has ended: of their tokens, and of their sockets.
pub fn take_leave(app: &App, ended: &[SessionId]) {
    let now_ms = app.engine.clock.monotonic_ms();
    for session in ended {
        app.sessions.end(*session, now_ms);
        app.engine.connections.end_session(*session);
    }
}

fn with_tokens(
    app: &App,
    user: &User,
    login: Login,
    generation: u64,
    refresh_expires_at: Timestamp,
) -> Session {
    let Login {
        session,
        user: id,
        device,
    } = login;
    let lifetime_ms = millis(app.config.auth.access_token_s);
    let expires_at = app.engine.clock.now().plus_millis(lifetime_ms);
    Session {
        user: Profile::from(user),
        session_id: session,
        device_id: device,
        access_token: app.tokens.access(&AccessClaims {
            session,
            user: id,
            device,
            expires_at,
        }),
        access_expires_at_ms: expires_at,
        refresh_token: app.tokens.refresh(&RefreshClaims {
            session,
            generation,
        }),
        refresh_expires_at_ms: refresh_expires_at,
    }
}

fn refresh_expiry(app: &App, now: Timestamp) -> Timestamp {
    now.plus_millis(millis(app.config.auth.refresh_token_s))
}

fn fresh_device() -> DeviceId {
    DeviceId::from_uuid(random::id())
}

fn millis(seconds: u64) -> i64 {
    i64::try_from(seconds)
        .unwrap_or(i64::MAX)
        .saturating_mul(1_000)
}
