//! How events reach clients as they happen, and commands come back.

pub mod websocket;
