//! Fuzzes [`tidings_fuzz::commands`].
#![no_main]

tidings_fuzz::target!(
    tidings_fuzz::commands::seeds_json,
    tidings_fuzz::commands::run_json
);
