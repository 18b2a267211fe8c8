//! `tidings serve`: from the configuration to an open door, and out again.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use tidings_store_sqlite::OpenError;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::flags::{ConfigFlags, Environment};
use super::{CliError, Terminal};
use crate::app::{self, App};
use crate::config::{Config, ConfigError};
use crate::logs;

/// Tasks that are still there when everything is served have so long to go.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// Serves. Without any flag: on http://127.0.0.1:8080, with ./data as its folder, open to sign-ups.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    flags: ConfigFlags,
}

impl Serve {
    pub(super) fn run(
        self,
        environment: &Environment,
        terminal: &Terminal,
    ) -> Result<(), CliError> {
        let config = self.flags.load(environment)?;
        #[cfg(feature = "planted-bugs")]
        super::planting::plant(environment)?;
        config.check_exposure().map_err(ConfigError::from)?;
        logs::begin(&config.log);
        let folder = &config.server.data;
        make_folder(folder).map_err(|cause| OpenError::from_io(folder, &cause))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(app::threads(&config))
            .enable_all()
            .build()
            .map_err(CliError::system("start threads"))?;
        let served = runtime.block_on(serve(config, terminal));
        // The store's threads commit what they were given before they end.
        runtime.shutdown_timeout(SHUTDOWN);
        served
    }
}

async fn serve(mut config: Config, terminal: &Terminal) -> Result<(), CliError> {
    let mut ends = Ends::listen().map_err(CliError::system("listen for signals"))?;
    let listener = app::bind(config.server.listen)?;
    let address = listener
        .local_addr()
        .map_err(CliError::system("learn the address"))?;
    config.server.listen = address;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        data = %config.server.data.display(),
        sync = ?config.store.sync,
        sign_up = ?config.auth.sign_up,
        "starting"
    );
    let app = App::open(config).await?;
    terminal.say(&format_args!("Tidings is ready on http://{address}"));
    tracing::info!(%address, "ready");
    app::serve(app, listener, ends.next()).await;
    tracing::info!("ended");
    Ok(())
}

/// Makes the folder, and those above it that are missing. What people write is for the owner's eyes.
fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).recursive(true).create(folder)
}

/// What ends a server.
struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        let name = tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        };
        tracing::info!(
            signal = name,
            "ending: no new connections, what is under way may finish"
        );
    }
}
