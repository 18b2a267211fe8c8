//! The log: one line an event on standard error, as text or as JSON.
//!
//! *Invariant*: an event is one line whatever is in it, so that nobody can write lines of their own
//! by naming a room after one. No password, token or message text is ever logged: the libraries
//! below, which would log what they read, are held to warnings, and a panic is logged without what
//! it quotes.

use std::any::Any;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, LogFormat, LogLevel};

/// Targets of our own crates begin so.
const OWN_TARGETS: &str = "tidings";

/// Tasks that ended by a bug. The hook that counts them is one for the process, and so is this.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// Begins to log to standard error, for the rest of the process. What was begun before stays.
pub fn begin(log: &Log) {
    let subscriber = tracing_subscriber::registry().with(layer(log, io::stderr));
    // Fails only when there is a subscriber already; tests of one process share the first.
    let _ = subscriber.try_init();
    std::panic::set_hook(Box::new(report_panic));
}

/// Tasks that ended by a bug since the process began.
#[must_use]
pub fn panics() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

fn layer<S, W>(log: &Log, writer: W) -> impl tracing_subscriber::Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = filter(log.level);
    let targets = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target(OWN_TARGETS, level);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(OneLine(writer));
    let lines = match log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    lines.with_filter(targets)
}

const fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// Says where it happened and what was said, and counts it.
fn report_panic(panic: &PanicHookInfo<'_>) {
    PANICS.fetch_add(1, Ordering::Relaxed);
    let said = literal(panic.payload());
    let place = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    tracing::error!(place, said, "a bug: this task ends, the process goes on");
}

/// What a panic says, if it stands so in the source. A message that was put together may quote what
/// people wrote ("byte index 5 is not a char boundary of …"), and is left out.
fn literal(payload: &dyn Any) -> &'static str {
    let literal = payload.downcast_ref::<&'static str>().copied();
    literal.unwrap_or("(not shown: it may quote what people wrote)")
}

/// Makes one line of what is written at once. The layer below writes an event whole; of what
/// drives a terminal it escapes some and not all, and it lets line ends pass.
struct OneLine<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for OneLine<W> {
    type Writer = OneLineWriter<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLineWriter(self.0.make_writer())
    }
}

struct OneLineWriter<W>(W);

impl<W: Write> Write for OneLineWriter<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.0.write_all(&in_one_line(event))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The event, but for its own end, without what begins a line, drives a terminal or turns the
/// order of letters. The escapes are JSON's, so that JSON stays JSON.
fn in_one_line(event: &[u8]) -> Vec<u8> {
    let event = String::from_utf8_lossy(event);
    let body = event.strip_suffix('\n').unwrap_or(&event);
    let mut line = String::with_capacity(event.len());
    for c in body.chars() {
        match c {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            c if is_disguise(c) => {
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line.push_str(&event[body.len()..]);
    line.into_bytes()
}

/// Controls, separators of lines, and Unicode's marks of direction.
const fn is_disguise(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
            | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;
    use tracing::subscriber::with_default;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(log: &Log, act: impl FnOnce()) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = tracing_subscriber::registry().with(layer(log, move || writer.clone()));
        with_default(subscriber, act);
        let bytes = kept.0.lock().clone();
        String::from_utf8(bytes).unwrap()
    }

    const FORGED: &str = "Lunch\n2030-01-01T00:00:00Z ERROR forged\r\n\u{1b}[31mred\u{202e}";

    #[test]
    fn an_event_is_one_line_of_text_whatever_is_in_it() {
        let text = logged(&Log::default(), || {
            tracing::info!(target: "tidings_server", name = %FORGED, "made {FORGED}");
        });
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        assert!(text.ends_with('\n'));
        assert!(!text.contains(['\r', '\u{1b}', '\u{202e}']), "{text:?}");
        assert!(text.contains("Lunch\\n2030"), "{text:?}");
    }

    #[test]
    fn an_event_is_one_json_object_on_request() {
        let log = Log {
            format: LogFormat::Json,
            ..Log::default()
        };
        let text = logged(&log, || {
            tracing::info!(target: "tidings_server", name = %FORGED, "made");
        });
        let event: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(event["fields"]["name"], FORGED);
        assert_eq!(text.matches('\n').count(), 1);
    }

    #[test]
    fn the_libraries_below_are_held_to_warnings_at_every_level() {
        let log = Log {
            level: LogLevel::Trace,
            ..Log::default()
        };
        let text = logged(&log, || {
            tracing::trace!(target: "tidings_engine::writer", "ours");
            tracing::info!(target: "hyper::proto", "theirs");
            tracing::warn!(target: "hyper::proto", "their warning");
        });
        assert!(text.contains("ours") && text.contains("their warning"));
        assert!(!text.contains("theirs"));
    }

    #[test]
    fn a_level_leaves_out_what_is_less_grave() {
        let log = Log {
            level: LogLevel::Error,
            ..Log::default()
        };
        let text = logged(&log, || {
            tracing::warn!(target: "tidings_server", "a warning");
            tracing::warn!(target: "hyper", "another");
            tracing::error!(target: "tidings_server", "an error");
        });
        assert!(
            text.contains("an error") && !text.contains("warning") && !text.contains("another")
        );
    }

    #[test]
    fn a_panic_is_told_without_what_it_may_quote() {
        let payload = |panic: fn()| std::panic::catch_unwind(panic).unwrap_err();
        let fixed = payload(|| panic!("the shard's queue is closed"));
        assert_eq!(literal(&*fixed), "the shard's queue is closed");
        let quoting = payload(|| {
            let _ = "what people wrote: 日本".split_at(21);
        });
        assert!(literal(&*quoting).starts_with("(not shown"));
    }
}
