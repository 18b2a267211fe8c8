//! The task behind a [`super::Chat`]: it does what the machine wants done, and tells it what came.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tidings_domain::{ClientId, RoomId, Seq};
use tidings_protocol::socket::frame::SentAck;
use tidings_protocol::{Encoding, ErrorCode};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::socket::Socket;
use super::{ChatOptions, Order, SendError};
use crate::api::{ApiError, Session};
use crate::clock::Clock;
use crate::machine::{Again, Effect, Input, Machine, Tally, Update};
use crate::random;

/// What a background job has brought.
enum Brought {
    Input(Input),
    Token(Result<crate::api::AccessToken, ApiError>),
    Socket(Option<Socket>),
}

/// The machine and everything that it moves.
pub(super) struct Shell {
    machine: Machine,
    session: Arc<Session>,
    clock: Arc<dyn Clock>,
    encoding: Encoding,
    updates: mpsc::Sender<Update>,
    answers: HashMap<ClientId, oneshot::Sender<Result<SentAck, SendError>>>,
    socket: Option<Socket>,
    jobs: JoinSet<Brought>,
    last_token: Option<String>,
    is_over: bool,
}

impl Shell {
    pub(super) fn new(
        session: Arc<Session>,
        options: ChatOptions,
        updates: mpsc::Sender<Update>,
    ) -> Self {
        Self {
            machine: Machine::new(random::seed(), options.reading, options.cursor),
            clock: session.clock(),
            session,
            encoding: options.encoding,
            updates,
            answers: HashMap::new(),
            socket: None,
            jobs: JoinSet::new(),
            last_token: None,
            is_over: false,
        }
    }

    /// Runs until it is stopped, by its owner or by the server.
    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) -> Tally {
        self.hand_in(Input::Start).await;
        while !self.is_over {
            let input = self.next_input(&mut orders).await;
            self.hand_in(input).await;
        }
        if let Some(socket) = self.socket.take() {
            socket.close().await;
        }
        self.machine.tally()
    }

    /// Waits for whatever happens first.
    async fn next_input(&mut self, orders: &mut mpsc::Receiver<Order>) -> Input {
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
            order = orders.recv() => self.ordered(order),
            input = frame => input,
            brought = job => {
                let brought = brought.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
                self.brought(brought)
            }
            () = tokio::time::sleep(rest) => Input::Tick,
        }
    }

    /// How long nothing needs to be done; an hour at most.
    fn rest(&self) -> Duration {
        const LONGEST_MS: u64 = 3_600_000;
        let wake_at_ms = self.machine.wake_at_ms().unwrap_or(u64::MAX);
        let rest_ms = wake_at_ms.saturating_sub(self.clock.monotonic_ms());
        Duration::from_millis(rest_ms.min(LONGEST_MS))
    }

    /// An order; when nobody can give any more, the end.
    fn ordered(&mut self, order: Option<Order>) -> Input {
        match order {
            Some(Order::Send(send, answer)) => {
                self.answers.insert(send.client_id, answer);
                Input::Send(send)
            }
            Some(Order::Input(input)) => input,
            None => Input::Stop,
        }
    }

    fn brought(&mut self, brought: Brought) -> Input {
        match brought {
            Brought::Input(input) => input,
            Brought::Token(Ok(granted)) => {
                self.last_token = Some(granted.token.clone());
                Input::Authenticated {
                    token: granted.token,
                    valid_for_ms: granted.valid_for_ms,
                }
            }
            Brought::Token(Err(error)) => {
                tracing::debug!(%error, "no token");
                Input::AuthenticationFailed(again(&error))
            }
            Brought::Socket(socket) => {
                let input = if socket.is_some() {
                    Input::Connected
                } else {
                    Input::Disconnected(None)
                };
                self.socket = socket;
                input
            }
        }
    }

    async fn hand_in(&mut self, input: Input) {
        let mut next = Some(input);
        while let Some(input) = next.take() {
            if matches!(input, Input::Disconnected(_)) {
                self.socket = None;
            }
            for effect in self.machine.handle(self.clock.monotonic_ms(), input) {
                if self.act(effect).await.is_err() {
                    next = Some(Input::Disconnected(None));
                }
            }
        }
    }

    async fn act(&mut self, effect: Effect) -> Result<(), super::socket::Broken> {
        match effect {
            Effect::Authenticate => self.authenticate(),
            Effect::Connect => self.connect(),
            Effect::Fetch(room, after) => self.fetch(room, after),
            Effect::Close => {
                if let Some(socket) = self.socket.take() {
                    tokio::spawn(socket.close());
                }
            }
            Effect::Write(id, command) => {
                if let Some(socket) = &mut self.socket {
                    return socket.write(id, &command).await;
                }
            }
            Effect::Tell(update) => self.tell(update).await,
        }
        Ok(())
    }

    /// Asks for a token that is newer than the last one, for that one has served.
    fn authenticate(&mut self) {
        let (session, last) = (self.session.clone(), self.last_token.clone());
        self.jobs.spawn(async move {
            let granted = match last {
                None => session.access_token().await,
                Some(last) => session.newer_token(&last).await,
            };
            Brought::Token(granted)
        });
    }

    fn connect(&mut self) {
        let (address, encoding) = (self.session.api().socket_address(), self.encoding);
        self.jobs
            .spawn(async move { Brought::Socket(Socket::open(&address, encoding).await) });
    }

    fn fetch(&mut self, room: RoomId, after: Seq) {
        let session = self.session.clone();
        self.jobs.spawn(async move {
            Brought::Input(match session.events_after(room, after).await {
                Ok(page) => Input::Fetched(room, page.events),
                Err(error) => Input::FetchFailed(room, again(&error)),
            })
        });
    }

    /// Answers who waits for it, or tells the application. Who does not listen is not told.
    async fn tell(&mut self, update: Update) {
        match update {
            Update::Sent(client_id, sent) => self.answer(client_id, Ok(sent)),
            Update::Refused(client_id, refusal) => {
                self.answer(client_id, Err(SendError::Refused(refusal)));
            }
            update => {
                self.is_over |= matches!(update, Update::Stopped(_));
                let _not_listening = self.updates.send(update).await;
            }
        }
    }

    fn answer(&mut self, client_id: ClientId, answer: Result<SentAck, SendError>) {
        if let Some(waiting) = self.answers.remove(&client_id) {
            let _given_up = waiting.send(answer);
        }
    }
}

/// Whether asking again can help. A token that was refused for any reason but time is refused again.
fn again(error: &ApiError) -> Again {
    let is_over = match error.code() {
        Some(ErrorCode::TokenExpired) => false,
        Some(_) => !error.is_retryable(),
        None => false,
    };
    if is_over { Again::Never } else { Again::Later }
}
