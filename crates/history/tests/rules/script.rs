//! Histories as short texts: a time in milliseconds and words on each line.

use std::collections::BTreeSet;

use tidings_history::line::{
    Begin, Call, Checkpoint, Connect, Disconnect, Done, Ending, Failed, Forgets, Gap, Heard,
    Invoke, Logged, Marks, Node, Page, Place, Presence, Promises, Push, Receipt, Shown, Verdict,
    What,
};
use tidings_history::report::Report;
use tidings_history::{Entry, History, Line, Name, check};

/// Reads a script. Words after `;` are for the reader.
pub(crate) fn history(script: &str) -> History {
    let mut lines = vec![Line {
        at_us: 0,
        entry: Entry::Begin(Begin {
            history: 1,
            by: "a test".to_owned(),
            promises: Promises::default(),
        }),
    }];
    for text in script.lines() {
        let text = text.split(';').next().unwrap_or_default().trim();
        let words: Vec<&str> = text.split_whitespace().collect();
        if let [millis, words @ ..] = &words[..] {
            lines.push(Line {
                at_us: millis.parse::<u64>().unwrap() * 1_000,
                entry: entry(words),
            });
        }
    }
    History { lines }
}

/// The rules that a script breaks, by name, and the report for a person.
pub(crate) fn judge(script: &str) -> (BTreeSet<&'static str>, String) {
    let history = history(script);
    let violations = check(&history);
    let report = Report {
        history: &history,
        violations: &violations,
    };
    let rules = violations.iter().map(|violation| violation.rule);
    (rules.collect(), report.to_string())
}

fn entry(words: &[&str]) -> Entry {
    match *words {
        ["invoke", call, who, ref what @ ..] => invoke(call, who, what),
        ["ok", call, ref rest @ ..] => Entry::Ok(done(call, rest)),
        ["fail", call, code] => Entry::Fail(Failed {
            call: number(call),
            code: code.into(),
        }),
        ["unknown", call] => Entry::Unknown(Call { call: number(call) }),
        ["heal"] => Entry::Heal,
        ["settled"] => Entry::Settled,
        ["crash", node] => Entry::Crash(node_of(node, None)),
        ["restart", node] => Entry::Restart(node_of(node, None)),
        ["restart", node, epoch] => Entry::Restart(node_of(node, Some(number(epoch)))),
        ["log", room, seq, kind, ref rest @ ..] => Entry::Log(logged(room, seq, kind, rest)),
        ["marks", room, user, marks] => {
            let (delivered, read) = pair(marks, '/');
            Entry::Marks(Marks {
                room: room.into(),
                user: user.into(),
                delivered,
                read,
            })
        }
        _ => heard(words),
    }
}

fn heard(words: &[&str]) -> Entry {
    match *words {
        ["connect", conn, who, verdict] => Entry::Connect(connect(conn, who, verdict)),
        ["disconnect", conn, how] => Entry::Disconnect(Disconnect {
            conn: number(conn),
            how: if how == "clean" {
                Ending::Clean
            } else {
                Ending::Broken
            },
            code: None,
        }),
        ["event", conn, room, seq, kind, ref rest @ ..] => Entry::Event(Heard {
            conn: number(conn),
            room: room.into(),
            seq: number(seq),
            kind: kind.into(),
            hash: rest.get(1).map(|hash| Name::from(*hash)),
            sender: rest.first().map(|sender| Name::from(*sender)),
            replay: rest.last() == Some(&"replayed"),
        }),
        ["gap", conn, room, range] => {
            let (from, to) = pair(range, '-');
            Entry::Gap(Gap {
                conn: number(conn),
                room: room.into(),
                from,
                to,
            })
        }
        ["checkpoint", conn, cursor] => Entry::Checkpoint(Checkpoint {
            conn: number(conn),
            cursor: cursor.to_owned(),
            live: true,
        }),
        ["presence", conn, of, is] => Entry::Presence(Presence {
            conn: number(conn),
            of: of.into(),
            is: is.into(),
        }),
        _ => held(words),
    }
}

fn held(words: &[&str]) -> Entry {
    match *words {
        ["holds", client, room, seq] => Entry::Holds(Place {
            client: client.into(),
            room: room.into(),
            seq: number(seq),
        }),
        ["forgets", client, room] => Entry::Forgets(Forgets {
            client: client.into(),
            room: Some(room.into()),
        }),
        ["shown", client, room, seq, hash] => Entry::Shown(Shown {
            client: client.into(),
            room: room.into(),
            seq: number(seq),
            hash: (hash != "-").then(|| hash.into()),
        }),
        ["receipt", client, conn, room, of, marks] => {
            let (delivered, read) = pair(marks, '/');
            Entry::Receipt(Receipt {
                client: client.into(),
                conn: conn.parse().ok(),
                // `@5` is the answer to a request that was made at 5 ms.
                asked_us: conn.strip_prefix('@').map(|ms| number(ms) * 1_000),
                room: room.into(),
                of: of.into(),
                delivered,
                read,
            })
        }
        ["push", user, device, room, seq] => Entry::Push(Push {
            user: user.into(),
            device: device.into(),
            room: room.into(),
            seq: number(seq),
            hash: None,
        }),
        ["page", who, room, seq, hash] => {
            let (client, user) = who.split_once('/').unwrap();
            Entry::Page(Page {
                client: client.into(),
                user: user.into(),
                room: room.into(),
                seq: number(seq),
                hash: (hash != "-").then(|| hash.into()),
            })
        }
        _ => panic!("nobody understands {words:?}"),
    }
}

fn invoke(call: &str, who: &str, what: &[&str]) -> Entry {
    let (client, user) = who.split_once('/').unwrap();
    let what = match *what {
        ["send", room, client_id, hash] => What::Send {
            room: room.into(),
            client_id: client_id.into(),
            hash: hash.into(),
        },
        ["read", room, seq] => What::Read {
            room: room.into(),
            seq: number(seq),
        },
        ["add", room, member] => What::Add {
            room: room.into(),
            member: member.into(),
        },
        ["remove", room, member] => What::Remove {
            room: room.into(),
            member: member.into(),
        },
        ["revoke", session] => What::Revoke {
            session: session.into(),
        },
        ["delete", room, seq] => What::Delete {
            room: room.into(),
            seq: number(seq),
        },
        ["fetch", room, after] => What::Fetch {
            room: room.into(),
            after: number(after),
        },
        ["status", conn, is] => What::Status {
            conn: number(conn),
            is: is.into(),
        },
        ["register", device] => What::RegisterPush {
            device: device.into(),
        },
        _ => panic!("nobody asks for {what:?}"),
    };
    Entry::Invoke(Invoke {
        call: number(call),
        client: client.into(),
        user: user.into(),
        node: None,
        via: None,
        what,
    })
}

fn done(call: &str, rest: &[&str]) -> Done {
    let value = |key: &str| {
        let found = rest.iter().find_map(|word| word.strip_prefix(key));
        found.map(number)
    };
    Done {
        call: number(call),
        seq: value("seq="),
        duplicate: rest.contains(&"duplicate"),
        head: value("head="),
    }
}

/// `log room seq message.sent sender client-id hash` or `log room seq member.… sender member`.
fn logged(room: &str, seq: &str, kind: &str, rest: &[&str]) -> Logged {
    let is_message = kind == "message.sent";
    let second = rest.get(1).map(|word| Name::from(*word));
    Logged {
        room: room.into(),
        seq: number(seq),
        kind: kind.into(),
        hash: rest.get(2).filter(|_| is_message).map(|h| Name::from(*h)),
        sender: rest[0].into(),
        client_id: second.clone().filter(|_| is_message),
        member: second.filter(|_| !is_message),
        visible_from: None,
    }
}

fn connect(conn: &str, who: &str, verdict: &str) -> Connect {
    let (client, user) = who.split_once('/').unwrap();
    Connect {
        conn: number(conn),
        client: client.into(),
        user: user.into(),
        device: None,
        node: None,
        via: None,
        cursor: None,
        verdict: match verdict {
            "fresh" => Verdict::Fresh,
            "resumed" => Verdict::Resumed,
            _ => Verdict::Reset,
        },
    }
}

fn node_of(node: &str, epoch: Option<u64>) -> Node {
    Node {
        node: node.into(),
        epoch,
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}

fn pair(text: &str, between: char) -> (u64, u64) {
    let (one, other) = text.split_once(between).unwrap();
    (number(one), number(other))
}
