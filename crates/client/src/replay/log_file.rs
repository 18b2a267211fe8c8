//! Log files on the disk, as lines.

use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::ReplayError;
use crate::log_line::{self, SpokenLine};

/// A log, held whole.
#[derive(Debug)]
pub(super) struct LogFile {
    /// The file's name, unlike that of any other of the run.
    pub(super) name: String,
    bytes: Vec<u8>,
    lines: Vec<Range<usize>>,
}

impl LogFile {
    /// Cuts a log into lines. A last line without an end is a line; nothing after an end is none.
    pub(super) fn new(name: String, bytes: Vec<u8>) -> Self {
        let mut lines = Vec::new();
        let mut from = 0;
        let ends = bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .map(|(at, _)| at);
        for end in ends {
            lines.push(from..end);
            from = end + 1;
        }
        if from < bytes.len() {
            lines.push(from..bytes.len());
        }
        Self { name, bytes, lines }
    }

    /// Who says what no nick has said: one for each file, because the server lets nobody say more
    /// than so much a second, and files are said side by side.
    pub(super) fn keeper(&self) -> String {
        format!("{} {}", log_line::LOG, self.name)
    }

    /// How many lines it has.
    pub(super) const fn len(&self) -> usize {
        self.lines.len()
    }

    /// A line without its end.
    pub(super) fn line(&self, index: usize) -> &[u8] {
        &self.bytes[self.lines[index].clone()]
    }

    /// All lines without their ends.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|index| self.line(index))
    }

    /// How a line is said.
    pub(super) fn spoken(&self, index: usize) -> Result<SpokenLine, ReplayError> {
        let line = index + 1;
        let too_long = |_| ReplayError::LineTooLong {
            file: self.name.clone(),
            line,
        };
        let spoken = SpokenLine::parse(self.line(index)).map_err(too_long)?;
        Ok(spoken.numbered(line as u64))
    }

    /// Whether a message is this line of the file.
    pub(super) fn is_line(&self, index: usize, text: &str, metadata: &Map<String, Value>) -> bool {
        let is_here = index < self.len() && log_line::number(metadata) == Some(index as u64 + 1);
        is_here && log_line::rebuild(text, metadata).as_deref() == Some(self.line(index))
    }
}

/// Reads all files, and those in folders whose names end in `.txt` or `.log`, by name.
pub(super) fn read_all(paths: &[PathBuf]) -> Result<Vec<Arc<LogFile>>, ReplayError> {
    let mut names = HashSet::new();
    let mut files = Vec::new();
    for path in paths {
        for path in listed(path)? {
            let bytes = std::fs::read(&path).map_err(unreadable(&path))?;
            let file = LogFile::new(unlike(&mut names, &path), bytes);
            if file.len() > 0 {
                files.push(Arc::new(file));
            }
        }
    }
    if files.is_empty() {
        Err(ReplayError::NoFiles)
    } else {
        Ok(files)
    }
}

fn listed(path: &Path) -> Result<Vec<PathBuf>, ReplayError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(unreadable(path))?;
    let found: Result<Vec<_>, _> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    let mut found = found.map_err(unreadable(path))?;
    found.retain(|path| {
        path.is_file()
            && path
                .extension()
                .is_some_and(|end| end == "txt" || end == "log")
    });
    found.sort();
    Ok(found)
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> ReplayError {
    |source| ReplayError::Unreadable {
        path: path.to_owned(),
        source,
    }
}

/// The file's name; with a number where another has it too.
fn unlike(names: &mut HashSet<String>, path: &Path) -> String {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let numbered = (2..).map(|number| format!("{name} #{number}"));
    let unlike = std::iter::once(name.clone())
        .chain(numbered)
        .find(|name| !names.contains(name));
    let unlike = unlike.expect("there are more numbers than files");
    names.insert(unlike.clone());
    unlike
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        let file = LogFile::new("x".into(), text.into());
        file.lines()
            .map(|line| String::from_utf8(line.to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn a_line_ends_at_its_end_whether_the_last_one_has_one_or_not() {
        assert_eq!(lines("a\n\nb\n"), ["a", "", "b"]);
        assert_eq!(lines("a\nb"), ["a", "b"]);
        assert_eq!(lines(""), [""; 0]);
    }

    #[test]
    fn a_folder_gives_its_logs_by_name_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.txt", "a.log", "README.md", "empty.txt"] {
            let text = if name == "empty.txt" {
                ""
            } else {
                "[00:00] <a> b\n"
            };
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let again = folder.path().join("b.txt");
        let files = read_all(&[folder.path().to_owned(), again]).unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["a.log", "b.txt", "b.txt #2"]);
    }

    #[test]
    fn nothing_to_replay_is_said_so() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            read_all(&[folder.path().to_owned()]),
            Err(ReplayError::NoFiles)
        ));
        let missing = folder.path().join("missing.txt");
        assert!(matches!(
            read_all(&[missing]),
            Err(ReplayError::Unreadable { .. })
        ));
    }
}
