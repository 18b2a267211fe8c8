//! Fuzzes [`tidings_fuzz::rest_bodies`].
#![no_main]

tidings_fuzz::target!(
    tidings_fuzz::rest_bodies::seeds,
    tidings_fuzz::rest_bodies::run
);
