//! The whole path against a client that is not ours: tokio-tungstenite.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use support::{Echo, Setup, serve};
use tidings_websocket::{CloseCode, Delivery, Ended, Frame};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Client = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn connect(served: &support::Served) -> Client {
    connect_async(format!("ws://{}/", served.address))
        .await
        .unwrap()
        .0
}

async fn next(client: &mut Client) -> Message {
    client.next().await.unwrap().unwrap()
}

#[tokio::test]
async fn messages_of_every_size_come_back() {
    let mut setup = Setup::default();
    setup.decoder.message_bytes_max = 1 << 20;
    setup.outbox.reply_reserve_bytes = 2 << 20;
    let served = serve(setup, || Echo).await;
    let mut client = connect(&served).await;
    for length in [0, 1, 125, 126, 65_535, 65_536, 300_000, 1 << 20] {
        let text = Message::text("é".repeat(length / 2));
        client.send(text.clone()).await.unwrap();
        assert_eq!(next(&mut client).await, text);
        let binary = Message::binary(vec![length as u8; length]);
        client.send(binary.clone()).await.unwrap();
        assert_eq!(next(&mut client).await, binary);
    }
}

#[tokio::test]
async fn many_messages_in_flight_come_back_in_order() {
    let served = serve(Setup::default(), || Echo).await;
    let (mut sink, stream) = connect(&served).await.split();
    let sent = tokio::spawn(async move {
        for number in 0..20_000 {
            sink.feed(Message::text(number.to_string())).await.unwrap();
        }
        sink.flush().await.unwrap();
        sink
    });
    let back: Vec<String> = stream
        .take(20_000)
        .map(|message| message.unwrap().into_text().unwrap().to_string())
        .collect()
        .await;
    assert!(
        back.iter()
            .enumerate()
            .all(|(number, text)| *text == number.to_string())
    );
    drop(sent.await.unwrap());
}

#[tokio::test]
async fn pings_are_answered_with_their_payload() {
    let served = serve(Setup::default(), || Echo).await;
    let mut client = connect(&served).await;
    client.send(Message::Ping("now?".into())).await.unwrap();
    assert_eq!(next(&mut client).await, Message::Pong("now?".into()));
}

#[tokio::test]
async fn the_client_closes_and_gets_its_code_back() {
    let mut served = serve(Setup::default(), || Echo).await;
    let mut client = connect(&served).await;
    let farewell = CloseFrame {
        code: 4001.into(),
        reason: "enough".into(),
    };
    client.close(Some(farewell)).await.unwrap();
    let Message::Close(Some(answer)) = next(&mut client).await else {
        panic!("a close frame is answered by a close frame");
    };
    assert_eq!(u16::from(answer.code), 4001);
    assert!(client.next().await.is_none());
    let code = CloseCode::parse(4001);
    drop(client);
    assert_eq!(served.ended.recv().await, Some(Ended::Clean { code }));
}

#[tokio::test]
async fn the_client_closes_without_a_code() {
    let mut served = serve(Setup::default(), || Echo).await;
    let mut client = connect(&served).await;
    client.close(None).await.unwrap();
    assert_eq!(next(&mut client).await, Message::Close(None));
    drop(client);
    assert_eq!(served.ended.recv().await, Some(Ended::Clean { code: None }));
}

#[tokio::test]
async fn the_server_closes_behind_what_it_had_to_say() {
    let mut served = serve(Setup::default(), || Echo).await;
    let mut client = connect(&served).await;
    let socket = served.sockets.recv().await.unwrap();
    assert_eq!(
        socket.deliver(&[Frame::text("last words")]),
        Delivery::Taken
    );
    socket.close(CloseCode::GOING_AWAY, "restart");
    assert_eq!(socket.deliver(&[Frame::text("too late")]), Delivery::Closed);
    assert!(!socket.is_open());
    assert_eq!(next(&mut client).await, Message::text("last words"));
    let Message::Close(Some(farewell)) = next(&mut client).await else {
        panic!("the close frame comes next");
    };
    assert_eq!(
        (u16::from(farewell.code), farewell.reason.as_str()),
        (1001, "restart")
    );
    assert!(client.next().await.is_none());
    let code = Some(CloseCode::GOING_AWAY);
    drop(client);
    assert_eq!(served.ended.recv().await, Some(Ended::Clean { code }));
}

#[tokio::test]
async fn a_subprotocol_is_agreed_on() {
    let served = serve(Setup::default(), || Echo).await;
    let mut request = format!("ws://{}/", served.address)
        .into_client_request()
        .unwrap();
    let offer = "other, tidings.binary, tidings.json".parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", offer);
    let (_, response) = connect_async(request).await.unwrap();
    assert_eq!(
        response.headers()["sec-websocket-protocol"],
        "tidings.binary"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_of_several_threads_never_interleave() {
    const EACH: usize = 2000;
    let mut served = serve(Setup::default(), || Echo).await;
    let mut client = connect(&served).await;
    let socket = served.sockets.recv().await.unwrap();
    let writers: Vec<_> = ["a", "b", "c", "d"]
        .into_iter()
        .map(|name| {
            let socket = Arc::clone(&socket);
            std::thread::spawn(move || {
                for number in 0..EACH {
                    let frame =
                        Frame::text(&format!("{name} {number} {}", name.repeat(number % 300)));
                    while socket.deliver(std::slice::from_ref(&frame)) != Delivery::Taken {
                        std::thread::yield_now();
                    }
                }
            })
        })
        .collect();
    let mut heard = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..4 * EACH {
        let text = next(&mut client).await.into_text().unwrap();
        let mut words = text.split(' ');
        let (name, number) = (words.next().unwrap(), words.next().unwrap());
        let due = heard.entry(name.to_owned()).or_default();
        assert_eq!(number, due.to_string(), "each thread's frames in its order");
        assert_eq!(words.next().unwrap(), name.repeat(*due % 300));
        *due += 1;
    }
    writers
        .into_iter()
        .for_each(|writer| writer.join().unwrap());
}
