//! The application: its parts, and its life from opened store to drained connections.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tidings_domain::UserId;
use tidings_engine::limiter::{Limiter, Rate};
use tidings_engine::outlet::{Farewell, Reply};
use tidings_engine::ports::Outage;
use tidings_engine::{Engine, EngineOptions};
use tidings_protocol::CloseCode;
use tidings_store_sqlite::{OpenError, SqliteStore};
use tidings_websocket::{Heartbeat, Timing, heartbeat::TimingError};
use tokio::net::{TcpListener, TcpSocket};

use crate::auth::hosts::{HostTokens, HostTokensError};
use crate::auth::passwords::Passwords;
use crate::auth::sessions::LiveSessions;
use crate::auth::tickets::Tickets;
use crate::auth::tokens::Tokens;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::edge::{self, address::Addresses, strain::Strain};
use crate::metrics::{Answers, TurnedAway};
use crate::rest::idempotency::InProgress;
use crate::transport::websocket::on_the_wire;

/// Everything that a request may need.
pub struct App {
    /// What was configured.
    pub config: Config,
    /// The engine.
    pub engine: Arc<Engine>,
    /// Makes and checks tokens.
    pub tokens: Tokens,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Which sessions live.
    pub sessions: LiveSessions,
    /// Tickets for sockets.
    pub tickets: Tickets,
    /// Tokens of host applications.
    pub hosts: HostTokens,
    /// Budgets of requests by user.
    pub requests: Limiter<UserId>,
    /// Budgets by address, and how many connections each has.
    pub addresses: Arc<Addresses>,
    /// Requests with an idempotency key that are under way.
    pub in_progress: InProgress,
    /// How requests were answered.
    pub answers: Answers,
    /// Connections for which there was no place.
    pub turned_away: TurnedAway,
    /// Whether the processor keeps up.
    pub strain: Arc<Strain>,
    /// Time for all sockets.
    pub heartbeat: Arc<Heartbeat>,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The store was opened and does not answer.
    #[error(transparent)]
    Outage(#[from] Outage),
    /// A host application's key cannot be used.
    #[error(transparent)]
    Hosts(#[from] HostTokensError),
    /// The heartbeat's figures contradict each other.
    #[error(transparent)]
    Heartbeat(#[from] TimingError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
}

/// Connections that the kernel makes and keeps for us until we accept them, where it allows so
/// many (`net.core.somaxconn`). Whoever finds no place knocks again after 1, 3, 7 s.
const BACKLOG: u32 = 4_096;

/// Takes the address, before anything is opened that would have to be closed again.
///
/// # Errors
/// [`StartError::Listen`].
///
/// # Panics
/// Outside of a runtime.
pub fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listen = || {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // The next server begins while connections of the last one still linger.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|cause| StartError::Listen { address, cause })
}

impl App {
    /// Opens the store and starts the engine on the present runtime.
    ///
    /// # Errors
    /// [`StartError`] says what is in the way.
    pub async fn open(config: Config) -> Result<Arc<Self>, StartError> {
        let store = SqliteStore::open(config.store_options())?.ports();
        let clock = Arc::new(SystemClock::start());
        let engine = Engine::start(store.clone(), clock.clone(), engine_options(&config)).await?;
        let strain = Arc::new(Strain::default());
        tokio::spawn(strain.clone().measure(clock));
        let heartbeat = Heartbeat::new(timing(&config))?;
        tokio::spawn(heartbeat.clone().run());
        let limits = &config.limits;
        let requests = Rate {
            burst: limits.requests_burst,
            per_second: f64::from(limits.requests_per_s),
        };
        Ok(Arc::new(Self {
            tokens: Tokens::new(store.accounts.secret().await?),
            passwords: Passwords::new(threads(&config)),
            sessions: LiveSessions::new(store.accounts.clone()),
            tickets: Tickets::default(),
            hosts: HostTokens::new(&config.auth)?,
            requests: Limiter::new(requests),
            addresses: Arc::new(Addresses::new(&config)),
            in_progress: InProgress::default(),
            answers: Answers::default(),
            turned_away: TurnedAway::default(),
            strain,
            heartbeat,
            engine,
            config,
        }))
    }

    /// The address under which clients reach the server, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> String {
        match &self.config.server.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.config.server.listen),
        }
    }
}

/// Serves until `shutdown`, then drains: tells the sockets to come back, lets requests finish.
pub async fn serve(app: Arc<App>, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    edge::accept(app.clone(), listener, shutdown).await;
    drain(&app).await;
}

/// Clients come back within this time, spread over it.
const RECONNECT_SPREAD_MS: u64 = 3_000;
/// Sockets have this long to take their farewell.
const FAREWELL: Duration = Duration::from_millis(500);

async fn drain(app: &App) {
    // Spread by the connection's number, a Weyl sequence: even, and without a source of chance.
    let spread = |id: tidings_engine::outlet::ConnectionId| {
        let after_ms = id.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) % RECONNECT_SPREAD_MS;
        Reply::Reconnect { after_ms }
    };
    app.engine.hub.reply_all(spread).await;
    tokio::time::sleep(FAREWELL / 5).await;
    app.engine.connections.end_all(Farewell::Restarting);
    let gone = async {
        while !app.engine.connections.is_empty() {
            tokio::time::sleep(FAREWELL / 50).await;
        }
    };
    if tokio::time::timeout(FAREWELL, gone).await.is_err() {
        tracing::info!("some sockets did not take their farewell");
    }
}

/// Threads that serve, and shards of connections.
#[must_use]
pub fn threads(config: &Config) -> usize {
    let found = std::thread::available_parallelism().map_or(1, usize::from);
    config
        .server
        .threads
        .map_or(found, |threads| threads as usize)
        .max(1)
}

fn engine_options(config: &Config) -> EngineOptions {
    let limits = &config.limits;
    EngineOptions {
        shards: threads(config),
        recent_bytes_max: config.store.recent_events_bytes as usize,
        sends: Rate {
            burst: limits.sends_burst,
            per_second: f64::from(limits.sends_per_s),
        },
        signals: Rate {
            burst: limits.signals_burst,
            per_second: f64::from(limits.signals_per_s),
        },
        connections_per_user_max: limits.connections_per_user,
    }
}

fn timing(config: &Config) -> Timing {
    let heartbeat = &config.heartbeat;
    Timing {
        ping_after: Duration::from_millis(heartbeat.ping_interval_ms),
        dead_after: Duration::from_millis(heartbeat.peer_timeout_ms),
        hello_within: Duration::from_millis(heartbeat.hello_timeout_ms),
        hello_code: on_the_wire(CloseCode::HelloTimeout),
        silence_code: on_the_wire(CloseCode::PeerTimeout),
        ..Timing::default()
    }
}

/// The store's folder, for messages.
#[must_use]
pub fn data_folder(config: &Config) -> &Path {
    &config.server.data
}
