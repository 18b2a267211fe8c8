//! This library as the server uses it: hyper, a task a connection, one flusher a room.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use futures_util::FutureExt;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tidings_websocket::{
    Decoder, DecoderLimits, Flow, Frame, Handler, Heartbeat, Message, OutboxLimits, Socket, Timing,
    handshake, upgrade,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// After as many members other rooms get their turn.
const MEMBERS_PER_TURN: usize = 128;

/// How the flusher hands frames to a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hands {
    Deliver,
    OfferAndFlush,
}

/// One room, of which every connection is a member.
struct Room {
    members: Mutex<Vec<Arc<Socket>>>,
    pending: Mutex<Vec<Frame>>,
    flusher: Notify,
    heartbeat: Arc<Heartbeat>,
}

impl Room {
    fn leave(&self, socket: &Arc<Socket>) {
        self.members
            .lock()
            .retain(|other| !Arc::ptr_eq(other, socket));
    }
}

/// Whatever a member sends goes to all members.
struct Member(Arc<Room>);

impl Handler for Member {
    type Outcome = Infallible;

    fn message(&mut self, _: &Arc<Socket>, message: Message<'_>) -> Flow<Infallible> {
        if let Message::Binary(bytes) = message {
            self.0.pending.lock().push(Frame::binary(&bytes));
            self.0.flusher.notify_one();
        }
        Flow::Continue
    }

    fn resumed(&mut self, _: &Arc<Socket>, outcome: Infallible) -> Flow<Infallible> {
        match outcome {}
    }

    fn drained(&mut self, _: &Arc<Socket>) -> Flow<Infallible> {
        Flow::Continue
    }
}

pub(crate) fn serve(hands: Hands) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let heartbeat = Heartbeat::new(Timing::default()).map_err(io::Error::other)?;
        let room = Arc::new(Room {
            members: Mutex::default(),
            pending: Mutex::default(),
            flusher: Notify::new(),
            heartbeat: Arc::clone(&heartbeat),
        });
        tokio::spawn(heartbeat.run());
        tokio::spawn(flush(Arc::clone(&room), hands));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        // The accepting task runs on the one worker, as everything else does.
        tokio::spawn(accept(listener, room)).await?
    })
}

async fn accept(listener: TcpListener, room: Arc<Room>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve_http(stream, Arc::clone(&room)));
    }
}

async fn flush(room: Arc<Room>, hands: Hands) {
    let mut members = Vec::new();
    loop {
        room.flusher.notified().await;
        let pending = std::mem::take(&mut *room.pending.lock());
        let Some(frames) = Frame::joined(&pending) else {
            continue;
        };
        members.extend(room.members.lock().iter().cloned());
        for turn in members.chunks(MEMBERS_PER_TURN) {
            turn.iter().for_each(|member| hand(member, &frames, hands));
            tokio::task::yield_now().await;
        }
        members.clear();
    }
}

/// Nobody is slow here; the client's check of what arrives would find it out.
fn hand(member: &Socket, frames: &Frame, hands: Hands) {
    match hands {
        Hands::Deliver => {
            let _ = member.deliver(std::slice::from_ref(frames));
        }
        Hands::OfferAndFlush => {
            let _ = member.offer(frames.clone());
            member.flush();
        }
    }
}

async fn serve_http(stream: TcpStream, room: Arc<Room>) {
    let service = service_fn(|request| {
        let response = answer(request, &room);
        async { Ok::<_, Infallible>(response) }
    });
    let http = hyper::server::conn::http1::Builder::new();
    // A client that ends here ends the measurement with an error of its own.
    let _ = http
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}

fn answer(mut request: Request<Incoming>, room: &Arc<Room>) -> Response<String> {
    match handshake::check(request.method(), request.version(), request.headers(), &[]) {
        Ok(accepted) => {
            let upgrade = hyper::upgrade::on(&mut request);
            let room = Arc::clone(room);
            tokio::spawn(async move {
                if let Ok(bare) = upgrade::bare(upgrade).await {
                    join(bare, room);
                }
            });
            accepted.response(&[]).map(|()| String::new())
        }
        Err(rejection) => rejection.response().map(|()| rejection.to_string()),
    }
}

fn join(bare: upgrade::Bare, room: Arc<Room>) {
    let socket = Socket::new(bare.stream, OutboxLimits::default(), &room.heartbeat);
    socket.greet();
    room.members.lock().push(Arc::clone(&socket));
    let decoder = Decoder::new(DecoderLimits::default());
    let leave = {
        let (room, socket) = (Arc::clone(&room), Arc::clone(&socket));
        move |_| room.leave(&socket)
    };
    // An async block around it would hold the connection twice: captured, and awaited.
    tokio::spawn(socket.run(bare.glued, decoder, Member(room)).map(leave));
}
