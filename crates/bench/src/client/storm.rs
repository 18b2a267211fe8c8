//! A storm of small news in one room: everybody types, reads, comes and goes, while each watches
//! some of the others. What each member hears of it is counted; what each believes of those whom
//! it watches must be the truth in the end.
//!
//! No clock and no I/O.

use std::collections::{HashMap, HashSet};

use tidings_domain::UserId;
use tidings_domain::presence::{Availability, Presence};

use super::orders::{Calm, Storm};

/// What kind of small news a frame brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    Presence,
    Receipt,
    Typing,
}

/// Something that a member is to say now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gust {
    Types { member: u32, still: bool },
    Reads { member: u32 },
    Is { member: u32, now: Availability },
}

/// What one member has heard.
#[derive(Debug, Clone, Copy, Default)]
struct Heard {
    frames: u64,
    bytes: u64,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Weather {
    storm: Storm,
    begin_ns: u64,
    heard: Vec<Heard>,
    /// How each member said last that they are.
    now: Vec<Availability>,
    members: HashMap<UserId, u32>,
    /// What each member believes of each whom it watches.
    beliefs: Vec<HashMap<u32, Presence>>,
    unanswered: HashSet<u64>,
    /// Of each kind, how many were said.
    typed: u64,
    read: u64,
    changed: u64,
    told: [u64; 3],
}

impl Weather {
    /// Nothing has happened yet, and everybody is online. `users` are the members in order.
    pub(crate) fn new(storm: Storm, users: &[UserId]) -> Self {
        let count = users.len();
        Self {
            storm,
            begin_ns: 0,
            heard: vec![Heard::default(); count],
            now: vec![Availability::Online; count],
            members: (0..).zip(users).map(|(n, user)| (*user, n)).collect(),
            beliefs: vec![HashMap::new(); count],
            unanswered: HashSet::new(),
            typed: 0,
            read: 0,
            changed: 0,
            told: [0; 3],
        }
    }

    /// Whom a member watches: those who come after it.
    pub(crate) fn watched(&self, member: u32) -> impl Iterator<Item = u32> + use<> {
        let count = self.heard.len() as u32;
        (1..=self.storm.watched.min(count - 1)).map(move |step| (member + step) % count)
    }

    /// From now on it storms, and what is heard counts.
    pub(crate) fn begin(&mut self, now_ns: u64) {
        self.begin_ns = now_ns;
        self.heard.fill(Heard::default());
        self.told = [0; 3];
    }

    /// What is due by now, if anything is.
    pub(crate) fn next(&mut self, now_ns: u64) -> Option<Gust> {
        let passed_s = now_ns.min(self.end_ns()).saturating_sub(self.begin_ns) as f64 / 1e9;
        let members = self.heard.len() as u64;
        let is_due = |said: u64, per_s: f64| (said as f64) < passed_s * per_s;
        if is_due(self.changed, self.storm.statuses_per_s) {
            let member = turn(&mut self.changed, members);
            return Some(self.change(member));
        }
        if is_due(self.read, self.storm.reads_per_s) {
            let member = turn(&mut self.read, members);
            return Some(Gust::Reads { member });
        }
        if is_due(self.typed, self.storm.typing_per_s) {
            let still = !(self.typed / members).is_multiple_of(2);
            let member = turn(&mut self.typed, members);
            return Some(Gust::Types {
                member,
                still: !still,
            });
        }
        None
    }

    pub(crate) const fn end_ns(&self) -> u64 {
        self.begin_ns + self.storm.duration_ms * 1_000_000
    }

    /// A command was given.
    pub(crate) fn note_said(&mut self, command: u64) {
        self.unanswered.insert(command);
    }

    /// A command was answered.
    pub(crate) fn note_answered(&mut self, command: u64) {
        self.unanswered.remove(&command);
    }

    /// Commands without an answer.
    pub(crate) fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// A member heard something, in a frame of so many bytes.
    pub(crate) fn note_heard(&mut self, member: u32, news: News, bytes: usize) {
        let heard = &mut self.heard[member as usize];
        heard.frames += 1;
        heard.bytes += bytes as u64;
        self.told[news as usize] += 1;
    }

    /// A member was told how some people are.
    pub(crate) fn note_presence(&mut self, member: u32, people: &[(UserId, Presence)]) {
        for (user, presence) in people {
            if let Some(about) = self.members.get(user) {
                self.beliefs[member as usize].insert(*about, *presence);
            }
        }
    }

    /// Somebody who believes what is not so, in words.
    pub(crate) fn error(&self) -> Option<String> {
        (0..).zip(&self.beliefs).find_map(|(member, beliefs)| {
            let mut watched = self.watched(member);
            let about = watched.find(|about| {
                let truth = shown(self.now[*about as usize]);
                beliefs.get(about) != Some(&truth)
            })?;
            let (believed, said) = (beliefs.get(&about), self.now[about as usize]);
            Some(format!(
                "member {member} believes that member {about} is {believed:?}, who said {said:?}"
            ))
        })
    }

    /// What the storm brought.
    pub(crate) fn calm(&self) -> Calm {
        let [presence, receipts, typing] = self.told;
        Calm {
            said: self.typed + self.read + self.changed,
            presence,
            receipts,
            typing,
            frames_max: self
                .heard
                .iter()
                .map(|heard| heard.frames)
                .max()
                .unwrap_or(0),
            bytes_max: self
                .heard
                .iter()
                .map(|heard| heard.bytes)
                .max()
                .unwrap_or(0),
            frames: self.heard.iter().map(|heard| heard.frames).sum(),
            bytes: self.heard.iter().map(|heard| heard.bytes).sum(),
        }
    }

    fn change(&mut self, member: u32) -> Gust {
        let now = match self.now[member as usize] {
            Availability::Online => Availability::Away,
            Availability::Away | Availability::Invisible => Availability::Online,
        };
        self.now[member as usize] = now;
        Gust::Is { member, now }
    }
}

/// Whose turn it is: everybody's in the end, and neighbours not one after the other.
fn turn(said: &mut u64, members: u64) -> u32 {
    // The golden ratio of 2^32; coprime to the number of members, or a little more is.
    let mut stride = (members as f64 * 0.618).max(1.0) as u64;
    while gcd(stride, members) > 1 {
        stride += 1;
    }
    let member = *said * stride % members;
    *said += 1;
    member as u32
}

const fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 {
        one
    } else {
        gcd(other, one % other)
    }
}

const fn shown(availability: Availability) -> Presence {
    match availability {
        Availability::Online => Presence::Online,
        Availability::Away => Presence::Away,
        Availability::Invisible => Presence::Offline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(count: u8) -> Vec<UserId> {
        (0..count).map(|n| UserId::from_bytes([n; 16])).collect()
    }

    fn weather() -> Weather {
        let storm = Storm {
            room: 0,
            watched: 2,
            typing_per_s: 10.0,
            reads_per_s: 10.0,
            statuses_per_s: 10.0,
            messages_per_s: 1.0,
            duration_ms: 1_000,
        };
        let mut weather = Weather::new(storm, &users(5));
        weather.begin(1_000);
        weather
    }

    #[test]
    fn everybody_does_everything_in_time_and_no_more() {
        let mut weather = weather();
        let early = std::iter::from_fn(|| weather.next(500_001_000)).count();
        assert_eq!(early, 15);
        let mut gusts = Vec::new();
        while let Some(gust) = weather.next(9_000_000_000) {
            gusts.push(gust);
        }
        assert_eq!(gusts.len(), 15);
        let changed: HashSet<u32> = gusts
            .iter()
            .filter_map(|gust| match gust {
                Gust::Is { member, .. } => Some(*member),
                _ => None,
            })
            .collect();
        assert_eq!(changed.len(), 5);
    }

    #[test]
    fn who_believes_what_is_not_so_is_found() {
        let mut weather = weather();
        let users = users(5);
        assert!(weather.error().is_some(), "nobody has heard anything");
        for member in 0..5 {
            let people: Vec<_> = weather
                .watched(member)
                .map(|about| (users[about as usize], Presence::Online))
                .collect();
            weather.note_presence(member, &people);
        }
        assert_eq!(weather.error(), None);
        let Some(Gust::Is { member, now }) = weather.next(200_000_000) else {
            panic!("a change comes first")
        };
        assert_eq!((member, now), (0, Availability::Away));
        assert!(
            weather
                .error()
                .unwrap()
                .contains("member 0 is Some(Online)")
        );
        weather.note_presence(4, &[(users[0], Presence::Away)]);
        weather.note_presence(3, &[(users[0], Presence::Away)]);
        assert_eq!(weather.error(), None);
    }

    #[test]
    fn the_most_that_one_member_heard_is_told() {
        let mut weather = weather();
        weather.note_heard(1, News::Typing, 50);
        weather.note_heard(2, News::Presence, 70);
        weather.note_heard(2, News::Receipt, 20);
        let calm = weather.calm();
        assert_eq!((calm.frames_max, calm.bytes_max), (2, 90));
        assert_eq!((calm.frames, calm.bytes), (3, 140));
        assert_eq!((calm.presence, calm.receipts, calm.typing), (1, 1, 1));
    }
}
