//! Bugs on purpose: what a test that claims to find such a bug must find.
//!
//! In a normal build there are none: [`is`] is a constant, and what it guards is not compiled in.
//! Under the feature `planted-bugs` one bug may be chosen by name while the process runs. The
//! simulator and the fault runs do so to prove that they see them.

/// A bug that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Bug {
    /// A send is acknowledged before the store has committed it.
    AckBeforeCommit = 1,
    /// A retry makes a second message.
    NoDeduplication = 2,
    /// A reader who comes back gets what is in memory, and nothing else.
    ResumeFromMemoryOnly = 3,
    /// A watermark is set, not raised.
    FallingWatermark = 4,
    /// Who left a room still hears it.
    DeliveryAfterLeaving = 5,
    /// A resume begins one event too late.
    CursorOffByOne = 6,
    /// An event that a slow reader has no place for is dropped, and nobody is told.
    SilentDrop = 7,
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::AckBeforeCommit,
        Self::NoDeduplication,
        Self::ResumeFromMemoryOnly,
        Self::FallingWatermark,
        Self::DeliveryAfterLeaving,
        Self::CursorOffByOne,
        Self::SilentDrop,
    ];

    /// As it is chosen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AckBeforeCommit => "ack-before-commit",
            Self::NoDeduplication => "no-deduplication",
            Self::ResumeFromMemoryOnly => "resume-from-memory-only",
            Self::FallingWatermark => "falling-watermark",
            Self::DeliveryAfterLeaving => "delivery-after-leaving",
            Self::CursorOffByOne => "cursor-off-by-one",
            Self::SilentDrop => "silent-drop",
        }
    }

    /// From its name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|bug| bug.name() == name)
    }
}

#[cfg(feature = "planted-bugs")]
mod chosen {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::Bug;

    static CHOSEN: AtomicU8 = AtomicU8::new(0);

    /// From now on the whole process has this bug, or none.
    pub fn plant(bug: Option<Bug>) {
        CHOSEN.store(bug.map_or(0, |bug| bug as u8), Ordering::Release);
    }

    /// Whether this bug was planted.
    pub fn is(bug: Bug) -> bool {
        CHOSEN.load(Ordering::Acquire) == bug as u8
    }
}

#[cfg(feature = "planted-bugs")]
pub use chosen::{is, plant};

/// Whether this bug was planted: never, in a normal build.
#[cfg(not(feature = "planted-bugs"))]
#[must_use]
pub const fn is(_: Bug) -> bool {
    false
}
