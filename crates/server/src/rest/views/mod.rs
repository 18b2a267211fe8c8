//! From what the engine answers to the bodies of the protocol, one module a resource.

pub(crate) mod invitation;
pub(crate) mod member;
pub(crate) mod message;
pub(crate) mod presence;
pub(crate) mod room;
pub(crate) mod unread;
