//! Memory of an idle connection, and the CPU that its heartbeat takes.

use std::io;
use std::time::{Duration, Instant};

use crate::client::Clients;
use crate::process::Server;
use crate::{Arguments, Variant};

pub(crate) fn measure(arguments: &Arguments) -> io::Result<()> {
    println!(
        "Idle: {} to {} connections, then {} s",
        arguments.idle_from, arguments.idle_to, arguments.idle_seconds
    );
    println!(
        "| | bytes a connection | µs a second a connection | bytes kept of each once all left |"
    );
    println!("|---|---:|---:|---:|");
    let bare = slope(arguments, Variant::Bare, 1)?;
    bare.print("a tokio task with a stream", &bare);
    slope(arguments, Variant::Ours, 2)?.print("ours", &bare);
    println!();
    Ok(())
}

struct Idle {
    bytes: f64,
    cpu_us: f64,
    kept: f64,
}

impl Idle {
    fn print(&self, name: &str, bare: &Self) {
        let Self {
            bytes,
            cpu_us,
            kept,
        } = self;
        let ratio = bytes / bare.bytes;
        println!("| {name} | {bytes:.0} ({ratio:.2} ×) | {cpu_us:.2} | {kept:.0} |");
    }
}

fn slope(arguments: &Arguments, variant: Variant, pong_bytes: usize) -> io::Result<Idle> {
    let server = Server::start(variant)?;
    let before = server.memory_bytes()?;
    let mut clients = Clients::new(server.address)?;
    clients.grow(arguments.idle_from, pong_bytes)?;
    let low = server.memory_bytes()?;
    clients.grow(arguments.idle_to, pong_bytes)?;
    let high = server.memory_bytes()?;
    let started = server.cpu_ns()?;
    let time = Duration::from_secs(arguments.idle_seconds);
    clients.answer_pings(Instant::now() + time)?;
    let cpu_ns = server.cpu_ns()? - started;
    let count = clients.len() as f64;
    drop(clients);
    let after = settled(&server)?;
    let connections = (arguments.idle_to - arguments.idle_from) as f64;
    Ok(Idle {
        bytes: high.saturating_sub(low) as f64 / connections,
        cpu_us: cpu_ns as f64 / 1000.0 / count / time.as_secs_f64(),
        kept: after.saturating_sub(before) as f64 / count,
    })
}

/// The server's memory once it has no more to do.
fn settled(server: &Server) -> io::Result<u64> {
    let mut cpu = server.cpu_ns()?;
    loop {
        std::thread::sleep(Duration::from_millis(1500));
        let now = server.cpu_ns()?;
        if now - cpu < 3_000_000 {
            return server.memory_bytes();
        }
        cpu = now;
    }
}
