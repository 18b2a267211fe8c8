//! Requests by the thousand, side by side.
//!
//! Work is divided into lanes: the requests of a lane follow one another over one connection, several
//! under way at once, and lanes run side by side.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use tidings_protocol::error::{ErrorCode, Problem};

use crate::clock;
use crate::failure::{Failure, Outcome, While};
use crate::http::{Answer, Connection, Request};
use crate::terminal;

/// Lanes that run side by side: enough that commits of several share a disk sync.
pub(crate) const LANES: usize = 32;
/// Requests of one lane under way at once.
pub(crate) const PIPELINED: usize = 16;
/// How often a request that may be repeated is repeated.
const ATTEMPTS_MAX: usize = 50;

/// Sends requests together, and those again that may succeed later.
pub(crate) fn exchange(connection: &mut Connection, requests: &[Request]) -> Outcome<Vec<Answer>> {
    let mut answers = connection.exchange(requests).during("asking the server")?;
    for (request, answer) in requests.iter().zip(&mut answers) {
        for _ in 0..ATTEMPTS_MAX {
            if answer.status < 300 {
                break;
            }
            let wait_ms = retry_after_ms(request, answer)?;
            clock::rest(Duration::from_millis(wait_ms));
            let again = connection.exchange(std::slice::from_ref(request));
            answer.clone_from(&again.during("asking the server again")?[0]);
        }
    }
    Ok(answers)
}

/// How long to wait before the same request may succeed.
fn retry_after_ms(request: &Request, answer: &Answer) -> Outcome<u64> {
    let problem: Option<Problem> = serde_json::from_slice(&answer.body).ok();
    let code = problem
        .as_ref()
        .and_then(|problem| ErrorCode::parse(&problem.code));
    if code.is_some_and(ErrorCode::is_retryable) {
        return Ok(problem
            .and_then(|problem| problem.retry_after_ms)
            .unwrap_or(20));
    }
    let body = String::from_utf8_lossy(&answer.body);
    let Request { method, path, .. } = request;
    Err(Failure::Server(format!(
        "{method} {path} was answered with {}: {body}",
        answer.status
    )))
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> Outcome<T> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        let body = String::from_utf8_lossy(&answer.body);
        Failure::Server(format!("an answer of another form ({error}): {body}"))
    })
}

/// Runs a job for each item, [`LANES`] at a time, and says how far it is. Results are in the order
/// of the items.
pub(crate) fn side_by_side<T: Sync, R: Send>(
    items: &[T],
    what: &str,
    of: u32,
    job: impl Fn(&T, &AtomicU32) -> Outcome<R> + Sync,
) -> Outcome<Vec<R>> {
    let (next, done, running) = (AtomicUsize::new(0), AtomicU32::new(0), AtomicUsize::new(0));
    let results: Mutex<Vec<(usize, Outcome<R>)>> = Mutex::new(Vec::new());
    let lanes = LANES.min(items.len());
    running.store(lanes, Ordering::Relaxed);
    std::thread::scope(|scope| {
        for _ in 0..lanes {
            scope.spawn(|| {
                while let Some((index, item)) = take(items, &next) {
                    let result = job(item, &done);
                    if result.is_err() {
                        next.store(items.len(), Ordering::Relaxed);
                    }
                    results.lock().expect("no job panics").push((index, result));
                }
                running.fetch_sub(1, Ordering::Relaxed);
            });
        }
        while running.load(Ordering::Relaxed) > 0 {
            terminal::progress(what, done.load(Ordering::Relaxed), of);
            clock::rest(Duration::from_millis(50));
        }
    });
    let mut results = results.into_inner().expect("no job panics");
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn take<'a, T>(items: &'a [T], next: &AtomicUsize) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, items.get(index)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_their_items_and_the_first_error_ends_all() {
        let items: Vec<u32> = (0..200).collect();
        let doubled = side_by_side(&items, "items", 200, |item, _| Ok(item * 2)).unwrap();
        assert_eq!(
            doubled,
            items.iter().map(|item| item * 2).collect::<Vec<_>>()
        );
        let failed = side_by_side(&items, "items", 200, |item, done| {
            done.fetch_add(1, Ordering::Relaxed);
            match item {
                5 => Err(Failure::Server("five".to_owned())),
                _ => Ok(()),
            }
        });
        assert!(failed.is_err());
    }

    #[test]
    fn only_what_may_succeed_later_is_asked_again() {
        let request = Request {
            method: "POST",
            path: "/v1/rooms".into(),
            token: String::new(),
            body: String::new(),
        };
        let problem = |code: ErrorCode| Answer {
            status: code.status(),
            body: serde_json::to_vec(&Problem::new(code)).unwrap(),
        };
        assert_eq!(
            retry_after_ms(&request, &problem(ErrorCode::Conflict)).unwrap(),
            20
        );
        assert!(retry_after_ms(&request, &problem(ErrorCode::NotFound)).is_err());
    }
}
