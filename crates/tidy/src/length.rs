//! How long a source file may grow, and how large any file.
//!
//! The exceptions are a ratchet: each states the length at which it stands, and a file that has
//! become shorter lowers its own entry.

use serde::Deserialize;

use crate::Finding;
use crate::tree::SourceFile;

const LIST: &str = "crates/tidy/lists/lengths.toml";

/// `lists/lengths.toml`.
#[derive(Debug, Deserialize)]
pub struct Lengths {
    /// For a source file, in lines.
    pub lines_max: usize,
    /// For any file, in bytes: larger ones are mostly foreign data.
    pub bytes_max: usize,
    /// Source files that are longer.
    #[serde(default)]
    pub longer: Vec<Longer>,
    /// Files that are larger.
    #[serde(default)]
    pub larger: Vec<Larger>,
}

/// A source file beyond the limit.
#[derive(Debug, Deserialize)]
pub struct Longer {
    /// From the root.
    pub path: String,
    /// Exactly as many as it has.
    pub lines: usize,
    /// Why it is not two files; for whoever reads the list.
    pub why: String,
}

/// A file beyond the size limit.
#[derive(Debug, Deserialize)]
pub struct Larger {
    /// From the root.
    pub path: String,
    /// Why it must be here; for whoever reads the list.
    pub why: String,
}

/// Source files that are too long, and exceptions that are no longer exact.
#[must_use]
pub fn check_lines(lengths: &Lengths, files: &[SourceFile]) -> Vec<Finding> {
    let sources = files
        .iter()
        .filter(|file| matches!(file.extension(), "rs" | "ts" | "tsx"));
    let findings = sources.filter_map(|file| check_file(lengths, file));
    let gone = lengths
        .longer
        .iter()
        .filter(|entry| !exists(files, &entry.path));
    findings
        .chain(gone.map(|entry| stale(&entry.path, &entry.why)))
        .collect()
}

fn check_file(lengths: &Lengths, file: &SourceFile) -> Option<Finding> {
    let lines = file.text.lines().count();
    let entry = lengths.longer.iter().find(|entry| entry.path == file.path);
    match entry {
        Some(entry) if lines <= lengths.lines_max => Some(stale(&file.path, &entry.why)),
        Some(entry) if lines < entry.lines => {
            let problem = format!("{} has shrunk: lower its entry to {lines}", file.path);
            Some(Finding::of(LIST, problem))
        }
        Some(entry) if lines == entry.lines => None,
        None if lines <= lengths.lines_max => None,
        _ => {
            let problem = format!("{lines} lines: find the second noun in it and make it a file");
            Some(Finding::of(&file.path, problem))
        }
    }
}

/// Files so large that they hardly belong here, and exceptions that excuse nothing.
#[must_use]
pub fn check_bytes(lengths: &Lengths, files: &[SourceFile]) -> Vec<Finding> {
    let large: Vec<&SourceFile> = files
        .iter()
        .filter(|file| file.bytes > lengths.bytes_max)
        .collect();
    let excused = |file: &SourceFile| lengths.larger.iter().any(|entry| entry.path == file.path);
    let found = large.iter().filter(|file| !excused(file)).map(|file| {
        let problem = format!(
            "{} bytes: generate or fetch it when it is needed",
            file.bytes
        );
        Finding::of(&file.path, problem)
    });
    let unused = lengths
        .larger
        .iter()
        .filter(|entry| !large.iter().any(|file| file.path == entry.path));
    found
        .chain(unused.map(|entry| stale(&entry.path, &entry.why)))
        .collect()
}

fn exists(files: &[SourceFile], path: &str) -> bool {
    files.iter().any(|file| file.path == path)
}

fn stale(path: &str, why: &str) -> Finding {
    Finding::of(
        LIST,
        format!("{path} ({why}) is within the limit or gone: remove its entry"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(longer: &str) -> Lengths {
        toml::from_str(&format!(
            "lines_max = 3\nbytes_max = 10\nlonger = [{longer}]\n"
        ))
        .unwrap()
    }

    fn problems(longer: &str, lines: usize) -> Vec<String> {
        let file = SourceFile::of_text("a.rs", &"x\n".repeat(lines));
        let found = check_lines(&lengths(longer), &[file]);
        found.into_iter().map(|each| each.problem).collect()
    }

    const ENTRY: &str = "{ path = 'a.rs', lines = 5, why = 'a table' }";

    #[test]
    fn a_file_may_be_as_long_as_the_limit() {
        assert_eq!(problems("", 3), [""; 0]);
        assert_eq!(
            problems("", 4),
            ["4 lines: find the second noun in it and make it a file"]
        );
    }

    #[test]
    fn an_exception_holds_at_exactly_its_length() {
        assert_eq!(problems(ENTRY, 5), [""; 0]);
        assert_eq!(problems(ENTRY, 6).len(), 1);
        assert_eq!(
            problems(ENTRY, 4),
            ["a.rs has shrunk: lower its entry to 4"]
        );
        assert_eq!(
            problems(ENTRY, 3),
            ["a.rs (a table) is within the limit or gone: remove its entry"]
        );
    }

    #[test]
    fn an_exception_for_a_file_that_is_gone_is_found() {
        let found = check_lines(&lengths(ENTRY), &[]);
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn a_large_file_of_any_kind_is_found() {
        let file = SourceFile::of_text("data.txt", "eleven byte");
        let found = check_bytes(&lengths(""), &[file]);
        assert_eq!(
            found[0].problem,
            "11 bytes: generate or fetch it when it is needed"
        );
    }
}
