//! Who may do what, by every transport.

mod asking;
mod losing;
mod roles;
mod seeing;
mod speaking;

pub(crate) use speaking::example;
