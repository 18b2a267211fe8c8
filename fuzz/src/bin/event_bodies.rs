//! Fuzzes [`tidings_fuzz::event_bodies`].
#![no_main]

tidings_fuzz::target!(
    tidings_fuzz::event_bodies::seeds,
    tidings_fuzz::event_bodies::run
);
