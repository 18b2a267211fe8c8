//! Every line of every log at hand can be said, and rebuilt to the byte.
//!
//! Real logs are taken from `../shared/data/ubuntu-irc` beside the repository, or the folder that
//! `TIDINGS_CHAT_LOGS` names, where there are any; generated ones always.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tidings_client::log_line::{SpokenLine, rebuild};
use tidings_client::replay::generator;

/// Says and rebuilds every line of a log, and counts the forms.
fn count_forms(log: &[u8], forms: &mut BTreeMap<String, usize>) {
    let log = log.strip_suffix(b"\n").unwrap_or(log);
    for line in log.split(|byte| *byte == b'\n') {
        let spoken = SpokenLine::parse(line).expect("real lines fit");
        let rebuilt = rebuild(&spoken.text, &spoken.metadata);
        assert_eq!(rebuilt.as_deref(), Some(line), "{}", line.escape_ascii());
        *forms
            .entry(spoken.metadata["irc"]["form"].to_string())
            .or_default() += 1;
    }
}

fn real_logs() -> Vec<PathBuf> {
    let beside = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/ubuntu-irc"
    );
    let folder = std::env::var_os("TIDINGS_CHAT_LOGS").map_or_else(|| beside.into(), PathBuf::from);
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .collect()
}

#[test]
fn every_real_line_can_be_said_and_rebuilt() {
    let mut forms = BTreeMap::new();
    let logs = real_logs();
    for path in &logs {
        count_forms(
            &std::fs::read(path).expect("a listed log can be read"),
            &mut forms,
        );
    }
    println!("{} logs: {forms:?}", logs.len());
}

#[test]
fn every_generated_line_can_be_said_and_rebuilt() {
    let mut forms = BTreeMap::new();
    for seed in 0..20 {
        count_forms(&generator::day(seed, 1_000), &mut forms);
    }
    assert_eq!(forms.values().sum::<usize>(), 20_000);
}
