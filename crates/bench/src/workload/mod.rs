//! The workloads of the budgets, each as one function that adds its rows to a run.

pub(crate) mod delivery;
pub(crate) mod idle;
pub(crate) mod loads;
pub(crate) mod pairs;
pub(crate) mod rising;
pub(crate) mod sends;
pub(crate) mod session;
pub(crate) mod stalled;
pub(crate) mod start;
pub(crate) mod storm;

/// Microseconds of CPU that each of so many cost.
pub(crate) fn each_us(cpu_us: u64, count: u64) -> f64 {
    cpu_us as f64 / count.max(1) as f64
}
