//! The bodies of `/v1`, one module a resource.
//!
//! Requests are plain: text, numbers and lists, which the server parses into domain types, so that
//! a wrong field is refused by its name. Fields that are not known are passed over. Answers carry
//! domain types, and leave out what has no value. [`crate::json::read`] reads a request.

pub mod account;
pub mod back_end;
pub mod device;
pub mod invitation;
pub mod member;
pub mod message;
pub mod person;
pub mod receipt;
pub mod room;
pub mod session;
pub mod unread;

use serde::Deserialize;
use utoipa::IntoParams;

/// Which part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// How many at most.
    pub limit: Option<u64>,
    /// The `next` of the page before.
    pub after: Option<String>,
}

/// Which part of what is found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// What to look for.
    pub query: Option<String>,
    /// How many at most.
    pub limit: Option<u64>,
    /// The `next` of the page before.
    pub after: Option<String>,
}
