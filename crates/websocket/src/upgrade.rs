//! From hyper's upgraded connection to the bare TCP stream behind it.
//!
//! *Invariant*: nothing of the HTTP connection outlives the upgrade: hyper's buffers are dropped
//! here, and the few bytes in them that already belong to the WebSocket are copied out. (Even an
//! empty `read_buf` would pin 4 KiB a connection.)

use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use thiserror::Error;
use tokio::net::TcpStream;

/// The stream after the upgrade.
#[derive(Debug)]
pub struct Bare {
    /// The connection itself.
    pub stream: TcpStream,
    /// What the client sent right behind its request: the first input of the decoder.
    pub glued: Vec<u8>,
}

/// Why there is no stream.
#[derive(Debug, Error)]
pub enum UpgradeError {
    /// The HTTP connection ended before the upgrade was through.
    #[error("the connection ended during the upgrade")]
    Ended(#[source] hyper::Error),
    /// The server does not serve a `TokioIo<TcpStream>`: a mistake in how it was set up.
    #[error("the upgraded connection is not a TCP stream")]
    NotTcp,
}

/// Waits for the upgrade and takes the stream out of hyper's hands. To be spawned before the
/// `101` is returned; what runs the connection for long goes into a fresh task afterwards, so that
/// this future is freed.
///
/// # Errors
/// If the connection ended first, or is not TCP at its bottom.
pub async fn bare(upgrade: OnUpgrade) -> Result<Bare, UpgradeError> {
    detach(upgrade.await.map_err(UpgradeError::Ended)?)
}

/// Takes the stream out of an upgraded connection, served either by hyper's own HTTP/1 or by
/// `hyper_util`'s automatic server (as `axum::serve` does it), which wraps the stream once more.
///
/// # Errors
/// [`UpgradeError::NotTcp`].
pub fn detach(upgraded: Upgraded) -> Result<Bare, UpgradeError> {
    let upgraded = match auto::upgrade::downcast::<TokioIo<TcpStream>>(upgraded) {
        Ok(parts) => return Ok(split(parts.io, &parts.read_buf)),
        Err(upgraded) => upgraded,
    };
    let parts = upgraded
        .downcast::<TokioIo<TcpStream>>()
        .map_err(|_| UpgradeError::NotTcp)?;
    Ok(split(parts.io, &parts.read_buf))
}

fn split(io: TokioIo<TcpStream>, read_buf: &[u8]) -> Bare {
    Bare {
        stream: io.into_inner(),
        glued: read_buf.to_vec(),
    }
}
