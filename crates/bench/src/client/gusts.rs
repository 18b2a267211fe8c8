//! A storm from its first watch to the last word about everybody.

use super::driver::{Driver, Fault};
use super::orders::{Calm, Load, Pace, Refusals, Storm};
use super::storm::{Gust, Weather};
use crate::clock;

/// After the storm, news that are gathered have so long to arrive.
const SETTLE_NS: u64 = 20_000_000_000;
const TURN_NS: u64 = 5_000_000;
/// Of the messages that are read in the storm.
const TEXT_BYTES: usize = 64;

impl Driver {
    /// Storms to the end: until all is answered, and everybody knows how those whom they watch are.
    pub(super) fn storm(
        &mut self,
        storm: &Storm,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Calm, Fault> {
        let seats = self.begin.rooms[storm.room as usize].users.clone();
        let users: Vec<_> = seats.map(|user| self.dialect.user_id(user)).collect();
        self.weather = Some(Weather::new(storm.clone(), &users));
        self.watch_all(&users)?;
        self.until_answered()?;
        let begin_ns = clock::now_ns();
        self.set_off_messages(storm, begin_ns)?;
        let Some(weather) = &mut self.weather else {
            return Ok(Calm::default());
        };
        weather.begin(begin_ns);
        let end_ns = weather.end_ns();
        while clock::now_ns() < end_ns {
            let now_ns = clock::now_ns();
            self.send_due(now_ns)?;
            while let Some(gust) = self
                .weather
                .as_mut()
                .and_then(|weather| weather.next(now_ns))
            {
                self.blow(storm, gust)?;
            }
            self.turn(TURN_NS)?;
            progress(now_ns - begin_ns, end_ns - begin_ns);
        }
        self.until_answered()?;
        self.until_true()?;
        self.traffic = None;
        let weather = self.weather.take();
        Ok(weather.map(|weather| weather.calm()).unwrap_or_default())
    }

    fn watch_all(&mut self, users: &[tidings_domain::UserId]) -> Result<(), Fault> {
        for member in 0..users.len() as u32 {
            let watched = self.weather.as_ref().map(|weather| weather.watched(member));
            let watched = watched.into_iter().flatten();
            let watched = watched.map(|about| users[about as usize]).collect();
            let (payload, command) = self.dialect.watch(watched);
            self.say_in_storm(member, &payload, command)?;
            self.turn(0)?;
        }
        Ok(())
    }

    fn set_off_messages(&mut self, storm: &Storm, begin_ns: u64) -> Result<(), Fault> {
        let load = Load {
            rooms: storm.room..storm.room + 1,
            senders_per_room: 1,
            pace: Pace::Rate {
                per_s: storm.messages_per_s,
            },
            duration_ms: storm.duration_ms,
            text_bytes: TEXT_BYTES,
            refusals: Refusals::Fault,
        };
        self.set_off(&load, begin_ns).map(drop)
    }

    fn blow(&mut self, storm: &Storm, gust: Gust) -> Result<(), Fault> {
        let room = self.ledger.name(storm.room);
        let (member, (payload, command)) = match gust {
            Gust::Types { member, still } => (member, self.dialect.typing(room, still)),
            Gust::Is { member, now } => (member, self.dialect.status(now)),
            Gust::Reads { member } => match self.last_heard(member, storm.room) {
                Some(seq) => (member, self.dialect.read(room, seq)),
                None => return Ok(()),
            },
        };
        self.say_in_storm(member, &payload, command)
    }

    fn say_in_storm(&mut self, member: u32, payload: &[u8], command: u64) -> Result<(), Fault> {
        if let Some(weather) = &mut self.weather {
            weather.note_said(command);
        }
        self.say(member as usize, payload)
    }

    fn until_answered(&mut self) -> Result<(), Fault> {
        self.until("every command is answered", |driver| {
            let unanswered = driver.weather.as_ref().map_or(0, Weather::unanswered);
            (unanswered > 0).then(|| format!("{unanswered} are not"))
        })
    }

    fn until_true(&mut self) -> Result<(), Fault> {
        self.until("what everybody believes is so", |driver| {
            driver.weather.as_ref().and_then(Weather::error)
        })
    }

    /// Attends to what comes until nothing speaks against it any more.
    fn until(
        &mut self,
        what: &str,
        objection: impl Fn(&Self) -> Option<String>,
    ) -> Result<(), Fault> {
        let end_ns = clock::now_ns() + SETTLE_NS;
        while let Some(why_not) = objection(self) {
            if clock::now_ns() > end_ns {
                return Err(format!("20 s passed until {what}: {why_not}"));
            }
            // Looking through all members takes a while, so several turns come first.
            for _ in 0..20 {
                self.turn(TURN_NS)?;
            }
        }
        Ok(())
    }
}
