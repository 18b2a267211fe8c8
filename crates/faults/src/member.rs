//! A client of a run: the real client's state machine over a socket of ours, with a history of all
//! that it asks for and is told.
//!
//! *Invariant*: a frame is written into the history before the machine sees it.

use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tidings_client::api::{AccessToken, ApiError, Session};
use tidings_client::clock::Clock;
use tidings_client::machine::{Again, Effect, Input, Machine, MarkKind, Reading, Update};
use tidings_domain::{RoomId, Seq, UserId};
use tidings_protocol::socket::command::{Mark, Send, Watch};
use tidings_protocol::socket::frame::{Resume, Welcome};
use tidings_protocol::{Command, ErrorCode};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::recorder::Recorder;
use crate::wire::{Broken, Dial, Socket};
use crate::witness::Witness;
use crate::world::{Names, Person};

/// Orders that wait for the task; who gives more is told that they are not taken.
const ORDERS_MAX: usize = 256;
/// A room is marked as read at every so manieth event of it.
const READS_EVERY: u64 = 8;
/// Nothing is waited for longer than this without a look.
const LONGEST_REST_MS: u64 = 3_600_000;

/// What to say, and where; something of its own where no text is given.
struct Order {
    room: RoomId,
    text: Option<String>,
}

/// A handle to a client that runs. Dropped, it lets the client say good-bye.
pub(crate) struct Member {
    pub(crate) person: Arc<Person>,
    pub(crate) standing: Arc<Standing>,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

/// Where a client stands; looked at from outside.
#[derive(Default)]
pub(crate) struct Standing {
    /// Whether it is connected and has caught up.
    pub(crate) is_live: AtomicBool,
    /// Sends that were not answered yet.
    pub(crate) unanswered: AtomicU64,
    /// Whether it has vanished, and is not to come back.
    is_gone: AtomicBool,
    shown: Mutex<HashMap<RoomId, Seq>>,
    local: Mutex<Option<SocketAddr>>,
}

impl Standing {
    /// How far it was shown a room.
    pub(crate) fn shown(&self, room: RoomId) -> Seq {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.get(&room).copied().unwrap_or(Seq::ZERO)
    }

    fn opened_from(&self, local: SocketAddr) {
        *self.local.lock().unwrap_or_else(PoisonError::into_inner) = Some(local);
    }

    fn show(&self, room: RoomId, seq: Seq) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.insert(room, seq);
    }

    /// Where its present or last socket was opened from.
    pub(crate) fn local(&self) -> Option<SocketAddr> {
        *self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a client behaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manner {
    pub(crate) dial: Dial,
    /// Bytes of filling in each text.
    pub(crate) filling_bytes: usize,
    /// Whose presence it watches.
    pub(crate) watches: Vec<UserId>,
}

impl Member {
    /// Begins to connect, and stays connected.
    pub(crate) fn start(
        person: Arc<Person>,
        server: SocketAddr,
        manner: Manner,
        recorder: &Recorder,
        names: &Arc<Names>,
    ) -> Self {
        let (orders, taken) = mpsc::channel(ORDERS_MAX);
        let standing = Arc::new(Standing::default());
        let clock = recorder.clock();
        let seed = tidings_client::random::seed();
        let shell = Shell {
            machine: Machine::new(seed, Reading::Everything, None),
            witness: Witness::new(recorder.clone(), names.clone(), &person),
            person: person.clone(),
            clock,
            server,
            manner,
            standing: standing.clone(),
            socket: None,
            queue: VecDeque::new(),
            jobs: JoinSet::new(),
            last_token: None,
            is_over: false,
        };
        let task = tokio::spawn(shell.run(taken));
        Self {
            person,
            standing,
            orders,
            task,
        }
    }

    /// Says something in a room, now or as soon as it is connected; false when it has too much to
    /// say already.
    pub(crate) fn say(&self, room: RoomId) -> bool {
        self.order(room, None)
    }

    /// The same with a text of the caller's.
    pub(crate) fn say_this(&self, room: RoomId, text: String) -> bool {
        self.order(room, Some(text))
    }

    fn order(&self, room: RoomId, text: Option<String>) -> bool {
        self.orders.try_send(Order { room, text }).is_ok()
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.standing.is_gone.load(Ordering::Acquire)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.standing.is_live.load(Ordering::Acquire)
    }

    pub(crate) fn unanswered(&self) -> u64 {
        self.standing.unanswered.load(Ordering::Acquire)
    }

    /// Vanishes without a word, as a process does that is killed.
    pub(crate) fn vanish(&self) {
        self.standing.is_gone.store(true, Ordering::Release);
        self.task.abort();
    }
}

/// What a background job has brought.
enum Brought {
    Input(Input),
    Token(Result<AccessToken, ApiError>),
    Socket(Option<Box<Socket>>),
    Rooms(Vec<(RoomId, Seq)>),
}

/// The machine and everything that it moves.
struct Shell {
    machine: Machine,
    witness: Witness,
    person: Arc<Person>,
    clock: Arc<dyn Clock>,
    server: SocketAddr,
    manner: Manner,
    standing: Arc<Standing>,
    socket: Option<Box<Socket>>,
    /// What the machine is to be told next.
    queue: VecDeque<Input>,
    jobs: JoinSet<Brought>,
    last_token: Option<String>,
    is_over: bool,
}

impl Shell {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        self.hand_in(Input::Start).await;
        while !self.is_over {
            for input in self.next_inputs(&mut orders).await {
                self.hand_in(input).await;
            }
        }
        if let Some(socket) = self.socket.take() {
            socket.close().await;
        }
    }

    /// Waits for whatever happens first.
    async fn next_inputs(&mut self, orders: &mut mpsc::Receiver<Order>) -> Vec<Input> {
        let rest = self.rest();
        let frame = async {
            match &mut self.socket {
                Some(socket) => socket.next().await,
                None => pending().await,
            }
        };
        let job = async {
            match self.jobs.join_next().await {
                Some(brought) => brought,
                None => pending().await,
            }
        };
        tokio::select! {
            order = orders.recv() => vec![self.ordered(order)],
            input = frame => vec![input],
            brought = job => {
                let brought = brought.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
                self.brought(brought)
            }
            () = tokio::time::sleep(rest) => vec![Input::Tick],
        }
    }

    fn rest(&self) -> Duration {
        let wake_at_ms = self.machine.wake_at_ms().unwrap_or(u64::MAX);
        let rest_ms = wake_at_ms.saturating_sub(self.clock.monotonic_ms());
        Duration::from_millis(rest_ms.min(LONGEST_REST_MS))
    }

    fn ordered(&mut self, order: Option<Order>) -> Input {
        order.map_or(Input::Stop, |order| Input::Send(self.say(order)))
    }

    fn say(&mut self, Order { room, text }: Order) -> Send {
        let client_id = tidings_client::random::client_id(self.clock.as_ref());
        let filling = " ".repeat(self.manner.filling_bytes);
        let text =
            text.unwrap_or_else(|| format!("{}{filling} says {client_id}", self.person.name));
        self.witness.asked(room, client_id, &text);
        self.standing.unanswered.fetch_add(1, Ordering::AcqRel);
        Send {
            room,
            client_id,
            text,
            reply_to: None,
            mentions: Vec::new(),
            metadata: serde_json::Map::new(),
        }
    }

    fn brought(&mut self, brought: Brought) -> Vec<Input> {
        match brought {
            Brought::Input(input) => vec![input],
            Brought::Token(Ok(granted)) => {
                self.last_token = Some(granted.token.clone());
                vec![Input::Authenticated {
                    token: granted.token,
                    valid_for_ms: granted.valid_for_ms,
                }]
            }
            Brought::Token(Err(error)) => vec![Input::AuthenticationFailed(again(&error))],
            Brought::Socket(Some(socket)) => {
                self.standing.opened_from(socket.local);
                self.socket = Some(socket);
                vec![Input::Connected]
            }
            Brought::Socket(None) => vec![Input::Disconnected(None)],
            Brought::Rooms(rooms) => {
                for (room, head) in rooms {
                    self.hold(room, head);
                }
                Vec::new()
            }
        }
    }

    async fn hand_in(&mut self, input: Input) {
        self.queue.push_back(input);
        while let Some(input) = self.queue.pop_front() {
            match &input {
                Input::Disconnected(code) => self.lost(*code),
                Input::Frame(frame) => self.witness.frame(frame, self.machine.cursor()),
                _ => {}
            }
            for effect in self.machine.handle(self.clock.monotonic_ms(), input) {
                if self.act(effect).await.is_err() {
                    self.queue.push_back(Input::Disconnected(None));
                }
            }
        }
    }

    fn lost(&mut self, code: Option<u16>) {
        self.socket = None;
        self.witness.lost(code);
        self.standing.is_live.store(false, Ordering::Release);
    }

    async fn act(&mut self, effect: Effect) -> Result<(), Broken> {
        match effect {
            Effect::Authenticate => self.authenticate(),
            Effect::Connect => self.connect(),
            Effect::Fetch(room, after) => self.fetch(room, after),
            Effect::Close => {
                if let Some(socket) = self.socket.take() {
                    self.witness.lost(None);
                    tokio::spawn(socket.close());
                }
            }
            Effect::Write(id, command) => {
                self.witness.writes(id, &command);
                if let Some(socket) = &mut self.socket {
                    return socket.write(id, &command).await;
                }
            }
            Effect::Tell(update) => self.tell(update),
        }
        Ok(())
    }

    fn authenticate(&mut self) {
        let (session, last) = (self.person.session.clone(), self.last_token.clone());
        self.jobs.spawn(async move {
            Brought::Token(match last {
                None => session.access_token().await,
                Some(last) => session.newer_token(&last).await,
            })
        });
    }

    fn connect(&mut self) {
        let (server, dial) = (self.server, self.manner.dial);
        self.jobs
            .spawn(async move { Brought::Socket(Socket::open(server, dial).await.map(Box::new)) });
    }

    fn fetch(&mut self, room: RoomId, after: Seq) {
        let session = self.person.session.clone();
        let call = self.witness.fetches(room, after);
        let witness = self.witness.clone();
        self.jobs.spawn(async move {
            Brought::Input(match session.events_after(room, after).await {
                Ok(page) => {
                    witness.fetched(call, &page);
                    Input::Fetched(room, page.events)
                }
                Err(error) => {
                    witness.not_fetched(call, &error);
                    Input::FetchFailed(room, again(&error))
                }
            })
        });
    }

    fn tell(&mut self, update: Update) {
        match update {
            Update::Connected(welcome) => self.connected(&welcome),
            Update::CaughtUp => self.standing.is_live.store(true, Ordering::Release),
            Update::Event(event) => {
                self.witness.shown(&event);
                self.standing.show(event.room, event.seq);
                self.mark(event.room, event.seq);
            }
            Update::Sent(client_id, sent) => {
                self.witness.acknowledged(client_id, &sent);
                self.answered();
            }
            Update::Refused(client_id, refusal) => {
                self.witness.refused(client_id, &refusal);
                self.answered();
            }
            Update::Stopped(_) => self.is_over = true,
            _ => {}
        }
    }

    fn connected(&mut self, welcome: &Welcome) {
        match welcome.resume {
            Resume::Fresh => self.hold_what_was(),
            Resume::Reset => self.load_anew(),
            Resume::Resumed => {}
        }
        if welcome.resume != Resume::Resumed {
            self.standing.is_live.store(true, Ordering::Release);
        }
        if !self.manner.watches.is_empty() {
            self.queue.push_back(Input::Say(Command::Presence(Watch {
                watch: self.manner.watches.clone(),
                unwatch: Vec::new(),
            })));
        }
    }

    /// What the application has loaded before it connected for the first time.
    fn hold_what_was(&mut self) {
        for (room, head) in self.person.rooms.clone() {
            self.hold(room, head);
        }
    }

    fn hold(&mut self, room: RoomId, head: Seq) {
        self.witness.holds(room, head);
        self.standing.show(room, head);
        self.queue.push_back(Input::Known(room, head));
    }

    /// The place in the stream was lost: what is held is dropped, and loaded anew.
    fn load_anew(&mut self) {
        self.witness.forgets();
        let session = self.person.session.clone();
        self.jobs
            .spawn(async move { Brought::Rooms(all_rooms(&session).await) });
    }

    fn mark(&mut self, room: RoomId, seq: Seq) {
        if seq.0.is_multiple_of(READS_EVERY) {
            let mark = Mark { room, seq };
            self.queue.push_back(Input::Mark(MarkKind::Read, mark));
        }
    }

    fn answered(&self) {
        self.standing.unanswered.fetch_sub(1, Ordering::AcqRel);
    }
}

/// However a client ends, its connection does.
impl Drop for Shell {
    fn drop(&mut self) {
        self.witness.lost(None);
    }
}

async fn all_rooms(session: &Session) -> Vec<(RoomId, Seq)> {
    let listed = tidings_client::api::patiently(|| session.rooms()).await;
    let rooms = listed.map(|listed| listed.rooms).unwrap_or_default();
    rooms.into_iter().map(|room| (room.id, room.head)).collect()
}

/// Whether asking again can help.
fn again(error: &ApiError) -> Again {
    match error.code() {
        Some(ErrorCode::TokenExpired) | None => Again::Later,
        Some(_) if error.is_retryable() => Again::Later,
        Some(_) => Again::Never,
    }
}
