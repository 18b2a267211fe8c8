//! The program that libFuzzer drives: one for all targets, which share every library.
#![no_main]

use std::io::Write as _;
use std::path::Path;

use tidings_fuzz::targets::{self, Target};

/// Names the target, because libFuzzer owns the arguments. Without it, the program lists them all.
const TARGET_VARIABLE: &str = "FUZZ_TARGET";
/// Asks for the target's seeds, written into a folder, instead of fuzzing.
const SEEDS_VARIABLE: &str = "FUZZ_SEEDS";

libfuzzer_sys::fuzz_target!(init: prepare(), |data: &[u8]| targets::hold(data));

/// Before the first input.
fn prepare() {
    let name = std::env::var(TARGET_VARIABLE).unwrap_or_default();
    let Some(target) = Target::named(&name) else {
        for name in targets::names() {
            // Whom nobody reads any more need not go on.
            let _ = writeln!(std::io::stdout(), "{name}");
        }
        std::process::exit(if name.is_empty() { 0 } else { 2 });
    };
    if let Some(folder) = std::env::var_os(SEEDS_VARIABLE) {
        let written = target.write_seeds(Path::new(&folder));
        written.expect("the folder for seeds is there and may be written");
        std::process::exit(0);
    }
    target.choose();
}
