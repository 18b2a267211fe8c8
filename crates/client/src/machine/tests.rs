//! What the machine does, as transcripts.

use super::transcript::{check, play};
use super::{Machine, Reading, Tally};

/// The usual beginning: command 1 is `hello`, and a token of fifteen minutes is held.
const GREETED: &str = "
    0 start
        authenticate
    1 token T 900000
        connect
    2 connected
        > 1 hello T -
    3 welcome 1 fresh
        tell connected
";

#[track_caller]
fn after_greeting(transcript: &str) -> Tally {
    check(&format!("{GREETED}{transcript}"))
}

#[test]
fn what_was_said_before_the_connection_lives_is_said_when_it_does() {
    check(
        "
        0 send r1 c1
        0 typing r1
        0 start
            authenticate
        1 token T 900000
            connect
        2 connected
            > 1 hello T -
        3 welcome 1 fresh
            tell connected
            > 2 send r1 c1
        9 ack 2 sent r1 5
            tell sent c1 5
    ",
    );
}

#[test]
fn a_send_without_an_answer_is_repeated_under_the_same_client_id() {
    let tally = after_greeting(
        "
        10 send r1 c1
            > 2 send r1 c1
        5009 tick
        5010 tick
            > 3 send r1 c1
        5011 ack 3 sent r1 5
            tell sent c1 5
        5012 ack 2 sent r1 5
    ",
    );
    assert_eq!(tally.resends, 1);
}

#[test]
fn of_a_room_one_send_is_under_way_so_that_a_refusal_does_not_turn_the_order_round() {
    after_greeting(
        "
        10 send r1 c1
            > 2 send r1 c1
        10 send r1 c2
        10 send r2 c3
            > 3 send r2 c3
        20 refusal 2 rate_limited 900
        30 tick
        920 tick
            > 4 send r1 c1
        930 ack 4 sent r1 5
            tell sent c1 5
            > 5 send r1 c2
    ",
    );
}

#[test]
fn a_final_refusal_is_told_and_makes_room_for_the_next() {
    after_greeting(
        "
        10 send r1 c1
            > 2 send r1 c1
        10 send r1 c2
        20 refusal 2 archived
            tell refused c1 archived
            > 3 send r1 c2
    ",
    );
}

#[test]
fn after_a_cut_it_comes_back_with_its_cursor_and_sends_again_in_order() {
    after_greeting(
        "
        10 checkpoint K live
            tell caught up
        20 send r1 c1
            > 2 send r1 c1
        20 send r1 c2
        30 reconnect 100
        40 lost
            tell disconnected
        139 tick
        140 tick
            connect
        150 connected
            > 3 hello T K
        160 welcome 3 resumed
            tell connected
            > 4 send r1 c1
        170 ack 4 sent r1 8
            tell sent c1 8
            > 5 send r1 c2
    ",
    );
}

#[test]
fn an_event_that_comes_again_after_a_cut_is_passed_over() {
    let tally = after_greeting(
        "
        10 event r1 5
            tell event r1 5
        11 event r1 6
            tell event r1 6
        20 reconnect 0
        30 lost
            tell disconnected
            connect
        40 connected
            > 2 hello T W
        50 welcome 2 resumed
            tell connected
        60 event r1 5
        61 event r1 6
        62 event r1 7
            tell event r1 7
    ",
    );
    assert_eq!((tally.events, tally.overlapping, tally.repeated), (3, 2, 0));
}

#[test]
fn an_event_that_comes_twice_on_one_connection_is_counted_against_the_server() {
    let tally = after_greeting(
        "
        10 event r1 5
            tell event r1 5
        11 event r1 5
    ",
    );
    assert_eq!((tally.events, tally.repeated), (1, 1));
}

#[test]
fn a_stated_gap_is_fetched_before_anything_that_follows_is_told() {
    let tally = after_greeting(
        "
        10 holds r1 4
        11 gap r1 5 9
            fetch r1 after 4
        12 event r1 10
        13 checkpoint K live
        14 fetched r1 5..8
            tell event r1 5
            tell event r1 6
            tell event r1 7
            tell event r1 8
            fetch r1 after 8
        15 fetched r1 9..10
            tell event r1 9
            tell event r1 10
            tell caught up
        16 event r1 11
            tell event r1 11
    ",
    );
    assert_eq!((tally.events, tally.fetched, tally.jumps), (7, 6, 0));
}

#[test]
fn a_seq_that_jumps_is_fetched_and_counted_against_the_server() {
    let tally = after_greeting(
        "
        10 event r1 5
            tell event r1 5
        11 event r1 7
            fetch r1 after 5
        12 fetched r1 6..7
            tell event r1 6
            tell event r1 7
    ",
    );
    assert_eq!(tally.jumps, 1);
}

#[test]
fn what_cannot_be_fetched_now_is_fetched_later_and_what_never_can_is_gone() {
    after_greeting(
        "
        10 holds r1 4
        11 hint r1 6
            fetch r1 after 4
        12 not-fetched r1 later
        1011 tick
        1012 tick
            fetch r1 after 4
        1013 not-fetched r1 never
            tell gone r1
    ",
    );
}

#[test]
fn a_log_that_ends_before_it_was_promised_to_is_not_asked_for_ever() {
    after_greeting(
        "
        10 holds r1 4
        11 hint r1 6
            fetch r1 after 4
        12 fetched r1
        13 event r1 5
            tell event r1 5
    ",
    );
}

#[test]
fn a_lost_place_is_told_and_rooms_begin_anew() {
    after_greeting(
        "
        10 event r1 50
            tell event r1 50
        20 reconnect 0
        30 lost
            tell disconnected
            connect
        40 connected
            > 2 hello T W
        50 welcome 2 reset
            tell connected
            tell reset
        60 event r1 3
            tell event r1 3
    ",
    );
}

#[test]
fn close_codes_decide_what_comes_next() {
    after_greeting(
        "
        5 reconnect 0
        10 lost 4101
            tell disconnected
            authenticate
        20 token U 900000
            connect
        30 lost 4203
            tell stopped Some(4203)
        40 start
        50 connected
    ",
    );
}

#[test]
fn a_session_that_is_over_stops_and_a_network_that_is_down_does_not() {
    check(
        "
        0 start
            authenticate
        10 no-token later
        600 tick
            authenticate
        700 no-token never
            tell stopped None
    ",
    );
}

#[test]
fn a_silent_connection_is_asked_once_and_then_given_up() {
    after_greeting(
        "
        30002 tick
        30003 tick
            > 2 ping
        30100 ack 2
        60099 tick
        60100 tick
            > 3 ping
        65000 reconnect 0
        95000 tick
            > 4 ping
        104999 wake?
            wake Some(105000)
        105000 tick
            close
            tell disconnected
        105001 tick
            connect
    ",
    );
}

#[test]
fn a_server_that_never_greets_is_given_up() {
    check(
        "
        0 start
            authenticate
        1 token T 900000
            connect
        2 connected
            > 1 hello T -
        10001 tick
        10002 tick
            close
    ",
    );
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    after_greeting(
        "
        20000 heard
        45000 heard
        70000 heard
        840000 heard
        840001 tick
            authenticate
        840002 tick
        840100 token U 900000
            > 2 token U
        840101 wake?
            wake Some(870000)
    ",
    );
}

#[test]
fn a_token_that_lives_shortly_is_not_renewed_at_once() {
    check(
        "
        0 start
            authenticate
        0 token T 20000
            connect
        0 connected
            > 1 hello T -
        0 welcome 1 fresh
            tell connected
        9999 tick
        10000 tick
            authenticate
        10000 token U 20000
            > 2 token U
        19999 tick
        20000 tick
            authenticate
    ",
    );
}

#[test]
fn watermarks_are_said_once_and_again_after_a_cut_until_they_are_heard() {
    after_greeting(
        "
        10 read r1 5
            > 2 read r1 5
        11 read r1 4
        12 read r1 7
            > 3 read r1 7
        13 ack 2
        20 reconnect 0
        30 lost
            tell disconnected
            connect
        40 connected
            > 4 hello T W
        50 welcome 4 resumed
            tell connected
            > 5 read r1 7
        60 ack 5
        70 read r1 7
            > 6 read r1 7
    ",
    );
}

#[test]
fn what_is_fleeting_is_dropped_while_the_connection_is_down() {
    check(
        "
        0 typing r1
        0 start
            authenticate
        1 token T 900000
            connect
        2 connected
            > 1 hello T -
        3 welcome 1 fresh
            tell connected
        4 typing r1
            > 2 typing r1
    ",
    );
}

#[test]
fn who_only_speaks_is_told_and_fetches_nothing() {
    let speaker = Machine::new(7, Reading::Answers, None);
    play(
        speaker,
        &format!(
            "{GREETED}
            > 2 focus on 0 rooms
        10 event r1 5
        11 gap r1 6 9
        12 hint r1 20
        13 send r1 c1
            > 3 send r1 c1
        14 ack 3 sent r1 21
            tell sent c1 21
    "
        ),
    );
}

#[test]
fn stopping_closes_and_nothing_happens_afterwards() {
    after_greeting(
        "
        10 stop
            close
            tell stopped None
        20 send r1 c1
        30 tick
        40 lost
        50 event r1 5
    ",
    );
}

#[test]
fn the_greatest_numbers_that_a_server_can_say_break_nothing() {
    after_greeting(
        "
        10 event r1 18446744073709551615
            tell event r1 18446744073709551615
        11 event r1 5
        12 send r1 c1
            > 2 send r1 c1
        13 refusal 2 rate_limited 18446744073709551615
        14 reconnect 18446744073709551615
        20 lost
            tell disconnected
        30 tick
    ",
    );
}
