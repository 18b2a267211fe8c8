//! Fuzzes [`tidings_fuzz::frames`].
#![no_main]

tidings_fuzz::target!(tidings_fuzz::frames::seeds, tidings_fuzz::frames::run);
