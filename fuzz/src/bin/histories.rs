//! Fuzzes [`tidings_fuzz::histories`].
#![no_main]

tidings_fuzz::target!(tidings_fuzz::histories::seeds, tidings_fuzz::histories::run);
