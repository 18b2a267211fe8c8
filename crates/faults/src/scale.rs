//! How large a run is.

use std::time::Duration;

use clap::ValueEnum;

/// How large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scale {
    /// Small enough for every change: a few people, a few seconds.
    Smoke,
    /// 200 rooms of 10 members, a minute and more.
    Full,
}

/// The people of a run, and how much they say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    pub(crate) rooms: usize,
    pub(crate) members: usize,
    pub(crate) people: usize,
    pub(crate) sends_per_s: u32,
}

impl Scale {
    pub(crate) const fn crowd(self) -> Crowd {
        match self {
            Self::Smoke => Crowd {
                rooms: 12,
                members: 6,
                people: 24,
                sends_per_s: 80,
            },
            Self::Full => Crowd {
                rooms: 200,
                members: 10,
                people: 200,
                sends_per_s: 400,
            },
        }
    }

    /// The shortest and the longest time between two kills, in milliseconds.
    pub(crate) const fn gaps_ms(self) -> (u64, u64) {
        match self {
            Self::Smoke => (1_000, 3_000),
            Self::Full => (2_000, 7_000),
        }
    }

    /// One of two lengths of time.
    pub(crate) const fn seconds(self, smoke: u64, full: u64) -> Duration {
        Duration::from_secs(self.number(smoke, full))
    }

    /// What a time may be later because of the machine: clients and faults run beside the server. At smoke
    /// size the worst hundredth is three or four sends, which one hiccup of the disk delays.
    pub(crate) const fn noise_us(self) -> u64 {
        self.number(100_000, 25_000)
    }

    /// One of two numbers.
    pub(crate) const fn number(self, smoke: u64, full: u64) -> u64 {
        match self {
            Self::Smoke => smoke,
            Self::Full => full,
        }
    }
}
