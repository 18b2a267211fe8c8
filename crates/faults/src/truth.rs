//! The end of a run: everything comes to rest, and every member reads every room.

use std::collections::BTreeMap;
use std::time::Duration;

use tidings_client::api::{ApiError, Request, Session, patiently};
use tidings_domain::event::EventBody;
use tidings_domain::{RoomId, Seq};
use tidings_history::line::{Logged, Marks, Page};
use tidings_history::{Entry, Name};
use tidings_protocol::Event;
use tidings_protocol::rest::receipt::ReceiptList;

use crate::failure::{Failure, While};
use crate::member::Member;
use crate::reading::Reading;
use crate::recorder::Recorder;
use crate::witness::hash_of;
use crate::world::{Names, Person, World};

/// All are connected, answered and shown everything within this, or the checker says who is not.
const REST_WITHIN_MS: u64 = 45_000;
/// At rest: nothing new for so long. Receipts and presence are told more than once a second.
const QUIET: Duration = Duration::from_millis(1_500);
const PAUSE: Duration = Duration::from_millis(50);

/// Waits until everybody has everything. Who does not get it is found by the checker.
pub(crate) async fn come_to_rest(
    members: &[Member],
    world: &World,
    recorder: &Recorder,
) -> Result<(), Failure> {
    let clock = recorder.clock();
    let until_ms = clock.monotonic_ms() + REST_WITHIN_MS;
    let here: Vec<&Member> = members.iter().filter(|member| !member.is_gone()).collect();
    let in_time = || clock.monotonic_ms() < until_ms;
    while in_time() && here.iter().any(|it| !it.is_live() || it.unanswered() > 0) {
        tokio::time::sleep(PAUSE).await;
    }
    let heads = heads(world).await?;
    while in_time() && here.iter().any(|member| lacks(member, &heads)) {
        tokio::time::sleep(PAUSE).await;
    }
    let mut lines = 0;
    while in_time() && lines != recorder.len() {
        lines = recorder.len();
        tokio::time::sleep(QUIET).await;
    }
    recorder.note(Entry::Settled);
    Ok(())
}

fn lacks(member: &Member, heads: &BTreeMap<RoomId, Seq>) -> bool {
    let mut rooms = member.person.rooms.iter();
    rooms.any(|(room, _)| heads.get(room) > Some(&member.standing.shown(*room)))
}

async fn heads(world: &World) -> Result<BTreeMap<RoomId, Seq>, Failure> {
    let mut heads = BTreeMap::new();
    for person in &world.people {
        if person
            .rooms
            .iter()
            .all(|(room, _)| heads.contains_key(room))
        {
            continue;
        }
        let rooms = patiently(|| person.session.rooms()).await;
        for room in rooms.during("reading the heads of rooms")?.rooms {
            heads.insert(room.id, room.head);
        }
    }
    Ok(heads)
}

/// Every member reads every room of theirs; the first reading of a room is the truth. How many
/// other readings were not equal to it. Where a run has damaged events, they stand as `before` has
/// them: the rules judge everything else, and the run itself what it damaged.
pub(crate) async fn read_all(
    world: &World,
    recorder: &Recorder,
    before: &Reading,
) -> Result<usize, Failure> {
    let mut read: BTreeMap<RoomId, Vec<Event>> = BTreeMap::new();
    let mut unequal = 0;
    for person in &world.people {
        for (room, _) in &person.rooms {
            let events = whole_log(&person.session, *room).await;
            let mut events = events.during("the final reading")?;
            before.restore(&mut events);
            match read.get(room) {
                None => {
                    log(&events, &world.names, recorder);
                    marks(person, *room, &world.names, recorder).await?;
                    read.insert(*room, events);
                }
                Some(first) => {
                    unequal += usize::from(*first != events);
                    pages(person, &events, &world.names, recorder);
                }
            }
        }
    }
    Ok(unequal)
}

/// Every event of a room that this session may see.
pub(crate) async fn whole_log(session: &Session, room: RoomId) -> Result<Vec<Event>, ApiError> {
    let mut events: Vec<Event> = Vec::new();
    loop {
        let after = events.last().map_or(Seq::ZERO, |last| last.seq);
        let page = patiently(|| session.events_after(room, after)).await?;
        let is_end = page.complete || page.events.is_empty();
        events.extend(page.events);
        if is_end {
            return Ok(events);
        }
    }
}

fn log(events: &[Event], names: &Names, recorder: &Recorder) {
    for event in events {
        let (member, visible_from) = match &event.body {
            EventBody::MemberJoined(joined) => (Some(joined.user), Some(joined.visible_from.0)),
            EventBody::MemberLeft(left) => (Some(left.user), None),
            _ => (None, None),
        };
        recorder.note(Entry::Log(Logged {
            room: names.room(event.room),
            seq: event.seq.0,
            kind: Name::from(event.body.kind()),
            hash: hash_of(&event.body),
            sender: names.user(event.sender),
            client_id: event.client_id.map(|id| Name::from(id.to_string())),
            member: member.map(|user| names.user(user)),
            visible_from,
        }));
    }
}

fn pages(person: &Person, events: &[Event], names: &Names, recorder: &Recorder) {
    for event in events {
        recorder.note(Entry::Page(Page {
            client: person.name.clone(),
            user: person.name.clone(),
            room: names.room(event.room),
            seq: event.seq.0,
            hash: hash_of(&event.body),
        }));
    }
}

async fn marks(
    person: &Person,
    room: RoomId,
    names: &Names,
    recorder: &Recorder,
) -> Result<(), Failure> {
    let request = || Request::get(format!("/v1/rooms/{room}/receipts"));
    let read = patiently(|| person.session.call::<ReceiptList>(request)).await;
    for entry in read.during("reading the receipts")?.receipts {
        recorder.note(Entry::Marks(Marks {
            room: names.room(room),
            user: names.user(entry.user),
            delivered: entry.delivered.0,
            read: entry.read.0,
        }));
    }
    Ok(())
}
