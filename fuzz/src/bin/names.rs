//! Fuzzes [`tidings_fuzz::names`].
#![no_main]

tidings_fuzz::target!(tidings_fuzz::names::seeds, tidings_fuzz::names::run);
