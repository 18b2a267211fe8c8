//! What an idle connection and a delivery cost, beside a floor in the same run.
//!
//! - Memory: anonymous memory of the server at 2,000 and at 18,000 connections, the difference
//!   divided by the difference; beside it a task of tokio that holds a TCP stream and nothing else.
//! - Time: CPU of the server for each of the deliveries of a broadcast to 2,000 connections, with
//!   one message outstanding and with eight at once; beside it one thread with epoll and `send`.
//!
//! Clients live in this process, each server in one of its own. All that arrives is compared with
//! what was sent.

#![allow(clippy::print_stdout, reason = "a command talks to its terminal")]

mod bare;
mod broadcast;
mod client;
mod floor;
mod idle;
mod ours;
mod process;
mod wire;

use std::io;

use clap::{Parser, ValueEnum};
use tikv_jemallocator::Jemalloc;

/// The server's own.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Measures memory a connection and CPU a delivery.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// Be a server of this kind instead; prints its address.
    #[arg(long, hide = true)]
    serve: Option<Variant>,
    /// Connections at the lower point of the memory slope.
    #[arg(long, default_value_t = 2_000)]
    idle_from: usize,
    /// Connections at its upper point; this process needs as many descriptors.
    #[arg(long, default_value_t = 18_000)]
    idle_to: usize,
    /// For how long the upper point is held to measure its CPU; pings come after 25.
    #[arg(long, default_value_t = 30)]
    idle_seconds: u64,
    /// Members of the room.
    #[arg(long, default_value_t = 2_000)]
    members: usize,
    /// Interleaved rounds, of which the median is taken.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Messages in a round.
    #[arg(long, default_value_t = 60)]
    broadcasts: usize,
}

/// What a server process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Variant {
    /// This library over hyper.
    Ours,
    /// The same, but frames are queued and then flushed.
    OursQueued,
    /// A task of tokio with a stream in it.
    Bare,
    /// One thread, epoll and one `send` a delivery.
    Floor,
    /// The same, but what came at once is sent at once.
    FloorBatching,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    match arguments.serve {
        Some(Variant::Ours) => ours::serve(ours::Hands::Deliver),
        Some(Variant::OursQueued) => ours::serve(ours::Hands::OfferAndFlush),
        Some(Variant::Bare) => bare::serve(),
        Some(Variant::Floor) => floor::serve(floor::Sends::EachMessage),
        Some(Variant::FloorBatching) => floor::serve(floor::Sends::WhatCameAtOnce),
        None => {
            idle::measure(&arguments)?;
            broadcast::measure(&arguments)
        }
    }
}
