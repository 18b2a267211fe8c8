//! When each line is due: at the time at which it was once said, at a multiple of the speed.

use std::str::FromStr;

use super::log_file::LogFile;
use crate::log_line::minute_of_day;

const DAY_MINUTES: u64 = 24 * 60;
const MINUTE_MS: u64 = 60_000;

/// How fast lines are said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// So many times faster than they once were.
    Times(f64),
    /// As fast as the answers come.
    Max,
}

/// What was offered as a speed is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a speed is a number of times, such as 60 or 60x, or max (or 0) for as fast as possible")]
pub struct InvalidSpeed;

impl FromStr for Speed {
    type Err = InvalidSpeed;

    fn from_str(text: &str) -> Result<Self, InvalidSpeed> {
        if text == "max" {
            return Ok(Self::Max);
        }
        let times: f64 = text
            .trim_end_matches('x')
            .parse()
            .map_err(|_| InvalidSpeed)?;
        match times {
            0.0 => Ok(Self::Max),
            times if times > 0.0 && times.is_finite() => Ok(Self::Times(times)),
            _ => Err(InvalidSpeed),
        }
    }
}

/// Milliseconds from the file's beginning at which each line is due; none at the highest speed.
pub(super) fn due_ms(file: &LogFile, speed: Speed) -> Option<Vec<u64>> {
    let Speed::Times(times) = speed else {
        return None;
    };
    let minutes = minutes(file);
    let mut due = Vec::with_capacity(minutes.len());
    for together in minutes.chunk_by(|one, other| one == other) {
        for (index, minute) in together.iter().enumerate() {
            let once_ms = minute * MINUTE_MS + MINUTE_MS * index as u64 / together.len() as u64;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "milliseconds of some days, divided by a positive number"
            )]
            due.push((once_ms as f64 / times) as u64);
        }
    }
    Some(due)
}

/// The minute of each line since the file's first; never falls. A line without a time is said with
/// the one before it; a clock that goes back by more than half a day has passed midnight.
fn minutes(file: &LogFile) -> Vec<u64> {
    let mut first = None;
    let mut now = 0_u64;
    let minutes = file.lines().map(|line| {
        if let Some(minute) = line_minute(line) {
            let first = *first.get_or_insert(minute);
            let in_day = (minute + DAY_MINUTES - first) % DAY_MINUTES;
            let ahead = (in_day + DAY_MINUTES - now % DAY_MINUTES) % DAY_MINUTES;
            if ahead < DAY_MINUTES / 2 {
                now += ahead;
            }
        }
        now
    });
    minutes.collect()
}

fn line_minute(line: &[u8]) -> Option<u64> {
    let time = line.strip_prefix(b"[")?.get(..5)?;
    std::str::from_utf8(time)
        .ok()
        .and_then(minute_of_day)
        .map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(text: &str, times: f64) -> Vec<u64> {
        due_ms(&LogFile::new("x".into(), text.into()), Speed::Times(times)).unwrap()
    }

    #[test]
    fn lines_of_a_minute_are_spread_over_it() {
        let text = "[10:00] <a> 1\n[10:00] <a> 2\n=== b joined\n[10:02] <a> 3\n";
        assert_eq!(due(text, 1.0), [0, 20_000, 40_000, 120_000]);
        assert_eq!(due(text, 60.0), [0, 333, 666, 2_000]);
    }

    #[test]
    fn midnight_passes_and_a_clock_that_goes_back_a_little_stands_still() {
        let text = "=== x\n[23:59] <a> 1\n[00:01] <a> 2\n[00:00] <a> 3\n[00:03] <a> 4\n";
        let minutes: Vec<u64> = due(text, 1.0).iter().map(|ms| ms / MINUTE_MS).collect();
        assert_eq!(minutes, [0, 0, 2, 2, 4]);
    }

    #[test]
    fn a_speed_is_read_as_people_write_it() {
        assert_eq!("60x".parse(), Ok(Speed::Times(60.0)));
        assert_eq!("1.5".parse(), Ok(Speed::Times(1.5)));
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("0".parse(), Ok(Speed::Max));
        for text in ["", "-1", "fast", "inf", "NaN"] {
            assert_eq!(text.parse::<Speed>(), Err(InvalidSpeed), "{text}");
        }
    }
}
