//! What was measured against what: one row a figure, and whether it meets its budget.

use serde::Serialize;

use crate::figures::Paired;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Bytes of user memory.
    Bytes,
    /// Microseconds of the server's CPU.
    CpuUs,
    /// Milliseconds that passed.
    Millis,
    /// So many a second.
    PerSecond,
    /// So many a second of one core's time.
    PerSecondAndCore,
    /// Parts of a hundred.
    Percent,
    /// So many times something else that was measured.
    Times,
    /// Pieces.
    Count,
}

/// What a figure has to be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Budget {
    /// No more.
    AtMost(f64),
    /// No less.
    AtLeast(f64),
    /// No more than so many times the floor.
    AtMostTimesFloor(f64),
    /// No less than so many times the floor.
    AtLeastTimesFloor(f64),
    /// No more than the floor and so much.
    AtMostAboveFloor(f64),
    /// Whatever it is.
    Shown,
}

/// Whether a figure meets its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// It does.
    Met,
    /// It does not.
    Missed,
    /// It has none.
    Shown,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Row {
    /// Of which workload.
    pub(crate) workload: &'static str,
    /// Of what.
    pub(crate) what: String,
    pub(crate) unit: Unit,
    pub(crate) budget: Budget,
    pub(crate) measured: f64,
    /// The floor's figure, measured in the same run.
    pub(crate) floor: Option<f64>,
    /// To the floor, as the median of the rounds' ratios.
    pub(crate) ratio: Option<f64>,
}

impl Row {
    pub(crate) fn verdict(&self) -> Verdict {
        let ratio = self.ratio.unwrap_or(f64::NAN);
        let above = self.measured - self.floor.unwrap_or(f64::NAN);
        let is_met = match self.budget {
            Budget::Shown => return Verdict::Shown,
            Budget::AtMost(most) => self.measured <= most,
            Budget::AtLeast(least) => self.measured >= least,
            Budget::AtMostTimesFloor(most) => ratio <= most,
            Budget::AtLeastTimesFloor(least) => ratio >= least,
            Budget::AtMostAboveFloor(most) => above <= most,
        };
        if is_met {
            Verdict::Met
        } else {
            Verdict::Missed
        }
    }

    /// A figure without a floor.
    pub(crate) fn alone(
        workload: &'static str,
        what: String,
        unit: Unit,
        budget: Budget,
        measured: f64,
    ) -> Self {
        Self {
            workload,
            what,
            unit,
            budget,
            measured,
            floor: None,
            ratio: None,
        }
    }

    /// A figure beside the floor's, measured once.
    pub(crate) fn beside(self, floor: f64) -> Self {
        let ratio = Some(self.measured / floor).filter(|ratio| ratio.is_finite());
        Self {
            floor: Some(floor),
            ratio,
            ..self
        }
    }

    /// A figure of several rounds, beside the floor's of the same rounds.
    pub(crate) fn paired(
        workload: &'static str,
        what: String,
        unit: Unit,
        budget: Budget,
        rounds: &Paired,
    ) -> Self {
        Self {
            floor: Some(rounds.floor()),
            ratio: Some(rounds.ratio()),
            ..Self::alone(workload, what, unit, budget, rounds.measured())
        }
    }

    /// What it says of a server of which only the answers are known: no figure of its process, and
    /// no budget, which are for a server and a floor side by side.
    pub(crate) fn seen_outside(self) -> Option<Self> {
        let is_inside = matches!(
            self.unit,
            Unit::Bytes | Unit::CpuUs | Unit::PerSecondAndCore
        );
        (!is_inside).then_some(Self {
            budget: Budget::Shown,
            floor: None,
            ratio: None,
            ..self
        })
    }

    /// As a row of the table.
    fn cells(&self) -> [String; 7] {
        let figure = |figure: f64| {
            format!("{} {}", plain(figure), self.unit.words())
                .trim_end()
                .to_owned()
        };
        [
            self.workload.to_owned(),
            self.what.clone(),
            self.budget.words(self.unit),
            figure(self.measured),
            self.floor.map(figure).unwrap_or_default(),
            self.ratio
                .map(|ratio| format!("{ratio:.2}"))
                .unwrap_or_default(),
            self.verdict().word().to_owned(),
        ]
    }
}

impl Unit {
    const fn words(self) -> &'static str {
        match self {
            Self::Bytes => "B",
            Self::CpuUs => "µs",
            Self::Millis => "ms",
            Self::PerSecond => "/s",
            Self::PerSecondAndCore => "/s a core",
            Self::Percent => "%",
            Self::Times => "×",
            Self::Count => "",
        }
    }
}

impl Budget {
    fn words(self, unit: Unit) -> String {
        let unit = unit.words();
        match self {
            Self::AtMost(most) => format!("≤ {} {unit}", plain(most)).trim_end().to_owned(),
            Self::AtLeast(least) => format!("≥ {} {unit}", plain(least)).trim_end().to_owned(),
            Self::AtMostTimesFloor(most) => format!("≤ {most} × the floor"),
            Self::AtLeastTimesFloor(least) => format!("≥ {least} × the floor"),
            Self::AtMostAboveFloor(most) => format!("≤ the floor + {} {unit}", plain(most)),
            Self::Shown => String::new(),
        }
    }
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::Shown => "",
        }
    }
}

const HEADER: [&str; 7] = ["", "what", "budget", "measured", "floor", "ratio", ""];

/// The rows as a table of Markdown, which a terminal shows well too.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![HEADER.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let mut widths = [0; HEADER.len()];
    for cells in &lines {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for (index, cells) in lines.iter().enumerate() {
        let cells = (0..)
            .zip(cells)
            .zip(widths)
            .map(|((column, cell), width)| match column {
                3..=5 => format!("{cell:>width$}"),
                _ => format!("{cell:<width$}"),
            });
        text += &format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
        if index == 0 {
            let rule = (0..).zip(widths).map(|(column, width)| match column {
                3..=5 => format!("{}:", "-".repeat(width.max(3) + 1)),
                _ => "-".repeat(width.max(3) + 2),
            });
            text += &format!("|{}|\n", rule.collect::<Vec<_>>().join("|"));
        }
    }
    text
}

/// Three digits that mean something, with a comma between thousands.
fn plain(figure: f64) -> String {
    match figure.abs() {
        size if size < 10.0 => trim(&format!("{figure:.2}")),
        size if size < 100.0 => trim(&format!("{figure:.1}")),
        _ => grouped(&format!("{figure:.0}")),
    }
}

fn trim(text: &str) -> String {
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text.to_owned()
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |rest| ("-", rest));
    let mut text = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(budget: Budget, measured: f64, floor: Option<f64>) -> Row {
        let ratio = floor.map(|floor| measured / floor);
        Row {
            workload: "W3",
            what: "a".into(),
            unit: Unit::CpuUs,
            budget,
            measured,
            floor,
            ratio,
        }
    }

    #[test]
    fn a_verdict_is_that_of_the_budget() {
        for (budget, measured, floor, verdict) in [
            (Budget::AtMost(3.0), 3.0, None, Verdict::Met),
            (Budget::AtMost(3.0), 3.1, None, Verdict::Missed),
            (Budget::AtLeast(3.0), 2.9, None, Verdict::Missed),
            (
                Budget::AtMostTimesFloor(1.15),
                11.4,
                Some(10.0),
                Verdict::Met,
            ),
            (
                Budget::AtMostTimesFloor(1.15),
                11.6,
                Some(10.0),
                Verdict::Missed,
            ),
            (
                Budget::AtLeastTimesFloor(0.8),
                7.0,
                Some(10.0),
                Verdict::Missed,
            ),
            (
                Budget::AtMostAboveFloor(3.0),
                12.5,
                Some(10.0),
                Verdict::Met,
            ),
            (
                Budget::AtMostAboveFloor(3.0),
                13.5,
                Some(10.0),
                Verdict::Missed,
            ),
            (Budget::AtMostTimesFloor(9.0), 1.0, None, Verdict::Missed),
            (Budget::Shown, 1e9, None, Verdict::Shown),
        ] {
            assert_eq!(
                row(budget, measured, floor).verdict(),
                verdict,
                "{budget:?} {measured}"
            );
        }
    }

    #[test]
    fn of_a_server_elsewhere_only_what_its_answers_say_is_shown() {
        let cpu = row(Budget::AtMost(3.0), 5.0, Some(4.0));
        assert_eq!(cpu.clone().seen_outside(), None);
        let latency = Row {
            unit: Unit::Millis,
            ..cpu
        };
        let seen = latency.seen_outside().unwrap();
        assert_eq!((seen.verdict(), seen.floor), (Verdict::Shown, None));
    }

    #[test]
    fn figures_are_as_exact_as_they_can_be_meant() {
        for (figure, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.456, "0.46"),
            (12.34, "12.3"),
            (345.6, "346"),
            (1_234_567.0, "1,234,567"),
            (-1_000.0, "-1,000"),
        ] {
            assert_eq!(plain(figure), text);
        }
    }

    #[test]
    fn a_table_is_markdown_with_a_column_for_each_question() {
        let rows = [
            row(Budget::AtMostTimesFloor(1.15), 5.5, Some(5.0)),
            row(Budget::Shown, 7.0, None),
        ];
        let table = table(&rows);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(
            lines.iter().all(|line| line.matches('|').count() == 8),
            "{table}"
        );
        assert!(
            lines[2].contains("≤ 1.15 × the floor") && lines[2].contains("met"),
            "{table}"
        );
        assert!(
            lines[1].starts_with("|---") && lines[1].contains(":|"),
            "{table}"
        );
    }
}
