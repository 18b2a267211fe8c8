//! What the tool says: results go to standard output, all else to standard error.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command talks to its terminal"
)]

/// What is being done.
pub(crate) fn step(words: &str) {
    eprintln!("==> {words}");
}

/// What came of it.
pub(crate) fn result(text: &str) {
    println!("{text}");
}

/// What went wrong.
pub(crate) fn complaint(text: &str) {
    eprintln!("{text}");
}
