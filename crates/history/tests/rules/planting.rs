//! A good history, and ways to plant a fault into it.

use crate::script::judge;

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
pub(super) fn good() -> String {
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
pub(super) fn breaks(rule: &str, change: impl Fn(&str) -> String) {
    let changed = change(&good());
    assert_ne!(changed, good(), "nothing was planted");
    let (rules, report) = judge(&changed);
    assert_eq!(Vec::from_iter(rules), [rule], "\n{report}");
}

/// The line that begins so is left out.
pub(super) fn without(text: &str, begins: &str) -> String {
    let kept = text
        .lines()
        .filter(|line| !line.trim_start().starts_with(begins));
    kept.collect::<Vec<_>>().join("\n")
}

/// A line is put in before the one that begins so.
pub(super) fn before(text: &str, begins: &str, line: &str) -> String {
    let at = text.find(begins).expect("the fixture has the line");
    format!("{}{line}\n{}", &text[..at], &text[at..])
}
