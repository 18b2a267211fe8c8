//! Each bug that can be planted into the engine is found, within so many seeds. Built with the
//! feature `planted-bugs` only.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use tidings_engine::planted::{Bug, plant};
use tidings_sim::hunt::Hunt;
use tidings_sim::plan::Honesty;

/// Each bug must be found within so many seeds.
const SEEDS_MAX: u64 = 1_000;

/// All in one test, since a bug is planted into the whole process.
#[test]
fn every_planted_bug_is_found() {
    let mut table = String::from("bug, seed, rule\n");
    let mut missed = Vec::new();
    for bug in Bug::ALL {
        plant(Some(bug));
        let bag = one_by_one(Honesty::Syncs).run(|_, _, _| {});
        let found = bag.broken.first();
        let words = found.map_or("not found".to_owned(), |(seed, rule)| {
            format!("seed {seed}, {rule}")
        });
        writeln!(table, "{}: {words}", bug.name()).expect("memory takes all writes");
        missed.extend(found.is_none().then_some(bug.name()));
    }
    plant(None);
    let bag = one_by_one(Honesty::Lies).run(|_, _, _| {});
    writeln!(table, "a lying disk: {:?}", bag.broken.first()).expect("memory takes all writes");
    missed.extend(bag.broken.is_empty().then_some("a lying disk"));
    // Said on success, too: how many seeds each took is worth knowing.
    drop(std::io::stderr().write_all(table.as_bytes()));
    assert!(missed.is_empty(), "not found: {missed:?}\n{table}");
}

/// In the order of the seeds, so that the first that finds it is the first.
const fn one_by_one(honesty: Honesty) -> Hunt {
    Hunt {
        from: 1,
        seeds: SEEDS_MAX,
        jobs: 1,
        within: Duration::from_secs(600),
        honesty,
        broken_max: 1,
    }
}
