//! Chance, from one seed. Every part of a run draws from a stream of its own, named by numbers, so
//! that leaving out one part of a plan leaves the luck of the others as it was.

/// A stream of numbers: SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The stream of this name under a seed.
    #[must_use]
    pub fn of(seed: u64, name: &[u64]) -> Self {
        let mut rng = Self(seed);
        for part in name {
            rng.0 = rng.draw() ^ part.wrapping_mul(0x2545_f491_4f6c_dd1d);
        }
        rng.draw();
        rng
    }

    /// The next number.
    pub const fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 for 0.
    pub const fn below(&mut self, n: u64) -> u64 {
        match self.draw().checked_rem(n) {
            Some(number) => number,
            None => 0,
        }
    }

    /// An index below a length.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("below a length")
    }

    /// A number from `low` to `high`, both included.
    pub const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// Whether something of this probability, in thousandths, happens.
    pub const fn chance(&mut self, thousandths: u64) -> bool {
        self.below(1_000) < thousandths
    }
}

/// A hash of bytes: FNV-1a, 64 bits (RFC 9923).
#[must_use]
pub fn hash(state: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(state, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The state from which [`hash`] begins.
pub const HASH_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_different_names_differ_and_of_the_same_name_do_not() {
        let numbers = |name: &[u64]| {
            let mut rng = Rng::of(7, name);
            [rng.draw(), rng.draw(), rng.draw()]
        };
        assert_eq!(numbers(&[1, 2]), numbers(&[1, 2]));
        assert_ne!(numbers(&[1, 2]), numbers(&[2, 1]));
        assert_ne!(numbers(&[1]), numbers(&[1, 0]));
    }
}
