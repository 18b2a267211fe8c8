//! Rule 10: what observers were told last is the truth, and a quick return shows no flicker.

use std::collections::{BTreeMap, HashMap};

use super::Found;
use crate::known::{At, Known, Period};
use crate::line::{Ending, Entry, Name, What};

/// At the end, whoever was told of somebody's presence on a connection that still lives was told
/// the truth last.
pub(super) fn presence_ends_at_the_truth(known: &Known<'_>, found: &mut Found) {
    let Some(settled) = known.settled else { return };
    let mut said: HashMap<u64, &Name> = HashMap::new();
    let mut last: BTreeMap<(u64, &Name), (&Name, At)> = BTreeMap::new();
    for (call, at, _) in known.done() {
        if let What::Status { conn, is } = &call.invoke.what
            && at < settled
        {
            said.insert(*conn, is);
        }
    }
    for (at, line) in known
        .lines
        .iter()
        .enumerate()
        .take(settled)
        .skip(found.first)
    {
        if let Entry::Presence(it) = &line.entry {
            last.insert((it.conn, &it.of), (&it.is, at));
        }
    }
    let is_open = |conn: &crate::known::Conn<'_>| conn.ended.is_none_or(|(at, _)| at > settled);
    let mut truth: HashMap<&Name, Vec<&str>> = HashMap::new();
    for (id, conn) in known.conns.iter().filter(|(_, conn)| is_open(conn)) {
        let says = said.get(id).map_or("online", |says| says.as_str());
        truth.entry(&conn.hello.user).or_default().push(says);
    }
    for ((conn, of), (is, at)) in last {
        let true_now = of_all(truth.get(of).map_or(&[], Vec::as_slice));
        let Some(watcher) = known.conns.get(&conn).filter(|conn| is_open(conn)) else {
            continue;
        };
        if is.as_str() != true_now && stay_acquainted(known, &watcher.hello.user, of) {
            let says =
                format!("connection {conn} was last told {of} is {is}, and it is {true_now}");
            found.add(says, &[at]);
        }
    }
}

/// Whether two people share a room and neither has left one that they shared: who shares none any
/// more is told nothing any more.
fn stay_acquainted(known: &Known<'_>, one: &Name, other: &Name) -> bool {
    let mut shared = known
        .members
        .values()
        .filter_map(|room| Some((room.get(one)?, room.get(other)?)))
        .peekable();
    let is_whole = |periods: &[Period]| periods.iter().all(|period| period.left.is_none());
    known.members.is_empty()
        || shared.peek().is_some() && shared.all(|(a, b)| is_whole(a) && is_whole(b))
}

/// What others see of somebody with connections that say so.
fn of_all(says: &[&str]) -> &'static str {
    if says.is_empty() || says.contains(&"invisible") {
        "offline"
    } else if says.contains(&"online") {
        "online"
    } else {
        "away"
    }
}

/// Nobody is told that somebody has gone who was back at once.
pub(super) fn quick_returns_do_not_flicker(known: &Known<'_>, found: &mut Found) {
    let quick_us = found.promises.quick_return_ms * 1_000;
    let slack_us = quick_us + found.promises.late_ms * 1_000;
    let absences = Absences::of(known, quick_us, slack_us);
    let mut last: HashMap<(u64, &Name), (u64, At)> = HashMap::new();
    for (at, line) in known.lines.iter().enumerate().skip(found.first) {
        let Entry::Presence(it) = &line.entry else {
            continue;
        };
        let Some(conn) = known.conns.get(&it.conn) else {
            continue;
        };
        let key = (it.conn, &it.of);
        let before = last.insert(key, (line.at_us, at));
        let (since_us, before) = before.unwrap_or((known.us(conn.opened), conn.opened));
        let is_gone = it.is.as_str() == "offline";
        if is_gone && !absences.explain(&it.of, since_us, line.at_us) {
            let says = format!("{} is said to have gone, who was back at once", it.of);
            found.add(says, &[before, at]);
        }
    }
}

/// How many connections a user has, since when, and how the last one ended.
struct Here {
    count: u32,
    since_us: u64,
    how: Ending,
}

impl Here {
    fn may_be_told(&self, now_us: u64, quick_us: u64) -> bool {
        self.how == Ending::Clean || now_us - self.since_us >= quick_us
    }
}

/// Whose session is ended while a broken connection of it might still come back will not: that is a
/// goodbye.
fn end_session(known: &Known<'_>, session: &Name, open: &mut HashMap<&Name, Here>) {
    let of_session = known
        .conns
        .values()
        .filter(|conn| conn.hello.client == *session);
    for conn in of_session {
        if let Some(here) = open.get_mut(&conn.hello.user)
            && here.count == 0
        {
            here.how = Ending::Clean;
        }
    }
}

/// When users were truly away, and when all were because a node was.
struct Absences<'h> {
    users: HashMap<&'h Name, Vec<(u64, u64)>>,
    met: HashMap<&'h Name, u64>,
    crashes: Vec<u64>,
    slack_us: u64,
    hiding: HashMap<&'h Name, u64>,
}

impl<'h> Absences<'h> {
    fn of(known: &Known<'h>, quick_us: u64, slack_us: u64) -> Self {
        let mut all = Self {
            users: HashMap::new(),
            met: HashMap::new(),
            crashes: Vec::new(),
            slack_us,
            hiding: HashMap::new(),
        };
        let mut open = HashMap::new();
        for (at, line) in known.lines.iter().enumerate() {
            all.take(known, at, &mut open, quick_us);
            match &line.entry {
                Entry::Crash(_) | Entry::Restart(_) => all.crashes.push(line.at_us),
                Entry::Invoke(invoke) => {
                    if matches!(&invoke.what, What::Status { is, .. } if is.as_str() == "invisible")
                    {
                        all.hiding.entry(&invoke.user).or_insert(line.at_us);
                    }
                }
                _ => {}
            }
        }
        for (user, here) in open {
            if here.count == 0 {
                let from_us = match here.how {
                    Ending::Clean => here.since_us,
                    Ending::Broken => here.since_us + quick_us,
                };
                all.users.entry(user).or_default().push((from_us, u64::MAX));
            }
        }
        all
    }

    /// Follows who is connected, and notes absences that may be told.
    fn take(
        &mut self,
        known: &Known<'h>,
        at: At,
        open: &mut HashMap<&'h Name, Here>,
        quick_us: u64,
    ) {
        let now_us = known.us(at);
        match &known.lines[at].entry {
            Entry::Connect(hello) => {
                self.met.entry(&hello.user).or_insert(now_us);
                let here = open.entry(&hello.user).or_insert(Here {
                    count: 0,
                    since_us: 0,
                    how: Ending::Clean,
                });
                if here.count == 0 && here.since_us > 0 && here.may_be_told(now_us, quick_us) {
                    let of_user = self.users.entry(&hello.user).or_default();
                    of_user.push((here.since_us, now_us));
                }
                here.count += 1;
            }
            Entry::Disconnect(end) => {
                let Some(conn) = known.conns.get(&end.conn) else {
                    return;
                };
                let is_first = conn.ended.is_some_and(|(ended, _)| ended == at);
                if let Some(here) = open.get_mut(&conn.hello.user).filter(|_| is_first) {
                    here.count = here.count.saturating_sub(1);
                    (here.since_us, here.how) = (now_us, end.how);
                }
            }
            Entry::Invoke(invoke) => {
                if let What::Revoke { session } = &invoke.what {
                    end_session(known, session, open);
                }
            }
            _ => {}
        }
    }

    /// Whether something between these times, or on its way then, explains that a user is said to
    /// have gone.
    fn explain(&self, user: &Name, since_us: u64, to_us: u64) -> bool {
        let from_us = since_us.saturating_sub(self.slack_us);
        let within = |(start, end): &(u64, u64)| *start <= to_us && *end >= from_us;
        self.met.get(user).is_none_or(|met| *met >= since_us)
            || self.hiding.get(user).is_some_and(|since| *since <= to_us)
            || self.crashes.iter().any(|at| (from_us..=to_us).contains(at))
            || self
                .users
                .get(user)
                .is_some_and(|all| all.iter().any(within))
    }
}
