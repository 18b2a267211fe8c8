//! Whom proxies say that a request comes from.

use std::net::IpAddr;

/// The last address of `X-Forwarded-For` that is not itself a trusted proxy: what stands before it was
/// written by whoever pleased. `None` when there is none, or when what stands there is no address.
pub(crate) fn client(lines: &[&str], is_trusted: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    for hop in hops {
        let address = hop.trim().parse::<IpAddr>().ok()?.to_canonical();
        if !is_trusted(address) {
            return Some(address);
        }
    }
    None
}
