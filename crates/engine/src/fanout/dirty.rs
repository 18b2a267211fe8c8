//! Connections that have something to write, in the order in which they are written.

use std::collections::VecDeque;
use std::sync::Arc;

use slab::Slab;

use super::connection::Connection;
use crate::outlet::Outlet;

/// Senders and small rooms first, large rooms in slices after them. *Invariant*: a connection is in
/// one queue at most.
#[derive(Default)]
pub(super) struct Dirty {
    /// Outlets of senders, whoever they are.
    pub(super) senders: Vec<Arc<dyn Outlet>>,
    small: Vec<u32>,
    large: VecDeque<u32>,
}

/// How soon a connection is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// With the next.
    Soon,
    /// After those, in slices.
    InSlices,
}

impl Dirty {
    /// Notes that a connection has something to write.
    pub(super) fn mark(&mut self, connection: &mut Connection, key: u32, urgency: Urgency) {
        if connection.is_dirty {
            return;
        }
        connection.is_dirty = true;
        match urgency {
            Urgency::Soon => self.small.push(key),
            Urgency::InSlices => self.large.push_back(key),
        }
    }

    /// Takes those that come next: all that are written soon, and `slice` of the others.
    pub(super) fn take(
        &mut self,
        connections: &mut Slab<Connection>,
        slice: usize,
        into: &mut Vec<Arc<dyn Outlet>>,
    ) {
        into.append(&mut self.senders);
        let slice = self.large.len().min(slice);
        for key in self.small.drain(..).chain(self.large.drain(..slice)) {
            // One that has left meanwhile is nobody's, or another's who is glad of it.
            if let Some(connection) = connections.get_mut(key as usize) {
                connection.is_dirty = false;
                into.push(connection.outlet.clone());
            }
        }
    }
}
