//! Why a configuration is refused: in which place, what is wrong, and what to write instead.

use std::fmt;
use std::path::PathBuf;

use super::exposure::Exposed;
use super::source::Source;

/// Why there is no configuration. Nothing was opened or bound yet.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named cannot be read.
    #[error("the configuration file {} cannot be read: {cause}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// Settings that cannot hold: all of them, not only the first.
    #[error("{}", Lines(.0))]
    Refused(Vec<Refusal>),
    /// Settings that are fine on this machine only.
    #[error(transparent)]
    Exposed(#[from] Exposed),
}

struct Lines<'a>(&'a [Refusal]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, refusal) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{refusal}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where it was written.
    pub place: Source,
    /// What is wrong, as a sentence without its full stop.
    pub problem: String,
    /// What to do, beginning with a verb.
    pub advice: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.problem, self.advice)
    }
}

/// One thing that is wrong with a value, before it is known where the value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// What within the value: empty for all of it, else like `[0].issuer`.
    pub(super) within: String,
    /// Its place in the file, in bytes, when it is not where the value begins.
    pub(super) offset: Option<usize>,
    /// What is wrong with it: goes on after its name.
    pub(super) problem: String,
    /// What to do.
    pub(super) advice: Advice,
}

/// What to do about a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Advice {
    /// Write what is usual for this setting: its default, or an example.
    Usual,
    /// Write another setting of the section, with this value as TOML.
    Write { name: String, value: String },
    /// Whatever these words say, beginning with a verb.
    Do(String),
}

impl Fault {
    /// The value as a whole will not do.
    pub(super) fn whole(problem: impl Into<String>) -> Vec<Self> {
        vec![Self {
            within: String::new(),
            offset: None,
            problem: problem.into(),
            advice: Advice::Usual,
        }]
    }

    /// The value as a whole will not do; do this.
    pub(super) fn advised(problem: impl Into<String>, advice: impl Into<String>) -> Vec<Self> {
        let mut faults = Self::whole(problem);
        faults[0].advice = Advice::Do(advice.into());
        faults
    }

    /// The same fault, seen from one level further out.
    pub(super) fn inside(mut self, outer: &str, offset: Option<usize>) -> Self {
        let joint = if self.within.is_empty() || self.within.starts_with('[') {
            ""
        } else {
            "."
        };
        self.within = format!("{outer}{joint}{}", self.within);
        self.offset = self.offset.or(offset);
        self
    }
}
