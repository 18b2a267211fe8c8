//! Fuzzes [`tidings_fuzz::cursors`].
#![no_main]

tidings_fuzz::target!(tidings_fuzz::cursors::seeds, tidings_fuzz::cursors::run);
