//! Results in files: all of them as JSON, and the table in its place in a document.

use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::failure::{Failure, Outcome, While};
use crate::report::{Row, Verdict, table};

const BEGIN: &str = "<!-- results: written by the load tool -->\n";
const END: &str = "<!-- end of results -->\n";

/// The machine of a run, without a name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Machine {
    processors: usize,
    model: String,
    kernel: String,
    /// Processors that others kept busy during the run, on average.
    others: f64,
}

impl Machine {
    /// This one, whose processors others used so much during the run.
    pub(crate) fn this(others: f64) -> Self {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpuinfo
            .lines()
            .find_map(|line| line.strip_prefix("model name"));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let kernel = kernel.split(['-', '+']).next().unwrap_or_default().trim();
        Self {
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            model: model
                .map_or("unknown", |text| text.trim_start_matches([' ', '\t', ':']))
                .to_owned(),
            kernel: kernel.to_owned(),
            others,
        }
    }

    pub(crate) fn words(&self) -> String {
        let Self {
            processors,
            model,
            kernel,
            others,
        } = self;
        format!(
            "{processors} processors ({model}), Linux {kernel}, loopback; others used {others:.2} \
             processors meanwhile"
        )
    }
}

#[derive(Serialize)]
struct Results<'a> {
    machine: &'a Machine,
    rows: Vec<Judged<'a>>,
}

#[derive(Serialize)]
struct Judged<'a> {
    #[serde(flatten)]
    row: &'a Row,
    verdict: Verdict,
}

/// Writes all rows to a file.
pub(crate) fn write_json(path: &Path, machine: &Machine, rows: &[Row]) -> Outcome<()> {
    let rows = rows
        .iter()
        .map(|row| Judged {
            row,
            verdict: row.verdict(),
        })
        .collect();
    let text = serde_json::to_string_pretty(&Results { machine, rows }).expect("rows are plain");
    fs::write(path, text + "\n").during("writing the results")
}

/// Puts the table between its marks in a document, and the picture below it, where one was drawn
/// into a folder of the document's.
pub(crate) fn write_document(
    path: &Path,
    machine: &Machine,
    rows: &[Row],
    picture: Option<&Path>,
) -> Outcome<()> {
    let text = fs::read_to_string(path).during("reading the document")?;
    let (table, picture) = (table(rows), shown(path, picture));
    let results = format!("\nMachine: {}.\n\n{table}\n{picture}", machine.words());
    let text = between_marks(&text, &results).ok_or_else(|| {
        Failure::Server(format!("the document has no marks {BEGIN:?} and {END:?}"))
    })?;
    fs::write(path, text).during("writing the document")
}

/// How a document shows a picture that lies in its folder or below.
fn shown(document: &Path, picture: Option<&Path>) -> String {
    let folder = document.parent();
    let inside = folder
        .zip(picture)
        .and_then(|(folder, picture)| picture.strip_prefix(folder).ok());
    inside.map_or_else(String::new, |inside| {
        format!(
            "![Times by percentile, and CPU against the floor]({})\n\n",
            inside.display()
        )
    })
}

fn between_marks(text: &str, results: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{results}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_shown_where_the_document_finds_it() {
        let document = Path::new("docs/performance.md");
        let shown_at = |picture| shown(document, Some(Path::new(picture)));
        assert!(shown_at("docs/images/p.svg").contains("](images/p.svg)"));
        assert_eq!(shown_at("elsewhere/p.svg"), "");
        assert_eq!(shown(document, None), "");
    }

    #[test]
    fn results_replace_what_stands_between_the_marks() {
        let text = format!("Before.\n{BEGIN}old\n{END}After.\n");
        let written = between_marks(&text, "new\n").unwrap();
        assert_eq!(written, format!("Before.\n{BEGIN}new\n{END}After.\n"));
        assert_eq!(between_marks(&written, "new\n").unwrap(), written);
        assert_eq!(between_marks("no marks", "new\n"), None);
    }
}
