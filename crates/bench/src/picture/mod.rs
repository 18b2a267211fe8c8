//! The same results for the eye: how long things took as a distribution, and CPU against the floor.
//! As text for the terminal, and as SVG for a document. Only drawing: no I/O.

mod panel;
mod svg;
mod text;

use crate::histogram::Histogram;

pub(crate) use svg::svg;
pub(crate) use text::plot;

/// A distribution to be drawn.
#[derive(Debug, Clone)]
pub(crate) struct Curve {
    /// Of which workload.
    pub(crate) workload: &'static str,
    /// Of what.
    pub(crate) name: String,
    pub(crate) latency: Histogram,
    /// The floor's.
    pub(crate) floor: Option<Histogram>,
}

/// The times that are drawn: from here,
const FROM_NS: f64 = 1e5;
/// so many powers of ten.
const DECADES: u32 = 5;

/// Where a time stands between the shortest and the longest that are drawn, from 0 to 1.
fn place(time_ns: f64) -> f64 {
    ((time_ns.max(1.0) / FROM_NS).log10() / f64::from(DECADES)).clamp(0.0, 1.0)
}

/// What stands at each power of ten.
const MARKS: [&str; DECADES as usize + 1] = ["0.1 ms", "1 ms", "10 ms", "100 ms", "1 s", "10 s"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_place_among_the_powers_of_ten() {
        for (time_ns, expected) in [(1e3, 0.0), (1e5, 0.0), (1e7, 0.4), (1e10, 1.0), (1e12, 1.0)] {
            assert!((place(time_ns) - expected).abs() < 1e-9, "{time_ns}");
        }
    }
}
