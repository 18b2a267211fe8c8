//! The masking of RFC 6455 section 5.3, undone in place.

/// A masking key, together with how far into a frame it has been applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mask(u32);

impl Mask {
    pub(crate) fn new(key: [u8; 4]) -> Self {
        Self(u32::from_ne_bytes(key))
    }

    /// Unmasks the next piece of a frame, and remembers where in the key the one after it begins.
    pub(crate) fn apply(&mut self, piece: &mut [u8]) {
        let wide = u64::from(self.0) | (u64::from(self.0) << 32);
        let (words, rest) = piece.as_chunks_mut::<8>();
        for word in words {
            *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
        }
        for (byte, key) in rest.iter_mut().zip(wide.to_ne_bytes()) {
            *byte ^= key;
        }
        self.turn(rest.len());
    }

    fn turn(&mut self, by: usize) {
        let mut key = self.0.to_ne_bytes();
        key.rotate_left(by % 4);
        self.0 = u32::from_ne_bytes(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_unmask_as_the_whole_does(
            key: [u8; 4],
            data in proptest::collection::vec(any::<u8>(), 0..64),
            cut in 0usize..64,
        ) {
            let plain: Vec<u8> =
                data.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect();
            let mut pieces = data.clone();
            let (left, right) = pieces.split_at_mut(cut.min(data.len()));
            let mut mask = Mask::new(key);
            mask.apply(left);
            mask.apply(right);
            prop_assert_eq!(pieces, plain);
        }
    }
}
