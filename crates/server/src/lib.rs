//! The server: the only crate that sees configuration, HTTP and all adapters.
//!
//! Owns the process: what is configured, how requests and sockets become commands of the engine,
//! and how answers become bytes. Leaves to the engine what a command means.

pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;

pub mod edge;
pub mod logs;
pub mod metrics;
pub mod openapi;
pub mod random;
pub mod rest;
pub mod router;
pub mod transport;
pub mod web_client;
