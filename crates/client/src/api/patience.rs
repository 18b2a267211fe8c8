//! Trying again, for requests of which a repetition is harmless.

use std::time::Duration;

use super::ApiError;
use crate::random;

/// The first pause; each that follows is twice as long at most.
const FIRST_MS: u64 = 100;
/// The longest pause that the server has not asked for.
const LONGEST_MS: u64 = 5_000;
/// So often, which makes some minutes: a server that is restarted is back by then.
const ATTEMPTS_MAX: u32 = 40;

/// Does it until it succeeds, fails for good, or has failed for some minutes. What is done must be
/// harmless to repeat.
///
/// # Errors
/// The last one.
pub async fn patiently<T, F>(attempt: impl Fn() -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let mut number = 0;
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        number += 1;
        if !error.is_retryable() || number == ATTEMPTS_MAX {
            return Err(error);
        }
        tokio::time::sleep(pause(number, error.retry_after_ms())).await;
    }
}

/// What the server has asked for, or a random part of a doubling pause.
fn pause(number: u32, asked_ms: Option<u64>) -> Duration {
    let most_ms = (FIRST_MS << number.min(10)).min(LONGEST_MS);
    let drawn_ms = most_ms / 2 + random::seed() % (most_ms / 2 + 1);
    Duration::from_millis(asked_ms.unwrap_or(drawn_ms))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tidings_protocol::{ErrorCode, Problem};

    use super::*;

    fn problem(code: ErrorCode) -> ApiError {
        ApiError::Problem(Box::new(Problem::new(code)))
    }

    /// Fails so often, then succeeds; and how often it was tried.
    async fn tried(failures: u32, code: ErrorCode) -> (Result<(), ApiError>, u32) {
        let tried = Cell::new(0);
        let attempt = async || {
            tried.set(tried.get() + 1);
            if tried.get() > failures {
                Ok(())
            } else {
                Err(problem(code))
            }
        };
        (patiently(attempt).await, tried.get())
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_succeed_later_is_tried_again() {
        let (done, tried) = tried(3, ErrorCode::RateLimited).await;
        assert!(done.is_ok() && tried == 4);
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_succeed_is_tried_once() {
        let (failed, tried) = tried(3, ErrorCode::Forbidden).await;
        assert_eq!(
            (failed.unwrap_err().code(), tried),
            (Some(ErrorCode::Forbidden), 1)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends() {
        let (failed, tried) = tried(u32::MAX, ErrorCode::Unavailable).await;
        assert!(failed.is_err() && tried == ATTEMPTS_MAX);
    }
}
