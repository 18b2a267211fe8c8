//! HTTP itself: accepting connections within limits, and what every answer has in common.

pub mod address;
mod finish;
mod forwarded;
mod listen;
mod seating;
pub mod strain;

pub use finish::finish;
pub use listen::{Peer, SeatOf, accept};
pub use seating::seated;
