//! What will happen when: ordered by time, and among equals by when it was planned.

use std::collections::BTreeMap;

use crate::server::outlet::LinkId;
use crate::server::requests::{Request, RequestId, Response};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// To the server.
    Up,
    /// To the client.
    Down,
}

/// Something that will happen.
#[derive(Debug)]
pub(super) enum Event {
    /// A step of the plan.
    Step(usize),
    /// An application starts.
    Start(usize),
    /// A machine wants to be told that time has passed.
    Wake(usize),
    /// A client's line is as it should be again.
    Unhindered(usize),
    /// A call for a connection reaches the server.
    Dial {
        /// Whose.
        client: usize,
        /// Of which start of the application.
        life: u64,
    },
    /// The client learns that it is connected, or is not.
    Dialled {
        /// Whose.
        client: usize,
        /// Of which start of the application.
        life: u64,
        /// The connection.
        link: Option<LinkId>,
    },
    /// The next bytes on their way arrive.
    Arrive(LinkId, Way),
    /// An end of a connection learns that it is broken.
    Broken(LinkId, Way),
    /// The server looks whether a connection is silent.
    Beat(LinkId),
    /// A request reaches the server.
    Request(RequestId, Request),
    /// An answer reaches the client.
    Response(RequestId, Response),
    /// A load that failed is tried again.
    LoadAgain {
        /// Whose.
        client: usize,
        /// Of which start of the application.
        life: u64,
    },
    /// The client has waited long enough.
    Timeout(RequestId),
    /// Commits work again.
    CommitsWork,
    /// Reads work again.
    ReadsWork,
    /// The disk is as fast as ever.
    DiskFast,
    /// A server that shuts down is gone.
    Gone {
        /// For how long.
        ms: u64,
    },
    /// The server starts.
    Up,
    /// Nothing more is done to anybody.
    Calm,
    /// Looks whether everybody is back.
    AllBack,
    /// Looks whether all is at rest.
    AtRest,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    events: BTreeMap<(u64, u64), Event>,
    count: u64,
}

impl Queue {
    /// Plans something.
    pub(super) fn put(&mut self, at_ms: u64, event: Event) {
        self.count += 1;
        self.events.insert((at_ms, self.count), event);
    }

    /// When the next thing happens.
    pub(super) fn next_at(&self) -> Option<u64> {
        Some(self.events.first_key_value()?.0.0)
    }

    /// The next thing, if it is due.
    pub(super) fn due(&mut self, now_ms: u64) -> Option<Event> {
        let entry = self.events.first_entry()?;
        (entry.key().0 <= now_ms).then(|| entry.remove())
    }
}
