//! The rules, by number as in `docs/history.md`: each a function over what is known.
//!
//! A rule that needs the log or the end of a history judges nothing where these are missing, so
//! that a part of a history can be judged as far as it goes.

mod deletions;
mod doubles;
mod gaps;
mod liveness;
mod loss;
mod membership;
mod missing;
mod order;
mod phantoms;
mod places;
mod presence;
mod push;
mod reads;
mod real_time;
mod receipts;

use std::fmt;

use crate::history::History;
use crate::known::{At, Known};

/// So many violations of one rule are told; more say nothing new.
const TOLD_MAX: usize = 10;

/// A rule that a history breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub rule: &'static str,
    /// How, in plain words.
    pub says: String,
    /// The lines that show it, by index; as few as there can be.
    pub lines: Vec<At>,
}

/// A rule by its name.
pub struct Rule {
    /// Its number in the document and its name.
    pub name: &'static str,
    /// How it is judged.
    judge: fn(&Known<'_>, &mut Found),
}

/// All rules.
pub const RULES: &[Rule] = &[
    Rule {
        name: "1 one order for all",
        judge: order::one_order_for_all,
    },
    Rule {
        name: "2 nothing acknowledged is lost",
        judge: loss::nothing_acknowledged_is_lost,
    },
    Rule {
        name: "2 nothing refused is there",
        judge: loss::nothing_refused_is_there,
    },
    Rule {
        name: "3 nothing is there twice",
        judge: doubles::nothing_is_there_twice,
    },
    Rule {
        name: "3 nothing is told twice",
        judge: doubles::nothing_is_told_twice,
    },
    Rule {
        name: "4 nothing comes from nowhere",
        judge: phantoms::nothing_comes_from_nowhere,
    },
    Rule {
        name: "5 streams have no holes",
        judge: gaps::streams_have_no_holes,
    },
    Rule {
        name: "5 applications are shown no holes",
        judge: gaps::applications_are_shown_no_holes,
    },
    Rule {
        name: "5 nothing is missing in the end",
        judge: missing::nothing_is_missing_in_the_end,
    },
    Rule {
        name: "6 what was acknowledged comes first",
        judge: real_time::what_was_acknowledged_comes_first,
    },
    Rule {
        name: "7 readers see what they wrote and saw",
        judge: reads::readers_see_what_they_wrote_and_saw,
    },
    Rule {
        name: "8 watermarks only rise",
        judge: receipts::watermarks_only_rise,
    },
    Rule {
        name: "8 nobody read what they could not",
        judge: receipts::nobody_read_what_they_could_not,
    },
    Rule {
        name: "8 observers agree on watermarks",
        judge: receipts::observers_agree_on_watermarks,
    },
    Rule {
        name: "9 strangers hear nothing",
        judge: membership::strangers_hear_nothing,
    },
    Rule {
        name: "9 an end takes effect in time",
        judge: membership::an_end_takes_effect_in_time,
    },
    Rule {
        name: "10 presence ends at the truth",
        judge: presence::presence_ends_at_the_truth,
    },
    Rule {
        name: "10 quick returns do not flicker",
        judge: presence::quick_returns_do_not_flicker,
    },
    Rule {
        name: "11 deleted text is gone",
        judge: deletions::deleted_text_is_gone,
    },
    Rule {
        name: "12 owed pushes came",
        judge: push::owed_pushes_came,
    },
    Rule {
        name: "12 nothing read was pushed",
        judge: push::nothing_read_was_pushed,
    },
    Rule {
        name: "13 after a heal it works",
        judge: liveness::after_a_heal_it_works,
    },
];

/// Holds a history against all rules.
#[must_use]
pub fn check(history: &History) -> Vec<Violation> {
    let known = Known::of(history);
    let mut all = Vec::new();
    for rule in RULES {
        let mut found = Found {
            rule: rule.name,
            promises: history.promises(),
            first: history.first_judged(),
            violations: Vec::new(),
        };
        (rule.judge)(&known, &mut found);
        all.append(&mut found.violations);
    }
    all
}

/// What one rule has found so far, and what it may rest on.
struct Found {
    rule: &'static str,
    promises: crate::line::Promises,
    /// The first line that is judged.
    first: At,
    violations: Vec<Violation>,
}

impl Found {
    fn add(&mut self, says: String, lines: &[At]) {
        if self.violations.len() >= TOLD_MAX {
            return;
        }
        let mut lines = lines.to_vec();
        lines.sort_unstable();
        lines.dedup();
        self.violations.push(Violation {
            rule: self.rule,
            says,
            lines,
        });
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
