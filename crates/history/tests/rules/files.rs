//! Histories as a whole: their files, their reports, their size.

use tidings_history::{History, Unreadable, check};

use crate::planting::{before, good, without};
use crate::script::{history, judge};

#[test]
fn what_was_said_before_a_restored_backup_is_no_longer_promised() {
    let restored = before(&good(), "80000 settled", "79000 restart n1 2\n    ");
    let gone = without(&restored, "80001 log general 8")
        .replace("marks general ana 8/8", "marks general ana 6/6");
    let (rules, report) = judge(&gone);
    assert!(rules.is_empty(), "\n{report}");
}

#[test]
fn a_report_shows_the_lines_in_plain_words() {
    let text = without(&good(), "92   event 4 general 5");
    let (_, report) = judge(&text);
    assert!(
        report.contains("b hears general seq 6 after seq 4: a hole"),
        "{report}"
    );
    assert!(
        report.contains("connection 4< general seq 6 message.sent"),
        "{report}"
    );
    assert!(
        report.contains("the log: general seq 5 member.left by ana"),
        "{report}"
    );
}

#[test]
fn a_history_is_the_same_after_writing_and_reading() {
    let written = history(&good());
    let mut bytes = Vec::new();
    written.write(&mut bytes).unwrap();
    assert_eq!(History::read(&bytes[..]).unwrap(), written);
    assert!(check(&written).is_empty());
}

#[test]
fn what_is_no_history_is_told_from_one() {
    let read = |text: &str| History::read(text.as_bytes()).unwrap_err();
    assert!(matches!(read(""), Unreadable::NoBegin));
    assert!(matches!(read("{}"), Unreadable::Line { line: 1, .. }));
    let newer = r#"{"at_us":0,"op":"begin","history":2}"#;
    assert!(matches!(read(newer), Unreadable::Version(2)));
    let unsorted = "{\"at_us\":5,\"op\":\"begin\",\"history\":1}\n{\"at_us\":4,\"op\":\"heal\"}";
    assert!(matches!(read(unsorted), Unreadable::Unsorted(2)));
}

#[test]
fn a_hundred_thousand_lines_are_judged_in_a_moment() {
    use std::fmt::Write as _;
    let mut text = String::from("0 connect 1 a/ana fresh\n0 holds a r 1\n");
    for n in 2..=25_000 {
        writeln!(
            text,
            "{n} invoke {n} a/ana send r m{n} t{n}\n{n} ok {n} seq={n}"
        )
        .unwrap();
        writeln!(text, "{n} event 1 r {n} message.sent ana t{n}").unwrap();
    }
    text.push_str("99999 settled\n99999 log r 1 member.joined ana ana\n");
    for n in 2..=25_000 {
        writeln!(text, "99999 log r {n} message.sent ana m{n} t{n}").unwrap();
    }
    let (rules, report) = judge(&text);
    assert!(rules.is_empty(), "\n{report}");
}
