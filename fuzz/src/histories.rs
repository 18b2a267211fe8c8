//! Histories for the checker, which anyone's tool may have written.
//!
//! Properties: what is read is written as lines that are read as the same history; every rule judges
//! it and comes to an end; what is refused names its line.

use tidings_history::{History, check};

/// Holds one input against the properties.
pub fn run(data: &[u8]) {
    match History::read(data) {
        Ok(history) => {
            let mut written = Vec::new();
            history
                .write(&mut written)
                .expect("memory takes all writes");
            let again = History::read(&written[..]).expect("what was written can be read");
            assert_eq!(again, history);
            assert_eq!(check(&again).len(), check(&history).len());
        }
        Err(unreadable) => assert!(!unreadable.to_string().is_empty()),
    }
}

const BEGIN: &str = r#"{"at_us":0,"op":"begin","history":1,"by":"seed"}"#;

/// Histories with every kind of line.
#[must_use]
pub fn seeds() -> Vec<Vec<u8>> {
    let samples = [
        include_str!("../samples/history-1.jsonl"),
        include_str!("../samples/history-2.jsonl"),
    ];
    let mut seeds = vec![BEGIN.as_bytes().to_vec()];
    seeds.extend(samples.map(|text| format!("{BEGIN}\n{text}").into_bytes()));
    seeds
}
