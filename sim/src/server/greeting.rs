//! A hello on the server's side: who it is, and whether their cursor is still good.

use std::sync::Arc;

use tidings_domain::{CommandId, Cursor, Position};
use tidings_engine::connection::{Connection, ResetReason as Why, Verdict};
use tidings_engine::engine::Engine;
use tidings_protocol::close::CloseCode;
use tidings_protocol::error::ErrorCode;
use tidings_protocol::rest::person::Profile;
use tidings_protocol::socket::frame::{ResetReason, Resume, Welcome};

use super::life::{Host, Token};
use super::session::Awaited;

/// A hello that was good.
pub struct Greeted {
    pub(super) id: CommandId,
    pub(super) token: Token,
    user: Profile,
    verdict: Verdict,
    cursor: Cursor,
    pub(super) from: Position,
}

impl Greeted {
    /// What it is told.
    pub(super) fn welcome(&self, host: &Host, connection: &Connection) -> Welcome {
        let (resume, reason) = match &self.verdict {
            Verdict::Fresh => (Resume::Fresh, None),
            Verdict::Resumed(_) => (Resume::Resumed, None),
            Verdict::Reset(why) => (Resume::Reset, Some(reason(*why))),
        };
        Welcome {
            connection: connection.id.0,
            user: self.user.clone(),
            session_id: connection.session,
            device_id: connection.device,
            server_at_ms: host.engine.clock.now(),
            ping_interval_ms: tidings_domain::limits::PING_INTERVAL_MS,
            peer_timeout_ms: tidings_domain::limits::PEER_TIMEOUT_MS,
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

/// With which code a connection is closed whose hello is refused.
pub(super) const fn close_of(code: ErrorCode) -> CloseCode {
    match code {
        ErrorCode::TokenExpired => CloseCode::TokenExpired,
        ErrorCode::SessionRevoked => CloseCode::SessionRevoked,
        ErrorCode::Unauthenticated => CloseCode::Unauthenticated,
        _ => CloseCode::TryAgainLater,
    }
}

/// Looks into a hello whose token is good.
pub(super) async fn greet(
    engine: Arc<Engine>,
    id: CommandId,
    token: Token,
    cursor: Option<String>,
) -> Awaited {
    let turned = Awaited::Turned(id, ErrorCode::Unavailable, CloseCode::TryAgainLater);
    let Ok(Some(user)) = engine.people.get(token.user).await else {
        return turned;
    };
    let Ok((verdict, now)) = Connection::judge(&engine, cursor.as_deref()).await else {
        return turned;
    };
    let from = match &verdict {
        Verdict::Resumed(position) => *position,
        Verdict::Fresh | Verdict::Reset(_) => now.position,
    };
    Awaited::Greeted(Box::new(Greeted {
        id,
        token,
        user: Profile::from(&*user),
        verdict,
        cursor: Cursor::at(now.epoch, from),
        from,
    }))
}
