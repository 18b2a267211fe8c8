//! The connection as a state machine: what to do next, given what has just happened.
//!
//! Owns when to connect, what to say and say again, which events the application gets and in which
//! order. Leaves bytes, sockets, HTTP and timers to the shell in [`crate::chat`]. Time and chance
//! are handed in, so that a transcript is a test.
//!
//! *Invariant*: of each room the application gets every event once, in the order of the log, from
//! the first one on; what the stream lacks is fetched before what follows it is shown. A send stays
//! in the outbox until it is acknowledged or refused for good, and is repeated under the same
//! client id.

mod backoff;
mod effect;
mod input;
mod marks;
mod outbox;
mod rooms;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod transcript;

use std::collections::HashMap;

use tidings_domain::limits::RESEND_AFTER_MS;
use tidings_domain::{ClientId, CommandId, RoomId};
use tidings_protocol::socket::command::{Focus, Hello, Mark, Ping, Token};
use tidings_protocol::socket::frame::{
    Ack, AckBody, Checkpoint, Refusal, Resume, ServerFrame, Welcome,
};
use tidings_protocol::{Advice, Command};

pub use effect::{Effect, Tally, Update};
pub use input::{Again, Input, Reading};
pub use marks::MarkKind;

use backoff::Backoff;
use marks::Marks;
use outbox::Outbox;
use rooms::Rooms;

/// A connection that is not greeted for so long is given up.
const GREETING_TIMEOUT_MS: u64 = 10_000;
/// After so long a silence the client asks whether anybody is there; the server pings sooner.
const PROBE_AFTER_MS: u64 = 30_000;
/// So much later, still silent, the connection counts as dead.
const PROBE_TIMEOUT_MS: u64 = 10_000;
/// A token is renewed so long before it expires; one that lives shortly, when half its life is over.
const RENEW_BEFORE_MS: u64 = 60_000;
/// Fetching is tried again after so long.
const FETCH_AGAIN_MS: u64 = 1_000;

/// Where the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Idle,
    Waiting { until_ms: u64 },
    Authenticating,
    Connecting,
    Greeting { since_ms: u64 },
    Live,
    Stopped,
}

/// What a command under way was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Hello,
    Send(ClientId),
    Mark(MarkKind, Mark),
    Other,
}

#[derive(Debug)]
struct HeldToken {
    text: String,
    expires_at_ms: u64,
    renew_at_ms: u64,
    is_renewing: bool,
}

/// The state of a connection, and of what was said and heard on it.
#[derive(Debug)]
pub struct Machine {
    link: Link,
    token: Option<HeldToken>,
    cursor: Option<String>,
    last_id: u64,
    under_way: HashMap<CommandId, Said>,
    heard_at_ms: u64,
    is_probing: bool,
    backoff: Backoff,
    outbox: Outbox,
    marks: Marks,
    reading: Reading,
    rooms: Rooms,
    tally: Tally,
}

impl Machine {
    /// At rest. The seed makes the jitter; the cursor, if there is one, is where to go on.
    #[must_use]
    pub fn new(seed: u64, reading: Reading, cursor: Option<String>) -> Self {
        Self {
            link: Link::Idle,
            token: None,
            cursor,
            last_id: 0,
            under_way: HashMap::new(),
            heard_at_ms: 0,
            is_probing: false,
            backoff: Backoff::new(seed),
            outbox: Outbox::default(),
            marks: Marks::default(),
            reading,
            rooms: Rooms::new(reading),
            tally: Tally::default(),
        }
    }

    /// The last place that the server has named.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// What was seen so far.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// Takes what has happened, and says what to do, in this order.
    #[must_use]
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.link == Link::Stopped {
            return effects;
        }
        match input {
            Input::Start if self.link == Link::Idle => self.come(now_ms, &mut effects),
            Input::Stop => self.stop(None, &mut effects),
            Input::Authenticated {
                token,
                valid_for_ms,
            } => {
                self.authenticated(now_ms, token, valid_for_ms, &mut effects);
            }
            Input::AuthenticationFailed(again) => {
                self.not_authenticated(now_ms, again, &mut effects);
            }
            Input::Connected => self.greet(now_ms, &mut effects),
            Input::Disconnected(code) => self.disconnected(now_ms, code, &mut effects),
            Input::Heard => self.heard(now_ms),
            Input::Frame(frame) => self.frame(now_ms, frame, &mut effects),
            Input::Known(room, seq) => self.rooms.know(room, seq),
            Input::Send(send) => self.outbox.take(send),
            Input::Mark(kind, mark) => self.marks.take(kind, mark),
            Input::Say(command) => self.say_now(command, &mut effects),
            Input::Fetched(room, events) => {
                self.rooms
                    .fetched(room, events, &mut self.tally, &mut effects);
            }
            Input::FetchFailed(room, again) => self.fetch_failed(now_ms, room, again, &mut effects),
            Input::Start | Input::Tick => {}
        }
        self.due(now_ms, &mut effects);
        effects
    }

    /// When to hand in [`Input::Tick`], if nothing happens before.
    #[must_use]
    pub fn wake_at_ms(&self) -> Option<u64> {
        let of_link = match self.link {
            Link::Waiting { until_ms } => Some(until_ms),
            Link::Greeting { since_ms } => Some(since_ms + GREETING_TIMEOUT_MS),
            Link::Live => Some(self.silence_ends_at_ms()),
            _ => None,
        };
        let is_live = self.link == Link::Live;
        let of_outbox = self.outbox.due_at_ms().filter(|_| is_live);
        let of_token = self.renewal_at_ms().filter(|_| is_live);
        [of_link, of_outbox, of_token, self.rooms.due_at_ms()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Goes for a connection: with a token that works, or for one first.
    fn come(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        let has_token = self
            .token
            .as_ref()
            .is_some_and(|token| token.expires_at_ms > now_ms);
        if has_token {
            self.link = Link::Connecting;
            effects.push(Effect::Connect);
        } else {
            self.link = Link::Authenticating;
            effects.push(Effect::Authenticate);
        }
    }

    fn stop(&mut self, code: Option<u16>, effects: &mut Vec<Effect>) {
        if matches!(self.link, Link::Greeting { .. } | Link::Live) {
            effects.push(Effect::Close);
        }
        self.link = Link::Stopped;
        effects.push(Effect::Tell(Update::Stopped(code)));
    }

    fn authenticated(
        &mut self,
        now_ms: u64,
        text: String,
        valid_for_ms: u64,
        effects: &mut Vec<Effect>,
    ) {
        let token = text.clone();
        let expires_at_ms = now_ms.saturating_add(valid_for_ms);
        self.token = Some(HeldToken {
            text,
            expires_at_ms,
            renew_at_ms: expires_at_ms - RENEW_BEFORE_MS.min(valid_for_ms / 2),
            is_renewing: false,
        });
        match self.link {
            Link::Authenticating => self.come(now_ms, effects),
            Link::Live => self.write(Command::Token(Token { token }), Said::Other, effects),
            _ => {}
        }
    }

    fn not_authenticated(&mut self, now_ms: u64, again: Again, effects: &mut Vec<Effect>) {
        match (again, self.link) {
            (Again::Never, _) => self.stop(None, effects),
            (Again::Later, Link::Authenticating) => self.wait(now_ms),
            // The old token still serves; the server says when it does not.
            (Again::Later, _) => {}
        }
    }

    fn greet(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        if self.link != Link::Connecting {
            return;
        }
        self.link = Link::Greeting { since_ms: now_ms };
        self.heard(now_ms);
        self.rooms.new_connection();
        let hello = Hello {
            token: self.token.as_ref().map(|token| token.text.clone()),
            cursor: self.cursor.clone(),
            device_name: None,
        };
        self.write(Command::Hello(hello), Said::Hello, effects);
    }

    fn disconnected(&mut self, now_ms: u64, code: Option<u16>, effects: &mut Vec<Effect>) {
        if !matches!(
            self.link,
            Link::Connecting | Link::Greeting { .. } | Link::Live
        ) {
            return;
        }
        match code.map_or(Advice::Reconnect, Advice::of) {
            Advice::Stop => {
                self.link = Link::Idle;
                return self.stop(code, effects);
            }
            Advice::Reauthenticate => self.token = None,
            Advice::Reconnect => {}
        }
        self.lost(now_ms, effects);
    }

    /// The connection is gone; what was under way is not known to be done.
    fn lost(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        let was_live = self.link == Link::Live;
        self.under_way.clear();
        self.outbox.connection_lost();
        self.wait(now_ms);
        if was_live {
            effects.push(Effect::Tell(Update::Disconnected));
        }
    }

    fn wait(&mut self, now_ms: u64) {
        let until_ms = now_ms.saturating_add(self.backoff.next_delay_ms());
        self.link = Link::Waiting { until_ms };
    }

    fn heard(&mut self, now_ms: u64) {
        self.heard_at_ms = now_ms;
        self.is_probing = false;
    }

    fn frame(&mut self, now_ms: u64, frame: ServerFrame, effects: &mut Vec<Effect>) {
        self.heard(now_ms);
        let tally = &mut self.tally;
        match frame {
            ServerFrame::Ack(ack) => self.ack(ack, effects),
            ServerFrame::Refusal(refusal) => self.refusal(now_ms, refusal, effects),
            ServerFrame::Event(frame) => self.rooms.event(frame.event, tally, effects),
            ServerFrame::Gap(gap) => {
                self.rooms
                    .lacking(gap.room, Some(gap.from), gap.to, tally, effects);
            }
            ServerFrame::Hint(hint) => self
                .rooms
                .lacking(hint.room, None, hint.head, tally, effects),
            ServerFrame::Checkpoint(checkpoint) => self.checkpoint(checkpoint, effects),
            ServerFrame::Reconnect(reconnect) => self.backoff.plan(reconnect.after_ms),
            ServerFrame::Behind => {}
            ServerFrame::Receipt(receipts) => {
                effects.push(Effect::Tell(Update::Receipts(receipts)));
            }
            ServerFrame::Typing(typing) => effects.push(Effect::Tell(Update::Typing(typing))),
            ServerFrame::Presence(notice) => effects.push(Effect::Tell(Update::Presence(notice))),
            ServerFrame::Signal(signal) => effects.push(Effect::Tell(Update::Signal(signal))),
            ServerFrame::Profile(notice) => {
                effects.push(Effect::Tell(Update::Profile(notice.user)));
            }
        }
    }

    fn ack(&mut self, ack: Ack, effects: &mut Vec<Effect>) {
        match (self.under_way.remove(&ack.id), ack.body) {
            (Some(Said::Hello), AckBody::Welcome { welcome }) => self.welcome(welcome, effects),
            (Some(Said::Send(client_id)), AckBody::Sent(sent)) if self.outbox.done(client_id) => {
                effects.push(Effect::Tell(Update::Sent(client_id, sent)));
            }
            (Some(Said::Mark(kind, mark)), _) => self.marks.done(kind, mark),
            _ => {}
        }
    }

    fn welcome(&mut self, welcome: Box<Welcome>, effects: &mut Vec<Effect>) {
        self.link = Link::Live;
        self.tally.connections += 1;
        self.backoff.reset();
        let (resume, reason) = (welcome.resume, welcome.reason);
        if resume != Resume::Resumed {
            self.cursor = Some(welcome.cursor.clone());
        }
        effects.push(Effect::Tell(Update::Connected(welcome)));
        if resume == Resume::Reset {
            self.rooms.forget_all();
            effects.push(Effect::Tell(Update::Reset(reason)));
        }
        self.marks.connected();
        if self.reading == Reading::Answers {
            let nothing = Focus {
                rooms: Some(Vec::new()),
            };
            self.write(Command::Focus(nothing), Said::Other, effects);
        }
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint, effects: &mut Vec<Effect>) {
        self.cursor = Some(checkpoint.cursor);
        if checkpoint.live && self.rooms.caught_up() {
            effects.push(Effect::Tell(Update::CaughtUp));
        }
    }

    fn refusal(&mut self, now_ms: u64, refusal: Refusal, effects: &mut Vec<Effect>) {
        match self.under_way.remove(&refusal.id) {
            // The close frame that follows says what to do.
            Some(Said::Hello) | Some(Said::Other) | None => {}
            Some(Said::Mark(kind, mark)) if !refusal.retryable => self.marks.done(kind, mark),
            Some(Said::Mark(..)) => {}
            Some(Said::Send(client_id)) if refusal.retryable => {
                let wait_ms = refusal
                    .retry_after_ms
                    .unwrap_or_else(|| self.backoff.jittered_ms());
                // The server may say whatever it likes.
                self.outbox.again(client_id, now_ms.saturating_add(wait_ms));
            }
            Some(Said::Send(client_id)) => {
                if self.outbox.done(client_id) {
                    effects.push(Effect::Tell(Update::Refused(client_id, refusal)));
                }
            }
        }
    }

    fn fetch_failed(&mut self, now_ms: u64, room: RoomId, again: Again, effects: &mut Vec<Effect>) {
        match again {
            Again::Later => self.rooms.fetch_again(room, now_ms + FETCH_AGAIN_MS),
            Again::Never => {
                self.rooms.forget(room);
                effects.push(Effect::Tell(Update::Gone(room)));
            }
        }
    }

    fn say_now(&mut self, command: Command, effects: &mut Vec<Effect>) {
        if self.link == Link::Live {
            self.write(command, Said::Other, effects);
        }
    }

    fn write(&mut self, command: Command, said: Said, effects: &mut Vec<Effect>) {
        self.last_id += 1;
        let id = CommandId(self.last_id);
        self.under_way.insert(id, said);
        effects.push(Effect::Write(id, command));
    }

    /// Does what time asks for.
    fn due(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        match self.link {
            Link::Waiting { until_ms } if until_ms <= now_ms => self.come(now_ms, effects),
            Link::Greeting { since_ms } if since_ms + GREETING_TIMEOUT_MS <= now_ms => {
                effects.push(Effect::Close);
                self.lost(now_ms, effects);
            }
            Link::Live => self.due_when_live(now_ms, effects),
            _ => {}
        }
        if self.link != Link::Stopped {
            self.rooms.due(now_ms, effects);
        }
    }

    fn due_when_live(&mut self, now_ms: u64, effects: &mut Vec<Effect>) {
        if self.silence_ends_at_ms() <= now_ms {
            if self.is_probing {
                effects.push(Effect::Close);
                return self.lost(now_ms, effects);
            }
            self.is_probing = true;
            self.write(Command::Ping(Ping::default()), Said::Other, effects);
        }
        if self.renewal_at_ms().is_some_and(|at_ms| at_ms <= now_ms) {
            if let Some(token) = &mut self.token {
                token.is_renewing = true;
            }
            effects.push(Effect::Authenticate);
        }
        while let Some(send) = self
            .outbox
            .next(now_ms, now_ms + RESEND_AFTER_MS, &mut self.tally)
        {
            let said = Said::Send(send.client_id);
            self.write(Command::Send(send), said, effects);
        }
        while let Some((kind, mark)) = self.marks.next() {
            self.write(kind.command(mark), Said::Mark(kind, mark), effects);
        }
    }

    const fn silence_ends_at_ms(&self) -> u64 {
        let probe_at_ms = self.heard_at_ms + PROBE_AFTER_MS;
        if self.is_probing {
            probe_at_ms + PROBE_TIMEOUT_MS
        } else {
            probe_at_ms
        }
    }

    fn renewal_at_ms(&self) -> Option<u64> {
        let token = self.token.as_ref().filter(|token| !token.is_renewing)?;
        Some(token.renew_at_ms)
    }
}
