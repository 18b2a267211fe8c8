//! A plan in words, as the head of a transcript.

use std::fmt;

use super::{Cut, Honesty, Plan, Step};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {}: {} users, {} shards, {} bytes of recent events, reads up to {} ms, syncs up to {} ms{}",
            self.seed,
            self.users,
            self.server.shards,
            self.server.recent_bytes,
            self.disk.read_ms,
            self.disk.sync_ms,
            if self.disk.honesty == Honesty::Lies {
                ", and the disk lies"
            } else {
                ""
            }
        )?;
        for (number, room) in self.rooms.iter().enumerate() {
            let members: Vec<String> = room.members.iter().map(|user| format!("u{user}")).collect();
            writeln!(
                f,
                "  r{number} of {}, history {}",
                members.join(" "),
                room.history.as_str()
            )?;
        }
        for (number, client) in self.clients.iter().enumerate() {
            if self.takes_part(number) {
                writeln!(
                    f,
                    "  c{number} of u{}: {:?}, {}-{} ms, window {} bytes, outbox {} bytes{}",
                    client.user,
                    client.encoding,
                    client.delay_ms.0,
                    client.delay_ms.1,
                    client.window_bytes,
                    client.outbox_bytes,
                    if client.watches { ", watches" } else { "" }
                )?;
            }
        }
        for (at_ms, step) in &self.steps {
            writeln!(f, "  {:>4}.{:03} s  {step}", at_ms / 1_000, at_ms % 1_000)?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Say {
                client,
                room,
                bytes,
            } => write!(f, "c{client} says {bytes} bytes in r{room}"),
            Self::Post {
                client,
                room,
                times,
            } => write!(f, "c{client} posts to r{room}, {times} times"),
            Self::Read { client, room } => write!(f, "c{client} has read r{room}"),
            Self::Got { client, room } => write!(f, "c{client} has got r{room}"),
            Self::Types { client, room } => write!(f, "c{client} types in r{room}"),
            Self::Status { client, is } => write!(f, "c{client} is {is:?}"),
            Self::Add { client, room, user } => write!(f, "c{client} adds u{user} to r{room}"),
            Self::Remove { client, room, user } => {
                write!(f, "c{client} takes u{user} out of r{room}")
            }
            _ => suffered(self, f),
        }
    }
}

fn suffered(step: &Step, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match step {
        Step::Revoke { client } => write!(f, "the session of c{client} is ended"),
        Step::Cut {
            client,
            arrives,
            how,
        } => {
            let how = match how {
                Cut::Reset => "reset",
                Cut::Silent => "cut in silence",
            };
            write!(
                f,
                "c{client} is {how}, {arrives}/1000 of what is on its way arrive"
            )
        }
        Step::Stall { client, ms } => write!(f, "nothing reaches c{client} for {ms} ms"),
        Step::Slow { client, bytes, ms } => {
            write!(f, "c{client} reads {bytes} bytes in 100 ms, for {ms} ms")
        }
        Step::Unplug { client, ms } => write!(f, "c{client} has no line for {ms} ms"),
        Step::Away {
            client,
            ms,
            goodbye,
        } => {
            let how = if *goodbye { "closed" } else { "killed" };
            write!(f, "the application c{client} is {how} for {ms} ms")
        }
        Step::Crash { ms, tail } => {
            let tail = if *tail { "kept" } else { "lost" };
            write!(
                f,
                "the server is killed for {ms} ms, what was not synced is {tail}"
            )
        }
        Step::Deploy { ms } => write!(f, "the server is restarted in order, {ms} ms"),
        Step::DiskFails { ms, done } => {
            write!(
                f,
                "commits fail for {ms} ms, {done}/1000 of them are done nevertheless"
            )
        }
        Step::ReadsFail { ms } => write!(f, "reads fail for {ms} ms"),
        Step::DiskSlow { ms, by_ms } => {
            write!(f, "the disk takes up to {by_ms} ms longer for {ms} ms")
        }
        Step::Clock { by_ms } => write!(f, "the wall clock jumps by {by_ms} ms"),
        _ => Ok(()),
    }
}

impl Plan {
    /// Whether a device does or suffers anything in this plan.
    #[must_use]
    pub fn takes_part(&self, client: usize) -> bool {
        !self.left_out.contains(&client)
    }
}
