//! The files of the repository as git sees them: tracked, or new and not ignored.
//!
//! Reads, never writes. Files that are not UTF-8 (pictures) have a size and no text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One file of the repository.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path from the root, with `/` between its parts.
    pub path: String,
    /// Empty when the file is not UTF-8.
    pub text: String,
    /// Size on disk in bytes.
    pub bytes: usize,
    /// The owner may execute it.
    pub executable: bool,
}

impl SourceFile {
    /// A file that exists only in a test of a check.
    #[cfg(test)]
    pub(crate) fn of_text(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            bytes: text.len(),
            executable: false,
        }
    }

    /// What stands after the last dot of the name, or nothing.
    #[must_use]
    pub fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, after)| after)
    }

    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// The folder that holds the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/tidy lies two folders below the root")
        .to_owned()
}

/// Every file of the repository, in the order of its path.
///
/// # Panics
/// When git is missing or the folder is no clone: these checks cannot do without it.
#[must_use]
pub fn read(root: &Path) -> Vec<SourceFile> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .expect("git is installed: the checks ask it which files belong to the repository");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git ls-files failed: {complaint}");
    let listing = String::from_utf8_lossy(&output.stdout);
    let mut paths: Vec<&str> = listing.split_terminator('\0').collect();
    paths.sort_unstable();
    paths.dedup();
    paths
        .iter()
        .filter_map(|path| read_file(root, path))
        .collect()
}

/// Nothing for what git still lists and somebody has just deleted or made a folder.
fn read_file(root: &Path, path: &str) -> Option<SourceFile> {
    let full = root.join(path);
    let about = fs::metadata(&full).ok().filter(fs::Metadata::is_file)?;
    let bytes = fs::read(&full).ok()?;
    Some(SourceFile {
        path: path.to_owned(),
        bytes: bytes.len(),
        text: String::from_utf8(bytes).unwrap_or_default(),
        executable: is_executable(&about),
    })
}

#[cfg(unix)]
fn is_executable(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    about.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    true
}

/// The text of one list in `crates/tidy/lists`, parsed.
///
/// # Panics
/// When the list is missing or is not what the check expects; says which and why.
pub fn read_list<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let path = root().join("crates/tidy/lists").join(name);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
