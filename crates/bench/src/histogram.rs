//! Durations in buckets whose width grows with the value, so that a quantile is right to 1.6 %
//! whatever its size, and millions of values cost no memory.

use serde::{Deserialize, Serialize};

/// Buckets of each power of two.
const PARTS: u64 = 64;
const PARTS_LOG2: u32 = PARTS.trailing_zeros();

/// How often each duration, in nanoseconds, was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u32, u64)>", into = "Vec<(u32, u64)>")]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    pub(crate) fn note(&mut self, value_ns: u64) {
        self.add(bucket(value_ns), 1);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (bucket, count) in other.filled() {
            self.add(bucket, count);
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// How many were noted.
    #[cfg(test)]
    pub(crate) const fn count(&self) -> u64 {
        self.total
    }

    /// The duration in nanoseconds that a share of all, from 0 to 1, did not exceed; zero of none.
    pub(crate) fn quantile_ns(&self, share: f64) -> u64 {
        let rank = (share * self.total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let reached = self.filled().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        reached.map_or(0, |(bucket, _)| upper_end(bucket))
    }

    /// Durations in nanoseconds, rising, each with the share of all that were about so long.
    pub(crate) fn shares(&self) -> impl Iterator<Item = (u64, f64)> + '_ {
        let all = self.total as f64;
        self.filled()
            .map(move |(bucket, count)| (upper_end(bucket), count as f64 / all))
    }

    /// The duration in milliseconds that so many in a hundred did not exceed.
    pub(crate) fn percentile_ms(&self, percent: u32) -> f64 {
        self.quantile_ns(f64::from(percent) / 100.0) as f64 / 1e6
    }

    fn add(&mut self, bucket: u32, count: u64) {
        let index = bucket as usize;
        if index >= self.counts.len() {
            self.counts.resize(index + 1, 0);
        }
        self.counts[index] += count;
        self.total += count;
    }

    fn filled(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let counts = (0..).zip(self.counts.iter().copied());
        counts.filter(|(_, count)| *count > 0)
    }
}

impl From<Histogram> for Vec<(u32, u64)> {
    fn from(histogram: Histogram) -> Self {
        histogram.filled().collect()
    }
}

impl From<Vec<(u32, u64)>> for Histogram {
    fn from(filled: Vec<(u32, u64)>) -> Self {
        let mut histogram = Self::default();
        for (bucket, count) in filled {
            histogram.add(bucket.min(bucket_max()), count);
        }
        histogram
    }
}

fn bucket(value: u64) -> u32 {
    if value < PARTS {
        return value as u32;
    }
    let doublings = value.ilog2() - PARTS_LOG2;
    let part = (value >> doublings) - PARTS;
    (doublings + 1) * PARTS as u32 + part as u32
}

fn bucket_max() -> u32 {
    bucket(u64::MAX)
}

fn upper_end(bucket: u32) -> u64 {
    let bucket = u64::from(bucket);
    if bucket < PARTS {
        return bucket;
    }
    let (doublings, part) = (bucket / PARTS - 1, bucket % PARTS);
    ((PARTS + part + 1) << doublings).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_in_its_bucket_within_two_percent() {
        for value in (0..64)
            .map(|power| 1_u64 << power)
            .chain([63, 64, 65, 1_000_003, u64::MAX])
        {
            let end = upper_end(bucket(value));
            assert!(end >= value, "{value} is beyond {end}");
            assert!(end - value <= value / 60, "{value} is far from {end}");
        }
    }

    #[test]
    fn buckets_rise_with_their_values() {
        let mut last = 0;
        for value in (0..200_000).step_by(7) {
            assert!(bucket(value) >= last);
            last = bucket(value);
        }
    }

    #[test]
    fn quantiles_are_those_of_the_values() {
        let mut histogram = Histogram::default();
        (1..=1_000).for_each(|n| histogram.note(n * 1_000));
        for (share, expected) in [(0.5, 500_000.0), (0.99, 990_000.0), (1.0, 1_000_000.0)] {
            let found = histogram.quantile_ns(share) as f64;
            assert!((found / expected - 1.0).abs() < 0.02, "{share}: {found}");
        }
        assert_eq!(Histogram::default().quantile_ns(0.5), 0);
    }

    #[test]
    fn what_is_merged_or_written_down_keeps_its_counts() {
        let mut one = Histogram::default();
        let mut other = Histogram::default();
        [5, 70, 5].iter().for_each(|n| one.note(*n));
        [1_000_000, 5].iter().for_each(|n| other.note(*n));
        one.merge(&other);
        assert_eq!(one.count(), 5);
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Histogram>(&text).unwrap(), one);
        assert_eq!(one.quantile_ns(0.6), 5);
    }
}
