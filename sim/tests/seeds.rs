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
fn a_run_that_breaks_a_rule_is_cut_down_and_breaks_it_still() {
    let hunt = Hunt {
        seeds: 2_000,
        honesty: Honesty::Lies,
        ..HUNT
    };
    let bag = hunt.run(|_, _, _| {});
    let (seed, rule) = bag.broken.first().expect("a lying disk is seen");
    let whole = hunt.plan(*seed);
    let (devices, steps) = (whole.clients.len(), whole.steps.len());
    let small = shrink(whole, rule);
    assert!(small.clients.len() - small.left_out.len() <= devices);
    assert!(
        small.steps.len() * 2 < steps,
        "{} of {steps} steps",
        small.steps.len()
    );
    let judged = judge(&Arc::new(small));
    assert!(judged.violations.iter().any(|it| it.rule == *rule));
}
