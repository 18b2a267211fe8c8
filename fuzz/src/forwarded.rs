//! `X-Forwarded-For`, of which a proxy wrote the end and anybody the rest.
//!
//! Properties: who is believed to be the client is no trusted proxy, and is the last of the hops that
//! is none; whatever stands before makes no difference.

#[path = "../../crates/server/src/edge/forwarded.rs"]
mod source;

use std::net::IpAddr;

/// Holds one input against the properties: each of its lines is a header's.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let lines: Vec<&str> = text.split('\n').collect();
    let client = source::client(&lines, is_trusted);
    if let Some(client) = client {
        assert!(!is_trusted(client) && client == client.to_canonical());
        let hops = lines.iter().flat_map(|line| line.split(','));
        let parsed: Vec<Option<IpAddr>> = hops
            .map(|hop| hop.trim().parse().ok().map(|ip: IpAddr| ip.to_canonical()))
            .collect();
        let at = parsed.iter().rposition(|hop| *hop == Some(client));
        let behind = &parsed[at.expect("one of the hops") + 1..];
        assert!(behind.iter().all(|hop| hop.is_some_and(is_trusted)));
    }
    for before in ["203.0.113.9", "no address", ","] {
        let mut more = vec![before];
        more.extend(&lines);
        let known = source::client(&more, is_trusted);
        assert!(client.is_none() || known == client);
    }
}

fn is_trusted(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.octets()[0] == 10,
        IpAddr::V6(v6) => v6.is_loopback(),
    }
}

/// One hop, several, in two lines, mapped addresses, and no addresses.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    [
        "198.51.100.7",
        "198.51.100.7, 10.0.0.1,10.0.0.2",
        "198.51.100.7\n10.0.0.1, ::ffff:10.0.0.2",
        "2001:db8::1, ::1",
        "unknown, 10.0.0.1",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
