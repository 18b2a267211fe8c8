//! Distributions as lines of text: a column of blocks for each step of time.

use super::{Curve, DECADES, MARKS, place};
use crate::histogram::Histogram;

/// Columns of each power of ten.
const COLUMNS_PER_DECADE: usize = 10;
const COLUMNS: usize = COLUMNS_PER_DECADE * DECADES as usize;
/// From nearly nothing to as much as anywhere.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const FLOOR: &str = "the floor";

/// All distributions below one another, with the times above them.
pub(crate) fn plot(curves: &[Curve]) -> String {
    let widths = curves.iter().map(|curve| title(curve).chars().count());
    let width = widths.max().unwrap_or_default().max(FLOOR.len());
    let mut text = format!("{:width$}  {}\n", "", axis());
    for curve in curves {
        text += &line(&title(curve), width, &curve.latency);
        if let Some(floor) = &curve.floor {
            text += &line(FLOOR, width, floor);
        }
    }
    text
}

fn title(curve: &Curve) -> String {
    format!("{} {}", curve.workload, curve.name)
}

fn axis() -> String {
    let mut axis = String::new();
    for mark in &MARKS[..DECADES as usize] {
        axis += &format!("{mark:<COLUMNS_PER_DECADE$}");
    }
    axis + MARKS[DECADES as usize]
}

fn line(title: &str, width: usize, latency: &Histogram) -> String {
    let line = format!("{title:>width$}  {}", blocks(&shares(latency)));
    format!("{}\n", line.trim_end())
}

/// How much of all lies in each column.
fn shares(latency: &Histogram) -> [f64; COLUMNS] {
    let mut shares = [0.0; COLUMNS];
    for (time_ns, share) in latency.shares() {
        let column = (place(time_ns as f64) * COLUMNS as f64) as usize;
        shares[column.min(COLUMNS - 1)] += share;
    }
    shares
}

fn blocks(shares: &[f64; COLUMNS]) -> String {
    let most = shares.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let block = |share: &f64| match share {
        0.0 => ' ',
        // Heights are roots of shares: the one in a hundred that took long is to be seen.
        share => BLOCKS[(((share / most).sqrt() * 8.0).ceil() as usize).clamp(1, 8) - 1],
    };
    shares.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_stands_highest_and_the_tail_is_seen_at_its_time() {
        let mut latency = Histogram::default();
        (0..99).for_each(|_| latency.note(1_050_000));
        latency.note(1_050_000_000);
        let drawn = plot(&[Curve {
            workload: "W5",
            name: "pairs".into(),
            latency: latency.clone(),
            floor: Some(latency),
        }]);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with(" W5 pairs  "), "{drawn}");
        assert!(lines[2].starts_with("the floor  "), "{drawn}");
        let column = |line: &str, what: &str| {
            let at = line.find(what).unwrap();
            line[..at].chars().count()
        };
        assert_eq!(column(lines[1], "█"), column(lines[0], " 1 ms") + 1);
        assert_eq!(column(lines[1], "▁"), column(lines[0], "1 s"));
    }
}
