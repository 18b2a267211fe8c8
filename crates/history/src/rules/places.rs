//! Where a reader may be next in a room, given where it was.

use crate::known::Period;

/// Which seqs may follow `last` for somebody with these memberships: the very next one while the
/// membership stands, up to the joining event where another begins; `None` where nothing follows.
pub(super) fn next_after(periods: &[Period], last: u64) -> Option<(u64, u64)> {
    let next = last + 1;
    if periods.iter().any(|period| period.stands_at(next)) {
        return Some((next, next));
    }
    let later = periods.iter().find(|period| period.joined > next)?;
    Some((next.max(later.visible_from.min(later.joined)), later.joined))
}

/// Whether a reader who was away since `last` may begin anew at `seq`: with a later joining, or
/// before it. What lay before the removal in between is theirs no more.
pub(super) fn may_begin_anew_at(periods: &[Period], last: u64, seq: u64) -> bool {
    let later = periods.iter().rfind(|period| period.joined > last + 1);
    later.is_some_and(|period| seq > last && seq <= period.joined)
}

/// Whether a reader of whom nothing is known may begin at `seq`: with the event by which it
/// joined, or before.
pub(super) fn may_begin_at(periods: &[Period], seq: u64) -> bool {
    let of_seq = periods.iter().find(|period| period.stands_at(seq));
    of_seq.is_none_or(|period| seq <= period.joined)
}

/// The last event that somebody hears of in a room: the head, or the end of the membership.
pub(super) fn last_of(periods: &[Period], head: u64) -> Option<u64> {
    periods.last().map(|period| period.left.unwrap_or(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn period(joined: u64, visible_from: u64, left: Option<u64>) -> Period {
        Period {
            joined,
            visible_from,
            left,
        }
    }

    #[test]
    fn a_reader_goes_on_at_the_next_event_while_the_membership_stands() {
        let periods = [period(2, 1, Some(6)), period(9, 9, None)];
        assert_eq!(next_after(&periods, 4), Some((5, 5)));
        assert_eq!(next_after(&periods, 6), Some((9, 9)));
    }

    #[test]
    fn who_left_and_came_back_unheard_may_begin_anew_and_not_behind_that() {
        let periods = [period(2, 1, Some(6)), period(9, 9, None)];
        assert!(may_begin_anew_at(&periods, 4, 9));
        assert!(!may_begin_anew_at(&periods, 4, 10));
        assert!(!may_begin_anew_at(&periods[..1], 4, 6));
    }
}
