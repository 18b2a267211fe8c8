//! Each rule catches the fault that is planted for it, and no other rule cries; good histories
//! pass.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its fixtures too"
)]

mod files;
mod people;
mod planting;
mod rooms;
mod script;
