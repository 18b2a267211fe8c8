//! The picture: a panel for each distribution, and bars of CPU below them.

use super::Curve;
use super::panel::{HEIGHT, WIDTH, escaped, panel};
use crate::report::{Row, Unit};

const COLUMNS: usize = 3;
const GAP: f64 = 20.0;
const MARGIN: f64 = 24.0;
const BAR: f64 = 9.0;
/// From one pair of bars to the next.
const BAR_STEP: f64 = 40.0;
const BARS_WIDTH: f64 = 760.0;
const STYLE: &str = "text{font:11px system-ui,sans-serif;fill:#1f2937}.title{font-size:12px;font-weight:600}\
     .mark{font-size:9px;fill:#6b7280}.grid{stroke:#e5e7eb;fill:none}polyline{fill:none;stroke-width:1.6}\
     .server{stroke:#2563eb}.floor{stroke:#9ca3af}rect.server{fill:#2563eb;stroke:none}\
     rect.floor{fill:#9ca3af;stroke:none}";

/// All of it as one SVG document.
pub(crate) fn svg(curves: &[Curve], rows: &[Row]) -> String {
    let costs: Vec<(&Row, f64)> = rows
        .iter()
        .filter(|row| row.unit == Unit::CpuUs)
        .filter_map(|row| Some((row, row.floor?)))
        .collect();
    let panels_height = curves.len().div_ceil(COLUMNS) as f64 * (HEIGHT + GAP);
    let width = MARGIN * 2.0 + COLUMNS as f64 * (WIDTH + GAP) - GAP;
    let height = MARGIN * 2.0 + 30.0 + panels_height + costs.len() as f64 * BAR_STEP + 30.0;
    let mut out = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}"><style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>"##
    );
    out += "\n";
    out += &heading(
        MARGIN,
        "Time by percentile: Tidings (blue), the floor (grey)",
    );
    for (index, curve) in curves.iter().enumerate() {
        let x = MARGIN + (index % COLUMNS) as f64 * (WIDTH + GAP);
        let y = MARGIN + 24.0 + (index / COLUMNS) as f64 * (HEIGHT + GAP);
        out += &panel(curve, x, y);
    }
    out += &bars(&costs, MARGIN + 30.0 + panels_height);
    out + "</svg>\n"
}

fn heading(y: f64, words: &str) -> String {
    format!(
        "<text class=\"title\" x=\"{MARGIN}\" y=\"{y:.0}\">{}</text>\n",
        escaped(words)
    )
}

fn bars(costs: &[(&Row, f64)], top: f64) -> String {
    if costs.is_empty() {
        return String::new();
    }
    let figures = costs.iter().flat_map(|(row, floor)| [row.measured, *floor]);
    let most = figures.fold(f64::MIN_POSITIVE, f64::max);
    let mut out = heading(top, "Microseconds of CPU: Tidings (blue), the floor (grey)");
    for (index, (row, floor)) in costs.iter().enumerate() {
        let y = top + 22.0 + index as f64 * BAR_STEP;
        let what = format!("{} {}", row.workload, row.what);
        out += &format!(
            "<text class=\"mark\" x=\"{MARGIN}\" y=\"{y:.0}\">{}</text>\n",
            escaped(&what)
        );
        out += &bar("server", row.measured, most, y + 4.0);
        out += &bar("floor", *floor, most, y + 4.0 + BAR);
    }
    out
}

fn bar(class: &str, figure: f64, most: f64, y: f64) -> String {
    let width = figure / most * BARS_WIDTH;
    let (label_x, label_y) = (MARGIN + width + 5.0, y + BAR - 1.0);
    format!(
        "<rect class=\"{class}\" x=\"{MARGIN}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\"/>\
         <text class=\"mark\" x=\"{label_x:.1}\" y=\"{label_y:.1}\">{figure:.2}</text>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::Histogram;
    use crate::report::Budget;

    #[test]
    fn there_is_a_panel_for_each_distribution_and_a_pair_of_bars_for_each_cost() {
        let curve = |name: &str| Curve {
            workload: "W4",
            name: name.to_owned(),
            latency: Histogram::default(),
            floor: None,
        };
        let row = |unit| Row::alone("W3", "a".to_owned(), unit, Budget::Shown, 4.0);
        let rows = [
            row(Unit::CpuUs).beside(8.0),
            row(Unit::CpuUs),
            row(Unit::Millis).beside(1.0),
        ];
        let drawn = svg(&[curve("a"), curve("b"), curve("c"), curve("d")], &rows);
        assert_eq!(drawn.matches("<g ").count(), 4);
        assert_eq!(drawn.matches("<g ").count(), drawn.matches("</g>").count());
        let widths = [r#"width="380.0""#, r#"width="760.0""#];
        assert!(
            widths.iter().all(|width| drawn.matches(width).count() == 1),
            "{drawn}"
        );
    }
}
