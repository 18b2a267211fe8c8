//! W8: everybody in a large room types, reads, comes and goes at once. What one client hears of it
//! must stay below a cap that does not depend on how many they are.

use super::session::{Rooms, accounted, prepare};
use crate::bench::Bench;
use crate::client::orders::{Calm, Storm};
use crate::failure::Outcome;
use crate::report::{Budget, Row, Unit};
use crate::terminal;
use tidings_domain::limits::COALESCE_MS;

/// People whom each client watches: about as many as a screen shows.
const WATCHED: u32 = 50;
/// What each member does, a second.
const TYPING_PER_S: f64 = 0.5;
const READS_PER_S: f64 = 0.4;
const STATUSES_PER_S: f64 = 0.5;
/// Of one member, so that there is something to read.
const MESSAGES_PER_S: f64 = 2.0;

/// Presence and one's own receipts are gathered for this long, and each makes one frame then. So
/// much is the cap on frames, whoever does what.
const FRAMES_PER_S_MAX: f64 = 2.0 * 1_000.0 / COALESCE_MS as f64;
/// A frame of presence tells of each person watched at most once, each in fewer bytes than this.
const PERSON_BYTES: f64 = 128.0;
/// A frame of receipts, and what stands around a frame of presence.
const REST_BYTES: f64 = 512.0;
const BYTES_PER_S_MAX: f64 =
    1_000.0 / COALESCE_MS as f64 * (WATCHED as f64 * PERSON_BYTES + REST_BYTES);

/// Runs it.
pub(crate) fn run(bench: &mut Bench) -> Outcome<()> {
    let members = bench.sizes.stormy;
    let mut rooms = Rooms::default();
    rooms.add(std::iter::once(0..members));
    let (server, seats) = prepare(bench, &rooms)?;
    terminal::step(&format!("W8: a storm in a room of {members}"));
    let mut fleet = bench.members_in_one(&server, &seats, 0..members)?;
    fleet.open(0..members)?;
    let all = f64::from(members);
    let storm = Storm {
        room: 0,
        watched: WATCHED,
        typing_per_s: all * TYPING_PER_S,
        reads_per_s: all * READS_PER_S,
        statuses_per_s: all * STATUSES_PER_S,
        messages_per_s: MESSAGES_PER_S,
        duration_ms: bench.sizes.storm_ms,
    };
    let (calm, cpu_us) = accounted(server.watched(), || fleet.storm(&storm))?;
    terminal::note(&format!(
        "{} commands; to all clients together {} frames of presence, {} of receipts, {} of typing",
        calm.said, calm.presence, calm.receipts, calm.typing
    ));
    let rows = rows(members, &storm, &calm, cpu_us);
    bench.add(rows);
    fleet.close()?;
    server.stop()
}

fn rows(members: u32, storm: &Storm, calm: &Calm, cpu_us: u64) -> [Row; 5] {
    let seconds = storm.duration_ms as f64 / 1e3;
    let said_per_s = calm.said as f64 / seconds;
    let row = |what: String, unit, budget, figure| Row::alone("W8", what, unit, budget, figure);
    let shown = Budget::Shown;
    [
        row(
            format!("typing, receipts and presence of {members}: commands"),
            Unit::PerSecond,
            shown,
            said_per_s,
        ),
        row(
            "frames to the client that heard most".to_owned(),
            Unit::PerSecond,
            Budget::AtMost(FRAMES_PER_S_MAX),
            calm.frames_max as f64 / seconds,
        ),
        row(
            "bytes to the client that heard most".to_owned(),
            Unit::PerSecond,
            Budget::AtMost(BYTES_PER_S_MAX),
            calm.bytes_max as f64 / seconds,
        ),
        row(
            "frames to a client on average".to_owned(),
            Unit::PerSecond,
            shown,
            calm.frames as f64 / seconds / f64::from(members),
        ),
        row(
            "CPU a command, with all that follows from it".to_owned(),
            Unit::CpuUs,
            shown,
            super::each_us(cpu_us, calm.said),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_one_client_and_one_second() {
        let storm = Storm {
            room: 0,
            watched: WATCHED,
            typing_per_s: 1.0,
            reads_per_s: 1.0,
            statuses_per_s: 1.0,
            messages_per_s: 1.0,
            duration_ms: 10_000,
        };
        let calm = Calm {
            said: 1_000,
            frames_max: 90,
            bytes_max: 20_000,
            frames: 400,
            ..Calm::default()
        };
        let rows = rows(100, &storm, &calm, 50_000);
        let figures = rows.map(|row| row.measured);
        let expected = [100.0, 9.0, 2_000.0, 0.4, 50.0];
        assert!(
            figures
                .iter()
                .zip(expected)
                .all(|(one, other)| (one - other).abs() < 1e-9)
        );
    }
}
