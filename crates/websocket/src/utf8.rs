//! UTF-8 checked piece by piece, failing at the first byte that cannot be right.

/// What a text message has brought so far ends with at most the beginning of one character.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Utf8Check {
    /// The bytes of a character that is not complete yet: at most three.
    begun: [u8; 4],
    begun_len: u8,
}

/// The text so far cannot become UTF-8, whatever follows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotUtf8;

impl Utf8Check {
    /// Takes the next piece.
    pub(crate) fn feed(&mut self, mut piece: &[u8]) -> Result<(), NotUtf8> {
        while self.begun_len > 0 {
            let Some((next, rest)) = piece.split_first() else {
                return Ok(());
            };
            self.push(*next)?;
            piece = rest;
        }
        self.keep_tail(piece)
    }

    /// Says that nothing follows.
    pub(crate) fn finish(&self) -> Result<(), NotUtf8> {
        if self.begun_len == 0 {
            Ok(())
        } else {
            Err(NotUtf8)
        }
    }

    fn push(&mut self, byte: u8) -> Result<(), NotUtf8> {
        let mut character = self.begun;
        let len = usize::from(self.begun_len) + 1;
        character[len - 1] = byte;
        self.keep_tail(&character[..len])
    }

    /// Checks `piece`, which begins at a character, and keeps what is unfinished at its end.
    fn keep_tail(&mut self, piece: &[u8]) -> Result<(), NotUtf8> {
        let tail = match std::str::from_utf8(piece) {
            Ok(_) => &[],
            Err(error) if error.error_len().is_none() => &piece[error.valid_up_to()..],
            Err(_) => return Err(NotUtf8),
        };
        self.begun[..tail.len()].copy_from_slice(tail);
        self.begun_len = tail.len() as u8;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(pieces: &[&[u8]]) -> Result<(), NotUtf8> {
        let mut check = Utf8Check::default();
        pieces.iter().try_for_each(|piece| check.feed(piece))?;
        check.finish()
    }

    #[test]
    fn a_character_may_be_cut_anywhere() {
        assert_eq!(check(&[b"\xF0", b"\x9F", b"", b"\x98\x80!"]), Ok(()));
    }

    #[test]
    fn a_character_cut_off_at_the_end_is_refused() {
        assert_eq!(check(&[b"ok\xF0\x9F"]), Err(NotUtf8));
    }

    #[test]
    fn what_can_never_be_right_fails_at_once() {
        for bad in [
            &b"\xF4\x90"[..],
            b"\xED\xA0",
            b"\xC0",
            b"\xE0\x80",
            b"\xFF",
            b"\x80",
            b"\xF5",
        ] {
            assert_eq!(Utf8Check::default().feed(bad), Err(NotUtf8), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn pieces_are_judged_as_the_whole_is(
            text in prop_oneof![
                any::<String>().prop_map(String::into_bytes),
                proptest::collection::vec(any::<u8>(), 0..12),
            ],
            cuts in proptest::collection::vec(0usize..40, 0..4),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|w| &text[w[0]..w[1]]).collect();
            prop_assert_eq!(check(&pieces).is_ok(), std::str::from_utf8(&text).is_ok());
        }
    }
}
