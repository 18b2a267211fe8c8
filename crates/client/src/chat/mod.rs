//! A live connection: say things and be told things, over however many sockets it takes.
//!
//! [`Chat`] is the handle; a task behind it moves bytes between the socket and the
//! [`crate::machine`]. *Limit*: updates wait in a channel of [`ChatOptions::updates_max`]; who does
//! not take them makes the connection wait, and the server resumes it from its log. Sends that wait
//! for their answers are at most [`SENDS_MAX`].

mod shell;
mod socket;

use std::sync::Arc;

use tidings_domain::{RoomId, Seq};
use tidings_protocol::socket::command::{Mark, Send};
use tidings_protocol::socket::frame::{Refusal, SentAck};
use tidings_protocol::{Command, Encoding};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::api::Session;
use crate::machine::{Input, MarkKind, Reading, Tally, Update};
use shell::Shell;

/// Sends that may wait for their answers at a time; more wait to be taken.
pub const SENDS_MAX: usize = 256;
/// Orders that wait for the task.
const ORDERS_MAX: usize = 64;

/// How to connect.
#[derive(Debug, Clone)]
pub struct ChatOptions {
    /// How frames are written.
    pub encoding: Encoding,
    /// Whether the application wants events.
    pub reading: Reading,
    /// Where to go on, if anywhere.
    pub cursor: Option<String>,
    /// Updates that wait to be taken.
    pub updates_max: usize,
}

impl Default for ChatOptions {
    fn default() -> Self {
        Self {
            encoding: Encoding::Json,
            reading: Reading::Everything,
            cursor: None,
            updates_max: 1_024,
        }
    }
}

/// Why a send did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The server refused it for good.
    #[error("{}: {}", .0.code, .0.detail)]
    Refused(Refusal),
    /// The connection has ended for good before the answer came. Whether the message was taken is
    /// not known: the same client id, sent again, tells.
    #[error("the connection has ended")]
    Stopped,
}

/// What the task is asked to do.
enum Order {
    Send(Send, oneshot::Sender<Result<SentAck, SendError>>),
    Input(Input),
}

/// A handle to a live connection. Dropped, it leaves the connection to end by itself.
#[derive(Debug)]
pub struct Chat {
    orders: mpsc::Sender<Order>,
    permits: Arc<Semaphore>,
    task: JoinHandle<Tally>,
}

impl Chat {
    /// Connects in the background, and stays connected. Must be called within a tokio runtime.
    #[must_use]
    pub fn open(session: Arc<Session>, options: ChatOptions) -> (Self, mpsc::Receiver<Update>) {
        let (orders, taken) = mpsc::channel(ORDERS_MAX);
        let (updates, told) = mpsc::channel(options.updates_max);
        let shell = Shell::new(session, options, updates);
        let task = tokio::spawn(shell.run(taken));
        let permits = Arc::new(Semaphore::new(SENDS_MAX));
        (
            Self {
                orders,
                permits,
                task,
            },
            told,
        )
    }

    /// Says something; answers once it is committed, however often the connection breaks. Messages
    /// to one room are committed in the order of the calls.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn send(&self, send: Send) -> Result<SentAck, SendError> {
        let _permit = self
            .permits
            .acquire()
            .await
            .map_err(|_| SendError::Stopped)?;
        let (answer, answered) = oneshot::channel();
        self.orders
            .send(Order::Send(send, answer))
            .await
            .map_err(|_| SendError::Stopped)?;
        answered.await.unwrap_or(Err(SendError::Stopped))
    }

    /// Says how far this user has got; said again until the server has heard it.
    pub async fn mark(&self, kind: MarkKind, mark: Mark) {
        self.hand_in(Input::Mark(kind, mark)).await;
    }

    /// Says something fleeting, if the connection lives just now.
    pub async fn say(&self, command: Command) {
        self.hand_in(Input::Say(command)).await;
    }

    /// Says that the application holds a room up to an event, so that the next one follows it.
    pub async fn know(&self, room: RoomId, seq: Seq) {
        self.hand_in(Input::Known(room, seq)).await;
    }

    /// Whoever has ended is told nothing any more.
    async fn hand_in(&self, input: Input) {
        let _ended = self.orders.send(Order::Input(input)).await;
    }

    /// Ends the connection, and says what was seen on it.
    pub async fn close(self) -> Tally {
        self.hand_in(Input::Stop).await;
        self.task
            .await
            .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}
