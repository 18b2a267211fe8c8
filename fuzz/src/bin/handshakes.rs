//! Fuzzes [`tidings_fuzz::handshakes`].
#![no_main]

tidings_fuzz::target!(
    tidings_fuzz::handshakes::seeds,
    tidings_fuzz::handshakes::run
);
