//! F12: somebody opens sockets as fast as can be, and never backs off. They are limited, and the
//! others hardly notice.
//!
//! The hammer takes processors from everybody on this machine. So it hammers at a bare listener first,
//! which closes whatever connects: what the others then wait is the machine's doing.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::failure::{Failure, While};
use crate::figures::{acks_us, percentile};
use crate::herd::{Herd, Manner, Orders};
use crate::judge::Outcome;
use crate::metrics::metric;
use crate::run::{Plan, Run, Setup};
use crate::terminal;

/// Attempts a second.
const PER_S: u32 = 5_000;
/// Attempts under way at a time.
const AT_A_TIME: usize = 256;
/// Where the hammer comes from; all others come from addresses of their own.
const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 66, 0, 1));
/// What the default of `limits.new_connections_per_s_ip` lets through, and some for its burst.
const LET_IN_PER_S: u64 = 40;

pub(crate) async fn run(plan: &Plan) -> Result<Vec<Outcome>, Failure> {
    terminal::step("F12: a client that never backs off");
    let run = Run::begin(plan, "F12", setup()).await?;
    let calm_us = run.recorder.now_us();
    run.go_on(plan.scale.seconds(4, 30)).await;
    let beside_us = run.recorder.now_us();
    let door = Door::open().await?;
    let hammer = Herd::start(&orders(&run, door.address).await?)?;
    run.go_on(plan.scale.seconds(4, 30)).await;
    let beside = hammer.count();
    drop((hammer, door));
    let began_us = run.recorder.now_us();
    run.recorder
        .fault("somebody opens sockets as fast as can be");
    let herd = Herd::start(&orders(&run, run.server.address).await?)?;
    let how_long = plan.scale.seconds(5, 60);
    run.go_on(how_long).await;
    let count = herd.count();
    let ended_us = run.recorder.now_us();
    let refused = metric(&run.server, "tidings_connections_refused_total").await;
    drop(herd);
    run.heal();
    run.go_on(plan.scale.seconds(1, 10)).await;
    let p99 = |from_us, to_us| {
        run.recorder
            .look(|lines| percentile(&acks_us(lines, from_us, to_us), 99))
    };
    let calm_us = p99(calm_us, beside_us);
    let (beside_us, meanwhile_us) = (p99(beside_us, began_us), p99(began_us, ended_us));
    let memory_mib = run.server.memory_bytes() >> 20;
    let injected = format!(
        "{} connects in {} s from one address, without back-off",
        count.attempts,
        how_long.as_secs()
    );
    let mut outcome = run.finish("F12", &injected).await?;
    let refused = refused.unwrap_or(0);
    outcome.says(format!(
        "{} of them became sockets, {refused} were refused",
        count.greeted
    ));
    outcome.says(format!(
        "acks of the others p99 {} ms before, {} ms while a bare listener was hammered at ({} times), \
         {} ms meanwhile; memory {memory_mib} MiB",
        calm_us / 1_000,
        beside_us / 1_000,
        beside.attempts,
        meanwhile_us / 1_000
    ));
    let let_in = LET_IN_PER_S * how_long.as_secs();
    outcome.demands(
        "the hammer is limited",
        refused > 0 && count.greeted <= let_in,
    );
    outcome.demands(
        "there was a hammer",
        count.attempts > 100 * how_long.as_secs() && beside.attempts > 0,
    );
    let what = "acks of the others at most half as late again";
    outcome.takes(what, meanwhile_us, beside_us * 3 / 2, plan.scale.noise_us());
    Ok(vec![outcome])
}

/// This machine's own addresses are limited like anybody's.
fn setup() -> Setup {
    Setup {
        settings: vec![
            "limits.count_loopback=true".to_owned(),
            "limits.anonymous_requests_per_s=1000000".to_owned(),
            "limits.anonymous_requests_burst=1000000".to_owned(),
        ],
        ..Setup::default()
    }
}

async fn orders(run: &Run, at: SocketAddr) -> Result<Orders, Failure> {
    let session = &run.world.people[0].session;
    let granted = session.access_token().await.during("asking for a token")?;
    Ok(Orders {
        server: at,
        tokens: vec![granted.token],
        clients: AT_A_TIME,
        seed: run.plan.seed,
        reads_bytes_per_s: None,
        receive_buffer_bytes: None,
        manner: Manner::Hammer { per_s: PER_S },
        from: Some(FROM),
    })
}

/// A listener that closes whatever connects, until it is dropped.
struct Door {
    address: SocketAddr,
    closing: tokio::task::JoinHandle<()>,
}

impl Door {
    async fn open() -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .during("opening a listener")?;
        let address = listener.local_addr().during("opening a listener")?;
        let closing = tokio::spawn(async move {
            loop {
                drop(listener.accept().await);
            }
        });
        Ok(Self { address, closing })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.closing.abort();
    }
}
