//! Rooms and what is said in them, over real HTTP to a real server on a store of its own.

#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

mod crowd;
mod invitations;
mod members;
mod messages;
mod pages;
mod rooms;
mod unread;
mod visibility;
mod world;
