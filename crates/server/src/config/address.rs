//! Addresses among the settings: origins of pages, places of keys, networks of proxies.

use std::net::IpAddr;
use std::ops::Deref;

use http::Uri;

use super::setting::{Word, word_setting};

/// Scheme, host and port, spelled as a browser spells an `Origin`: lower case, no default port, no
/// slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin(String);

impl WebOrigin {
    /// Whether it is reached over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl Deref for WebOrigin {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for WebOrigin {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl Word for WebOrigin {
    const EXPECTS: &'static str = "an address like https://chat.example.org";
    const EXAMPLE: &'static str = "https://chat.example.org";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        if text == "*" || text == "null" {
            let why = "would let any page act in its visitors' names; name the pages that may";
            return Err(Some(format!("{text:?} {why}")));
        }
        let uri = web_address(text).ok_or(None)?;
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(Some(format!(
                "{text:?} has a path, and may only have scheme, host and port"
            )));
        }
        let scheme = uri.scheme_str().ok_or(None)?;
        let host = uri.host().ok_or(None)?.to_lowercase();
        let usual = if scheme == "https" { 443 } else { 80 };
        let port = uri.port_u16().filter(|port| *port != usual);
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self(format!("{scheme}://{host}{port}")))
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

/// An address from which keys are fetched: over TLS, or on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysUrl(String);

impl Deref for KeysUrl {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Word for KeysUrl {
    const EXPECTS: &'static str = "an address like https://id.example.org/.well-known/jwks.json";
    const EXAMPLE: &'static str = "https://id.example.org/.well-known/jwks.json";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let uri = web_address(text).ok_or(None)?;
        let host = uri.host().ok_or(None)?.trim_matches(['[', ']']);
        let is_here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if uri.scheme_str() != Some("https") && !is_here {
            let why = "is not https, and keys from there could be anybody's";
            return Err(Some(format!("{text:?} {why}")));
        }
        Ok(Self(text.to_owned()))
    }

    fn text(&self) -> String {
        self.0.clone()
    }
}

/// An `http` or `https` address with a host and without a user.
fn web_address(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let has_user = uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'));
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_host = uri.host().is_some_and(|host| !host.is_empty());
    (is_web && has_host && !has_user && !text.contains('#')).then_some(uri)
}

/// One address, or all that share their first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u32,
}

impl Network {
    /// Whether an address belongs to it. An IPv4 address in IPv6's clothes counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(mine), IpAddr::V4(theirs)) => {
                let rest = 32 - self.prefix_bits;
                (mine.to_bits() ^ theirs.to_bits())
                    .checked_shr(rest)
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(mine), IpAddr::V6(theirs)) => {
                let rest = 128 - self.prefix_bits;
                (mine.to_bits() ^ theirs.to_bits())
                    .checked_shr(rest)
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }

    fn has_bits_beyond(&self) -> bool {
        match self.address {
            IpAddr::V4(address) => address.to_bits().trailing_zeros() + self.prefix_bits < 32,
            IpAddr::V6(address) => address.to_bits().trailing_zeros() + self.prefix_bits < 128,
        }
    }
}

impl Word for Network {
    const EXPECTS: &'static str = "an address or a network, like 10.0.0.7 or 10.0.0.0/8";
    const EXAMPLE: &'static str = "10.0.0.0/8";

    fn parse(text: &str) -> Result<Self, Option<String>> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| None)?;
        let address = address.to_canonical();
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = prefix.map_or(Ok(bits), str::parse).map_err(|_| None)?;
        if prefix_bits > bits {
            return Err(Some(format!(
                "{text} has a prefix of more than {bits} bits"
            )));
        }
        if prefix_bits == 0 {
            let why = "is every address, so that anybody could claim to be anybody";
            return Err(Some(format!("{text} {why}")));
        }
        let network = Self {
            address,
            prefix_bits,
        };
        if network.has_bits_beyond() {
            return Err(Some(format!(
                "{text} is an address inside of a network, not the network"
            )));
        }
        Ok(network)
    }

    fn text(&self) -> String {
        let bits = if self.address.is_ipv4() { 32 } else { 128 };
        if self.prefix_bits == bits {
            return self.address.to_string();
        }
        format!("{}/{}", self.address, self.prefix_bits)
    }
}

word_setting!(WebOrigin, KeysUrl, Network);
