//! Connections for which there was no place.

use tidings_engine::meters::Count;

use super::exposition::Page;

/// Which limit left no place for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crowded {
    /// `limits.connections_max`: connections of all.
    Total,
    /// `limits.connections_per_ip`: open connections of the address.
    Address,
    /// `limits.new_connections_per_s_ip`: new connections of the address.
    Rate,
    /// `limits.connections_per_user`: sockets of the user.
    User,
}

impl Crowded {
    const ALL: [Self; 4] = [Self::Total, Self::Address, Self::Rate, Self::User];

    /// The value of the label `reason`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Address => "address",
            Self::Rate => "rate",
            Self::User => "user",
        }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct TurnedAway {
    counts: [Count; Crowded::ALL.len()],
}

impl TurnedAway {
    /// Counts a connection that was turned away.
    pub fn note(&self, reason: Crowded) {
        self.counts[reason as usize].one();
    }

    pub(super) fn write(&self, page: &mut Page) {
        let values =
            Crowded::ALL.map(|reason| (reason.as_str(), self.counts[reason as usize].get()));
        let help = "Connections that were refused, by the limit that left no place.";
        page.family(
            ("tidings_connections_refused_total", "counter", help),
            "reason",
            values,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_counted_under_its_own_name() {
        let turned_away = TurnedAway::default();
        for reason in Crowded::ALL {
            for _ in 0..=reason as usize {
                turned_away.note(reason);
            }
        }
        let mut page = Page::default();
        turned_away.write(&mut page);
        let text = page.into_text();
        for (reason, count) in [("total", 1), ("address", 2), ("rate", 3), ("user", 4)] {
            let line =
                format!("tidings_connections_refused_total{{reason=\"{reason}\"}} {count}\n");
            assert!(text.contains(&line), "{text}");
        }
    }
}
