//! From a request to a socket: who asks, from which page, in which encoding.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use tidings_domain::limits::{FRAME_BYTES_MAX, FRAME_FRAGMENTS_MAX, OUTBOX_BYTES_MAX};
use tidings_protocol::codec::Encoding;
use tidings_protocol::error::ErrorCode;
use tidings_websocket::{
    Decoder, DecoderLimits, OutboxLimits, Socket, handshake, upgrade as detach,
};

use super::outlet::SocketOutlet;
use super::session::Session;
use crate::app::App;
use crate::auth::caller::{Identity, UserCaller};
use crate::edge::SeatOf;
use crate::random;
use crate::rest::problem::ApiError;

/// Answers `GET /v1/socket`.
pub async fn upgrade(State(app): State<Arc<App>>, mut request: Request) -> Response {
    let offered = Encoding::ALL.map(Encoding::subprotocol);
    let judged = handshake::check(
        request.method(),
        request.version(),
        request.headers(),
        &offered,
    );
    let accepted = match judged {
        Ok(accepted) => accepted,
        Err(rejection) => {
            return rejection
                .response()
                .map(|()| Body::from(rejection.to_string()));
        }
    };
    if let Err(foreign) = check_origin(&app, request.headers()) {
        return foreign.into_response();
    }
    let identity = request.extensions_mut().remove::<Identity>();
    let ticket = ticket_of(request.uri().query().unwrap_or_default());
    let known = match who(&app, identity, ticket) {
        Ok(known) => known,
        Err(error) => return error.into_response(),
    };
    let encoding = accepted
        .subprotocol
        .map_or(Encoding::Json, |index| Encoding::ALL[index]);
    let seat = request.extensions().get::<SeatOf>().cloned();
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match detach::bare(upgrade).await {
            Ok(bare) => run(&app, bare, encoding, known, seat),
            Err(error) => tracing::debug!(%error, "a socket was not opened"),
        }
    });
    accepted.response(&offered).map(|()| Body::empty())
}

/// Starts the connection's own task; everything of the request is gone by then.
fn run(
    app: &Arc<App>,
    bare: detach::Bare,
    encoding: Encoding,
    known: Option<UserCaller>,
    seat: Option<SeatOf>,
) {
    let socket = Socket::new(bare.stream, outbox_limits(), &app.heartbeat);
    let outlet = Arc::new(SocketOutlet::new(socket.clone(), encoding));
    let session = Session::new(app.clone(), outlet, known, seat);
    let decoder = Decoder::new(DecoderLimits {
        message_bytes_max: u32::try_from(FRAME_BYTES_MAX).expect("a small constant"),
        fragments_max: u32::try_from(FRAME_FRAGMENTS_MAX).expect("a small constant"),
    });
    let ending = session.ending();
    let connection = socket.run(bare.glued, decoder, session);
    tokio::spawn(async move {
        let ended = connection.await;
        ending.finish(ended).await;
    });
}

fn outbox_limits() -> OutboxLimits {
    OutboxLimits {
        durable_bytes_max: u32::try_from(OUTBOX_BYTES_MAX).expect("a small constant"),
        ..OutboxLimits::default()
    }
}

/// Who asks, if the request says so: by a header, or by a ticket in the address.
fn who(
    app: &App,
    identity: Option<Identity>,
    ticket: Option<&str>,
) -> Result<Option<UserCaller>, ApiError> {
    if let Some(Identity(known)) = identity {
        return known?.user().map(Some);
    }
    let Some(ticket) = ticket else {
        return Ok(None);
    };
    let now_ms = app.engine.clock.monotonic_ms();
    let redeemed = random::bytes(ticket).and_then(|secret| app.tickets.redeem(secret, now_ms));
    let detail = "the ticket was used, has expired, or never was";
    redeemed
        .map(Some)
        .ok_or_else(|| ApiError::with(ErrorCode::Unauthenticated, detail))
}

fn ticket_of(query: &str) -> Option<&str> {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("ticket="))
}

/// A page of another site must not open sockets in its visitors' names. Who sends no `Origin` is
/// no browser, and has no visitors.
fn check_origin(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return Ok(());
    };
    let foreign = || ApiError::with(ErrorCode::Forbidden, "this page's origin is not allowed");
    if origins.next().is_some() {
        return Err(foreign());
    }
    let origin = origin.to_str().map_err(|_| foreign())?;
    let own = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let is_own = own.is_some_and(|host| {
        origin.strip_prefix("http://") == Some(host)
            || origin.strip_prefix("https://") == Some(host)
    });
    let is_public = origin == app.public_url();
    let is_listed = app
        .config
        .server
        .allowed_origins
        .iter()
        .any(|allowed| allowed == origin);
    if is_own || is_public || is_listed {
        Ok(())
    } else {
        Err(foreign())
    }
}
