//! One file, spoken line by line into its room.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tidings_domain::limits::ROOM_NAME_CHARS_MAX;
use tidings_domain::{ClientId, RoomId};
use tidings_protocol::rest::room::CreateRoom;
use tidings_protocol::socket::command::Send;

use super::ReplayError;
use super::log_file::LogFile;
use super::people::Person;
use super::procedure::{Run, Step};
use super::schedule::due_ms;
use super::watching::Watchers;
use crate::api::patiently;
use crate::log_line::{LOG, SpokenLine};

/// People of a file who are made ready at a time.
const READIED_MAX: usize = 8;
/// A line that is not answered for so long is given up, and the run with it.
const PATIENCE: Duration = Duration::from_secs(300);
/// Lines ahead whose speakers are connected already.
const AHEAD: usize = 4;

/// A file that was spoken.
pub(super) struct Spoken {
    /// Which.
    pub(super) file: Arc<LogFile>,
    /// Into which room.
    pub(super) room: RoomId,
    /// From each send to its answer, in microseconds.
    pub(super) acks_us: Vec<u64>,
    /// Answers that said that the message was there already.
    pub(super) duplicates: u64,
}

impl Spoken {
    /// Whether not all of it had been said before.
    pub(super) const fn said_something_new(&self) -> bool {
        self.duplicates < self.acks_us.len() as u64
    }
}

/// Speaks a file: opens its room, lets everybody in, and says its lines in their order.
pub(super) async fn speak(
    run: Arc<Run>,
    watchers: Arc<Watchers>,
    file: Arc<LogFile>,
) -> Result<Spoken, ReplayError> {
    let room = open_room(&run, &file).await?;
    watchers.watch(room, &file).await?;
    let cast = gather(&run, &file, room).await?;
    let mut spoken = Spoken {
        file,
        room,
        acks_us: Vec::new(),
        duplicates: 0,
    };
    say_all(&run, &cast, &mut spoken).await?;
    run.step(Step::File).await;
    Ok(spoken)
}

async fn open_room(run: &Run, file: &LogFile) -> Result<RoomId, ReplayError> {
    let log = run.people.named(&file.keeper()).await?;
    let wanted = CreateRoom {
        kind: "channel".to_owned(),
        name: Some(file.name.chars().take(ROOM_NAME_CHARS_MAX).collect()),
        description: Some("A replayed log".to_owned()),
        ..CreateRoom::default()
    };
    let key = format!("replay/{}/{}", run.name, file.name);
    let key = ClientId::from_idempotency_key(log.id(), &key).to_string();
    let made = patiently(|| log.session.create_room(&wanted, &key)).await;
    made.map(|room| room.id)
        .map_err(ReplayError::refused(format!(
            "making a room for {}",
            file.name
        )))
}

/// Everybody who speaks in a file, in the room.
async fn gather(
    run: &Run,
    file: &LogFile,
    room: RoomId,
) -> Result<HashMap<String, Arc<Person>>, ReplayError> {
    let mut nicks = BTreeSet::new();
    for index in 0..file.len() {
        nicks.insert(file.spoken(index)?.speaker);
    }
    let ready = |nick: String| async move {
        if nick == LOG {
            let keeper = run.people.named(&file.keeper()).await?;
            return Ok((nick, keeper));
        }
        let person = run.people.named(&nick).await?;
        person.join(room).await?;
        Ok((nick, person))
    };
    stream::iter(nicks)
        .map(ready)
        .buffer_unordered(READIED_MAX)
        .try_collect()
        .await
}

async fn say_all(
    run: &Run,
    cast: &HashMap<String, Arc<Person>>,
    spoken: &mut Spoken,
) -> Result<(), ReplayError> {
    let file = spoken.file.clone();
    let due = due_ms(&file, run.speed);
    let began_ms = run.clock.monotonic_ms();
    for index in 0..file.len() {
        if let Some(due) = &due {
            let due_ms = began_ms + due[index];
            let left_ms = due_ms.saturating_sub(run.clock.monotonic_ms());
            tokio::time::sleep(Duration::from_millis(left_ms)).await;
        }
        for ahead in (index + 1..file.len()).take(AHEAD) {
            let _connecting = run.speakers.of(&cast[&file.spoken(ahead)?.speaker]);
        }
        let line = file.spoken(index)?;
        let person = &cast[&line.speaker];
        say(run, person, line, index, spoken).await?;
        run.step(Step::Line).await;
    }
    Ok(())
}

/// Says a line, and waits until it is committed.
async fn say(
    run: &Run,
    person: &Person,
    line: SpokenLine,
    index: usize,
    spoken: &mut Spoken,
) -> Result<(), ReplayError> {
    let name = format!("replay/{}/{}/{index}", run.name, spoken.file.name);
    let send = Send {
        room: spoken.room,
        client_id: ClientId::from_idempotency_key(person.id(), &name),
        text: line.text,
        reply_to: None,
        mentions: Vec::new(),
        metadata: line.metadata,
    };
    let (file, line) = (spoken.file.name.clone(), index + 1);
    let began_us = run.clock.monotonic_us();
    let chat = run.speakers.of(person);
    let history = run.history.as_deref();
    let call = history.map(|history| (history, history.asked(person, &send)));
    let sent = match tokio::time::timeout(PATIENCE, chat.send(send)).await {
        Ok(answer) => answer.map_err(|source| ReplayError::NotSaid { file, line, source })?,
        Err(_) => {
            return Err(ReplayError::NoAnswer {
                file,
                line,
                after: PATIENCE,
            });
        }
    };
    if let Some((history, call)) = call {
        history.answered(call, &sent);
    }
    spoken.acks_us.push(run.clock.monotonic_us() - began_us);
    spoken.duplicates += u64::from(sent.duplicate);
    Ok(())
}
