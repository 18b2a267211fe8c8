//! Who is at the other end: the peer's address, or what a trusted proxy says of it; and how much
//! each address may.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use hashbrown::HashMap;
use http::HeaderMap;
use parking_lot::Mutex;
use tidings_engine::limiter::{Budget, Exceeded, Limiter, Rate};

use super::forwarded;
use crate::config::Config;
use crate::metrics::{Crowded, open_files_max};

/// Beyond the last place so many connections are still listened to: who watches over the server is
/// answered, and others are told that it is full instead of being left without a word.
const SPARE_SEATS: u32 = 16;
/// Open files that are not for connections: the database with its readers, the log, the listener.
const OTHER_FILES: u64 = 64;

/// A client's address, as far as limits tell clients apart: one IPv4 address, or one IPv6 network
/// of 64 bits, which is what one customer usually has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let network = u128::from(v6) & !u128::from(u64::MAX);
                Self(IpAddr::V6(Ipv6Addr::from(network)))
            }
            v4 => Self(v4),
        }
    }
}

/// Limits by address.
pub struct Addresses {
    trusted: Vec<crate::config::Network>,
    counts_loopback: bool,
    connections_max: u32,
    connections_per_address_max: u32,
    open: Mutex<Open>,
    new_connections: Limiter<ClientAddress>,
    requests: Limiter<ClientAddress>,
    sign_ins: Limiter<ClientAddress>,
    sign_ups: Limiter<ClientAddress>,
    account_sign_ins: Limiter<u64>,
}

#[derive(Default)]
struct Open {
    all: u32,
    by_address: HashMap<ClientAddress, u32>,
}

/// What an address wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// A request without a user.
    Anonymous,
    /// Signing in.
    SignIn,
    /// Making an account or a guest.
    SignUp,
}

/// A place among an address's connections; given back when dropped.
pub struct Seat {
    addresses: Arc<Addresses>,
    address: Option<ClientAddress>,
    is_spare: bool,
}

impl Seat {
    /// Whether there was no real place any more: see [`super::seating`].
    #[must_use]
    pub const fn is_spare(&self) -> bool {
        self.is_spare
    }
}

impl Addresses {
    /// By what was configured.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let limits = &config.limits;
        let per_minute = |n: u32| Rate {
            burst: n,
            per_second: f64::from(n) / 60.0,
        };
        let new_connections = limits.new_connections_per_s_ip;
        Self {
            trusted: config.server.trusted_proxies.clone(),
            counts_loopback: limits.count_loopback,
            connections_max: seats(limits.connections_max, open_files_max()),
            connections_per_address_max: limits.connections_per_ip,
            open: Mutex::default(),
            new_connections: Limiter::new(Rate {
                burst: new_connections,
                per_second: f64::from(new_connections),
            }),
            requests: Limiter::new(Rate {
                burst: limits.anonymous_requests_burst,
                per_second: f64::from(limits.anonymous_requests_per_s),
            }),
            sign_ins: Limiter::new(per_minute(limits.sign_ins_per_min_ip)),
            sign_ups: Limiter::new(per_minute(limits.sign_ups_per_min_ip)),
            account_sign_ins: Limiter::new(per_minute(limits.sign_ins_per_min_account)),
        }
    }

    /// The client's address; `None` for one that limits do not count.
    #[must_use]
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> Option<ClientAddress> {
        let peer = peer.ip().to_canonical();
        let client = if self.is_trusted(peer) {
            self.forwarded(headers).unwrap_or(peer)
        } else {
            peer
        };
        self.counted(client)
    }

    /// Takes a seat for a new connection. A trusted proxy's connections are counted by what they
    /// carry, not by whose they are.
    ///
    /// # Errors
    /// Which limit leaves no seat for this address just now.
    pub fn seat(self: &Arc<Self>, peer: SocketAddr, now_us: u64) -> Result<Seat, Crowded> {
        let peer = peer.ip().to_canonical();
        let address = if self.is_trusted(peer) {
            None
        } else {
            self.counted(peer)
        };
        let mut open = self.open.lock();
        let is_spare = open.all >= self.connections_max;
        if open.all >= self.connections_max.saturating_add(SPARE_SEATS) {
            return Err(Crowded::Total);
        }
        if let Some(address) = address {
            let count = open.by_address.get(&address).copied().unwrap_or(0);
            if count >= self.connections_per_address_max {
                return Err(Crowded::Address);
            }
            let taken = self.new_connections.take(address, now_us);
            taken.map_err(|_| Crowded::Rate)?;
            open.by_address.insert(address, count + 1);
        }
        open.all += 1;
        drop(open);
        Ok(Seat {
            addresses: self.clone(),
            address,
            is_spare,
        })
    }

    /// Takes one from an address's budget for this.
    pub fn attempt(
        &self,
        client: Option<ClientAddress>,
        attempt: Attempt,
        now_us: u64,
    ) -> Result<Option<Budget>, Exceeded> {
        let Some(client) = client else {
            return Ok(None);
        };
        let limiter = match attempt {
            Attempt::Anonymous => &self.requests,
            Attempt::SignIn => &self.sign_ins,
            Attempt::SignUp => &self.sign_ups,
        };
        limiter.take(client, now_us).map(Some)
    }

    /// Takes one from the budget of sign-ins of one account, whoever tries.
    pub fn account_sign_in(&self, username: &str, now_us: u64) -> Result<(), Exceeded> {
        use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
        let key = BuildHasherDefault::<DefaultHasher>::default().hash_one(username);
        self.account_sign_ins.take(key, now_us).map(drop)
    }

    /// Connections open now.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.open.lock().all
    }

    fn counted(&self, address: IpAddr) -> Option<ClientAddress> {
        let counts = self.counts_loopback || !address.is_loopback();
        counts.then(|| ClientAddress::of(address))
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    fn forwarded(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let values = headers.get_all("x-forwarded-for").iter();
        let lines: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
        forwarded::client(&lines, |address| self.is_trusted(address))
    }
}

/// How many connections there is room for: as many as are configured, if the system allows so many
/// open files. A server that runs out of files accepts nobody, and cannot even say so.
fn seats(configured: u32, files_max: Option<u64>) -> u32 {
    let Some(files) = files_max else {
        return configured;
    };
    let for_connections = files.saturating_sub(OTHER_FILES + u64::from(SPARE_SEATS));
    let possible = u32::try_from(for_connections).unwrap_or(u32::MAX).max(1);
    if possible < configured {
        tracing::warn!(
            connections_max = possible,
            configured,
            files,
            "the system allows too few open files for limits.connections_max"
        );
    }
    possible.min(configured)
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.addresses.open.lock();
        open.all -= 1;
        if let Some(address) = self.address
            && let Some(count) = open.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_seats_as_open_files_leave_room_for() {
        assert_eq!(seats(100, None), 100);
        assert_eq!(seats(100, Some(20_000)), 100);
        assert_eq!(seats(100_000, Some(256)), 176);
        assert_eq!(seats(100, Some(10)), 1);
    }
}
