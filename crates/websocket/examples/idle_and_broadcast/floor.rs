//! One thread, epoll and `send`: what the kernel takes for a broadcast, without any feature.

use std::io::{self, Read, Write};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::wire::{UPGRADE_RESPONSE, broadcast_frame, masked_message};

const LISTENER: Token = Token(usize::MAX);

/// What one system call carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sends {
    EachMessage,
    WhatCameAtOnce,
}

pub(crate) fn serve(sends: Sends) -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(1024);
    let mut listener = TcpListener::bind("127.0.0.1:0".parse().map_err(io::Error::other)?)?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    println!("{}", listener.local_addr()?);
    let mut members: Vec<TcpStream> = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            match event.token() {
                LISTENER => accept(&poll, &listener, &mut members)?,
                Token(member) => {
                    while let Ok(length @ 1..) = members[member].read(&mut buffer) {
                        react(&mut members, member, &buffer[..length], sends)?;
                    }
                }
            }
        }
    }
}

fn accept(poll: &Poll, listener: &TcpListener, members: &mut Vec<TcpStream>) -> io::Result<()> {
    while let Ok((mut stream, _)) = listener.accept() {
        stream.set_nodelay(true)?;
        let token = Token(members.len());
        poll.registry()
            .register(&mut stream, token, Interest::READABLE)?;
        members.push(stream);
    }
    Ok(())
}

/// A request is answered, a ping too, and messages go to all.
fn react(members: &mut [TcpStream], member: usize, input: &[u8], sends: Sends) -> io::Result<()> {
    match input[0] {
        b'G' => return members[member].write_all(UPGRADE_RESPONSE),
        0x89 => return members[member].write_all(&[0x8A, 0]),
        _ => {}
    }
    let messages = input.len() / masked_message().len();
    let (times, bytes) = match sends {
        Sends::EachMessage => (messages, broadcast_frame()),
        Sends::WhatCameAtOnce => (1, broadcast_frame().repeat(messages)),
    };
    for _ in 0..times {
        for member in &mut *members {
            member.write_all(&bytes)?;
        }
    }
    Ok(())
}
