//! Accepts connections and speaks HTTP/1.1 on them, within limits of time and size.
//!
//! Not `axum::serve`: that has no time limit for headers, and three hundred slow handshakes stay
//! open for ever.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tidings_domain::limits::{HEADER_BYTES_MAX, HEADER_TIMEOUT_MS, HEADERS_MAX};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt as _;

use crate::app::App;
use crate::edge::address::Seat;

/// Between two tries to accept, when the process is out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections that are accepted before all that is ready has had a turn.
const ACCEPTED_IN_A_ROW: usize = 8;

/// The peer's address, among a request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The connection's seat, among a request's extensions: a socket that grows out of the connection
/// keeps it.
#[derive(Clone)]
pub struct SeatOf(pub Arc<Seat>);

/// Accepts until `shutdown`; then lets the requests that are under way finish, for a time.
pub async fn accept(app: Arc<App>, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let router = crate::router::router(app.clone());
    let (stop, stopping) = watch::channel(());
    let mut shutdown = std::pin::pin!(shutdown);
    let mut in_a_row = 0;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                admit(&app, &router, stream, peer, stopping.clone());
                in_a_row += 1;
            }
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        if in_a_row == ACCEPTED_IN_A_ROW {
            in_a_row = 0;
            have_a_turn().await;
        }
    }
    drop((listener, stopping));
    // Nobody is left to hear it when there is no connection.
    let _ = stop.send(());
    let drain = Duration::from_secs(app.config.server.drain_s);
    // Every connection holds a receiver; when the last is gone, all requests are done.
    if tokio::time::timeout(drain, stop.closed()).await.is_err() {
        tracing::warn!("some requests were cut off by the shutdown");
    }
}

/// Waits until what is ready now has had its turn.
///
/// When a great many come at once (the network was away, a proxy restarted), accepting is the quickest
/// part of it: thousands of tasks would be ready before the answers to those who are here, and these
/// would wait for seconds. New ones wait in the kernel's queue instead.
async fn have_a_turn() {
    // Tasks from outside of the workers wait in one queue, and this is the last of them.
    drop(tokio::spawn(async {}).await);
}

fn admit(
    app: &Arc<App>,
    router: &Router,
    stream: TcpStream,
    peer: SocketAddr,
    stopping: watch::Receiver<()>,
) {
    let seat = match app.addresses.seat(peer, app.engine.clock.monotonic_us()) {
        Ok(seat) => seat,
        // Refused before anything is read: the cheapest way to say that there are too many.
        Err(crowded) => {
            app.turned_away.note(crowded);
            tracing::debug!(%peer, reason = crowded.as_str(), "too many connections");
            return;
        }
    };
    // Can fail only if the peer is gone, and then reading finds that out.
    let _ = stream.set_nodelay(true);
    tokio::spawn(serve(
        router.clone(),
        stream,
        peer,
        SeatOf(Arc::new(seat)),
        stopping,
    ));
}

async fn serve(
    router: Router,
    stream: TcpStream,
    peer: SocketAddr,
    seat: SeatOf,
    mut stopping: watch::Receiver<()>,
) {
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(seat.clone());
        let answer = router.clone().oneshot(request.map(Body::new));
        async { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(HEADER_TIMEOUT_MS))
        .max_buf_size(HEADER_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        served = &mut connection => {
            if let Err(error) = served {
                tracing::debug!(%peer, %error, "a connection ended badly");
            }
            return;
        }
        _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
    }
    drop(connection.await);
}
