//! Hostile input against a real server: what each gets for an answer, that nothing is lost by it,
//! and that the people beside it notice nothing.
//!
//! The modules follow the list of what somebody may try; each line of it is a test.
//!
//! | what | where |
//! |---|---|
//! | handshakes: origins, methods, versions, headers, slowness, silence, forged addresses | [`handshakes`], [`slowness`] |
//! | frames: masks, bits, lengths, UTF-8, floods, close codes, compression | [`frames`] |
//! | commands: JSON, ids, hello, cursors, receipts, subscriptions, forged fields | [`commands`], [`places`] |
//! | requests: the same by REST | [`requests`], [`request_texts`] |
//! | who may: every route and every command by everybody, what is lost at once, what is told of others | [`who_may`] |
//! | tokens and tickets; secrets in logs | [`tickets`], [`logs`]; tokens of host applications: `rest/host_tokens.rs` |
//! | content: scripts, links, directions, marks, paths | [`content`], [`requests`] |
//! | addresses that the server asks | `rest/remote_keys.rs` |
//! | invitations reused, raced, expired | `conversation/invitations.rs` |
//! | more than the processor can do | [`overload`] |
//! | names tried by text or timing | `rest/sessions.rs` |
#![allow(clippy::unwrap_used, reason = "a test may panic: that is how it fails")]

mod commands;
mod content;
mod frames;
mod hall;
mod handshakes;
mod logs;
mod overload;
mod places;
#[path = "../commands/process.rs"]
mod process;
mod request_texts;
mod requests;
mod slowness;
mod socket;
mod tickets;
mod who_may;
mod wire;
#[path = "../conversation/world.rs"]
mod world;
