//! Medians of rounds that were run in turns: machines are shared, so one round says little, and
//! what was measured side by side says most.

/// The middle of some figures, or the mean of the two in the middle; zero of none.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

/// A figure of the server's and the floor's, round by round.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Paired {
    measured: Vec<f64>,
    floor: Vec<f64>,
}

impl Paired {
    pub(crate) fn note(&mut self, measured: f64, floor: f64) {
        self.measured.push(measured);
        self.floor.push(floor);
    }

    /// A figure of a server beside which there is no floor.
    pub(crate) fn note_alone(&mut self, measured: f64) {
        self.measured.push(measured);
    }

    pub(crate) fn measured(&self) -> f64 {
        median(&self.measured)
    }

    pub(crate) fn floor(&self) -> f64 {
        median(&self.floor)
    }

    /// The median of the rounds' ratios: what slows the machine slows both halves of a round.
    pub(crate) fn ratio(&self) -> f64 {
        let rounds = self.measured.iter().zip(&self.floor);
        let ratios: Vec<f64> = rounds.map(|(measured, floor)| measured / floor).collect();
        median(&ratios)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "these are exact")]
    fn a_median_does_not_mind_one_bad_round() {
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[3.0, 900.0, 1.0]), 3.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), 3.0);
    }

    #[test]
    fn a_ratio_is_taken_within_each_round() {
        let mut paired = Paired::default();
        paired.note(10.0, 5.0);
        paired.note(40.0, 20.0);
        paired.note(9.0, 3.0);
        assert_eq!(
            (paired.measured(), paired.floor(), paired.ratio()),
            (10.0, 5.0, 2.0)
        );
    }
}
