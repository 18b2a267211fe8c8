//! Hello: who is it, where do they stand, and what are they told first.

use std::sync::Arc;

use tidings_domain::name::DisplayName;
use tidings_domain::user::User;
use tidings_domain::{Cursor, Position};
use tidings_engine::connection::{Connection, ResetReason as Why, Verdict};
use tidings_engine::outlet::ConnectionId;
use tidings_protocol::close::CloseCode;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::rest::person::Profile;
use tidings_protocol::socket::command::Hello;
use tidings_protocol::socket::frame::{ResetReason, Resume, Welcome};

use crate::app::App;
use crate::auth::caller::{UserCaller, user_of};
use crate::rest::problem::ApiError;

/// A hello that was good.
pub(super) struct Greeted {
    pub(super) caller: UserCaller,
    /// From where the stream goes on.
    pub(super) from: Position,
    user: Arc<User>,
    verdict: Verdict,
    cursor: Cursor,
}

/// A hello that was not.
pub(super) struct Turned {
    pub(super) code: ErrorCode,
    pub(super) detail: String,
    pub(super) close: CloseCode,
}

/// Looks into a hello.
pub(super) async fn greet(
    app: &App,
    hello: Hello,
    known: Option<UserCaller>,
) -> Result<Greeted, Turned> {
    let caller = match (&hello.token, known) {
        (Some(token), _) => user_of(app, token).await?,
        (None, Some(known)) => known,
        (None, None) => {
            let detail = "send a token, or upgrade with a ticket or an Authorization header";
            return Err(ApiError::with(ErrorCode::Unauthenticated, detail).into());
        }
    };
    let user = app
        .engine
        .people
        .get(caller.user)
        .await
        .map_err(ApiError::from)?;
    let user = user.ok_or_else(|| ApiError::new(ErrorCode::Unauthenticated))?;
    if let Some(name) = hello
        .device_name
        .as_deref()
        .and_then(|n| DisplayName::parse(n).ok())
    {
        let accounts = &app.engine.store.accounts;
        drop(
            accounts
                .rename_device(caller.user, caller.device, name)
                .await,
        );
    }
    let judged = Connection::judge(&app.engine, hello.cursor.as_deref()).await;
    let (verdict, now) = judged.map_err(ApiError::from)?;
    let from = match &verdict {
        Verdict::Resumed(position) => *position,
        Verdict::Fresh | Verdict::Reset(_) => now.position,
    };
    match &verdict {
        Verdict::Fresh => {}
        Verdict::Resumed(_) => app.engine.meters.resumes.one(),
        Verdict::Reset(_) => app.engine.meters.resets.one(),
    }
    let cursor = Cursor::at(now.epoch, from);
    Ok(Greeted {
        caller,
        from,
        user,
        verdict,
        cursor,
    })
}

impl Greeted {
    /// What the client is told first.
    pub(super) fn welcome(&self, app: &App, connection: ConnectionId) -> Welcome {
        let (resume, reason) = match &self.verdict {
            Verdict::Fresh => (Resume::Fresh, None),
            Verdict::Resumed(_) => (Resume::Resumed, None),
            Verdict::Reset(why) => (Resume::Reset, Some(reason(*why))),
        };
        Welcome {
            connection: connection.0,
            user: Profile::from(&*self.user),
            session_id: self.caller.session,
            device_id: self.caller.device,
            server_at_ms: app.engine.clock.now(),
            ping_interval_ms: app.config.heartbeat.ping_interval_ms,
            peer_timeout_ms: app.config.heartbeat.peer_timeout_ms,
            resume,
            reason,
            cursor: self.cursor.to_string(),
        }
    }
}

const fn reason(why: Why) -> ResetReason {
    match why {
        Why::CursorInvalid => ResetReason::CursorInvalid,
        Why::EpochChanged => ResetReason::EpochChanged,
        Why::Ahead => ResetReason::Ahead,
    }
}

impl From<ApiError> for Turned {
    fn from(error: ApiError) -> Self {
        let code = error.0.known_code().unwrap_or(ErrorCode::Internal);
        let close = match code {
            ErrorCode::TokenExpired => CloseCode::TokenExpired,
            ErrorCode::SessionRevoked => CloseCode::SessionRevoked,
            ErrorCode::Unauthenticated => CloseCode::Unauthenticated,
            _ => CloseCode::TryAgainLater,
        };
        let detail = error.0.detail.unwrap_or(error.0.title);
        Self {
            code,
            detail,
            close,
        }
    }
}
