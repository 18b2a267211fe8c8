//! All that there is to read, and how two readings differ.

use std::collections::BTreeMap;
use std::fmt;

use tidings_domain::event::EventBody;
use tidings_domain::{RoomId, Seq};
use tidings_history::{Entry, Line, Name};
use tidings_protocol::Event;

use crate::dice::Dice;
use crate::failure::{Failure, While};
use crate::truth::whole_log;
use crate::witness::hash_of;
use crate::world::{Names, World};

/// The kind as which the server shows what it cannot read.
const DAMAGED: &str = "damaged";

/// Every event of every room.
#[derive(Default)]
pub(crate) struct Reading {
    events: BTreeMap<(RoomId, Seq), Event>,
}

/// How a later reading differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Shown as damaged.
    pub(crate) damaged: usize,
    /// Not there any more.
    pub(crate) missing: usize,
    /// Something else stands there.
    pub(crate) wrong: usize,
}

impl Reading {
    /// Reads all rooms, each as one of its members.
    pub(crate) async fn of(world: &World) -> Result<Self, Failure> {
        let mut events = BTreeMap::new();
        for room in &world.rooms {
            let of_room = |person: &&std::sync::Arc<crate::world::Person>| {
                person.rooms.iter().any(|(id, _)| id == room)
            };
            let person = world.people.iter().find(of_room);
            let person = person.expect("every room has members");
            let read = whole_log(&person.session, *room).await;
            for event in read.during("reading a room")? {
                events.insert((event.room, event.seq), event);
            }
        }
        Ok(Self { events })
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// The text of some message.
    pub(crate) fn a_text(&self, dice: &mut Dice) -> String {
        let texts = self.events.values().filter_map(|event| match &event.body {
            EventBody::MessageSent(message) => Some(message.text.as_str()),
            _ => None,
        });
        let texts: Vec<&str> = texts.collect();
        texts[dice.index(texts.len())].to_owned()
    }

    /// Puts what is shown as damaged back to what stood there.
    pub(crate) fn restore(&self, events: &mut [Event]) {
        for event in events {
            let known = self.events.get(&(event.room, event.seq));
            if let Some(known) = known.filter(|_| event.body.kind() == DAMAGED) {
                *event = known.clone();
            }
        }
    }

    /// The same of what connections were told.
    pub(crate) fn restore_heard(&self, names: &Names, lines: &mut [Line]) {
        let known: BTreeMap<(Name, u64), &Event> = self
            .events
            .iter()
            .map(|((room, seq), event)| ((names.room(*room), seq.0), event))
            .collect();
        for line in lines {
            let Entry::Event(heard) = &mut line.entry else {
                continue;
            };
            if heard.kind.as_str() == DAMAGED
                && let Some(event) = known.get(&(heard.room.clone(), heard.seq))
            {
                heard.kind = Name::from(event.body.kind());
                heard.hash = hash_of(&event.body);
            }
        }
    }

    /// How a later reading differs in what this one holds.
    pub(crate) fn compare(&self, later: &Self) -> Difference {
        let mut difference = Difference::default();
        for (place, event) in &self.events {
            match later.events.get(place) {
                None => difference.missing += 1,
                Some(now) if now == event => {}
                Some(now) if now.body.kind() == DAMAGED => difference.damaged += 1,
                Some(_) => difference.wrong += 1,
            }
        }
        difference
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            damaged,
            missing,
            wrong,
        } = self;
        write!(
            f,
            "{damaged} shown as damaged, {missing} missing, {wrong} wrong"
        )
    }
}
