//! Seeds: the same run every time, and no rule broken.

use std::sync::Arc;
use std::time::Duration;

use tidings_sim::hunt::Hunt;
use tidings_sim::judge::{judge, trace};
use tidings_sim::plan::{Honesty, draw};
use tidings_sim::shrink::shrink;
use tidings_sim::transcript::Transcript;

const HUNT: Hunt = Hunt {
    from: 1,
    seeds: 60,
    jobs: 2,
    within: Duration::from_secs(600),
    honesty: Honesty::Syncs,
    broken_max: 1,
};

#[test]
fn a_seed_gives_the_same_run_every_time() {
    for seed in 1..=20 {
        let plan = Arc::new(draw(seed));
        assert_eq!(trace(&plan), trace(&plan), "seed {seed}");
    }
}

#[test]
fn different_seeds_give_different_runs() {
    assert_ne!(trace(&Arc::new(draw(1))), trace(&Arc::new(draw(2))));
}

#[test]
fn no_seed_breaks_a_promise() {
    let bag = HUNT.run(|_, _, _| {});
    if let Some((seed, rule)) = bag.broken.first() {
        let plan = shrink(HUNT.plan(*seed), rule);
        let judged = judge(&Arc::new(plan.clone()));
        let transcript = Transcript {
            plan: &plan,
            judged: &judged,
        };
        panic!("seed {seed} breaks {rule}\n{transcript}");
    }
}

#[test]
fn a_disk_that_lies_is_caught() {
    let hunt = Hunt {
        seeds: 2_000,
        honesty: Honesty::Lies,
        ..HUNT
    };
    let bag = hunt.run(|_, _, _| {});
    assert!(!bag.broken.is_empty(), "none of {} seeds saw it", bag.seeds);
}
