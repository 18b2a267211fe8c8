//! Every command of the socket, said by everybody.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tidings_protocol::Command;

use crate::hall::Hall;
use crate::socket::{Socket, refused};
use crate::world::Person;

/// A room that was never made.
const NOWHERE: &str = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";

/// What is answered to a stranger, to a former member, to a member who is a guest, to a reader.
const COMMANDS: &str = "
    hello      already_greeted already_greeted  already_greeted already_greeted
    send       not_found       not_found        ack             forbidden
    read       not_found       not_found        ack             ack
    delivered  not_found       not_found        ack             ack
    typing     not_found       not_found        ack             forbidden
    signal     not_found       not_found        ack             forbidden
    focus      not_found       not_found        ack             ack
    presence   ack             ack              ack             ack
    status     ack             ack              ack             ack
    token      forbidden       forbidden        forbidden       forbidden
    ping       ack             ack              ack             ack
";

/// A command that is as it should be, about the hall's room and people.
pub(crate) fn example(hall: &Hall, name: &str) -> Value {
    let room = &hall.room;
    let mut command = match name {
        "hello" => json!({"token": hall.ana.token}),
        "send" => json!({"room": room, "client_id": tidings_server::random::id(), "text": "trace"}),
        "read" | "delivered" => json!({"room": room, "seq": 1}),
        "typing" => json!({"room": room, "active": true}),
        "signal" => json!({"room": room, "name": "wave", "data": 1}),
        "focus" => json!({"rooms": [room]}),
        "presence" => json!({"watch": [hall.ana.id]}),
        "status" => json!({"availability": "away"}),
        "token" => json!({"token": hall.ana.token}),
        "ping" => json!({}),
        other => panic!("say what an example of {other} is, and who may"),
    };
    command["type"] = name.into();
    command
}

fn rows() -> Vec<(&'static str, Vec<&'static str>)> {
    let lines = COMMANDS.lines().filter(|line| !line.trim().is_empty());
    let row = |line: &'static str| {
        let mut words = line.split_whitespace();
        (words.next().unwrap(), words.collect())
    };
    lines.map(row).collect()
}

/// What an answer comes to.
fn verdict(answer: &Value) -> &str {
    let field = if answer["type"] == "ack" {
        "type"
    } else {
        "code"
    };
    answer[field].as_str().unwrap()
}

async fn cast(hall: &Hall) -> [Person; 4] {
    let names = ["stranger", "former", "guest", "reader"];
    let cast = hall.world.people(names).await;
    for (person, role) in cast[1..].iter().zip(["member", "member", "reader"]) {
        let path = format!("/v1/rooms/{}/members/{}", hall.room, person.id);
        hall.ana.put(&path, json!({"role": role})).await.ok(200);
    }
    let leave = format!("/v1/rooms/{}/leave", hall.room);
    cast[1].post(&leave, json!({})).await.ok(204);
    cast
}

#[test]
fn every_command_that_is_read_is_in_the_table_and_no_other() {
    let read: BTreeSet<&str> = Command::NAMES.iter().copied().collect();
    let expected: BTreeSet<&str> = rows().into_iter().map(|(name, _)| name).collect();
    assert_eq!(expected, read, "say who may");
}

#[tokio::test]
async fn every_command_answers_each_as_expected() {
    let mut hall = Hall::open().await;
    let cast = cast(&hall).await;
    for (name, expected) in rows() {
        for (person, expected) in cast.iter().zip(expected) {
            let command = example(&hall, name);
            let mut socket = Socket::open(&hall.world, person).await;
            let answer = socket.ask(command.clone()).await;
            assert_eq!(verdict(&answer), expected, "{name}: {answer:#}");
            if name == "send" && expected == "ack" {
                hall.note(answer["seq"].as_u64().unwrap(), "trace");
            }
            if expected == "not_found" {
                let text = command.to_string().replace(&hall.room, NOWHERE);
                let nowhere = socket.ask(serde_json::from_str(&text).unwrap()).await;
                assert_eq!(verdict(&nowhere), "not_found");
                assert_eq!(
                    answer["detail"], nowhere["detail"],
                    "{name} tells that there is a room"
                );
            }
            if name == "presence" && expected == "ack" {
                let is_shown = answer["presence"]
                    .as_array()
                    .is_some_and(|shown| !shown.is_empty());
                let shares_a_room = person.id == cast[2].id || person.id == cast[3].id;
                assert_eq!(is_shown, shares_a_room, "{answer:#}");
            }
        }
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn who_has_no_token_or_a_bad_one_gets_no_further_than_hello() {
    let mut hall = Hall::open().await;
    let nobody = hall.world.nobody();
    for hello in [
        json!({"type": "hello"}),
        json!({"type": "hello", "token": ""}),
        json!({"type": "hello", "token": "ta_forged"}),
        json!({"type": "hello", "token": "tk_forged"}),
    ] {
        let mut socket = Socket::silent(&hall.world, &nobody).await;
        refused(&socket.ask(hello).await, "unauthenticated");
        assert_eq!(socket.close_code().await, 4100);
    }
    hall.goes_on().await;
}

#[tokio::test]
async fn no_command_is_carried_out_for_a_session_that_was_ended() {
    let mut hall = Hall::open().await;
    for name in Command::NAMES {
        let member = hall.world.person("member").await;
        let path = format!("/v1/rooms/{}/members/{}", hall.room, member.id);
        hall.ana.put(&path, json!({})).await.ok(200);
        let mut socket = Socket::open(&hall.world, &member).await;
        let mut late = Socket::silent(&hall.world, &member).await;
        member.delete("/v1/sessions/current").await.ok(204);
        let mut command = example(&hall, name);
        command["id"] = json!(50);
        socket.say(&command.to_string()).await;
        assert_eq!(socket.close_code().await, 4102, "{name}");
        let hello = json!({"type": "hello", "token": member.token});
        refused(&late.ask(hello).await, "session_revoked");
        assert_eq!(late.close_code().await, 4102);
    }
    hall.goes_on().await;
}
