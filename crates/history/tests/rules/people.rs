//! Rules 8 to 13: people, what they may know, and whether they are served.

use crate::planting::{before, breaks, good, without};
use crate::script::judge;

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
fn an_answer_may_be_as_old_as_the_request_and_no_older() {
    let told = |asked_ms: u64| {
        let line = format!("45   receipt a @{asked_ms} general bob 2/2\n    ");
        before(&good(), "50   disconnect 2", &line)
    };
    let (rules, report) = judge(&told(39));
    assert!(rules.is_empty(), "\n{report}");
    let (rules, _) = judge(&told(41));
    assert_eq!(Vec::from_iter(rules), ["8 watermarks only rise"]);
}

#[test]
fn a_message_moves_its_senders_watermarks_past_an_older_snapshot() {
    let snapshot = "2019 receipt a @2012 general bob 4/4\n    ";
    let text = good().replace("40   receipt a 1 general bob 4/4", "");
    let (rules, report) = judge(&before(
        &text.replace("8    receipt a - general bob 0/0", ""),
        "2020 invoke 7",
        snapshot,
    ));
    assert!(rules.is_empty(), "\n{report}");
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
fn whose_session_is_ended_while_their_line_is_broken_is_gone_at_once() {
    let broken = good().replace("9000 disconnect 4 clean", "9000 disconnect 4 broken");
    assert_eq!(
        Vec::from_iter(judge(&broken).0),
        ["10 quick returns do not flicker"]
    );
    let ended = "9005 invoke 9 b/bob revoke b\n9006 ok 9\n    ";
    let ended = before(&broken, "9010 presence 1", ended);
    assert!(judge(&ended).0.is_empty());
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
