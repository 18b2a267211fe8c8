//! Each rule catches the fault that is planted for it, and no other rule cries; good histories
//! pass.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its fixtures too"
)]

mod script;

use script::{history, judge};
use tidings_history::{History, Unreadable, check};

/// Ana and Bob talk; Bob's connection breaks, he comes back and resumes; Cy is taken out; Bob's
/// phone is pushed what comes while he is away.
const GOOD: &str = "
    1    connect 1 a/ana fresh
    2    holds a general 3
    3    connect 2 b/bob fresh
    4    holds b general 3
    5    connect 3 c/cy fresh
    6    holds c general 3
    7    presence 1 bob online
    8    receipt a - general bob 0/0
    9    invoke 90 b/bob register phone
    9    ok 90
    10   invoke 1 a/ana send general m1 hi
    20   ok 1 seq=4
    21   event 1 general 4 message.sent ana hi
    21   shown a general 4 hi
    22   event 2 general 4 message.sent ana hi
    22   shown b general 4 hi
    23   event 3 general 4 message.sent ana hi
    23   shown c general 4 hi
    30   invoke 2 b/bob read general 4
    31   ok 2
    40   receipt a 1 general bob 4/4
    50   disconnect 2 broken
    60   invoke 3 a/ana remove general cy
    65   ok 3
    66   event 1 general 5 member.left ana
    66   shown a general 5 -
    67   event 3 general 5 member.left ana
    67   shown c general 5 -
    70   invoke 4 a/ana send general m2 again
    71   unknown 4
    75   event 1 general 6 message.sent ana again
    75   shown a general 6 again
    80   invoke 5 a/ana send general m2 again ; the same once more
    85   ok 5 seq=6 duplicate
    90   connect 4 b/bob resumed
    91   event 4 general 4 message.sent ana hi ; since the last checkpoint
    92   event 4 general 5 member.left ana
    92   shown b general 5 -
    93   event 4 general 6 message.sent ana again
    93   shown b general 6 again
    2000 heal
    2010 invoke 6 b/bob send general m3 hello
    2015 ok 6 seq=7
    2016 event 1 general 7 message.sent bob hello
    2016 shown a general 7 hello
    2017 event 4 general 7 message.sent bob hello
    2017 shown b general 7 hello
    2018 presence 4 ana online
    2020 invoke 7 b/bob fetch general 6
    2021 ok 7 head=7
    2022 page b/bob general 7 hello
    9000 disconnect 4 clean
    9010 presence 1 bob offline
    10000 invoke 8 a/ana send general m4 bye
    10001 ok 8 seq=8
    10002 event 1 general 8 message.sent ana bye
    10002 shown a general 8 bye
    12000 push bob phone general 8
    80000 settled
    80001 log general 1 room.created ana
    80001 log general 2 member.joined ana ana
    80001 log general 3 member.joined ana bob
    80001 log general 4 message.sent ana m1 hi
    80001 log general 5 member.left ana cy
    80001 log general 6 message.sent ana m2 again
    80001 log general 7 message.sent bob m3 hello
    80001 log general 8 message.sent ana m4 bye
    80002 marks general ana 8/8
    80002 marks general bob 7/7";

/// As above, with Cy among the founders.
fn good() -> String {
    let founders = "80001 log general 3 member.joined ana bob";
    let text = GOOD.replace("80001 log general 2 member.joined ana ana", "");
    let text = text.replace(
        "80001 log general 1 room.created ana",
        "80001 log general 1 member.joined ana ana\n80001 log general 2 member.joined ana cy",
    );
    assert!(text.contains(founders));
    text
}

/// The good history with one thing changed must break this rule and no other.
#[track_caller]
fn breaks(rule: &str, change: impl Fn(&str) -> String) {
    let changed = change(&good());
    assert_ne!(changed, good(), "nothing was planted");
    let (rules, report) = judge(&changed);
    assert_eq!(Vec::from_iter(rules), [rule], "\n{report}");
}

/// The line that begins so is left out.
fn without(text: &str, begins: &str) -> String {
    let kept = text
        .lines()
        .filter(|line| !line.trim_start().starts_with(begins));
    kept.collect::<Vec<_>>().join("\n")
}

/// A line is put in before the one that begins so.
fn before(text: &str, begins: &str, line: &str) -> String {
    let at = text.find(begins).expect("the fixture has the line");
    format!("{}{line}\n{}", &text[..at], &text[at..])
}

#[test]
fn a_good_history_breaks_nothing() {
    let (rules, report) = judge(&good());
    assert!(rules.is_empty(), "\n{report}");
}

#[test]
fn an_empty_history_and_one_without_its_end_break_nothing() {
    assert!(judge("").0.is_empty());
    let text = good();
    let end = text.find("80000 settled").unwrap();
    let (rules, report) = judge(&text[..end]);
    assert!(rules.is_empty(), "\n{report}");
}

#[test]
fn two_texts_under_one_seq_break_the_one_order() {
    // Without the log nobody knows which of the two is right: that alone shows the split.
    let text = good();
    let text = &text[..text.find("80000 settled").unwrap()];
    let split = text.replace(
        "22   event 2 general 4 message.sent ana hi",
        "22 event 2 general 4 message.sent ana ho",
    );
    assert_eq!(Vec::from_iter(judge(&split).0), ["1 one order for all"]);
}

#[test]
fn a_seq_that_is_used_twice_breaks_the_one_order() {
    breaks("1 one order for all", |text| {
        before(
            text,
            "80002 marks general ana",
            "80001 log general 8 room.changed ana",
        )
    });
}

#[test]
fn a_hole_in_the_log_breaks_the_one_order() {
    breaks("1 one order for all", |text| {
        before(
            text,
            "80002 marks general ana",
            "80001 log other 2 room.changed ana",
        )
    });
}

#[test]
fn an_acknowledged_message_that_is_not_there_is_lost() {
    breaks("2 nothing acknowledged is lost", |text| {
        let nobody_heard = text
            .replace("10002 event 1 general 8 message.sent ana bye", "")
            .replace("10002 shown a general 8 bye", "")
            .replace("80001 log general 8 message.sent ana m4 bye", "");
        nobody_heard.replace("marks general ana 8/8", "marks general ana 6/6")
    });
}

#[test]
fn another_text_in_its_place_is_a_loss() {
    breaks("2 nothing acknowledged is lost", |text| {
        text.replace(
            "invoke 8 a/ana send general m4 bye",
            "invoke 8 a/ana send general m4 bye!",
        )
    });
}

#[test]
fn a_refused_message_that_is_there_breaks_the_refusal() {
    breaks("2 nothing refused is there", |text| {
        text.replace("10001 ok 8 seq=8", "10001 fail 8 forbidden")
            .replace("12000 push bob phone general 8", "")
    });
}

#[test]
fn a_retry_that_made_a_second_message_is_a_double() {
    breaks("3 nothing is there twice", |text| {
        text.replace(
            "log general 8 message.sent ana m4 bye",
            "log general 8 message.sent ana m2 again",
        )
        .replace(
            "10002 event 1 general 8 message.sent ana bye",
            "10002 event 1 general 8 message.sent ana again",
        )
        .replace(
            "10002 shown a general 8 bye",
            "10002 shown a general 8 again",
        )
        .replace("10000 invoke 8 a/ana send general m4 bye", "")
        .replace("10001 ok 8 seq=8", "")
    });
}

#[test]
fn one_client_id_that_is_acknowledged_at_two_places_is_a_double() {
    let (rules, _) = judge(&good().replace("ok 5 seq=6 duplicate", "ok 5 seq=7 duplicate"));
    assert!(rules.contains("2 nothing acknowledged is lost"));
    let both = before(
        &good(),
        "80000 settled",
        "79000 invoke 9 a/ana send general m1 hi\n79001 ok 9 seq=6 duplicate",
    );
    assert!(judge(&both).0.contains("3 nothing is there twice"));
}

#[test]
fn an_event_that_comes_twice_on_one_connection_is_told_twice() {
    breaks("3 nothing is told twice", |text| {
        before(
            text,
            "93   event 4 general 6",
            "92 event 4 general 5 member.left ana\n    ",
        )
    });
}

#[test]
fn what_is_marked_as_said_again_may_come_twice() {
    let text = before(
        &good(),
        "93   event 4 general 6",
        "92 event 4 general 5 member.left ana - replayed\n    ",
    );
    assert!(!judge(&text).0.contains("3 nothing is told twice"));
}

#[test]
fn a_message_that_nobody_said_is_a_phantom() {
    breaks("4 nothing comes from nowhere", |text| {
        text.replace("70   invoke 4 a/ana send general m2 again", "")
            .replace("71   unknown 4", "")
            .replace("80   invoke 5 a/ana send general m2 again", "")
            .replace("85   ok 5 seq=6 duplicate", "")
    });
}

#[test]
fn an_event_that_is_not_in_the_log_is_a_phantom() {
    breaks("4 nothing comes from nowhere", |text| {
        before(
            text,
            "80000 settled",
            "79000 page a/ana general 9 boo\n    ",
        )
    });
}

#[test]
fn two_events_that_are_swapped_break_the_stream() {
    let swapped = good()
        .replace(
            "92   event 4 general 5 member.left ana",
            "92   event 4 general 6 message.sent ana again",
        )
        .replace(
            "93   event 4 general 6 message.sent ana again",
            "93   event 4 general 5 member.left ana",
        );
    let (rules, report) = judge(&swapped);
    assert!(rules.contains("5 streams have no holes"), "\n{report}");
    assert!(rules.contains("3 nothing is told twice"), "\n{report}");
}

#[test]
fn an_event_that_is_dropped_is_a_hole_in_the_stream() {
    breaks("5 streams have no holes", |text| {
        without(text, "92   event 4 general 5")
    });
}

#[test]
fn a_resume_that_begins_too_late_is_a_hole_in_the_stream() {
    breaks("5 streams have no holes", |text| {
        without(&without(text, "91   event 4"), "92   event 4 general 5")
    });
}

#[test]
fn a_gap_that_is_stated_is_no_hole() {
    let text = without(&good(), "91   event 4");
    let text = text.replace(
        "92   event 4 general 5 member.left ana",
        "92 gap 4 general 4-5",
    );
    let (rules, report) = judge(&text);
    assert!(rules.is_empty(), "\n{report}");
}

#[test]
fn an_application_that_is_not_shown_what_was_heard_has_a_hole() {
    breaks("5 applications are shown no holes", |text| {
        without(text, "92   shown b")
    });
}

#[test]
fn an_application_that_is_shown_something_twice_has_a_fault() {
    breaks("5 applications are shown no holes", |text| {
        before(
            text,
            "93   event 4 general 6",
            "92 shown b general 5 -\n    ",
        )
    });
}

#[test]
fn the_last_event_may_not_be_missing() {
    breaks("5 nothing is missing in the end", |text| {
        without(&without(text, "10002 event 1"), "10002 shown a")
    });
}

#[test]
fn what_comes_after_an_ack_has_a_higher_seq() {
    breaks("6 what was acknowledged comes first", |text| {
        // Bob's message is asked for before and acknowledged at once; Ana's, later, stands below.
        text.replace("70   invoke 4 a/ana send general m2 again", "")
            .replace("71   unknown 4", "")
            .replace("75   event 1", "2017 event 1")
            .replace("75   shown a", "2017 shown a")
            .replace("2016 event 1 general 7", "2018 event 1 general 7")
            .replace("2016 shown a general 7", "2018 shown a general 7")
            .replace("93   event 4 general 6", "2018 event 4 general 6")
            .replace("93   shown b general 6", "2018 shown b general 6")
            .replace("2017 event 4 general 7", "2019 event 4 general 7")
            .replace("2017 shown b general 7", "2019 shown b general 7")
            .replace("80   invoke 5 a/ana send general m2 again", "")
            .replace("85   ok 5 seq=6 duplicate", "")
            .replace(
                "10000 invoke 8 a/ana send general m4 bye",
                "3000 invoke 5 a/ana send general m2 again\n3001 ok 5 seq=6\n10000 invoke 8 a/ana send general m4 bye",
            )
    });
}

#[test]
fn a_head_below_ones_own_message_is_an_old_read() {
    breaks("7 readers see what they wrote and saw", |text| {
        text.replace("2021 ok 7 head=7", "2021 ok 7 head=6")
    });
}

#[test]
fn a_head_that_falls_is_an_old_read() {
    breaks("7 readers see what they wrote and saw", |text| {
        before(
            text,
            "9000 disconnect 4",
            "2030 invoke 9 b/bob fetch general 4\n2031 ok 9 head=6\n    ",
        )
    });
}

#[test]
fn watermarks_that_fall_are_seen() {
    breaks("8 watermarks only rise", |text| {
        before(
            text,
            "50   disconnect 2",
            "45 receipt a 1 general bob 4/3\n    ",
        )
    });
}

#[test]
fn nobody_has_read_more_than_was_delivered_or_than_there_is() {
    breaks("8 nobody read what they could not", |text| {
        text.replace(
            "40   receipt a 1 general bob 4/4",
            "40   receipt a 1 general bob 3/4",
        )
    });
    let (rules, _) =
        judge(&good().replace("receipt a 1 general bob 4/4", "receipt a 1 general bob 9/4"));
    assert!(rules.contains("8 nobody read what they could not"));
}

#[test]
fn observers_that_end_with_other_watermarks_do_not_agree() {
    breaks("8 observers agree on watermarks", |text| {
        text.replace("marks general bob 7/7", "marks general bob 8/8")
    });
}

#[test]
fn an_event_after_a_removal_reaches_a_stranger() {
    breaks("9 strangers hear nothing", |text| {
        before(
            text,
            "80   invoke 5",
            "76 event 3 general 6 message.sent ana again\n    ",
        )
    });
}

#[test]
fn a_receipt_long_after_a_removal_is_too_late() {
    breaks("9 an end takes effect in time", |text| {
        before(
            text,
            "2010 invoke 6",
            "2005 receipt c 3 general bob 4/4\n    ",
        )
    });
}

#[test]
fn a_session_that_was_ended_hears_nothing() {
    let text = before(
        &good(),
        "80   invoke 5",
        "76 invoke 9 c/cy revoke c\n77 ok 9\n    ",
    );
    assert!(judge(&text).0.is_empty());
    let text = before(&text, "2010 invoke 6", "2005 checkpoint 3 x\n    ");
    assert_eq!(
        Vec::from_iter(judge(&text).0),
        ["9 an end takes effect in time"]
    );
}

#[test]
fn a_presence_that_lies_in_the_end_is_seen() {
    breaks("10 presence ends at the truth", |text| {
        without(text, "9010 presence 1 bob")
    });
}

#[test]
fn who_is_back_at_once_is_not_said_to_have_gone() {
    breaks("10 quick returns do not flicker", |text| {
        before(text, "90   connect 4", "86 presence 1 bob offline\n    ").replace(
            "2018 presence 4",
            "2018 presence 1 bob online\n2018 presence 4",
        )
    });
}

#[test]
fn a_deleted_text_that_is_shown_is_seen() {
    let deleted = before(
        &good(),
        "2000 heal",
        "100 invoke 9 a/ana delete general 4\n101 ok 9\n    ",
    );
    let blanked = deleted.replace(
        "log general 4 message.sent ana m1 hi",
        "log general 4 message.sent ana m1",
    );
    assert!(judge(&blanked).0.is_empty());
    assert_eq!(
        Vec::from_iter(judge(&deleted).0),
        ["11 deleted text is gone"]
    );
    let shown = before(
        &blanked,
        "9000 disconnect",
        "3000 page b/bob general 4 hi\n    ",
    );
    assert_eq!(Vec::from_iter(judge(&shown).0), ["11 deleted text is gone"]);
}

#[test]
fn a_push_that_is_owed_and_does_not_come_is_missed() {
    breaks("12 owed pushes came", |text| without(text, "12000 push"));
}

#[test]
fn a_push_of_what_was_read_is_too_late() {
    breaks("12 nothing read was pushed", |text| {
        before(
            text,
            "9000 disconnect",
            "8000 push bob phone general 4\n    ",
        )
    });
}

#[test]
fn an_operation_without_an_answer_after_a_heal_is_seen() {
    breaks("13 after a heal it works", |text| {
        without(text, "2021 ok 7")
    });
}

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
