//! Who else used the machine during a run: what is measured beside others says less, and the table
//! has to say so.

use crate::clock;
use crate::failure::Outcome;
use crate::process::{machine_busy_us, this_run_us};

/// Where the machine stood when a run began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise {
    begin_ns: u64,
    busy_us: u64,
}

impl Noise {
    /// From now on.
    pub(crate) fn begin() -> Outcome<Self> {
        Ok(Self {
            begin_ns: clock::now_ns(),
            busy_us: machine_busy_us()?,
        })
    }

    /// Processors that others kept busy since then, on average. All processes of the run have to be
    /// over.
    pub(crate) fn others(self) -> Outcome<f64> {
        let busy_us = machine_busy_us()?.saturating_sub(self.busy_us);
        let elapsed_us = (clock::now_ns() - self.begin_ns) / 1_000;
        Ok(processors(busy_us, this_run_us()?, elapsed_us))
    }
}

fn processors(busy_us: u64, ours_us: u64, elapsed_us: u64) -> f64 {
    busy_us.saturating_sub(ours_us) as f64 / elapsed_us.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ours_is_the_others() {
        assert!((processors(3_000, 1_000, 2_000) - 1.0).abs() < 1e-9);
        assert!(processors(900, 1_000, 2_000).abs() < 1e-9);
    }
}
