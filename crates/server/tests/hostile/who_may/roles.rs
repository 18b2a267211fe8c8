//! Every route of a room, asked by everybody. All of them are guests: an account adds nothing in a room.

use serde_json::{Value, json};

use crate::world::{Answer, Person, World};

/// A room that was never made.
const NOWHERE: &str = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";

/// Everybody who asks, in the order of the table's columns.
struct Cast {
    nobody: Person,
    /// A member, by a session that was ended.
    revoked: Person,
    /// stranger, former member, banned, reader, member, moderator, admin, owner
    columns: [Person; 8],
    /// A plain member, on whom things are done.
    target: Person,
    /// Is to come in.
    newcomer: Person,
    /// Is banned, and to be let off.
    outcast: Person,
}

impl Cast {
    async fn of(world: &World) -> Self {
        let columns = [
            "stranger",
            "former",
            "banned",
            "reader",
            "member",
            "moderator",
            "admin",
            "owner",
        ];
        let [target, newcomer, outcast] = world.people(["target", "newcomer", "outcast"]).await;
        let columns = world.people(columns).await;
        let revoked = world.person("revoked").await;
        revoked.delete("/v1/sessions/current").await.ok(204);
        Self {
            nobody: world.nobody(),
            revoked,
            columns,
            target,
            newcomer,
            outcast,
        }
    }

    fn owner(&self) -> &Person {
        &self.columns[7]
    }

    /// A room in which everybody has their place, and a message.
    async fn room(&self, kind: &str) -> String {
        let [_, former, banned, reader, member, moderator, admin, owner] = &self.columns;
        let all = [
            former,
            banned,
            reader,
            member,
            moderator,
            admin,
            &self.target,
            &self.outcast,
            &self.revoked,
        ];
        let room = owner.room(kind, "Bread", &all).await;
        let path = format!("/v1/rooms/{room}");
        let roles = [
            (reader, "reader"),
            (member, "member"),
            (moderator, "moderator"),
            (admin, "admin"),
        ];
        for (person, role) in roles {
            owner
                .put(
                    &format!("{path}/members/{}", person.id),
                    json!({"role": role}),
                )
                .await
                .ok(200);
        }
        former
            .post(&format!("{path}/leave"), json!({}))
            .await
            .ok(204);
        owner
            .put(&format!("{path}/bans/{}", banned.id), json!({}))
            .await
            .ok(204);
        owner.say(&room, "hi").await;
        room
    }

    /// Puts everything back into its place that the row is about; the row's path in this room.
    async fn prepare(&self, room: &str, path: &str) -> String {
        let owner = self.owner();
        let base = format!("/v1/rooms/{room}");
        let mut path = path.to_owned();
        if path.contains("{target}") {
            owner
                .delete(&format!("{base}/bans/{}", self.target.id))
                .await;
            let member = format!("{base}/members/{}", self.target.id);
            owner.put(&member, json!({"role": "member"})).await.ok(200);
        }
        if path.contains("{newcomer}") {
            owner
                .delete(&format!("{base}/members/{}", self.newcomer.id))
                .await;
        }
        if path.contains("{outcast}") {
            owner
                .put(&format!("{base}/bans/{}", self.outcast.id), json!({}))
                .await
                .ok(204);
        }
        if path.contains("{invitation}") {
            let made = owner
                .post(&format!("{base}/invitations"), json!({}))
                .await
                .ok(201);
            path = path.replace("{invitation}", made["id"].as_str().unwrap());
        }
        path.replace("{target}", &self.target.id)
            .replace("{newcomer}", &self.newcomer.id)
            .replace("{outcast}", &self.outcast.id)
    }
}

/// A line of a table: method, path below the room, what each column is answered, body.
struct Row {
    method: &'static str,
    path: &'static str,
    expected: Vec<u16>,
    body: Value,
}

/// Columns: stranger, former member, banned; reader, member, moderator, admin, owner.
pub(super) const GROUP: &str = r#"
    GET    /                          404 404 404   200 200 200 200 200
    PATCH  /                          404 404 404   403 403 403 200 200   {"description": "x"}
    DELETE /                          404 404 404   403 403 403 403 204
    POST   /join                      404 404 404   200 200 200 200 200   {}
    POST   /leave                     404 404 404   204 204 204 204 400   {}
    GET    /members                   404 404 404   200 200 200 200 200
    PUT    /members/{newcomer}        404 404 404   403 200 200 200 200   {}
    PUT    /members/{newcomer}        404 404 404   403 403 403 200 200   {"role": "moderator"}
    PUT    /members/{target}          404 404 404   403 403 403 200 200   {"role": "moderator"}
    DELETE /members/{target}          404 404 404   403 403 204 204 204
    GET    /bans                      404 404 404   403 403 200 200 200
    PUT    /bans/{target}             404 404 404   403 403 204 204 204   {}
    DELETE /bans/{outcast}            404 404 404   403 403 204 204 204
    POST   /invitations               404 404 404   403 201 201 201 201   {}
    GET    /invitations               404 404 404   403 200 200 200 200
    DELETE /invitations/{invitation}  404 404 404   403 204 204 204 204
    GET    /messages                  404 404 404   200 200 200 200 200
    POST   /messages                  404 404 404   403 201 201 201 201   {"text": "hi"}
    GET    /messages/{last}           404 404 404   200 200 200 200 200
    GET    /events                    404 404 404   200 200 200 200 200
    GET    /receipts                  404 404 404   200 200 200 200 200
    PUT    /receipts/me               404 404 404   200 200 200 200 200   {"read": 1}
    GET    /unread                    404 404 404   200 200 200 200 200
    PUT    /unread                    404 404 404   200 200 200 200 200   {"from": 1}
"#;

/// What is different in a channel: it is open, and only its staff invite.
const CHANNEL: &str = r#"
    POST   /join                      200 200 403   200 200 200 200 200   {}
    PUT    /members/{newcomer}        404 404 404   403 403 200 200 200   {}
    POST   /invitations               404 404 404   403 403 201 201 201   {}
    GET    /invitations               404 404 404   403 403 200 200 200
    DELETE /invitations/{invitation}  404 404 404   403 403 204 204 204
"#;

/// What is different in a live room: who watches has come in as a reader, and only staff let others in.
const LIVE: &str = r#"
    POST   /join                      200 200 403   200 200 200 200 200   {}
    POST   /messages                  404 404 404   403 201 201 201 201   {"text": "hi"}
    POST   /invitations               404 404 404   403 403 201 201 201   {}
"#;

fn rows(table: &'static str) -> Vec<Row> {
    let lines = table.lines().filter(|line| !line.trim().is_empty());
    lines.map(row).collect()
}

fn row(line: &'static str) -> Row {
    let mut words = line.split_whitespace();
    let method = words.next().unwrap();
    let path = words.next().unwrap().trim_end_matches('/');
    let expected: Vec<u16> = words.map_while(|word| word.parse().ok()).collect();
    assert_eq!(expected.len(), 8, "{line}");
    let body = line.split_once(" {").map_or(Value::Null, |(_, body)| {
        serde_json::from_str(&format!("{{{body}")).unwrap()
    });
    Row {
        method,
        path,
        expected,
        body,
    }
}

async fn ask(person: &Person, row: &Row, room: &str, path: &str) -> Answer {
    let body = (!row.body.is_null()).then_some(&row.body);
    person
        .call(row.method, &format!("/v1/rooms/{room}{path}"), body)
        .await
}

/// A problem without what names the request.
fn nameless(answer: Answer) -> Value {
    let mut body = answer.body;
    body.as_object_mut().unwrap().remove("request_id");
    body
}

async fn hold(cast: &Cast, kind: &str, row: &Row) {
    let room = cast.room(kind).await;
    let last = cast.owner().get(&format!("/v1/rooms/{room}")).await.ok(200)["head"].clone();
    let template = row.path.replace("{last}", &last.to_string());
    let path = cast.prepare(&room, &template).await;
    let nobody = ask(&cast.nobody, row, &room, &path).await;
    nobody.refused(401, "unauthenticated");
    let revoked = ask(&cast.revoked, row, &room, &path).await;
    revoked.refused(401, "session_revoked");
    for (column, expected) in row.expected.iter().copied().enumerate() {
        let path = cast.prepare(&room, &template).await;
        let person = &cast.columns[column];
        let told = format!("{} {} in a {kind}, column {column}", row.method, row.path);
        let answer = ask(person, row, &room, &path).await;
        assert_eq!(answer.status, expected, "{told}: {}", answer.body);
        if expected == 404 {
            let nowhere = ask(person, row, NOWHERE, &path).await;
            assert_eq!(
                nameless(answer),
                nameless(nowhere),
                "{told}: tells that there is a room"
            );
        }
    }
}

#[tokio::test]
async fn every_route_of_a_group_answers_each_role_as_documented() {
    let world = World::start().await;
    let cast = Cast::of(&world).await;
    for row in &rows(GROUP) {
        hold(&cast, "group", row).await;
    }
}

#[tokio::test]
async fn open_rooms_let_in_whoever_comes_and_only_their_staff_invite() {
    let world = World::start().await;
    let cast = Cast::of(&world).await;
    for (kind, table) in [("channel", CHANNEL), ("live", LIVE)] {
        for row in &rows(table) {
            hold(&cast, kind, row).await;
        }
    }
}
