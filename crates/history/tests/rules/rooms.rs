//! Rules 1 to 7: what stands in rooms, and what is heard of it.

use crate::planting::{before, breaks, good, without};
use crate::script::judge;

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
