//! Fuzzes [`tidings_fuzz::messages`].
#![no_main]

tidings_fuzz::target!(tidings_fuzz::messages::seeds, tidings_fuzz::messages::run);
