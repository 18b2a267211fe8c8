//! Fuzzes [`tidings_fuzz::commands`].
#![no_main]

tidings_fuzz::target!(
    tidings_fuzz::commands::seeds_proto,
    tidings_fuzz::commands::run_proto
);
