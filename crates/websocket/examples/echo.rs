//! Bare echo: every message comes back as it was sent, over the same handshake, decoder, outbox and
//! heartbeat that the server uses. An outside conformance suite can be pointed at it.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command talks to its terminal"
)]

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tidings_websocket::{
    Decoder, DecoderLimits, Flow, Frame, Handler, Heartbeat, Message, OutboxLimits, Socket, Timing,
    handshake, upgrade,
};
use tokio::net::{TcpListener, TcpStream};

/// Of all headers of a request together.
const HEADER_BYTES_MAX: usize = 8 * 1024;
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(5);
/// A reply is a message with a header before it.
const FRAME_HEADER_BYTES_MAX: u32 = 10;

/// Serves WebSocket echo and nothing else.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen, as in 127.0.0.1:9001; port 0 takes any.
    address: SocketAddr,
    /// The longest message that is taken, in bytes.
    #[arg(long, default_value_t = 32 * 1024 * 1024)]
    message_bytes_max: u32,
    /// The most fragments that a message may come in.
    #[arg(long, default_value_t = u32::MAX)]
    fragments_max: u32,
}

/// What all connections share.
struct Shared {
    decoder: DecoderLimits,
    outbox: OutboxLimits,
    heartbeat: Arc<Heartbeat>,
}

struct Echo;

impl Handler for Echo {
    type Outcome = Infallible;

    fn message(&mut self, socket: &Arc<Socket>, message: Message<'_>) -> Flow<Infallible> {
        let frame = match message {
            Message::Text(text) => Frame::text(&text),
            Message::Binary(bytes) => Frame::binary(&bytes),
        };
        let offer = socket.reply(frame);
        debug_assert_ne!(
            offer,
            tidings_websocket::Offer::Full,
            "one reply a message always fits"
        );
        Flow::Continue
    }

    fn resumed(&mut self, _: &Arc<Socket>, outcome: Infallible) -> Flow<Infallible> {
        match outcome {}
    }

    fn drained(&mut self, _: &Arc<Socket>) -> Flow<Infallible> {
        Flow::Continue
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let heartbeat = Heartbeat::new(Timing::default()).map_err(io::Error::other)?;
    tokio::spawn(Arc::clone(&heartbeat).run());
    let shared = Arc::new(Shared {
        decoder: DecoderLimits {
            message_bytes_max: arguments.message_bytes_max,
            fragments_max: arguments.fragments_max,
        },
        outbox: OutboxLimits {
            reply_reserve_bytes: arguments.message_bytes_max + FRAME_HEADER_BYTES_MAX,
            ..OutboxLimits::default()
        },
        heartbeat,
    });
    let listener = TcpListener::bind(arguments.address).await?;
    println!("echo listens on ws://{}", listener.local_addr()?);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(serve(stream, Arc::clone(&shared)))),
            Err(error) => eprintln!("not accepted: {error}"),
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| {
        let response = answer(request, &shared);
        async { Ok::<_, Infallible>(response) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    if let Err(error) = served.await {
        eprintln!("not served: {error}");
    }
}

fn answer(mut request: Request<Incoming>, shared: &Arc<Shared>) -> Response<Full<Bytes>> {
    let judged = handshake::check(request.method(), request.version(), request.headers(), &[]);
    match judged {
        Ok(accepted) => {
            let upgrade = hyper::upgrade::on(&mut request);
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                match upgrade::bare(upgrade).await {
                    Ok(bare) => echo(bare, &shared),
                    Err(error) => eprintln!("not upgraded: {error}"),
                }
            });
            accepted.response(&[]).map(|()| Full::default())
        }
        Err(rejection) => rejection
            .response()
            .map(|()| Full::from(rejection.to_string())),
    }
}

fn echo(bare: upgrade::Bare, shared: &Shared) {
    let socket = Socket::new(bare.stream, shared.outbox, &shared.heartbeat);
    socket.greet();
    tokio::spawn(socket.run(bare.glued, Decoder::new(shared.decoder), Echo));
}
