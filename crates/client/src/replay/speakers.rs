//! Connections of speakers: as many at a time as are allowed, the longest unused closed first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tidings_protocol::Encoding;

use super::people::Person;
use crate::chat::{Chat, ChatOptions};
use crate::machine::Reading;

/// Open connections by nick.
pub(super) struct Speakers {
    connections_max: usize,
    encoding: Encoding,
    open: Mutex<Pool>,
}

#[derive(Default)]
struct Pool {
    by_nick: HashMap<String, Open>,
    uses: u64,
}

struct Open {
    chat: Arc<Chat>,
    used: u64,
}

impl Speakers {
    pub(super) fn new(connections_max: usize, encoding: Encoding) -> Self {
        Self {
            connections_max,
            encoding,
            open: Mutex::default(),
        }
    }

    /// Somebody's connection, opened if it is not.
    pub(super) fn of(&self, person: &Person) -> Arc<Chat> {
        let mut pool = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        pool.uses += 1;
        let used = pool.uses;
        if let Some(open) = pool.by_nick.get_mut(&person.nick) {
            open.used = used;
            return open.chat.clone();
        }
        if pool.by_nick.len() >= self.connections_max {
            pool.close_one();
        }
        let chat = Arc::new(self.connect(person));
        pool.by_nick.insert(
            person.nick.clone(),
            Open {
                chat: chat.clone(),
                used,
            },
        );
        chat
    }

    /// Whoever speaks here does not listen: the watchers do.
    fn connect(&self, person: &Person) -> Chat {
        let options = ChatOptions {
            encoding: self.encoding,
            reading: Reading::Answers,
            ..ChatOptions::default()
        };
        let (chat, _updates) = Chat::open(person.session.clone(), options);
        chat
    }

    /// Ends all connections.
    pub(super) fn close_all(&self) {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .by_nick
            .clear();
    }
}

impl Pool {
    /// Lets go of the connection that nobody uses for the longest time. Dropped, it ends.
    fn close_one(&mut self) {
        let unused = self
            .by_nick
            .iter()
            .filter(|(_, open)| Arc::strong_count(&open.chat) == 1);
        let oldest = unused
            .min_by_key(|(_, open)| open.used)
            .map(|(nick, _)| nick.clone());
        if let Some(nick) = oldest {
            self.by_nick.remove(&nick);
        }
    }
}
