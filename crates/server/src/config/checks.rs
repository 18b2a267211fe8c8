//! Settings that are each fine and contradict each other.

use super::refusal::Refusal;
use super::{Config, Source};

/// All contradictions.
pub(super) fn contradictions(config: &Config) -> Vec<Refusal> {
    [
        heartbeat(config),
        tokens(config),
        per_ip(config),
        per_user(config),
        url(config),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A setting and its value, with where it came from unless it is where the refusal points anyway.
struct Named<'a> {
    section: &'static str,
    name: &'static str,
    value: String,
    config: &'a Config,
}

impl Named<'_> {
    fn source(&self) -> Source {
        self.config
            .source(&format!("{}.{}", self.section, self.name))
    }

    fn says(&self) -> String {
        format!("{}.{} = {}", self.section, self.name, self.value)
    }

    fn says_with_source(&self) -> String {
        format!("{} ({})", self.says(), self.source())
    }
}

/// `one` and `other` contradict each other. Points at the one that somebody set.
fn refuse(one: &Named<'_>, other: &Named<'_>, why: &str, value: &str) -> Option<Refusal> {
    let (here, there) = if one.source() == Source::Default {
        (other, one)
    } else {
        (one, other)
    };
    let source = here.source();
    let advice = if here.name == one.name {
        format!(
            "write {}, or change the other",
            source.spell(one.section, one.name, value)
        )
    } else {
        format!(
            "set {}.{} = {value} too, or change this one",
            one.section, one.name
        )
    };
    Some(Refusal {
        place: source,
        problem: format!(
            "{} contradicts {}: {why}",
            here.says(),
            there.says_with_source()
        ),
        advice,
    })
}

macro_rules! named {
    ($config:expr, $section:ident.$name:ident) => {
        Named {
            section: stringify!($section),
            name: stringify!($name),
            value: $config.$section.$name.to_string(),
            config: $config,
        }
    };
}

fn heartbeat(config: &Config) -> Option<Refusal> {
    let (ping, dead) = (
        config.heartbeat.ping_interval_ms,
        config.heartbeat.peer_timeout_ms,
    );
    if dead >= ping + ping / 2 {
        return None;
    }
    let why = "a socket must have time to answer a ping, at least half of the interval";
    let fits = (dead * 5 / 9).to_string();
    refuse(
        &named!(config, heartbeat.ping_interval_ms),
        &named!(config, heartbeat.peer_timeout_ms),
        why,
        &fits,
    )
}

fn tokens(config: &Config) -> Option<Refusal> {
    let (access, refresh) = (config.auth.access_token_s, config.auth.refresh_token_s);
    if access < refresh {
        return None;
    }
    refuse(
        &named!(config, auth.access_token_s),
        &named!(config, auth.refresh_token_s),
        "a session would end before its first access token",
        &(refresh / 2).to_string(),
    )
}

fn per_ip(config: &Config) -> Option<Refusal> {
    if config.limits.connections_per_ip <= config.limits.connections_max {
        return None;
    }
    refuse(
        &named!(config, limits.connections_per_ip),
        &named!(config, limits.connections_max),
        "one address could never have so many",
        &config.limits.connections_max.to_string(),
    )
}

fn per_user(config: &Config) -> Option<Refusal> {
    if config.limits.connections_per_user <= config.limits.connections_max {
        return None;
    }
    refuse(
        &named!(config, limits.connections_per_user),
        &named!(config, limits.connections_max),
        "one user could never have so many",
        &config.limits.connections_max.to_string(),
    )
}

/// Leave that is given and not needed is most likely left over, and would one day hide a slip.
fn url(config: &Config) -> Option<Refusal> {
    let url = config.server.public_url.as_ref()?;
    if !(config.server.insecure_http && url.is_https()) {
        return None;
    }
    Some(Refusal {
        place: config.source("server.insecure_http"),
        problem: format!(
            "server.insecure_http = true contradicts server.public_url = \"{}\"",
            &**url
        ),
        advice: "leave insecure_http out: an address with https needs no leave".to_owned(),
    })
}
