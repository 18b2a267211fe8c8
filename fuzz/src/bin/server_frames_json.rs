//! Fuzzes [`tidings_fuzz::server_frames`].
#![no_main]

tidings_fuzz::target!(
    tidings_fuzz::server_frames::seeds_json,
    tidings_fuzz::server_frames::run_json
);
