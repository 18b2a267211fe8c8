//! Time for all connections: one task that owns the wheel, instead of a timer for each.
//!
//! Any byte of a client is a sign of life, and is noted by storing a number. Only when an entry
//! expires is it looked at, and scheduled anew (lazy re-arming).
//!
//! *Invariant*: a socket is freed within `close_within` of its close frame, within `hello_within +
//! close_within` of its beginning unless it was greeted, and within `dead_after` of its last byte;
//! each to within two ticks.
//!
//! Time in which this process did not run at all (a frozen machine) is not held against clients:
//! however late it wakes, the clock moves on by one tick.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use thiserror::Error;
use tokio::time::MissedTickBehavior;

use crate::close::CloseCode;
use crate::socket::Socket;
use crate::wheel::{Key, Tick, Wheel};

/// After as many sockets the beat lets other tasks run.
const SOCKETS_PER_TURN: usize = 64;

/// How long a client may be silent, and how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// The unit in which all the others are measured, rounded up.
    pub tick: Duration,
    /// A client from which nothing came for as long is sent a ping.
    pub ping_after: Duration,
    /// A client from which nothing came for as long is dead.
    pub dead_after: Duration,
    /// A socket that was not [greeted](Socket::greet) within this is closed.
    pub hello_within: Duration,
    /// After our close frame, the time for what is queued, for the client's own close frame, and
    /// for its end of the connection, together.
    pub close_within: Duration,
    /// With which code a socket is closed that was not greeted in time.
    pub hello_code: CloseCode,
    /// With which code a client is left that is dead: it may still be there and listen.
    pub silence_code: CloseCode,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            tick: Duration::from_millis(500),
            ping_after: Duration::from_secs(25),
            dead_after: Duration::from_secs(45),
            hello_within: Duration::from_secs(10),
            close_within: Duration::from_secs(3),
            hello_code: CloseCode::TIMEOUT,
            silence_code: CloseCode::TIMEOUT,
        }
    }
}

/// Why a [`Timing`] makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TimingError {
    /// A tick of no length.
    #[error("the tick must be longer than nothing")]
    NoTick,
    /// Clients would be dead before they are asked.
    #[error("a client must be pinged before it is taken for dead")]
    DeadBeforePing,
    /// More ticks than can be counted.
    #[error("a time is too long to be counted in ticks")]
    TooLong,
}

/// Which time limit passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deadline {
    /// The socket was not greeted in time.
    Hello,
    /// Nothing came, not even an answer to the ping.
    Silence,
    /// The client did not finish the closing handshake.
    Close,
}

/// A [`Timing`] in ticks, and its codes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticks {
    pub(crate) ping_after: Tick,
    pub(crate) dead_after: Tick,
    pub(crate) hello_within: Tick,
    pub(crate) close_within: Tick,
    pub(crate) hello_code: CloseCode,
    pub(crate) silence_code: CloseCode,
}

/// The clock of a set of sockets.
#[derive(Debug)]
pub struct Heartbeat {
    now: AtomicU32,
    tick: Duration,
    ticks: Ticks,
    /// *Lock*: never held while a socket is asked or dropped, since a socket's own lock is taken
    /// first where both are needed.
    wheel: Mutex<Wheel<Weak<Socket>>>,
}

impl Heartbeat {
    /// A clock that stands still until it is [run](Self::run) or [beaten](Self::beat).
    ///
    /// # Errors
    /// If the times contradict each other.
    pub fn new(timing: Timing) -> Result<Arc<Self>, TimingError> {
        let ticks = Ticks::of(&timing)?;
        let wheel = Mutex::new(Wheel::new(0));
        Ok(Arc::new(Self {
            now: AtomicU32::new(0),
            tick: timing.tick,
            ticks,
            wheel,
        }))
    }

    /// Beats for ever. To be spawned once; ends by being aborted.
    pub async fn run(self: Arc<Self>) {
        let mut interval = tokio::time::interval(self.tick);
        interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
        interval.tick().await;
        loop {
            interval.tick().await;
            for (index, socket) in self.expired().into_iter().enumerate() {
                if index % SOCKETS_PER_TURN == SOCKETS_PER_TURN - 1 {
                    tokio::task::yield_now().await;
                }
                self.attend(&socket);
            }
        }
    }

    /// One tick at once, for whoever brings a clock of his own.
    pub fn beat(&self) {
        self.expired().iter().for_each(|socket| self.attend(socket));
    }

    /// How many sockets there are.
    #[must_use]
    pub fn sockets(&self) -> usize {
        self.wheel.lock().len()
    }

    pub(crate) fn now(&self) -> Tick {
        self.now.load(Ordering::Relaxed)
    }

    pub(crate) const fn ticks(&self) -> Ticks {
        self.ticks
    }

    /// Begins to watch over a socket, until [`forget`](Self::forget).
    pub(crate) fn watch(&self, socket: Weak<Socket>, due: Tick) -> Key {
        self.wheel.lock().insert(socket, due)
    }

    pub(crate) fn look_by(&self, key: Key, due: Tick) {
        self.wheel.lock().schedule_by(key, due);
    }

    pub(crate) fn forget(&self, key: Key) {
        let forgotten = self.wheel.lock().remove(key);
        debug_assert!(
            forgotten.is_some(),
            "a socket is forgotten once, when it is dropped"
        );
    }

    /// Moves the clock on by one tick; gives the sockets to attend to.
    fn expired(&self) -> Vec<Arc<Socket>> {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        let mut expired = Vec::new();
        self.wheel
            .lock()
            .advance(now, |_, socket| expired.extend(socket.upgrade()));
        expired
    }

    fn attend(&self, socket: &Arc<Socket>) {
        if let Some(due) = socket.attend(self.now()) {
            self.look_by(socket.key(), due);
        }
    }
}

impl Ticks {
    fn of(timing: &Timing) -> Result<Self, TimingError> {
        if timing.tick.is_zero() {
            return Err(TimingError::NoTick);
        }
        if timing.dead_after <= timing.ping_after {
            return Err(TimingError::DeadBeforePing);
        }
        let ticks = |time: Duration| {
            let ticks = time.as_nanos().div_ceil(timing.tick.as_nanos());
            // Far below where the sum with the present tick could overflow.
            u32::try_from(ticks)
                .ok()
                .filter(|ticks| *ticks < 1 << 24)
                .ok_or(TimingError::TooLong)
        };
        Ok(Self {
            ping_after: ticks(timing.ping_after)?,
            dead_after: ticks(timing.dead_after)?,
            hello_within: ticks(timing.hello_within)?,
            close_within: ticks(timing.close_within)?,
            hello_code: timing.hello_code,
            silence_code: timing.silence_code,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(change: impl FnOnce(&mut Timing)) -> Result<Ticks, TimingError> {
        let mut timing = Timing::default();
        change(&mut timing);
        Ticks::of(&timing)
    }

    #[test]
    fn times_are_rounded_up_to_ticks() {
        let ticks = timing(|timing| timing.close_within = Duration::from_millis(501)).unwrap();
        assert_eq!(
            (ticks.ping_after, ticks.dead_after, ticks.close_within),
            (50, 90, 2)
        );
    }

    #[test]
    fn times_that_make_no_sense_are_refused() {
        let zero = timing(|timing| timing.tick = Duration::ZERO);
        assert_eq!(zero.unwrap_err(), TimingError::NoTick);
        let dead = timing(|timing| timing.dead_after = timing.ping_after);
        assert_eq!(dead.unwrap_err(), TimingError::DeadBeforePing);
        let long = timing(|timing| timing.hello_within = Duration::MAX);
        assert_eq!(long.unwrap_err(), TimingError::TooLong);
    }
}
