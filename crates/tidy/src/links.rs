//! Links between the documents lead to files and headings that exist.
//!
//! Looks at `[text](target)` and `[name]: target` outside code. Addresses on the network are left
//! alone: a test must not depend on them.

use std::collections::BTreeSet;

use crate::Finding;
use crate::tree::SourceFile;

/// Links of every Markdown file that lead nowhere.
#[must_use]
pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let documents = files.iter().filter(|file| file.extension() == "md");
    documents
        .flat_map(|document| check_document(document, files))
        .collect()
}

fn check_document(document: &SourceFile, files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in prose_lines(&document.text) {
        for target in targets(&line).filter(|target| is_internal(target)) {
            if let Some(problem) = broken(document, &target, files) {
                findings.push(Finding::at(&document.path, number, problem));
            }
        }
    }
    findings
}

/// Lines outside fenced blocks, without their code spans, numbered from 1.
fn prose_lines(text: &str) -> Vec<(usize, String)> {
    let lines = unfenced_lines(text).into_iter();
    // Between an odd and an even backtick there is code.
    let prose = |line: &str| line.split('`').step_by(2).collect::<Vec<_>>().join("``");
    lines.map(|(number, line)| (number, prose(line))).collect()
}

fn unfenced_lines(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let is_fence = line.trim_start().starts_with("```");
        fenced ^= is_fence;
        if !fenced && !is_fence {
            lines.push((index + 1, line));
        }
    }
    lines
}

fn targets(line: &str) -> impl Iterator<Item = String> {
    let inline = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next());
    let definition = line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]: "));
    let defined = definition.and_then(|(_, target)| target.split_whitespace().next());
    inline
        .chain(defined)
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}

fn is_internal(target: &str) -> bool {
    !target.contains("://") && !target.starts_with("mailto:")
}

fn broken(document: &SourceFile, target: &str, files: &[SourceFile]) -> Option<String> {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() {
        document.path.clone()
    } else {
        resolve(&document.path, path)?
    };
    let Some(file) = files.iter().find(|file| file.path == path) else {
        let is_folder = files
            .iter()
            .any(|file| file.path.starts_with(&format!("{path}/")));
        return (!is_folder).then(|| format!("link to {target}: there is no {path}"));
    };
    let lost =
        !anchor.is_empty() && file.extension() == "md" && !anchors(&file.text).contains(anchor);
    lost.then(|| format!("link to {target}: {path} has no such heading"))
}

/// `target` as seen from the folder of `document`; nothing when it leaves the repository, which
/// no file matches.
fn resolve(document: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The anchors that forges make of headings, numbered when a heading repeats.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let headings = unfenced_lines(text)
        .into_iter()
        .filter(|(_, line)| line.starts_with('#'));
    for (_, line) in headings {
        let plain = slug(line.trim_start_matches('#').trim());
        let numbered = (1..).map(|count| format!("{plain}-{count}"));
        let fresh = std::iter::once(plain.clone())
            .chain(numbered)
            .find(|each| !found.contains(each));
        found.extend(fresh);
    }
    found
}

fn slug(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let files = [
            SourceFile::of_text("docs/a.md", text),
            SourceFile::of_text(
                "README.md",
                "# Two commands\n## `make run`, first\n## Two commands",
            ),
            SourceFile::of_text("docs/decisions/0001.md", ""),
        ];
        check(&files)
            .into_iter()
            .map(|each| each.to_string())
            .collect()
    }

    #[test]
    fn a_link_to_a_file_a_folder_or_a_heading_is_accepted() {
        let text = "[a](../README.md) [b](decisions) [c](decisions/0001.md)\n\
                    [d](../README.md#make-run-first) [e](../README.md#two-commands-1)\n\
                    # Here\n[f](#here) [g](https://example.org/x) [h](mailto:a@b.c)\n\
                    [ref]: decisions/0001.md";
        assert_eq!(problems(text), [""; 0]);
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        assert_eq!(
            problems("x\n[a](missing.md)\n[ref]: ./gone.md"),
            [
                "docs/a.md:2: link to missing.md: there is no docs/missing.md",
                "docs/a.md:3: link to ./gone.md: there is no docs/gone.md"
            ]
        );
    }

    #[test]
    fn a_heading_that_is_not_there_is_found() {
        let expected = "docs/a.md:1: link to ../README.md#three: README.md has no such heading";
        assert_eq!(problems("[a](../README.md#three)"), [expected]);
    }

    #[test]
    fn code_is_not_searched() {
        assert_eq!(
            problems("`[a](missing.md)`\n```\n[b](missing.md)\n# c\n```\n"),
            [""; 0]
        );
    }
}
