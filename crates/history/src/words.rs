//! A line of a history in plain words.

use std::fmt;

use crate::line::{Ending, Entry, Invoke, Line, Name, Verdict, What};

/// Shows a line as a person would tell it.
#[derive(Debug)]
pub struct InWords<'l>(pub &'l Line);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.at_us / 1_000_000;
        let millis = self.0.at_us / 1_000 % 1_000;
        write!(f, "{seconds:>4}.{millis:03} s  ")?;
        told(&self.0.entry, f)
    }
}

fn told(entry: &Entry, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match entry {
        Entry::Begin(begin) => write!(f, "a history by {}", begin.by),
        Entry::Invoke(_)
        | Entry::Ok(_)
        | Entry::Fail(_)
        | Entry::Unknown(_)
        | Entry::Crash(_)
        | Entry::Restart(_)
        | Entry::Fault(_)
        | Entry::Heal
        | Entry::Settled => done(entry, f),
        Entry::Log(_) | Entry::Marks(_) => truth(entry, f),
        _ => heard(entry, f),
    }
}

fn done(entry: &Entry, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match entry {
        Entry::Invoke(invoke) => asked(invoke, f),
        Entry::Ok(done) => {
            write!(f, "  call {}: done", done.call)?;
            if let Some(seq) = done.seq {
                write!(f, ", seq {seq}")?;
            }
            if let Some(head) = done.head {
                write!(f, ", head {head}")?;
            }
            f.write_str(if done.duplicate { ", a duplicate" } else { "" })
        }
        Entry::Fail(failed) => write!(f, "  call {}: refused, {}", failed.call, failed.code),
        Entry::Unknown(call) => write!(f, "  call {}: nobody knows", call.call),
        Entry::Crash(node) => write!(f, "*** {} is killed", node.node),
        Entry::Restart(node) => match node.epoch {
            Some(epoch) => write!(f, "*** {} is back, with epoch {epoch}", node.node),
            None => write!(f, "*** {} is back", node.node),
        },
        Entry::Fault(fault) => write!(f, "*** {}", fault.what),
        Entry::Heal => f.write_str("*** no fault from here on"),
        _ => f.write_str("*** all is at rest"),
    }
}

fn asked(invoke: &Invoke, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{}> ", invoke.client)?;
    match &invoke.what {
        What::Send {
            room,
            client_id,
            hash,
        } => write!(f, "send {room} {hash} as {client_id}")?,
        What::Read { room, seq } => write!(f, "read {room} up to {seq}")?,
        What::Delivered { room, seq } => write!(f, "delivered {room} up to {seq}")?,
        What::Add { room, member } => write!(f, "add {member} to {room}")?,
        What::Remove { room, member } => write!(f, "take {member} out of {room}")?,
        What::Revoke { session } => write!(f, "end the session of {session}")?,
        What::Delete { room, seq } => write!(f, "delete {room} seq {seq}")?,
        What::Fetch { room, after } => write!(f, "fetch {room} after {after}")?,
        What::Status { is, .. } => write!(f, "status {is}")?,
        What::RegisterPush { device } => write!(f, "push to {device} from now on")?,
        What::Other { name } => f.write_str(name)?,
    }
    write!(f, " (call {})", invoke.call)
}

fn heard(entry: &Entry, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match entry {
        Entry::Connect(hello) => {
            let verdict = match hello.verdict {
                Verdict::Fresh => "fresh",
                Verdict::Resumed => "resumed",
                Verdict::Reset => "reset",
            };
            let (client, user, conn) = (&hello.client, &hello.user, hello.conn);
            let cursor = hello.cursor.as_deref().unwrap_or("none");
            write!(
                f,
                "{client}* connected as {user}, connection {conn}: {verdict}, cursor {cursor}"
            )
        }
        Entry::Disconnect(end) => {
            let how = match end.how {
                Ending::Clean => "closed",
                Ending::Broken => "broken",
            };
            write!(f, "connection {} {how}", end.conn)
        }
        Entry::Holds(it) => write!(f, "{}* holds {} up to {}", it.client, it.room, it.seq),
        Entry::Forgets(it) => match &it.room {
            Some(room) => write!(f, "{}* forgets {room}", it.client),
            None => write!(f, "{}* forgets all rooms", it.client),
        },
        Entry::Event(it) => {
            write!(
                f,
                "connection {}< {} seq {} {}",
                it.conn, it.room, it.seq, it.kind
            )?;
            or_nothing(it.hash.as_ref(), f)
        }
        Entry::Gap(it) => write!(
            f,
            "connection {}< {} gap {}-{}",
            it.conn, it.room, it.from, it.to
        ),
        Entry::Checkpoint(it) => {
            let live = if it.live { ", live" } else { "" };
            write!(f, "connection {}< checkpoint {}{live}", it.conn, it.cursor)
        }
        Entry::Presence(it) => write!(f, "connection {}< {} is {}", it.conn, it.of, it.is),
        _ => shown(entry, f),
    }
}

fn shown(entry: &Entry, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match entry {
        Entry::Shown(it) => {
            write!(f, "{}* is shown {} seq {}", it.client, it.room, it.seq)?;
            or_nothing(it.hash.as_ref(), f)
        }
        Entry::Receipt(it) => write!(
            f,
            "{}< {} of {}: delivered {}, read {}",
            it.client, it.room, it.of, it.delivered, it.read
        ),
        Entry::Push(it) => {
            write!(
                f,
                "pushed to {} on {}: {} seq {}",
                it.user, it.device, it.room, it.seq
            )?;
            or_nothing(it.hash.as_ref(), f)
        }
        Entry::Page(it) => {
            write!(f, "{}* reads {} seq {}", it.client, it.room, it.seq)?;
            or_nothing(it.hash.as_ref(), f)
        }
        _ => Ok(()),
    }
}

fn truth(entry: &Entry, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match entry {
        Entry::Log(it) => {
            write!(
                f,
                "the log: {} seq {} {} by {}",
                it.room, it.seq, it.kind, it.sender
            )?;
            or_nothing(it.client_id.as_ref(), f)?;
            or_nothing(it.hash.as_ref(), f)?;
            or_nothing(it.member.as_ref(), f)
        }
        Entry::Marks(it) => write!(
            f,
            "the store: {} in {} delivered {}, read {}",
            it.user, it.room, it.delivered, it.read
        ),
        _ => Ok(()),
    }
}

fn or_nothing(name: Option<&Name>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match name {
        Some(name) => write!(f, " {name}"),
        None => Ok(()),
    }
}
