//! What came of a run: figures, and what did not hold.

use std::fmt;

use tidings_history::report::Report;
use tidings_history::{History, check};

use crate::figures::Figures;

/// What came of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// The row of the fault matrix, and which of its ways.
    pub(crate) row: String,
    /// What was done to the system.
    pub(crate) injected: String,
    pub(crate) figures: Figures,
    /// Other figures that the row asks for.
    pub(crate) more: Vec<String>,
    /// What did not hold.
    pub(crate) findings: Vec<String>,
    /// Demands of the fault matrix that were missed by less than a busy machine's noise.
    pub(crate) misses: Vec<String>,
    /// What the server has logged; shown when something did not hold.
    pub(crate) log: String,
}

impl Outcome {
    /// An outcome of a run without a history.
    pub(crate) fn of(row: &str, injected: &str) -> Self {
        Self {
            row: row.to_owned(),
            injected: injected.to_owned(),
            ..Self::default()
        }
    }

    /// Something does not hold.
    pub(crate) fn finds(&mut self, what: String) {
        self.findings.push(what);
    }

    /// Something must hold.
    pub(crate) fn demands(&mut self, what: &str, holds: bool) {
        if !holds {
            self.finds(format!("it should be that {what}"));
        }
    }

    /// Something may take so long, and no longer: beyond it lies noise, which is told, and beyond that
    /// it does not hold.
    pub(crate) fn takes(&mut self, what: &str, took_us: u64, bound_us: u64, noise_us: u64) {
        let words = format!("{what}: {} ms, not {} ms", ms(took_us), ms(bound_us));
        if took_us > bound_us + noise_us {
            self.finds(words);
        } else if took_us > bound_us {
            self.misses.push(words);
        }
    }

    /// One more figure.
    pub(crate) fn says(&mut self, figure: String) {
        self.more.push(figure);
    }

    pub(crate) fn holds(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Milliseconds with one digit behind the point.
fn ms(us: u64) -> String {
    format!("{}.{}", us / 1_000, us % 1_000 / 100)
}

/// Holds a history against the rules.
pub(crate) fn judge(row: &str, injected: &str, history: &History) -> Outcome {
    let violations = check(history);
    let mut outcome = Outcome::of(row, injected);
    outcome.figures = Figures::of(history, &violations);
    if !violations.is_empty() {
        let violations = &violations;
        outcome.finds(
            Report {
                history,
                violations,
            }
            .to_string(),
        );
    }
    if outcome.figures.lost > 0 {
        outcome.finds(format!(
            "{} acknowledged sends are lost",
            outcome.figures.lost
        ));
    }
    outcome
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let it = &self.figures;
        writeln!(f, "{}: {}", self.row, self.injected)?;
        writeln!(
            f,
            "  {} sends, {} acknowledged ({} of them by an earlier try), {} refused for good, {} deliveries",
            it.sends, it.acknowledged, it.duplicates, it.refused, it.deliveries
        )?;
        writeln!(
            f,
            "  {} lost, {} doubled, {} reordered; longest silence {} ms",
            it.lost, it.doubled, it.reordered, it.silence_ms
        )?;
        for figure in &self.more {
            writeln!(f, "  {figure}")?;
        }
        for miss in &self.misses {
            writeln!(f, "  missed by less than noise: {miss}")?;
        }
        for finding in &self.findings {
            writeln!(f, "  DOES NOT HOLD: {finding}")?;
        }
        write!(f, "  {}", if self.holds() { "holds" } else { "FAILED" })
    }
}
