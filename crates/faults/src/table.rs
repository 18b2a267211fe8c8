//! The marked table of a document: rows of this invocation replace their predecessors.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::arguments::Arguments;
use crate::failure::{Failure, While};
use crate::judge::Outcome;
use crate::scale::Scale;

const BEGIN: &str = "<!-- fault runs: written by tidings-faults -->";
const END: &str = "<!-- end of the fault runs -->";
const HEAD: &str = "| row | what was done | sends | acknowledged | lost | doubled | reordered | longest silence | besides | repeat with |\n|---|---|---|---|---|---|---|---|---|---|\n";

/// Puts the outcomes into the document's table.
pub(crate) fn write(
    document: &Path,
    outcomes: &[Outcome],
    arguments: &Arguments,
) -> Result<(), Failure> {
    let text = fs::read_to_string(document).during("reading the document")?;
    let rows = outcomes.iter().map(|outcome| {
        let row = row(outcome, arguments);
        (outcome.row.clone(), row)
    });
    let replaced = replaced(&text, rows).ok_or_else(|| {
        Failure::Tool(format!("{} has no table between marks", document.display()))
    })?;
    fs::write(document, replaced).during("writing the document")
}

fn row(outcome: &Outcome, arguments: &Arguments) -> String {
    let it = &outcome.figures;
    let mut besides = outcome.more.clone();
    if !outcome.holds() {
        besides.insert(0, "**does not hold**".to_owned());
    }
    let misses = outcome.misses.iter();
    besides.extend(misses.map(|miss| format!("**missed by less than noise**: {miss}")));
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} ms | {} | `{}` |\n",
        outcome.row,
        outcome.injected,
        it.sends,
        it.acknowledged,
        it.lost,
        it.doubled,
        it.reordered,
        it.silence_ms,
        besides.join("; "),
        command(&outcome.row, arguments),
    )
}

fn command(row: &str, arguments: &Arguments) -> String {
    let fault = row.split([' ', ',']).next().unwrap_or(row).to_lowercase();
    let mut command = format!("make faults ROWS={fault} SEED={}", arguments.seed);
    if arguments.scale == Scale::Smoke {
        command.push_str(" SCALE=smoke");
    }
    if let Some(seconds) = arguments.seconds {
        command.push_str(&format!(" LASTING={seconds}"));
    }
    command
}

/// The text with these rows in its table, beside those of other names that stand there already;
/// nothing if it has no table.
fn replaced(text: &str, rows: impl Iterator<Item = (String, String)>) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (table, after) = rest.split_once(END)?;
    let mut all: BTreeMap<(u32, String), String> = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with("| F")) {
        let name = line.split('|').nth(1).unwrap_or_default().trim();
        all.insert(key(name), format!("{line}\n"));
    }
    all.extend(rows.map(|(name, row)| (key(&name), row)));
    let table: String = all.into_values().collect();
    Some(format!("{before}{BEGIN}\n{HEAD}{table}{END}{after}"))
}

/// F2 stands before F10.
fn key(name: &str) -> (u32, String) {
    let digits: String = name
        .chars()
        .skip(1)
        .take_while(char::is_ascii_digit)
        .collect();
    (digits.parse().unwrap_or(0), name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_replace_those_of_the_same_name_and_stand_in_the_order_of_their_numbers() {
        let text = format!("a\n{BEGIN}\n| F10 | old |\n| F2 | kept |\n{END}\nz\n");
        let rows = [("F10", "| F10 | new |\n"), ("F1", "| F1 | first |\n")];
        let rows = rows.map(|(name, row)| (name.to_owned(), row.to_owned()));
        let text = replaced(&text, rows.into_iter()).unwrap();
        let table = "| F1 | first |\n| F2 | kept |\n| F10 | new |\n";
        assert_eq!(text, format!("a\n{BEGIN}\n{HEAD}{table}{END}\nz\n"));
    }

    #[test]
    fn a_document_without_marks_is_left_alone() {
        assert_eq!(replaced("a\n", std::iter::empty()), None);
    }
}
