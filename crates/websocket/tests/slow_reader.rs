//! A client that does not read: what waits for it stays bounded, whoever feeds it is told, and it
//! gets everything in order once it reads.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::convert::Infallible;
use std::sync::Arc;

use support::{Echo, Raw, Setup, masked, masked_text, serve};
use tidings_websocket::{
    CloseCode, Deadline, Delivery, Ended, Ephemeral, Flow, Frame, Handler, Message, Offer,
    OutboxLimits, Socket, Timing,
};

const LIMITS: OutboxLimits = OutboxLimits {
    durable_bytes_max: 64 * 1024,
    reply_reserve_bytes: 16 * 1024,
    ephemeral_bytes_max: 16 * 1024,
};
/// Enough to fill what the kernel takes on both sides many times over.
const EVENTS: usize = 5_000;

fn setup() -> Setup {
    Setup {
        outbox: LIMITS,
        ..Setup::default()
    }
}

fn event(number: usize) -> Frame {
    Frame::text(&format!("{number:09}{}", ".".repeat(1000)))
}

/// Brings a log of events to a client, from where it was refused, each time that there is room.
struct Refilling {
    next: usize,
}

impl Refilling {
    fn refill(&mut self, socket: &Socket) {
        while self.next < EVENTS {
            match socket.offer(event(self.next)) {
                Offer::Queued => self.next += 1,
                Offer::Full => return,
                Offer::Closed => panic!("nobody closes here"),
            }
            assert!(socket.queued_bytes() <= LIMITS.durable_bytes_max as usize);
        }
    }
}

impl Handler for Refilling {
    type Outcome = Infallible;

    fn message(&mut self, socket: &Arc<Socket>, _: Message<'_>) -> Flow<Infallible> {
        self.refill(socket);
        Flow::Continue
    }

    fn resumed(&mut self, _: &Arc<Socket>, outcome: Infallible) -> Flow<Infallible> {
        match outcome {}
    }

    fn drained(&mut self, socket: &Arc<Socket>) -> Flow<Infallible> {
        assert!(socket.queued_bytes() <= LIMITS.durable_bytes_max as usize / 2);
        self.refill(socket);
        Flow::Continue
    }
}

#[tokio::test]
async fn everything_arrives_in_order_by_refilling_whenever_there_is_room() {
    let served = serve(setup(), || Refilling { next: 0 }).await;
    let mut raw = Raw::open_narrow(served.address).await;
    raw.send(&masked_text("begin")).await;
    for number in 0..EVENTS {
        let (_, payload) = raw.frame().await;
        assert_eq!(payload[..9], *format!("{number:09}").as_bytes());
    }
}

/// Brings the same log, as much at a time as is taken.
struct Delivering {
    log: Vec<Frame>,
    next: usize,
}

impl Delivering {
    fn deliver(&mut self, socket: &Socket) {
        self.next += match socket.deliver(&self.log[self.next..]) {
            Delivery::Taken => self.log.len() - self.next,
            Delivery::Full { taken } => taken,
            Delivery::Closed => panic!("nobody closes here"),
        };
    }
}

impl Handler for Delivering {
    type Outcome = Infallible;

    fn message(&mut self, socket: &Arc<Socket>, _: Message<'_>) -> Flow<Infallible> {
        self.deliver(socket);
        Flow::Continue
    }

    fn resumed(&mut self, _: &Arc<Socket>, outcome: Infallible) -> Flow<Infallible> {
        match outcome {}
    }

    fn drained(&mut self, socket: &Arc<Socket>) -> Flow<Infallible> {
        self.deliver(socket);
        Flow::Continue
    }
}

#[tokio::test]
async fn a_batch_above_the_limit_is_taken_in_parts_however_fast_the_client_is() {
    let log: Vec<Frame> = (0..EVENTS).map(event).collect();
    let make = move || Delivering {
        log: log.clone(),
        next: 0,
    };
    let served = serve(setup(), make).await;
    let mut raw = Raw::open(served.address, b"").await;
    raw.send(&masked_text("begin")).await;
    for number in 0..EVENTS {
        let (_, payload) = raw.frame().await;
        assert_eq!(payload[..9], *format!("{number:09}").as_bytes());
    }
}

/// Delivers until the socket takes no more; gives how many it took.
fn deliver_until_full(socket: &Socket) -> usize {
    for number in 0..EVENTS {
        match socket.deliver(&[event(number)]) {
            Delivery::Taken => {}
            Delivery::Full { taken: 0 } => return number,
            other => panic!("{other:?}"),
        }
    }
    panic!("a client that reads nothing took everything");
}

#[tokio::test]
async fn what_waits_for_a_client_that_reads_nothing_is_bounded() {
    let mut served = serve(setup(), || Echo).await;
    let mut raw = Raw::open_narrow(served.address).await;
    let socket = served.sockets.recv().await.unwrap();
    let taken = deliver_until_full(&socket);
    assert!(socket.queued_bytes() <= LIMITS.durable_bytes_max as usize);
    assert_eq!(
        socket.offer_ephemeral(Frame::text("typing")),
        Ephemeral::Dropped
    );
    assert_eq!(socket.reply(Frame::text("ack")), Offer::Queued);
    for number in 0..taken {
        assert_eq!(raw.frame().await.1[..9], *format!("{number:09}").as_bytes());
    }
    assert_eq!(raw.frame().await.1, b"ack");
    assert_eq!(socket.queued_bytes(), 0);
}

#[tokio::test]
async fn a_client_that_talks_without_reading_is_not_read_until_it_does() {
    let mut served = serve(setup(), || Echo).await;
    let raw = Raw::open_narrow(served.address).await;
    let socket = served.sockets.recv().await.unwrap();
    let (mut reading, mut writing) = raw.0.into_split();
    let message = "m".repeat(8000);
    let count = EVENTS / 2;
    let frames = masked_text(&message).repeat(count);
    let talking = tokio::spawn(async move {
        tokio::io::AsyncWriteExt::write_all(&mut writing, &frames)
            .await
            .unwrap();
        writing
    });
    let mut back = vec![0; (message.len() + 4) * count];
    for part in back.chunks_mut(message.len() + 4) {
        let most = LIMITS.durable_bytes_max + LIMITS.reply_reserve_bytes;
        assert!(socket.queued_bytes() <= most as usize);
        tokio::io::AsyncReadExt::read_exact(&mut reading, part)
            .await
            .unwrap();
        assert_eq!(part[4..], *message.as_bytes());
    }
    drop(talking.await.unwrap());
}

#[tokio::test]
async fn a_pong_overtakes_what_waits() {
    let mut served = serve(setup(), || Echo).await;
    let mut raw = Raw::open_narrow(served.address).await;
    let socket = served.sockets.recv().await.unwrap();
    let taken = deliver_until_full(&socket);
    raw.send(&masked(0x89, b"alive?")).await;
    raw.send(&masked_text("echo")).await;
    let mut pong_after = None;
    let mut events = 0;
    loop {
        match raw.frame().await {
            (0x8A, payload) => {
                assert_eq!(payload, b"alive?");
                pong_after = Some(events);
            }
            (_, payload) if payload == b"echo" => break,
            _ => events += 1,
        }
    }
    assert_eq!(events, taken);
    assert!(
        pong_after.unwrap() < taken,
        "the pong came after all {taken} events"
    );
}

#[tokio::test]
async fn a_client_that_neither_reads_nor_talks_is_dead_in_time() {
    let timing = Timing::default();
    let mut served = serve(setup(), || Echo).await;
    let raw = Raw::open_narrow(served.address).await;
    let socket = served.sockets.recv().await.unwrap();
    let _ = deliver_until_full(&socket);
    for _ in 0..timing.dead_after.as_millis() / timing.tick.as_millis() {
        served.heartbeat.beat();
    }
    assert_eq!(
        served.ended.recv().await,
        Some(Ended::TimedOut(Deadline::Silence))
    );
    assert_eq!(socket.queued_bytes(), 0);
    drop(raw);
}

#[tokio::test]
async fn a_client_that_does_not_read_cannot_hold_up_its_own_close() {
    let timing = Timing::default();
    let mut served = serve(setup(), || Echo).await;
    let raw = Raw::open_narrow(served.address).await;
    let socket = served.sockets.recv().await.unwrap();
    let _ = deliver_until_full(&socket);
    socket.close(CloseCode::TRY_AGAIN_LATER, "too slow");
    for _ in 0..timing.close_within.as_millis() / timing.tick.as_millis() {
        served.heartbeat.beat();
    }
    assert_eq!(
        served.ended.recv().await,
        Some(Ended::TimedOut(Deadline::Close))
    );
    assert_eq!(socket.queued_bytes(), 0);
    drop(raw);
}

/// Reads half a megabyte in each half of the time after which silence is death: slow, but alive.
#[tokio::test]
async fn a_client_that_takes_what_waits_is_alive_even_if_it_says_nothing() {
    let timing = Timing::default();
    let mut served = serve(setup(), || Refilling { next: 0 }).await;
    let mut raw = Raw::open_narrow(served.address).await;
    raw.send(&masked_text("begin")).await;
    // What the kernel holds at the end is no longer seen to go.
    for number in 0..EVENTS - 500 {
        if number % 500 == 0 {
            for _ in 0..(timing.dead_after / 2).as_millis() / timing.tick.as_millis() {
                served.heartbeat.beat();
            }
        }
        let (first, payload) = raw.frame().await;
        assert_eq!(first, 0x81);
        assert_eq!(payload[..9], *format!("{number:09}").as_bytes());
    }
    assert!(
        served.ended.try_recv().is_err(),
        "it lived for longer than any silence is allowed to last"
    );
}
