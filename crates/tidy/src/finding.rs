//! One thing that a check objects to, in the form that editors and terminals make clickable.

use std::fmt;

/// What is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Path from the root of the repository.
    pub path: String,
    /// Counted from 1; 0 when the whole file is meant.
    pub line: usize,
    /// A sentence that names the remedy.
    pub problem: String,
}

impl Finding {
    /// About one line of a file; `line` counts from 1.
    pub fn at(path: &str, line: usize, problem: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            problem: problem.into(),
        }
    }

    /// About a file as a whole.
    pub fn of(path: &str, problem: impl Into<String>) -> Self {
        Self::at(path, 0, problem)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.problem),
            line => write!(f, "{}:{line}: {}", self.path, self.problem),
        }
    }
}
