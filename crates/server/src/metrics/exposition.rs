//! The text in which Prometheus reads metrics (exposition format 0.0.4).
//!
//! Written here and not by a library: all that is shown lives elsewhere as plain atomic numbers,
//! and the libraries want to own what they show.

use std::fmt::{Display, Write as _};

use tidings_engine::meters::Spread;

/// A page of metrics as it is written.
#[derive(Debug, Default)]
pub(super) struct Page(String);

/// What the whole numbers of a [`Spread`] are, and how they are shown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    /// Microseconds, shown as seconds.
    Microseconds,
    /// Things that are counted.
    Things,
}

impl Page {
    /// A number that only rises.
    pub(super) fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, help, "counter");
        self.line(name, "", value);
    }

    /// A level.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, help, "gauge");
        self.line(name, "", value);
    }

    /// Several of a kind, told apart by one label. The values of labels are our own words.
    pub(super) fn family<V: Display>(
        &mut self,
        (name, kind, help): (&str, &str, &str),
        label: &str,
        values: impl IntoIterator<Item = (&'static str, V)>,
    ) {
        self.head(name, help, kind);
        for (word, value) in values {
            self.line(name, &format!("{{{label}=\"{word}\"}}"), value);
        }
    }

    /// How values are spread.
    pub(super) fn histogram(&mut self, name: &str, help: &str, spread: &Spread, unit: Unit) {
        self.head(name, help, "histogram");
        let bucket = format!("{name}_bucket");
        let mut count = 0;
        for (below, values) in spread.buckets() {
            count += values;
            let bound = below.map_or("+Inf".to_owned(), |below| unit.bound(below));
            self.line(&bucket, &format!("{{le=\"{bound}\"}}"), count);
        }
        self.line(&format!("{name}_sum"), "", unit.shown(spread.sum()));
        self.line(&format!("{name}_count"), "", count);
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}

impl Unit {
    /// The highest value of a bucket whose values are whole and below this. A time was cut to whole
    /// microseconds, so all that was below the bound is.
    fn bound(self, below: u64) -> String {
        match self {
            Self::Microseconds => self.shown(below),
            Self::Things => self.shown(below - 1),
        }
    }

    fn shown(self, value: u64) -> String {
        match self {
            Self::Microseconds => format!("{}", value as f64 / 1e6),
            Self::Things => value.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(page: Page) -> Vec<String> {
        page.into_text().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_counter_has_its_help_and_its_type() {
        let mut page = Page::default();
        page.counter("a_total", "All.", 3);
        assert_eq!(
            lines(page),
            ["# HELP a_total All.", "# TYPE a_total counter", "a_total 3"]
        );
    }

    #[test]
    fn the_buckets_of_a_histogram_add_up() {
        let spread = Spread::default();
        for value in [0, 1, 2, 3, u64::from(u32::MAX)] {
            spread.note(value);
        }
        let mut page = Page::default();
        page.histogram("batch", "Writes.", &spread, Unit::Things);
        let lines = lines(page);
        assert_eq!(
            lines[2..5],
            [
                "batch_bucket{le=\"0\"} 1",
                "batch_bucket{le=\"1\"} 2",
                "batch_bucket{le=\"3\"} 4"
            ]
        );
        let sum = format!("batch_sum {}", 6 + u64::from(u32::MAX));
        assert_eq!(
            lines[lines.len() - 3..],
            ["batch_bucket{le=\"+Inf\"} 5", &sum, "batch_count 5"]
        );
    }

    #[test]
    fn times_are_shown_in_seconds() {
        let spread = Spread::default();
        spread.note(1_500_000);
        let mut page = Page::default();
        page.histogram("took_seconds", "Time.", &spread, Unit::Microseconds);
        let text = page.into_text();
        assert!(
            text.contains("took_seconds_bucket{le=\"1.048576\"} 0\n"),
            "{text}"
        );
        assert!(
            text.contains("took_seconds_bucket{le=\"2.097152\"} 1\n"),
            "{text}"
        );
        assert!(text.contains("took_seconds_sum 1.5\n"), "{text}");
    }
}
