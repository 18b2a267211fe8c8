//! What a run says while it runs: steps, and how far each is. Results go to standard output, all
//! else to standard error.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command talks to its terminal"
)]

use std::io::{IsTerminal as _, Write as _};

/// A new step.
pub(crate) fn step(words: &str) {
    clear_progress();
    eprintln!("==> {words}");
}

/// Something about the present step.
pub(crate) fn note(words: &str) {
    clear_progress();
    eprintln!("    {words}");
}

/// How far the present step is. On a terminal it is written in place; elsewhere not at all, since a
/// log has its steps.
pub(crate) fn progress(what: &str, done: u32, of: u32) {
    let mut output = std::io::stderr();
    if output.is_terminal() {
        // Progress that cannot be shown is no reason to stop.
        let _ = write!(output, "\r\x1b[K    {what} {done} of {of}");
        let _ = output.flush();
    }
}

/// What comes out of a run.
pub(crate) fn result(text: &str) {
    clear_progress();
    println!("{text}");
}

/// Why there is no result.
pub(crate) fn complaint(text: &str) {
    clear_progress();
    eprintln!("{text}");
}

fn clear_progress() {
    let mut output = std::io::stderr();
    if output.is_terminal() {
        let _ = write!(output, "\r\x1b[K");
    }
}
