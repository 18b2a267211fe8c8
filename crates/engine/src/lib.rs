//! The application over ports: rooms, the writer, fan-out, resume, receipts, presence.

pub mod ports;
