//! The client's side of a run: the real machine, a socket's framing, and an application that
//! remembers what it was shown.

pub mod app;
pub mod wire;
