//! What the server says of itself at `GET /metrics`: the same interval seen from inside.
//!
//! Its histograms have few buckets, so a quantile of theirs is a place within a bucket and no exact
//! figure; it shows on which side of the socket time was spent.

use crate::address::Address;
use crate::failure::{Failure, Outcome, While};
use crate::http::{Connection, Request};

/// A histogram as the server counts it: how many were no longer than each bound, in seconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Counted {
    bounds: Vec<(f64, f64)>,
    sum: f64,
    count: f64,
}

/// All metrics at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    text: String,
}

impl Metrics {
    /// Asks the server.
    pub(crate) fn read(address: &Address) -> Outcome<Self> {
        let mut connection = Connection::open(address).during("reaching the server")?;
        let request = Request {
            method: "GET",
            path: "/metrics".to_owned(),
            token: String::new(),
            body: String::new(),
        };
        let mut answers = connection
            .exchange(&[request])
            .during("asking for the server's metrics")?;
        let answer = answers.remove(0);
        if answer.status != 200 {
            let status = answer.status;
            return Err(Failure::Server(format!(
                "its metrics were answered with {status}"
            )));
        }
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        Ok(Self { text })
    }

    /// A histogram by its name; empty when there is none.
    pub(crate) fn histogram(&self, name: &str) -> Counted {
        let prefix = format!("{name}_bucket{{le=\"");
        let lines = self.text.lines();
        let bounds = lines.filter_map(|line| {
            let (bound, count) = line.strip_prefix(&prefix)?.split_once("\"}")?;
            Some((bound.parse().ok()?, count.trim().parse().ok()?))
        });
        Counted {
            bounds: bounds.collect(),
            sum: self.figure(&format!("{name}_sum")),
            count: self.figure(&format!("{name}_count")),
        }
    }

    /// A figure without labels; zero when there is none.
    fn figure(&self, name: &str) -> f64 {
        let mut lines = self.text.lines();
        let figure = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        figure
            .and_then(|figure| figure.trim().parse().ok())
            .unwrap_or_default()
    }
}

impl Counted {
    /// What came after an earlier look.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let before = earlier.bounds.iter().map(|(_, count)| *count);
        let before = before.chain(std::iter::repeat(0.0));
        let bounds = self.bounds.iter().zip(before);
        Self {
            bounds: bounds
                .map(|((bound, count), before)| (*bound, count - before))
                .collect(),
            sum: self.sum - earlier.sum,
            count: self.count - earlier.count,
        }
    }

    /// None when nothing was counted.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }

    /// The value that a share of all, from 0 to 1, did not exceed, taken as spread evenly within
    /// its bucket. None when nothing was counted.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let (_, all) = *self.bounds.last()?;
        let rank = share * all;
        let reached = self.bounds.iter().position(|(_, count)| *count >= rank)?;
        let (bound, count) = self.bounds[reached];
        let below = reached.checked_sub(1).map(|below| self.bounds[below]);
        let (lower, before) = below.unwrap_or_default();
        let is_finite = bound.is_finite() && all > 0.0 && count > before;
        is_finite.then(|| lower + (bound - lower) * (rank - before) / (count - before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# TYPE acks histogram\nacks_bucket{le=\"0.001\"} 10\n\
         acks_bucket{le=\"0.002\"} 30\nacks_bucket{le=\"+Inf\"} 30\nacks_sum 1\nacks_count 30\n\
         other_bucket{le=\"1\"} 5\n";

    fn counted(text: &str) -> Counted {
        let text = text.to_owned();
        Metrics { text }.histogram("acks")
    }

    #[test]
    fn a_quantile_lies_within_its_bucket() {
        let acks = counted(TEXT);
        assert_eq!(acks.bounds.len(), 3);
        let near = |share: f64, expected: f64| {
            let found = acks.quantile(share).unwrap();
            assert!((found - expected).abs() < 1e-9, "{share}: {found}");
        };
        near(1.0 / 6.0, 0.0005);
        near(0.5, 0.00125);
        near(1.0, 0.002);
        assert_eq!(acks.mean(), Some(1.0 / 30.0));
        assert_eq!(Counted::default().quantile(0.5), None);
    }

    #[test]
    fn only_what_came_since_counts() {
        let earlier = counted("acks_bucket{le=\"0.001\"} 10\nacks_bucket{le=\"0.002\"} 10\n");
        let since = counted(TEXT).since(&earlier);
        let counts: Vec<f64> = since.bounds.iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [0.0, 20.0, 30.0]);
        assert_eq!(counted(TEXT).since(&counted(TEXT)).mean(), None);
    }
}
