//! Members against a floor in another thread, and against servers that break a promise.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use super::driver::Driver;
use super::orders::{Begin, Load, Manner, Pace, Ran, Refusals, RoomSeats, Target, Until};
use super::wire::{self, Opcode};
use crate::floor::{Floor, words};

fn floor() -> SocketAddr {
    let floor = Floor::bind().unwrap();
    let address = floor.address().unwrap();
    std::thread::spawn(move || floor.serve());
    address
}

fn driver(address: SocketAddr, rooms: &[std::ops::Range<u32>]) -> Driver {
    let rooms = (0..).zip(rooms).map(|(n, users): (u32, _)| RoomSeats {
        name: n.to_string(),
        users: users.clone(),
    });
    let begin = Begin {
        users: 0..100,
        address: address.into(),
        target: Target::Floor,
        rooms: rooms.collect(),
    };
    Driver::new(begin).unwrap()
}

fn load(rooms: u32, pace: Pace) -> Load {
    Load {
        rooms: 0..rooms,
        senders_per_room: 2,
        pace,
        duration_ms: 100,
        text_bytes: 200,
        refusals: Refusals::Fault,
    }
}

const WINDOW: Pace = Pace::Window {
    in_flight: 3,
    until: Until::HeardByAll,
};

fn heard_by(ran: &Ran, members: u64) {
    assert!(ran.sent > 0);
    assert_eq!(ran.deliveries, ran.sent * members);
    assert!(ran.latency.quantile_ns(0.5) > 0 && ran.elapsed_ns > 0);
}

#[test]
fn members_of_several_rooms_hear_all_that_is_said() {
    let mut driver = driver(floor(), &[0..50, 0..50, 50..100]);
    driver.open(0..60, Manner::Ordinary, |_, _| ()).unwrap();
    driver.open(60..100, Manner::Narrow, |_, _| ()).unwrap();
    heard_by(&driver.run(&load(3, WINDOW), |_, _| ()).unwrap(), 50);
    let rate = load(2, Pace::Rate { per_s: 1_000.0 });
    let ran = driver.run(&rate, |_, _| ()).unwrap();
    heard_by(&ran, 50);
    assert_eq!(ran.sent, 100);
}

/// A server of one room that numbers what it hears as `seqs` says, for each of its two members.
fn dishonest(seqs: [[u64; 2]; 2]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut members: Vec<TcpStream> = (0..2).map(|_| welcome(&listener)).collect();
        let mut buffer = [0; 4_096];
        for nth in 0..2 {
            if members[0].read(&mut buffer).unwrap_or(0) == 0 {
                return;
            }
            for (member, seqs) in members.iter_mut().zip(seqs) {
                let stamp = format!("{:020} {:010} ", 5, 0);
                let mut frame = Vec::new();
                let event = words::event(0, seqs[nth], stamp.as_bytes());
                wire::put_plain(&mut frame, Opcode::Binary, &event);
                drop(member.write_all(&frame));
            }
        }
        drop(members[0].read(&mut buffer));
    });
    address
}

fn welcome(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().unwrap();
    let mut buffer = [0; 4_096];
    let length = stream.read(&mut buffer).unwrap();
    assert!(buffer[..length].ends_with(b"\r\n\r\n"));
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        wire::ACCEPT
    );
    stream.write_all(answer.as_bytes()).unwrap();
    assert!(stream.read(&mut buffer).unwrap() > 0);
    let mut joined = Vec::new();
    wire::put_plain(&mut joined, Opcode::Text, b"joined");
    stream.write_all(&joined).unwrap();
    stream
}

fn run_against(seqs: [[u64; 2]; 2]) -> Result<Ran, String> {
    let mut driver = driver(dishonest(seqs), std::slice::from_ref(&(0..2)));
    driver.open(0..2, Manner::Ordinary, |_, _| ())?;
    let pace = Pace::Window {
        in_flight: 1,
        until: Until::HeardByAll,
    };
    let load = Load {
        senders_per_room: 1,
        ..load(1, pace)
    };
    driver.run(&load, |_, _| ())
}

#[test]
fn a_run_that_lost_doubled_or_mixed_up_something_fails() {
    for (seqs, fault) in [
        ([[1, 2], [1, 3]], "event 2 was lost"),
        ([[1, 3], [1, 3]], "event 2 was lost"),
        ([[1, 1], [1, 2]], "came twice or too late"),
        ([[2, 3], [1, 2]], "came twice or too late"),
    ] {
        let error = run_against(seqs).unwrap_err();
        assert!(error.contains(fault), "{seqs:?}: {error}");
    }
}
