//! Fuzzes [`tidings_fuzz::client_machine`].
#![no_main]

tidings_fuzz::target!(
    tidings_fuzz::client_machine::seeds,
    tidings_fuzz::client_machine::run
);
