//! What strain there is, and what was refused for it.

use super::exposition::Page;
use crate::edge::strain::Strain;

impl Strain {
    pub(super) fn write(&self, page: &mut Page) {
        page.gauge(
            "tidings_standing_delay_seconds",
            "The least that a task waited for the processor, of late.",
            self.standing_us() as f64 / 1e6,
        );
        page.counter(
            "tidings_shed_total",
            "New sockets and log-ins refused because tasks waited for the processor.",
            self.shed(),
        );
    }
}
