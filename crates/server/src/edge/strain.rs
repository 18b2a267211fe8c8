//! Whether the processor keeps up, and what is refused when it does not.
//!
//! A task that only sleeps measures how late it is woken. The least of that within half a second is
//! the *standing delay*: what a burst adds drains within it, what stays is a queue that does not
//! (Nichols and Jacobson, *Controlling Queue Delay*, ACM Queue 10(5), 2012). While it stands above
//! [`STANDING_DELAY_MAX_US`], who is not here yet is asked to come later, so that those who are
//! notice little.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tidings_domain::limits::STANDING_DELAY_MAX_US;
use tidings_engine::meters::Count;
use tidings_engine::ports::Clock;
use tidings_protocol::error::{ErrorCode, Problem};

use crate::random;
use crate::rest::problem::ApiError;

/// How often it is measured.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(25);
/// Samples whose least is the standing delay; half a second when there is none.
const WINDOW_SAMPLES: usize = 20;
/// Milliseconds after which who was refused may come again; drawn, so that they do not all come at
/// once.
const RETRY_MS: std::ops::Range<u64> = 1_000..4_000;

/// See the module.
#[derive(Debug, Default)]
pub struct Strain {
    standing_us: AtomicU64,
    shed: Count,
}

/// The samples of late, and their least.
#[derive(Debug, Default)]
struct Window {
    samples: [u64; WINDOW_SAMPLES],
    next: usize,
}

impl Window {
    /// The least of late, this sample included.
    fn note(&mut self, sample_us: u64) -> u64 {
        self.samples[self.next] = sample_us;
        self.next = (self.next + 1) % WINDOW_SAMPLES;
        self.samples.iter().copied().min().unwrap_or_default()
    }
}

impl Strain {
    /// Measures for as long as anybody looks.
    pub async fn measure(self: Arc<Self>, clock: Arc<dyn Clock>) {
        let mut window = Window::default();
        let this = Arc::downgrade(&self);
        drop(self);
        loop {
            let due_us = clock.monotonic_us() + SAMPLE_INTERVAL.as_micros() as u64;
            tokio::time::sleep(SAMPLE_INTERVAL).await;
            let Some(strain) = this.upgrade() else { return };
            let late_us = clock.monotonic_us().saturating_sub(due_us);
            let standing_us = window.note(late_us);
            let before_us = strain.standing_us.swap(standing_us, Ordering::Relaxed);
            tell(before_us, standing_us);
        }
    }

    /// The standing delay in microseconds.
    #[must_use]
    pub fn standing_us(&self) -> u64 {
        self.standing_us.load(Ordering::Relaxed)
    }

    /// How many were refused.
    #[must_use]
    pub fn shed(&self) -> u64 {
        self.shed.get()
    }

    /// Whether somebody who is not here yet may come in.
    ///
    /// # Errors
    /// `overloaded`, with when to come again; nothing was done.
    pub fn admit_new(&self) -> Result<(), ApiError> {
        if self.standing_us() <= STANDING_DELAY_MAX_US {
            return Ok(());
        }
        self.shed.one();
        let drawn = u64::from(u16::from_be_bytes(random::secret()));
        let retry_ms = RETRY_MS.start + drawn % (RETRY_MS.end - RETRY_MS.start);
        let problem = Problem::new(ErrorCode::Overloaded).retry_after_ms(retry_ms);
        Err(ApiError(Box::new(problem)))
    }
}

/// Says in the log when it begins and when it ends.
fn tell(before_us: u64, now_us: u64) {
    let (was, is) = (
        before_us > STANDING_DELAY_MAX_US,
        now_us > STANDING_DELAY_MAX_US,
    );
    if is && !was {
        tracing::warn!(
            delay_ms = now_us / 1_000,
            "overloaded: new sockets and log-ins are refused"
        );
    } else if was && !is {
        tracing::info!("no longer overloaded");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATE_US: u64 = STANDING_DELAY_MAX_US + 1;

    #[test]
    fn a_burst_that_drains_is_no_strain() {
        let mut window = Window::default();
        let delays = (0..10 * WINDOW_SAMPLES).map(|n| match n % WINDOW_SAMPLES {
            0 => 0,
            _ => 10 * LATE_US,
        });
        assert!(delays.map(|us| window.note(us)).all(|least| least == 0));
    }

    #[test]
    fn what_stays_for_a_whole_window_is_strain_and_one_good_sample_ends_it() {
        let mut window = Window::default();
        let standing: Vec<u64> = (0..WINDOW_SAMPLES).map(|_| window.note(LATE_US)).collect();
        assert!(standing[..WINDOW_SAMPLES - 1].iter().all(|us| *us == 0));
        assert_eq!(standing[WINDOW_SAMPLES - 1], LATE_US);
        assert_eq!(window.note(3), 3);
    }

    #[test]
    fn who_comes_new_under_strain_is_told_when_to_come_again() {
        let strain = Strain::default();
        assert!(strain.admit_new().is_ok());
        strain.standing_us.store(LATE_US, Ordering::Relaxed);
        let problem = strain.admit_new().unwrap_err().0;
        assert_eq!(problem.known_code(), Some(ErrorCode::Overloaded));
        assert!((1..=4).contains(&problem.retry_after_s().unwrap()));
        assert_eq!(strain.shed(), 1);
    }
}
