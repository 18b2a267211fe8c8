//! The `tidings` command as scripts and operators meet it.
#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

mod bad_configuration;
mod bad_data;
mod everyday;
mod process;
