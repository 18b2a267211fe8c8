//! Which known name somebody meant.

/// The known name that is nearest to what was written, if one is near enough to be meant: at most a
/// third of its letters are different.
pub(super) fn nearest<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let written = written.to_lowercase();
    let distances = known.map(|name| (strsim::osa_distance(&written, name), name));
    let (distance, name) = distances.min()?;
    (distance * 3 <= name.len().max(written.len())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_understood_and_nonsense_is_not() {
        let known = || ["listen", "data", "drain_s"].into_iter();
        assert_eq!(nearest("lisen", known()), Some("listen"));
        assert_eq!(nearest("LISTNE", known()), Some("listen"));
        assert_eq!(nearest("colour", known()), None);
    }
}
