//! A day of a channel that never was: for whoever has only the repository.
//!
//! The same seed makes the same log. Odd lines that occur in real logs occur here, too, more often.

use std::fmt::Write as _;

/// Lines of a day with this seed, about so many, each with its end.
#[must_use]
pub fn day(seed: u64, lines: usize) -> Vec<u8> {
    let mut day = Day::new(seed);
    while day.lines < lines {
        day.minute += day.draw(3);
        day.speak();
    }
    day.log
}

struct Day {
    random: u64,
    minute: u64,
    lines: usize,
    nicks: Vec<String>,
    log: Vec<u8>,
}

const FIRST: [&str; 12] = [
    "ana", "bob", "Chris", "dele", "Eir", "fumi", "Gus", "hana", "igor", "Jo", "kwame", "lin",
];
const LAST: [&str; 8] = ["", "_", "__", "|away", "`", "42", "[m]", "-laptop"];
const OPENINGS: [&str; 8] = [
    "how do I",
    "anyone know how to",
    "is it safe to",
    "you can",
    "please don't",
    "I just tried to",
    "man, it took me hours to",
    "the wiki says to",
];
const DOINGS: [&str; 8] = [
    "mount the second disk",
    "install the driver",
    "edit /etc/fstab",
    "upgrade to the new release",
    "find out why X does not start",
    "rip a CD",
    "read my mail",
    "get sound in the browser",
];
const ENDINGS: [&str; 8] = [
    "",
    "?",
    " :)",
    " -- see http://wiki.example.org/Help?page=1&x=%20",
    "...",
    " **now**",
    " ﻿so they say",
    " ¿verdad? ¡sí! 日本語 👍",
];

impl Day {
    fn new(seed: u64) -> Self {
        let mut day = Self {
            random: seed,
            minute: 0,
            lines: 0,
            nicks: Vec::new(),
            log: Vec::new(),
        };
        for _ in 0..24 {
            let (first, last) = (*day.pick(&FIRST), *day.pick(&LAST));
            day.nicks.push(format!("{first}{last}"));
        }
        day.minute = day.draw(24 * 60);
        day
    }

    /// Somebody says something, or something odd happens.
    fn speak(&mut self) {
        let (nick, other) = (self.nick(), self.nick());
        let words = format!(
            "{} {}{}",
            self.pick(&OPENINGS),
            self.pick(&DOINGS),
            self.pick(&ENDINGS)
        );
        match self.draw(40) {
            0 => self
                .line(format!("=== {nick} [~{nick}@example.org]  has joined #channel").as_bytes()),
            1 => self.line(format!("=== {nick} is now known as {other}").as_bytes()),
            2 => self.timed(&format!("  * {nick} reads the manual again")),
            3 => self.odd(&nick),
            4..=15 => self.timed(&format!(" <{nick}> {other}: {words}")),
            _ => self.timed(&format!(" <{nick}> {words}")),
        }
    }

    /// A line of a kind that a reader may stumble on.
    fn odd(&mut self, nick: &str) {
        match self.draw(10) {
            0 => self.timed(&format!(" <{nick}>")),
            1 => self.timed(&format!(" <{nick}> ")),
            2 => self.timed(&format!(" ({nick}/#channel) you: hello there")),
            3 => self.timed(&format!(" -{nick}:#channel- a notice to everybody")),
            4 => self.timed(&format!(
                " <{nick}> typed \u{8}\u{8}\u{7f} and \u{1c} by mistake"
            )),
            5 => self.line(b""),
            6 => self.line(b"   "),
            7 => self.line(b"=== "),
            8 => self.line(b"[12:00] <latin1> caf\xe9 \xff"),
            _ => self.timed(&format!(" <{nick}> {}", "a very long story ".repeat(40))),
        }
    }

    fn timed(&mut self, rest: &str) {
        let mut line = String::new();
        let (hour, minute) = (self.minute / 60 % 24, self.minute % 60);
        write!(line, "[{hour:02}:{minute:02}]{rest}").expect("a string takes all writes");
        self.line(line.as_bytes());
    }

    fn line(&mut self, line: &[u8]) {
        self.log.extend_from_slice(line);
        self.log.push(b'\n');
        self.lines += 1;
    }

    fn nick(&mut self) -> String {
        let at = self.draw(self.nicks.len() as u64);
        self.nicks[usize::try_from(at).expect("less than the number of nicks")].clone()
    }

    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        let at = self.draw(among.len() as u64);
        &among[usize::try_from(at).expect("less than the number of items")]
    }

    /// A number below `below`, by xorshift64* (Vigna 2016).
    const fn draw(&mut self, below: u64) -> u64 {
        let mut x = self.random | 1;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.random = x;
        (x.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % below
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::log_line::SpokenLine;

    #[test]
    fn a_seed_makes_the_same_day_twice_and_another_makes_another() {
        assert_eq!(day(7, 500), day(7, 500));
        assert_ne!(day(7, 500), day(8, 500));
    }

    #[test]
    fn a_day_has_its_lines_and_every_form_of_line() {
        let log = day(1, 3_000);
        let lines: Vec<&[u8]> = log
            .strip_suffix(b"\n")
            .unwrap()
            .split(|byte| *byte == b'\n')
            .collect();
        assert_eq!(lines.len(), 3_000);
        let form =
            |line: &&[u8]| SpokenLine::parse(line).unwrap().metadata["irc"]["form"].to_string();
        let forms: BTreeSet<String> = lines.iter().map(form).collect();
        assert_eq!(forms.len(), 6, "{forms:?}");
    }
}
