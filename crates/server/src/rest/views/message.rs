//! Pages of messages and stretches of the log.

use tidings_engine::pages;
use tidings_protocol::Event;
use tidings_protocol::rest::message::{Events, Page};

/// A page of messages.
pub(crate) fn page(page: pages::Page) -> Page {
    Page {
        messages: page.messages.into_iter().map(Into::into).collect(),
        first_seq: page.first,
        last_seq: page.last,
        head: page.head,
        has_before: page.has_before,
        has_after: page.has_after,
    }
}

/// A stretch of the log.
pub(crate) fn events(stretch: &pages::Stretch) -> Events {
    Events {
        events: stretch
            .events
            .iter()
            .map(|envelope| Event::from(&envelope.event))
            .collect(),
        head: stretch.head,
        complete: stretch.is_complete,
    }
}
