//! Where a server is: its socket, and the name by which a proxy before it knows it.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};

use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) socket: SocketAddr,
    /// What stands in `Host`.
    pub(crate) authority: String,
}

/// Why an address does not serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("{0} is not an address like http://chat.example.org:8080")]
    Form(String),
    #[error(
        "{0} asks for TLS, which this tool does not speak: measure behind the proxy that does, by \
         the server's own address"
    )]
    Tls(String),
    #[error("{0} has no address: {1}")]
    Name(String, String),
}

impl Address {
    /// Reads `http://host[:port]` and looks the host up.
    pub(crate) fn of_url(url: &str) -> Result<Self, AddressError> {
        let url = url.trim_end_matches('/');
        if url.starts_with("https://") {
            return Err(AddressError::Tls(url.to_owned()));
        }
        let authority = url.strip_prefix("http://");
        let authority = authority.filter(|rest| !rest.is_empty() && !rest.contains('/'));
        let authority = authority.ok_or_else(|| AddressError::Form(url.to_owned()))?;
        let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        let has_port = authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| is_port(port));
        let target = match has_port {
            true => authority.to_owned(),
            false => format!("{authority}:80"),
        };
        let unknown = |why: String| AddressError::Name(authority.to_owned(), why);
        let mut sockets = target
            .to_socket_addrs()
            .map_err(|error| unknown(error.to_string()))?;
        let socket = sockets
            .next()
            .ok_or_else(|| unknown("none is known".to_owned()))?;
        Ok(Self {
            socket,
            authority: authority.to_owned(),
        })
    }
}

impl From<SocketAddr> for Address {
    fn from(socket: SocketAddr) -> Self {
        Self {
            socket,
            authority: socket.to_string(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_with_or_without_a_port() {
        let socket = |url| Address::of_url(url).map(|address| address.socket.to_string());
        assert_eq!(socket("http://127.0.0.1:8080"), Ok("127.0.0.1:8080".into()));
        assert_eq!(socket("http://127.0.0.1/"), Ok("127.0.0.1:80".into()));
        assert_eq!(socket("http://[::1]:90"), Ok("[::1]:90".into()));
        assert_eq!(socket("http://[::1]"), Ok("[::1]:80".into()));
    }

    #[test]
    fn what_is_no_such_address_is_refused_with_its_reason() {
        for url in ["127.0.0.1:8080", "http://", "http://a/b", "ws://a"] {
            assert!(
                matches!(Address::of_url(url), Err(AddressError::Form(_))),
                "{url}"
            );
        }
        assert!(matches!(
            Address::of_url("https://a"),
            Err(AddressError::Tls(_))
        ));
    }
}
