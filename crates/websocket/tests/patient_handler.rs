//! A handler that has to wait for something before it can go on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use parking_lot::Mutex;
use support::{Raw, Setup, masked_text, serve};
use tidings_websocket::{Ended, Flow, Frame, Handler, Message, Offer, Socket, Timing};
use tokio::sync::{Notify, oneshot};

/// Answers every message at once, but for `wait`, which it answers when the test opens the gate.
struct Waiting {
    gate: Arc<Notify>,
    log: Arc<Mutex<Vec<String>>>,
    /// Told when the future of a wait is dropped.
    dropped: Arc<Mutex<Option<oneshot::Sender<()>>>>,
}

impl Waiting {
    fn answer(&self, socket: &Socket, text: &str) {
        self.log.lock().push(text.to_owned());
        assert_eq!(socket.reply(Frame::text(text)), Offer::Queued);
    }
}

impl Handler for Waiting {
    type Outcome = String;

    fn message(&mut self, socket: &Arc<Socket>, message: Message<'_>) -> Flow<String> {
        let Message::Text(text) = message else {
            panic!("this test sends text");
        };
        if text != "wait" {
            self.answer(socket, &text);
            return Flow::Continue;
        }
        self.log.lock().push("waits".to_owned());
        let (gate, dropped) = (Arc::clone(&self.gate), self.dropped.lock().take());
        Flow::Await(Box::pin(async move {
            let _told_when_dropped = dropped;
            gate.notified().await;
            "waited".to_owned()
        }))
    }

    fn resumed(&mut self, socket: &Arc<Socket>, outcome: String) -> Flow<String> {
        self.answer(socket, &outcome);
        Flow::Continue
    }

    fn drained(&mut self, _: &Arc<Socket>) -> Flow<String> {
        Flow::Continue
    }
}

struct Scene {
    served: support::Served,
    raw: Raw,
    gate: Arc<Notify>,
    log: Arc<Mutex<Vec<String>>>,
    dropped: oneshot::Receiver<()>,
}

async fn scene() -> Scene {
    let gate = Arc::new(Notify::new());
    let log = Arc::new(Mutex::new(Vec::new()));
    let (drop_in, dropped) = oneshot::channel();
    let drop_in = Arc::new(Mutex::new(Some(drop_in)));
    let (gate_in, log_in) = (Arc::clone(&gate), Arc::clone(&log));
    let make = move || Waiting {
        gate: Arc::clone(&gate_in),
        log: Arc::clone(&log_in),
        dropped: Arc::clone(&drop_in),
    };
    let served = serve(Setup::default(), make).await;
    let raw = Raw::open(served.address, b"").await;
    Scene {
        served,
        raw,
        gate,
        log,
        dropped,
    }
}

async fn texts(raw: &mut Raw, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for _ in 0..count {
        texts.push(String::from_utf8(raw.frame().await.1).unwrap());
    }
    texts
}

#[tokio::test]
async fn what_came_behind_waits_and_then_comes_in_order() {
    let mut scene = scene().await;
    let frames = ["a", "wait", "b", "wait", "c"].map(masked_text).concat();
    scene.raw.send(&frames).await;
    assert_eq!(texts(&mut scene.raw, 1).await, ["a"]);
    scene.raw.send(&masked_text("d")).await;
    assert_eq!(*scene.log.lock(), ["a", "waits"]);
    scene.gate.notify_one();
    assert_eq!(texts(&mut scene.raw, 2).await, ["waited", "b"]);
    scene.gate.notify_one();
    assert_eq!(texts(&mut scene.raw, 3).await, ["waited", "c", "d"]);
}

#[tokio::test]
async fn events_are_written_while_the_handler_waits() {
    let mut scene = scene().await;
    let socket = scene.served.sockets.recv().await.unwrap();
    scene
        .raw
        .send(&["a", "wait"].map(masked_text).concat())
        .await;
    assert_eq!(texts(&mut scene.raw, 1).await, ["a"]);
    assert_eq!(socket.offer(Frame::text("event")), Offer::Queued);
    socket.flush();
    assert_eq!(texts(&mut scene.raw, 1).await, ["event"]);
}

#[tokio::test]
async fn a_client_is_not_taken_for_dead_while_its_handler_waits() {
    let mut scene = scene().await;
    let timing = Timing::default();
    scene
        .raw
        .send(&["a", "wait"].map(masked_text).concat())
        .await;
    assert_eq!(texts(&mut scene.raw, 1).await, ["a"]);
    for _ in 0..2 * timing.dead_after.as_millis() / timing.tick.as_millis() {
        scene.served.heartbeat.beat();
    }
    scene.gate.notify_one();
    assert_eq!(texts(&mut scene.raw, 1).await, ["waited"]);
}

#[tokio::test]
async fn a_kill_drops_what_the_handler_waits_for() {
    let mut scene = scene().await;
    let socket = scene.served.sockets.recv().await.unwrap();
    scene
        .raw
        .send(&["a", "wait"].map(masked_text).concat())
        .await;
    assert_eq!(texts(&mut scene.raw, 1).await, ["a"]);
    socket.kill();
    assert_eq!(scene.served.ended.recv().await, Some(Ended::Killed));
    assert!(
        scene.dropped.await.is_err(),
        "the future's end of the channel is gone"
    );
}
