//! Who is calling: tokens, passwords, tickets, API keys, and tokens of host applications.

pub mod caller;
pub mod external_users;
pub mod hosts;
pub mod logins;
pub mod passwords;
pub mod sessions;
pub mod tickets;
pub mod tokens;
