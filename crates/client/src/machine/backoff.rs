//! How long to wait before coming back: `random(0, min(30 s, 0.5 s × 2^n))`.

const FIRST_MS: u64 = 500;
const LONGEST_MS: u64 = 30_000;

/// Counts failures, and draws the delays.
#[derive(Debug)]
pub(super) struct Backoff {
    failures: u32,
    planned_ms: Option<u64>,
    random: u64,
}

impl Backoff {
    pub(super) const fn new(seed: u64) -> Self {
        Self {
            failures: 0,
            planned_ms: None,
            random: seed,
        }
    }

    /// The server has said when to come back, once.
    pub(super) const fn plan(&mut self, after_ms: u64) {
        self.planned_ms = Some(after_ms);
    }

    /// A connection was greeted.
    pub(super) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// How long to wait this time.
    pub(super) fn next_delay_ms(&mut self) -> u64 {
        if let Some(planned_ms) = self.planned_ms.take() {
            return planned_ms;
        }
        let most_ms = FIRST_MS
            .saturating_mul(1 << self.failures.min(16))
            .min(LONGEST_MS);
        self.failures += 1;
        self.draw() % (most_ms + 1)
    }

    /// A short while, when the server has not said how long.
    pub(super) fn jittered_ms(&mut self) -> u64 {
        FIRST_MS / 2 + self.draw() % FIRST_MS
    }

    /// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough to spread clients.
    const fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_half_a_minute_and_spread_over_the_whole_range() {
        let mut longest = [0_u64; 10];
        for seed in 0..500 {
            let mut backoff = Backoff::new(seed);
            for most in &mut longest {
                *most = backoff.next_delay_ms().max(*most);
            }
        }
        for (failures, longest) in longest.into_iter().enumerate() {
            let most_ms = (FIRST_MS << failures).min(LONGEST_MS);
            assert!(
                longest <= most_ms && longest > most_ms * 9 / 10,
                "{failures}: {longest}"
            );
        }
    }

    #[test]
    fn the_servers_word_counts_once() {
        let mut backoff = Backoff::new(1);
        backoff.plan(12_345);
        assert_eq!(backoff.next_delay_ms(), 12_345);
        assert!(backoff.next_delay_ms() <= FIRST_MS);
    }
}
