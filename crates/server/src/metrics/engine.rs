//! What the engine counts, and its levels at this moment.

use tidings_domain::limits::{OUTBOX_BYTES_MAX, WRITER_QUEUE_MAX};
use tidings_engine::Engine;
use tidings_engine::meters::Meters;

use super::exposition::{Page, Unit};

/// Writes what only rises. Every meter is named, so that none can be forgotten here.
pub(super) fn write_meters(page: &mut Page, meters: &Meters) {
    let Meters {
        commits,
        events,
        duplicates,
        overloaded,
        outages,
        stale,
        batch_writes,
        commit_us,
        ack_us,
        recipients,
        resumes,
        resets,
        catching_up,
        catch_up_us,
        caught_up_events,
        gaps,
        behind,
        tail_hits,
        tail_misses,
    } = meters;
    let counters = [
        ("tidings_commits_total", "Transactions committed.", commits),
        ("tidings_events_total", "Events committed.", events),
        (
            "tidings_duplicate_sends_total",
            "Sends answered with an earlier try's result.",
            duplicates,
        ),
        (
            "tidings_overloaded_total",
            "Writes refused because those before them would have taken too long.",
            overloaded,
        ),
        (
            "tidings_outages_total",
            "Commits that failed: their outcome had to be looked up.",
            outages,
        ),
        (
            "tidings_stale_total",
            "Decisions taken again because the room had changed.",
            stale,
        ),
        (
            "tidings_resumes_total",
            "Sockets that went on from a cursor.",
            resumes,
        ),
        (
            "tidings_resets_total",
            "Sockets whose cursor could not be served.",
            resets,
        ),
        (
            "tidings_caught_up_events_total",
            "Events sent from the log to catch up.",
            caught_up_events,
        ),
        ("tidings_gaps_total", "Ranges stated as not sent.", gaps),
        (
            "tidings_behind_total",
            "Sockets found to be behind.",
            behind,
        ),
        (
            "tidings_tail_hits_total",
            "Rooms caught up from memory.",
            tail_hits,
        ),
        (
            "tidings_tail_misses_total",
            "Rooms caught up from the store.",
            tail_misses,
        ),
    ];
    for (name, help, count) in counters {
        page.counter(name, help, count.get());
    }
    page.histogram(
        "tidings_commit_writes",
        "Writes of a transaction.",
        batch_writes,
        Unit::Things,
    );
    let help = "Time of a transaction, the disk included.";
    page.histogram(
        "tidings_commit_seconds",
        help,
        commit_us,
        Unit::Microseconds,
    );
    let help = "From a send's arrival to its commit.";
    page.histogram("tidings_ack_seconds", help, ack_us, Unit::Microseconds);
    let help = "Connections of one shard that an event was told to.";
    page.histogram("tidings_event_recipients", help, recipients, Unit::Things);
    page.gauge(
        "tidings_catching_up",
        "Sockets that catch up with the log.",
        catching_up.get(),
    );
    let help = "From the start of catching up to being live.";
    page.histogram(
        "tidings_catch_up_seconds",
        help,
        catch_up_us,
        Unit::Microseconds,
    );
}

/// Writes what goes up and down.
pub(super) fn write_levels(page: &mut Page, engine: &Engine) {
    page.gauge(
        "tidings_sockets",
        "Sockets that have said hello.",
        engine.connections.len(),
    );
    let waiting = engine.connections.waiting_bytes();
    page.gauge(
        "tidings_outbox_bytes",
        "Bytes that wait to be written to sockets.",
        waiting.iter().sum::<usize>(),
    );
    page.gauge(
        "tidings_outboxes",
        "Sockets for which something waits.",
        waiting.len(),
    );
    page.gauge(
        "tidings_outbox_bytes_max",
        "Beyond so many, a socket is behind.",
        OUTBOX_BYTES_MAX,
    );
    let (here, _, watches) = engine.presence.size();
    page.gauge("tidings_users_here", "Users with a socket.", here);
    page.gauge(
        "tidings_presence_watches",
        "Presences watched by sockets.",
        watches,
    );
    page.gauge(
        "tidings_writer_queue",
        "Writes that wait for the store.",
        engine.writer.queued(),
    );
    page.gauge(
        "tidings_writer_queue_max",
        "Beyond so many, sends are refused.",
        WRITER_QUEUE_MAX,
    );
    let (bytes, rooms) = engine.recent.size();
    page.gauge(
        "tidings_recent_events_bytes",
        "Recent events in memory.",
        bytes,
    );
    let max = engine.options.recent_bytes_max;
    page.gauge("tidings_recent_events_bytes_max", "Their bound.", max);
    page.gauge(
        "tidings_recent_rooms",
        "Rooms with recent events in memory.",
        rooms,
    );
}
