//! Coverage-guided fuzzing of every decoder of bytes that somebody else wrote.
//!
//! Owns the properties: each module is one target, with a function that holds an input against what
//! must be true of it, and with seeds made by the real encoders. [`targets`] lists them, and the program
//! hands the one that was asked for to libFuzzer. `README.md` says how they are built and run; `docs/fuzzing.md` lists all decoders.
//!
//! *Invariant*: a target never passes because a decoder refused: what a decoder takes is written
//! again and read again, and what it refuses is refused in few words. Whatever comes in, the memory
//! that it costs is in proportion to it; see [`hold`].

use peak_alloc::PeakAlloc;

pub mod auth;
pub mod client_machine;
pub mod commands;
pub mod cursors;
pub mod draw;
pub mod event_bodies;
pub mod forwarded;
pub mod frames;
pub mod handshakes;
pub mod histories;
pub mod log_lines;
pub mod messages;
pub mod names;
pub mod rest_bodies;
pub mod server_frames;
pub mod targets;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a target costs at most, whatever comes in: tables of the Unicode libraries, lazily made keys.
const BYTES_AT_ONCE: usize = 1024 * 1024;
/// What each byte of the input may cost on top. A one-digit number in a JSON array is two bytes of
/// text and 32 of [`serde_json::Value`], and each is held a few times over while it is compared.
const BYTES_PER_BYTE: usize = 512;

/// Holds one input against a target's properties, and its memory against the input's length.
///
/// # Panics
/// When something is not as it must be; libFuzzer keeps the input then.
pub fn hold(run: fn(&[u8]), data: &[u8]) {
    let before = memory();
    MEMORY.reset_peak_usage();
    run(data);
    let grown = MEMORY.peak_usage().saturating_sub(before);
    let allowed = BYTES_AT_ONCE + BYTES_PER_BYTE * data.len();
    assert!(
        grown <= allowed,
        "{} bytes of input took {grown} bytes of memory, more than {allowed}",
        data.len()
    );
}

/// Bytes that are held just now.
#[must_use]
pub fn memory() -> usize {
    MEMORY.current_usage()
}

/// What is said about wrong input stays short, however long the input: it goes into answers and logs.
///
/// # Panics
/// When it is long, or would end a line.
pub fn is_brief(said: &str) {
    assert!(said.chars().count() <= 300, "a long complaint: {said:?}");
}
