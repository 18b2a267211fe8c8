//! One distribution as a panel of the picture: time by percentile, the server's and the floor's.

use super::{Curve, DECADES, MARKS, place};
use crate::histogram::Histogram;

/// Of a panel, in the picture's units.
pub(super) const WIDTH: f64 = 300.0;
pub(super) const HEIGHT: f64 = 190.0;
const LEFT: f64 = 48.0;
const TOP: f64 = 34.0;
const PLOT_WIDTH: f64 = 236.0;
const PLOT_HEIGHT: f64 = 126.0;
/// Where percentiles stand: each further one in ten has as much room as the one before.
const PERCENTILES: [(f64, &str); 5] = [
    (0.0, "0"),
    (0.9, "90"),
    (0.99, "99"),
    (0.999, "99.9"),
    (0.9999, "99.99 %"),
];
/// Points of a line between two of them.
const POINTS: u32 = 12;

/// The panel, with its upper left corner at a place.
pub(super) fn panel(curve: &Curve, x: f64, y: f64) -> String {
    let mut out = format!(r#"<g transform="translate({x:.0} {y:.0})">"#);
    out += &format!(
        r#"<text class="title" x="0" y="14">{} {}</text>"#,
        curve.workload,
        escaped(&curve.name)
    );
    out += &grid();
    if let Some(floor) = &curve.floor {
        out += &line("floor", floor);
    }
    out += &line("server", &curve.latency);
    out + "</g>\n"
}

/// Text in XML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn grid() -> String {
    let mut out = String::new();
    for (decade, mark) in (0..).zip(MARKS) {
        let y = TOP + PLOT_HEIGHT * (1.0 - f64::from(decade) / f64::from(DECADES));
        let (right, label_y) = (LEFT + PLOT_WIDTH, y + 3.0);
        out += &format!(
            r#"<path class="grid" d="M{LEFT} {y:.1}H{right}"/><text class="mark" x="{:.0}" y="{label_y:.1}" text-anchor="end">{mark}</text>"#,
            LEFT - 6.0
        );
    }
    for (index, (_, mark)) in (0..).zip(PERCENTILES) {
        let x = LEFT + PLOT_WIDTH * f64::from(index) / 4.0;
        let y = TOP + PLOT_HEIGHT + 14.0;
        out += &format!(
            r#"<text class="mark" x="{x:.1}" y="{y:.0}" text-anchor="middle">{mark}</text>"#
        );
    }
    out
}

fn line(class: &str, latency: &Histogram) -> String {
    let last = (PERCENTILES.len() - 1) as u32 * POINTS;
    let points = (0..=last).map(|step| {
        let nines = f64::from(step) / f64::from(POINTS);
        let share = 1.0 - 10_f64.powf(-nines);
        let x = LEFT + PLOT_WIDTH * f64::from(step) / f64::from(last);
        let y = TOP + PLOT_HEIGHT * (1.0 - place(latency.quantile_ns(share) as f64));
        format!("{x:.1},{y:.1}")
    });
    let points: Vec<String> = points.collect();
    format!(
        r#"<polyline class="{class}" points="{}"/>"#,
        points.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_longer_stands_higher_and_the_floor_is_drawn_too() {
        let mut latency = Histogram::default();
        (0..99).for_each(|_| latency.note(1_000_000));
        latency.note(1_000_000_000);
        let curve = Curve {
            workload: "W5",
            name: "a < b".into(),
            latency: latency.clone(),
            floor: Some(latency),
        };
        let drawn = panel(&curve, 0.0, 0.0);
        assert!(drawn.contains("W5 a &lt; b"));
        assert_eq!(drawn.matches("<polyline").count(), 2);
        let points = drawn.split("class=\"server\" points=\"").nth(1).unwrap();
        let points: Vec<f64> = points[..points.find('"').unwrap()]
            .split(' ')
            .map(|point| point.split_once(',').unwrap().1.parse().unwrap())
            .collect();
        assert!(points.first().unwrap() - points.last().unwrap() > PLOT_HEIGHT / 2.0);
        assert!(points.is_sorted_by(|one, other| one >= other));
    }
}
