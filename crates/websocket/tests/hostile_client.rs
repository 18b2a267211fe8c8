//! Clients that break rules, stall, vanish or flood, and what becomes of them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use support::{Echo, Greeting, Raw, Served, Setup, UPGRADE, masked, masked_text, serve};
use tidings_websocket::{
    CloseCode, Deadline, Ended, Flow, Frame, Handler, Message, Offer, Socket, Timing, Violation,
};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

async fn echo() -> Served {
    serve(Setup::default(), || Echo).await
}

/// Lets as much time pass as the heartbeat sees in `time`, at once.
fn pass(served: &Served, time: Duration) {
    let tick = Timing::default().tick;
    (0..time.as_millis() / tick.as_millis()).for_each(|_| served.heartbeat.beat());
}

#[tokio::test]
async fn requests_that_are_no_upgrade_are_told_what_would_be() {
    let served = echo().await;
    let version = "HTTP/1.1 426 Upgrade Required\r\n";
    for (from, to, status) in [
        ("GET", "POST", "HTTP/1.1 405 Method Not Allowed\r\n"),
        ("HTTP/1.1", "HTTP/1.0", "HTTP/1.0 400 Bad Request\r\n"),
        ("Version: 13", "Version: 8", version),
        ("Upgrade: websocket\r\n", "", version),
        (
            "Sec-WebSocket-Key: ",
            "X-Key: ",
            "HTTP/1.1 400 Bad Request\r\n",
        ),
        ("NLPQ==", "AAAA==", "HTTP/1.1 400 Bad Request\r\n"),
        (
            "Host: server.example.com\r\n",
            "",
            "HTTP/1.1 400 Bad Request\r\n",
        ),
    ] {
        let mut raw = Raw(TcpStream::connect(served.address).await.unwrap());
        let request = UPGRADE.replace("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBubNLPQ==");
        raw.send(request.replace(from, to).as_bytes()).await;
        let head = raw.read_head().await;
        assert!(head.starts_with(status), "{from} for {to}: {head}");
        assert_eq!(
            status == version,
            head.contains("sec-websocket-version: 13\r\n"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn frames_glued_to_the_request_are_read_first() {
    let served = echo().await;
    let glued = [masked_text("one"), masked_text("two")[..4].to_vec()].concat();
    let mut raw = Raw::open(served.address, &glued).await;
    raw.send(&masked_text("two")[4..]).await;
    assert_eq!(raw.frame().await, (0x81, b"one".to_vec()));
    assert_eq!(raw.frame().await, (0x81, b"two".to_vec()));
}

#[tokio::test]
async fn a_client_that_sends_byte_by_byte_is_understood() {
    let served = echo().await;
    let mut raw = Raw::open(served.address, b"").await;
    raw.0.set_nodelay(true).unwrap();
    let text = "a message of more than a hundred and twenty-five bytes ".repeat(3);
    for byte in masked_text(&text) {
        raw.send(&[byte]).await;
    }
    assert_eq!(raw.frame().await, (0x81, text.into_bytes()));
    for byte in masked(0x89, b"ping") {
        raw.send(&[byte]).await;
    }
    assert_eq!(raw.frame().await, (0x8A, b"ping".to_vec()));
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_is_told_how_and_left() {
    for (bytes, violation, code) in [
        (b"\x81\x02hi".to_vec(), Violation::Unmasked, 1002),
        (masked(0xC1, b"hi"), Violation::ReservedBit, 1002),
        (masked(0x83, b"hi"), Violation::UnknownOpcode, 1002),
        (masked(0x89, &[0; 126]), Violation::ControlTooLong, 1002),
        (masked(0x09, b""), Violation::ControlFragmented, 1002),
        (masked(0x80, b""), Violation::ContinuationOfNothing, 1002),
        (
            vec![0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0],
            Violation::LengthOutOfRange,
            1002,
        ),
        (masked(0x81, b"\xFF"), Violation::Utf8, 1007),
        (masked(0x82, &[0; 65_537]), Violation::MessageTooBig, 1009),
        (
            masked(0x02, b"")
                .repeat(1)
                .into_iter()
                .chain(masked(0, b"").repeat(128))
                .collect(),
            Violation::TooManyFragments,
            1009,
        ),
        (masked(0x88, b"\x03\xEE"), Violation::CloseCode, 1002),
        (masked(0x88, b"\x03"), Violation::CloseTooShort, 1002),
    ] {
        let mut served = echo().await;
        let mut raw = Raw::open(served.address, b"").await;
        raw.send(&masked_text("before")).await;
        assert_eq!(raw.frame().await, (0x81, b"before".to_vec()));
        raw.send(&[bytes, masked_text("behind")].concat()).await;
        assert_eq!(raw.expect_close(code).await, violation.to_string());
        drop(raw);
        assert_eq!(served.ended.recv().await, Some(Ended::Error(violation)));
    }
}

#[tokio::test]
async fn a_violation_in_a_flood_is_still_told() {
    let mut served = echo().await;
    let raw = Raw::open(served.address, b"").await;
    let (mut reading, mut writing) = raw.0.into_split();
    let flood = tokio::spawn(async move {
        let junk = [b"\x81\x02hi".to_vec(), vec![0xFF; 1 << 20]].concat();
        for _ in 0..8 {
            if tokio::io::AsyncWriteExt::write_all(&mut writing, &junk)
                .await
                .is_err()
            {
                break;
            }
        }
    });
    let mut answer = Vec::new();
    reading.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer[..4], [0x88, answer.len() as u8 - 2, 0x03, 0xEA]);
    flood.await.unwrap();
    drop(reading);
    assert_eq!(
        served.ended.recv().await,
        Some(Ended::Error(Violation::Unmasked))
    );
}

#[tokio::test]
async fn what_follows_a_close_is_ignored() {
    let mut served = echo().await;
    let mut raw = Raw::open(served.address, b"").await;
    let after = [
        masked(0x88, b"\x03\xE8"),
        masked_text("late"),
        vec![0xFF; 100],
    ]
    .concat();
    raw.send(&after).await;
    raw.expect_close(1000).await;
    drop(raw);
    let code = Some(CloseCode::NORMAL);
    assert_eq!(served.ended.recv().await, Some(Ended::Clean { code }));
}

#[tokio::test]
async fn a_flood_of_pings_is_answered_without_filling_memory() {
    let mut served = echo().await;
    let mut raw = Raw::open(served.address, b"").await;
    let socket = served.sockets.recv().await.unwrap();
    let flood = masked(0x89, &[b'.'; 100]).repeat(50_000);
    let (mut reading, mut writing) = raw.0.split();
    let send = async {
        tokio::io::AsyncWriteExt::write_all(&mut writing, &flood)
            .await
            .unwrap();
        let last = [masked(0x89, b"last"), masked_text("done")].concat();
        tokio::io::AsyncWriteExt::write_all(&mut writing, &last)
            .await
            .unwrap();
    };
    let receive = async {
        let mut pongs = 0;
        let mut frame = [0; 102];
        loop {
            reading.read_exact(&mut frame[..2]).await.unwrap();
            let length = usize::from(frame[1]);
            reading.read_exact(&mut frame[2..2 + length]).await.unwrap();
            match (frame[0], &frame[2..2 + length]) {
                (0x8A, b"last") => break pongs,
                (first, _) => assert_eq!(first, 0x8A),
            }
            pongs += 1;
        }
    };
    let ((), pongs) = tokio::join!(send, receive);
    assert!((1..=50_000).contains(&pongs));
    assert_eq!(raw.frame().await, (0x81, b"done".to_vec()));
    assert_eq!(socket.queued_bytes(), 0);
}

#[tokio::test]
async fn a_reset_ends_the_connection() {
    let mut served = echo().await;
    let raw = Raw::open(served.address, b"").await;
    let socket = served.sockets.recv().await.unwrap();
    raw.0.set_zero_linger().unwrap();
    drop(raw);
    assert_eq!(served.ended.recv().await, Some(Ended::PeerGone));
    assert_eq!(socket.offer(Frame::text("anyone?")), Offer::Closed);
}

#[tokio::test]
async fn an_end_of_stream_without_a_close_frame_ends_the_connection() {
    let mut served = echo().await;
    let mut raw = Raw::open(served.address, b"").await;
    raw.send(&masked_text("cut off")[..7]).await;
    tokio::io::AsyncWriteExt::shutdown(&mut raw.0)
        .await
        .unwrap();
    assert_eq!(served.ended.recv().await, Some(Ended::PeerGone));
    assert_eq!(raw.0.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_close_frame_and_an_end_of_stream_at_once_are_answered() {
    let mut served = echo().await;
    let mut raw = Raw::open(served.address, b"").await;
    raw.send(&masked(0x88, b"\x0F\xA0")).await;
    tokio::io::AsyncWriteExt::shutdown(&mut raw.0)
        .await
        .unwrap();
    raw.expect_close(4000).await;
    let code = CloseCode::parse(4000);
    assert_eq!(served.ended.recv().await, Some(Ended::Clean { code }));
}

#[tokio::test]
async fn a_silent_client_is_pinged_and_then_dead() {
    let timing = Timing::default();
    let mut served = echo().await;
    let mut raw = Raw::open(served.address, b"").await;
    served.sockets.recv().await.unwrap();
    pass(&served, timing.ping_after);
    assert_eq!(raw.frame().await, (0x89, vec![]));
    pass(&served, timing.dead_after - timing.ping_after);
    assert_eq!(raw.expect_close(3008).await, "nothing heard");
    assert_eq!(
        served.ended.recv().await,
        Some(Ended::TimedOut(Deadline::Silence))
    );
}

#[tokio::test]
async fn the_heartbeat_beats_by_itself_when_it_is_run() {
    let timing = Timing {
        tick: Duration::from_millis(5),
        ping_after: Duration::from_millis(20),
        dead_after: Duration::from_millis(200),
        ..Timing::default()
    };
    let setup = Setup {
        timing,
        ..Setup::default()
    };
    let mut served = serve(setup, || Echo).await;
    tokio::spawn(Arc::clone(&served.heartbeat).run());
    let mut raw = Raw::open(served.address, b"").await;
    assert_eq!(raw.frame().await, (0x89, vec![]));
    raw.expect_close(3008).await;
    assert_eq!(
        served.ended.recv().await,
        Some(Ended::TimedOut(Deadline::Silence))
    );
}

#[tokio::test]
async fn any_byte_is_a_sign_of_life() {
    let timing = Timing::default();
    let mut served = echo().await;
    let mut raw = Raw::open(served.address, b"").await;
    served.sockets.recv().await.unwrap();
    for round in 0..5 {
        pass(&served, timing.dead_after - timing.tick);
        assert_eq!(raw.frame().await, (0x89, vec![]), "round {round}");
        raw.send(&masked_text("here")).await;
        assert_eq!(raw.frame().await, (0x81, b"here".to_vec()));
    }
    pass(&served, timing.dead_after);
    assert_eq!(raw.frame().await, (0x89, vec![]));
    raw.expect_close(3008).await;
}

#[tokio::test]
async fn who_does_not_say_hello_is_closed_however_lively() {
    let timing = Timing::default();
    let setup = Setup {
        greeting: Greeting::Never,
        ..Setup::default()
    };
    let mut served = serve(setup, || Echo).await;
    let mut raw = Raw::open(served.address, b"").await;
    served.sockets.recv().await.unwrap();
    pass(&served, timing.hello_within - timing.tick);
    raw.send(&masked_text("not a hello")).await;
    assert_eq!(raw.frame().await.0, 0x81);
    pass(&served, timing.tick);
    assert_eq!(
        raw.frame().await,
        (0x88, b"\x0B\xC0hello expected".to_vec())
    );
    raw.send(&masked(0x88, b"\x0B\xC0")).await;
    assert_eq!(raw.0.read(&mut [0]).await.unwrap(), 0);
    drop(raw);
    assert_eq!(
        served.ended.recv().await,
        Some(Ended::TimedOut(Deadline::Hello))
    );
}

#[tokio::test]
async fn a_client_that_does_not_answer_the_close_is_left_behind() {
    let mut served = echo().await;
    let mut raw = Raw::open(served.address, b"").await;
    let socket = served.sockets.recv().await.unwrap();
    socket.close(CloseCode::POLICY, "out");
    raw.send(&masked_text("still talking")).await;
    pass(&served, Timing::default().close_within);
    assert_eq!(
        served.ended.recv().await,
        Some(Ended::TimedOut(Deadline::Close))
    );
    assert_eq!(raw.expect_close(1008).await, "out");
}

#[tokio::test]
async fn a_client_that_closes_and_stays_is_left_behind() {
    let mut served = echo().await;
    let mut raw = Raw::open(served.address, b"").await;
    raw.send(&masked(0x88, b"\x03\xE8")).await;
    raw.expect_close(1000).await;
    pass(&served, Timing::default().close_within);
    let code = Some(CloseCode::NORMAL);
    assert_eq!(served.ended.recv().await, Some(Ended::Clean { code }));
}

#[tokio::test]
async fn a_killed_connection_is_over_at_once() {
    let mut served = echo().await;
    let mut raw = Raw::open(served.address, b"").await;
    let socket = served.sockets.recv().await.unwrap();
    socket.kill();
    assert_eq!(served.ended.recv().await, Some(Ended::Killed));
    assert_eq!(raw.0.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn the_heartbeat_forgets_who_is_gone() {
    let mut served = echo().await;
    let raw = Raw::open(served.address, b"").await;
    let socket = served.sockets.recv().await.unwrap();
    assert_eq!(served.heartbeat.sockets(), 1);
    drop((raw, socket));
    assert_eq!(served.ended.recv().await, Some(Ended::PeerGone));
    assert_eq!(served.heartbeat.sockets(), 0);
}

/// Counts what each of two clients had handled.
struct Counting(Arc<parking_lot::Mutex<Vec<&'static str>>>);

impl Handler for Counting {
    type Outcome = Infallible;

    fn message(&mut self, _: &Arc<Socket>, message: Message<'_>) -> Flow<Infallible> {
        let name = if message == Message::Text("calm".into()) {
            "calm"
        } else {
            "flood"
        };
        self.0.lock().push(name);
        Flow::Continue
    }

    fn resumed(&mut self, _: &Arc<Socket>, outcome: Infallible) -> Flow<Infallible> {
        match outcome {}
    }

    fn drained(&mut self, _: &Arc<Socket>) -> Flow<Infallible> {
        Flow::Continue
    }
}

/// On one thread, both clients' input lies ready before the server reads any of it.
#[tokio::test]
async fn a_flooding_client_lets_others_come_between() {
    const FLOOD: usize = 10_000;
    let handled = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let counting = Arc::clone(&handled);
    let mut served = serve(Setup::default(), move || Counting(Arc::clone(&counting))).await;
    let flooding = Raw::open(served.address, b"").await;
    let calm = Raw::open(served.address, b"").await;
    let flood = masked_text("").repeat(FLOOD);
    assert_eq!(flooding.0.try_write(&flood).unwrap(), flood.len());
    calm.0.try_write(&masked_text("calm")).unwrap();
    drop((flooding, calm));
    served.ended.recv().await.unwrap();
    served.ended.recv().await.unwrap();
    let handled = handled.lock();
    assert_eq!(handled.len(), FLOOD + 1);
    let place = handled.iter().position(|name| *name == "calm").unwrap();
    assert!(place < FLOOD / 2, "the calm client came {place}th");
}
