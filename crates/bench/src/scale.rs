//! How large a run is: the budgets' own sizes, or a small one that a test can afford.

use clap::ValueEnum;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    /// The sizes that the budgets are made for; some minutes.
    Full,
    /// Small sizes and generous budgets, which find a regression by half and no noise; half a minute.
    Smoke,
}

/// The sizes of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sizes {
    /// Memory is compared between so many connections,
    pub(crate) idle_first: u32,
    /// and so many.
    pub(crate) idle_all: u32,
    /// For how long all of them do nothing. The heartbeat asks each every 25 s.
    pub(crate) idle_s: u64,
    /// Members of the rooms with one sender.
    pub(crate) crowds: &'static [u32],
    /// Rounds of each load.
    pub(crate) rounds: usize,
    pub(crate) round_ms: u64,
    /// Rooms with one sender each, for durable sends.
    pub(crate) senders: u32,
    /// Rooms of ten, in which messages rise.
    pub(crate) tens: u32,
    /// Of each step of rising messages.
    pub(crate) step_ms: u64,
    /// Pairs who talk beside a large room,
    pub(crate) pairs: u32,
    /// and its members.
    pub(crate) neighbours: u32,
    /// Members of a room some of whom stall,
    pub(crate) audience: u32,
    /// and how many do.
    pub(crate) stalled: u32,
    /// For how long they do: less than a server waits for a sign of life.
    pub(crate) stall_ms: u64,
    /// Members of the room in a storm.
    pub(crate) stormy: u32,
    pub(crate) storm_ms: u64,
    /// Messages of a large store.
    pub(crate) stored: u64,
}

impl Scale {
    pub(crate) const fn sizes(self) -> Sizes {
        match self {
            Self::Full => Sizes {
                idle_first: 2_000,
                idle_all: 18_000,
                idle_s: 50,
                crowds: &[1_000, 9_000, 18_000],
                rounds: 5,
                round_ms: 2_000,
                senders: 200,
                tens: 1_000,
                step_ms: 3_000,
                pairs: 1_000,
                neighbours: 9_000,
                audience: 500,
                stalled: 25,
                stall_ms: 10_000,
                stormy: 5_000,
                storm_ms: 10_000,
                stored: 10_000_000,
            },
            Self::Smoke => Sizes {
                idle_first: 500,
                idle_all: 2_000,
                idle_s: 4,
                crowds: &[1_000],
                rounds: 3,
                round_ms: 1_000,
                senders: 50,
                tens: 50,
                step_ms: 600,
                pairs: 100,
                neighbours: 1_000,
                audience: 100,
                stalled: 5,
                stall_ms: 4_000,
                stormy: 500,
                storm_ms: 3_000,
                stored: 100_000,
            },
        }
    }

    /// The budget of this scale: the true one, or one that only a great regression misses.
    pub(crate) fn of<T>(self, full: T, smoke: T) -> T {
        match self {
            Self::Full => full,
            Self::Smoke => smoke,
        }
    }
}

const _: () = assert!(
    Scale::Full.sizes().idle_all <= 19_000,
    "a process has 20,000 descriptors here, and needs some for itself"
);
