//! How requests were answered.

use http::StatusCode;
use tidings_engine::meters::{Count, Spread};

use super::exposition::{Page, Unit};

/// Requests by the class of their answer's status, and how long they took.
#[derive(Debug, Default)]
pub struct Answers {
    classes: [Count; CLASSES.len()],
    took_us: Spread,
}

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

impl Answers {
    /// Counts an answer, and the microseconds from the request's headers to it.
    pub fn note(&self, status: StatusCode, took_us: u64) {
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len());
        self.classes[class - 1].one();
        self.took_us.note(took_us);
    }

    pub(super) fn write(&self, page: &mut Page) {
        let counts = CLASSES.into_iter().zip(self.classes.iter().map(Count::get));
        let help = "Requests answered, by the class of their status; a socket's upgrade is 1xx.";
        page.family(
            ("tidings_requests_total", "counter", help),
            "status",
            counts,
        );
        let help = "From a request's headers to its answer.";
        page.histogram(
            "tidings_request_seconds",
            help,
            &self.took_us,
            Unit::Microseconds,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_the_class_of_their_status() {
        let answers = Answers::default();
        for status in [200, 201, 404, 503] {
            answers.note(StatusCode::from_u16(status).unwrap(), 10);
        }
        let mut page = Page::default();
        answers.write(&mut page);
        let text = page.into_text();
        for line in [
            "{status=\"2xx\"} 2",
            "{status=\"4xx\"} 1",
            "{status=\"5xx\"} 1",
            "{status=\"1xx\"} 0",
        ] {
            assert!(
                text.contains(&format!("tidings_requests_total{line}\n")),
                "{text}"
            );
        }
        assert!(text.contains("tidings_request_seconds_count 4\n"));
    }
}
