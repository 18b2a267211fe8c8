//! What other parts take of the configuration, in their own words.

use tidings_protocol::limits::Configured;
use tidings_store_sqlite::{Options, Role, Sync};

use super::{Config, SignUpPolicy, SyncMode};

impl Config {
    /// How the server opens its store.
    #[must_use]
    pub fn store_options(&self) -> Options {
        let sync = match self.store.sync {
            SyncMode::Full => Sync::Full,
            SyncMode::Normal => Sync::Normal,
            SyncMode::Off => Sync::Off,
        };
        let readers = self.store.readers as usize;
        Options {
            sync,
            readers,
            ..Options::in_folder(&self.server.data, Role::Server)
        }
    }

    /// What clients are told at `GET /v1/limits`.
    #[must_use]
    pub fn shown_limits(&self) -> Configured {
        Configured {
            sign_up_open: self.auth.sign_up == SignUpPolicy::Open,
            guests_open: self.auth.guests,
            sends_per_s: f64::from(self.limits.sends_per_s),
            sends_burst: self.limits.sends_burst,
            signals_per_s: f64::from(self.limits.signals_per_s),
            signals_burst: self.limits.signals_burst,
            requests_per_s: f64::from(self.limits.requests_per_s),
            requests_burst: self.limits.requests_burst,
            anonymous_requests_per_s: f64::from(self.limits.anonymous_requests_per_s),
            anonymous_requests_burst: self.limits.anonymous_requests_burst,
            sign_ins_per_min_account: self.limits.sign_ins_per_min_account,
            sign_ins_per_min_address: self.limits.sign_ins_per_min_ip,
            sign_ups_per_min_address: self.limits.sign_ups_per_min_ip,
            connections_per_user: self.limits.connections_per_user,
            connections_per_address: self.limits.connections_per_ip,
            new_connections_per_s_address: self.limits.new_connections_per_s_ip,
            ping_interval_ms: self.heartbeat.ping_interval_ms,
            peer_timeout_ms: self.heartbeat.peer_timeout_ms,
            hello_timeout_ms: self.heartbeat.hello_timeout_ms,
            access_token_s: self.auth.access_token_s,
            refresh_token_s: self.auth.refresh_token_s,
        }
    }
}
