//! Texts that have a better replacement, and file names that say nothing.
//!
//! Rust is searched as code, without comments and literals; everything else as plain text. A text
//! that begins or ends with a letter matches whole words only.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::Finding;
use crate::rust_text::code_lines;
use crate::tree::SourceFile;

const LIST: &str = "crates/tidy/lists/bans.toml";

/// `lists/bans.toml`.
#[derive(Debug, Deserialize)]
pub struct Bans {
    /// Each text or group of texts.
    pub ban: Vec<Ban>,
    /// Names of files and folders, without extension, that say nothing about what is inside.
    pub empty_names: BTreeSet<String>,
}

/// One habit to avoid.
#[derive(Debug, Deserialize)]
pub struct Ban {
    /// Any of these is a finding.
    pub texts: Vec<String>,
    /// Where they are.
    pub search: Search,
    /// A sentence that goes on after "use".
    pub instead: String,
    /// Where the habit is right.
    #[serde(default)]
    pub except: Vec<Exception>,
}

/// What a ban looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Search {
    /// Rust outside tests.
    RustProduct,
    /// Rust inside tests.
    RustTests,
    /// Rust everywhere.
    Rust,
    /// TypeScript, as plain text.
    Typescript,
    /// Every text file, as plain text.
    Text,
}

/// One place that may.
#[derive(Debug, Deserialize)]
pub struct Exception {
    /// A file, or a folder with a slash at its end.
    pub path: String,
    /// Why it is right there; for whoever reads the list.
    pub why: String,
}

impl Exception {
    fn covers(&self, path: &str) -> bool {
        self.path == path || (self.path.ends_with('/') && path.starts_with(&self.path))
    }
}

/// Every use of a banned text, and every exception that excuses nothing.
#[must_use]
pub fn check_texts(bans: &Bans, files: &[SourceFile]) -> Vec<Finding> {
    bans.ban
        .iter()
        .flat_map(|ban| check_ban(ban, files))
        .collect()
}

fn check_ban(ban: &Ban, files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut unused: Vec<&Exception> = ban.except.iter().collect();
    for file in files {
        let found = find_in(ban, file);
        if found.is_empty() {
            continue;
        }
        if ban
            .except
            .iter()
            .any(|exception| exception.covers(&file.path))
        {
            unused.retain(|exception| !exception.covers(&file.path));
        } else {
            findings.extend(found);
        }
    }
    findings.extend(unused.into_iter().map(|exception| stale(ban, exception)));
    findings
}

fn stale(ban: &Ban, exception: &Exception) -> Finding {
    let problem = format!(
        "{} holds no `{}` ({}): remove the exception",
        exception.path,
        ban.texts.join("` or `"),
        exception.why
    );
    Finding::of(LIST, problem)
}

fn find_in(ban: &Ban, file: &SourceFile) -> Vec<Finding> {
    let lines = searched_lines(ban.search, file);
    let mut findings = Vec::new();
    for (number, line) in lines {
        if let Some(text) = ban.texts.iter().find(|text| contains_whole(&line, text)) {
            let problem = format!("`{text}`: use {}", ban.instead);
            findings.push(Finding::at(&file.path, number, problem));
        }
    }
    findings
}

/// The lines that a ban looks at, numbered from 1.
fn searched_lines(search: Search, file: &SourceFile) -> Vec<(usize, String)> {
    let is_rust = file.extension() == "rs";
    match search {
        Search::Text => numbered(file.text.lines().map(str::to_owned)),
        Search::Typescript if matches!(file.extension(), "ts" | "tsx") => {
            numbered(file.text.lines().map(str::to_owned))
        }
        Search::Rust if is_rust => rust_lines(file, |_| true),
        Search::RustProduct if is_rust => rust_lines(file, |in_test| !in_test),
        Search::RustTests if is_rust => rust_lines(file, |in_test| in_test),
        _ => Vec::new(),
    }
}

fn rust_lines(file: &SourceFile, keep: impl Fn(bool) -> bool) -> Vec<(usize, String)> {
    let whole_file = is_test_file(&file.path);
    let lines = numbered(code_lines(&file.text).into_iter());
    let kept = lines
        .into_iter()
        .filter(|(_, line)| keep(whole_file || line.in_test));
    kept.map(|(number, line)| (number, line.text)).collect()
}

fn numbered<T>(lines: impl Iterator<Item = T>) -> Vec<(usize, T)> {
    lines
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .collect()
}

/// Cargo's own folders of tests and measurements, and modules of tests.
fn is_test_file(path: &str) -> bool {
    let mut parts = path.split('/');
    let name = parts.next_back().unwrap_or(path);
    name.ends_with("tests.rs") || parts.any(|part| part == "tests" || part == "benches")
}

fn contains_whole(line: &str, text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(text).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + text.len()..].chars().next();
        let joined_before = text.starts_with(is_word) && before.is_some_and(is_word);
        let joined_after = text.ends_with(is_word) && after.is_some_and(is_word);
        !joined_before && !joined_after
    })
}

/// Files and folders named after nothing.
#[must_use]
pub fn check_names(bans: &Bans, files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| is_source(file)) {
        let mut names = file.path.split('/').map(stem);
        if let Some(name) = names.find(|name| bans.empty_names.contains(*name)) {
            let problem = format!("`{name}` says nothing: name it after the thing that it holds");
            findings.push(Finding::of(&file.path, problem));
        }
    }
    findings
}

fn is_source(file: &SourceFile) -> bool {
    matches!(file.extension(), "rs" | "ts" | "tsx" | "py" | "sh")
}

fn stem(part: &str) -> &str {
    part.split_once('.').map_or(part, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bans(search: &str, text: &str, except: &str) -> Bans {
        let list = format!(
            "empty_names = ['utils']\n[[ban]]\ntexts = ['{text}']\nsearch = '{search}'\n\
             instead = 'a clock'\nexcept = [{except}]\n"
        );
        toml::from_str(&list).unwrap()
    }

    fn lines_found(bans: &Bans, path: &str, text: &str) -> Vec<usize> {
        let found = check_texts(bans, &[SourceFile::of_text(path, text)]);
        found.into_iter().map(|each| each.line).collect()
    }

    const SOURCE: &str = "use x::now;\nfn a() { now() } // now()\n\
                          #[cfg(test)]\nmod tests {\n    fn b() { now() }\n}\n";

    #[test]
    fn a_use_is_found_in_the_part_that_is_searched() {
        assert_eq!(
            lines_found(&bans("rust", "now()", ""), "a.rs", SOURCE),
            [2, 5]
        );
        assert_eq!(
            lines_found(&bans("rust-product", "now()", ""), "a.rs", SOURCE),
            [2]
        );
        assert_eq!(
            lines_found(&bans("rust-tests", "now()", ""), "a.rs", SOURCE),
            [5]
        );
        assert_eq!(
            lines_found(&bans("text", "now()", ""), "a.py", SOURCE),
            [2, 5]
        );
        assert_eq!(
            lines_found(&bans("typescript", "now()", ""), "a.rs", SOURCE),
            [0; 0]
        );
    }

    #[test]
    fn a_file_in_a_folder_of_tests_is_a_test_from_top_to_bottom() {
        let path = "crates/x/tests/y.rs";
        assert_eq!(
            lines_found(&bans("rust-tests", "now()", ""), path, SOURCE),
            [2, 5]
        );
    }

    #[test]
    fn only_whole_words_match() {
        let list = bans("rust", "env::var", "");
        assert_eq!(
            lines_found(&list, "a.rs", "env::var(x);\nenv::vary();\nmyenv::var();"),
            [1]
        );
    }

    #[test]
    fn a_finding_names_the_replacement() {
        let found = check_texts(
            &bans("rust", "now()", ""),
            &[SourceFile::of_text("a.rs", "now()")],
        );
        assert_eq!(found[0].to_string(), "a.rs:1: `now()`: use a clock");
    }

    #[test]
    fn an_exception_excuses_its_file_or_folder_only() {
        let one = bans(
            "rust",
            "now()",
            "{ path = 'clock.rs', why = 'it owns time' }",
        );
        assert_eq!(lines_found(&one, "clock.rs", "now()"), [0; 0]);
        let folder = bans("rust", "now()", "{ path = 'clock/', why = 'it owns time' }");
        assert_eq!(lines_found(&folder, "clock/a.rs", "now()"), [0; 0]);
        let found = check_texts(&folder, &[SourceFile::of_text("clocks/a.rs", "now()")]);
        assert_eq!(
            found.len(),
            2,
            "the use, and the exception that excuses nothing: {found:?}"
        );
    }

    #[test]
    fn an_exception_that_excuses_nothing_is_found() {
        let list = bans(
            "rust",
            "now()",
            "{ path = 'clock.rs', why = 'it owns time' }",
        );
        let found = check_texts(&list, &[SourceFile::of_text("clock.rs", "later()")]);
        assert_eq!(
            found[0].problem,
            "clock.rs holds no `now()` (it owns time): remove the exception"
        );
    }

    #[test]
    fn a_name_that_says_nothing_is_found_in_files_and_folders() {
        let list = bans("rust", "now()", "");
        let named = |path| check_names(&list, &[SourceFile::of_text(path, "")]).len();
        assert_eq!(named("a/utils.rs"), 1);
        assert_eq!(named("a/utils.test.ts"), 1);
        assert_eq!(named("a/utils/b.ts"), 1);
        assert_eq!(named("a/room.rs"), 0);
        assert_eq!(named("a/utils.md"), 0);
    }
}
