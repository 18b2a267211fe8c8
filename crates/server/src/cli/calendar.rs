//! Days as people write them.

use tidings_domain::Timestamp;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// The day of a time, in UTC: `2025-11-22`.
pub(super) fn day(at: Timestamp) -> String {
    let (year, month, day) = civil(at.millis().div_euclid(DAY_MS));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Year, month and day of a number of days since 1970: Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>). Years begin in March there, so that
/// the leap day is the last.
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_told_across_leap_days_and_before_1970() {
        let told = |days: i64| day(Timestamp(days * DAY_MS));
        assert_eq!(told(0), "1970-01-01");
        assert_eq!(told(-1), "1969-12-31");
        assert_eq!(told(11_016), "2000-02-29");
        assert_eq!(told(19_782), "2024-02-29");
        assert_eq!(told(19_783), "2024-03-01");
        assert_eq!(day(Timestamp(1_763_850_000_000)), "2025-11-22");
    }
}
