//! Fuzzes [`tidings_fuzz::log_lines`].
#![no_main]

tidings_fuzz::target!(tidings_fuzz::log_lines::seeds, tidings_fuzz::log_lines::run);
