//! Every route that is not of one room, asked by everybody; and that no route is left out.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tidings_domain::{ApiKeyId, Timestamp};
use tidings_engine::ports::ApiKey;
use tidings_server::{openapi, random};

use super::roles;
use crate::wire::{Wire, request, upgrade_lines};
use crate::world::{Answer, Person, World};

const PASSWORD: &str = "correct horse";

/// Method and path; what is answered to nobody, to a session that was ended, to a stranger, to a
/// former member, to a member who is a guest, to a reader; the body. Nobody shares a room with the
/// stranger, and `{theirs}` belongs to somebody else.
const ELSEWHERE: &str = r#"
    GET    /v1/limits                      200 200   200 200 200 200
    POST   /v1/accounts                    201 201   201 201 201 201   {"username": "{fresh}", "password": "correct horse"}
    POST   /v1/guests                      201 201   201 201 201 201   {"display_name": "Eve"}
    POST   /v1/sessions                    401 401   401 401 401 401   {"username": "{fresh}", "password": "a guess at it"}
    POST   /v1/sessions/refresh            401 401   401 401 401 401   {"refresh_token": "tr_forged"}
    GET    /v1/sessions                    401 401   200 200 200 200
    DELETE /v1/sessions/{theirs}           401 401   404 404 404 404
    DELETE /v1/sessions/current            401 401   204 204 204 204
    DELETE /v1/sessions                    401 401   204 204 204 204
    POST   /v1/socket-tickets              401 401   201 201 201 201   {}
    GET    /v1/devices                     401 401   200 200 200 200
    PATCH  /v1/devices/{theirs}            401 401   404 404 404 404   {"name": "mine"}
    PATCH  /v1/devices/{device}            401 401   200 200 200 200   {"name": "mine"}
    DELETE /v1/devices/{theirs}            401 401   404 404 404 404
    DELETE /v1/devices/{device}            401 401   204 204 204 204
    GET    /v1/me                          401 401   200 200 200 200
    PATCH  /v1/me                          401 401   200 200 200 200   {"status_text": "here"}
    PUT    /v1/me/password                 401 401   204 204 403 204   {"current_password": "correct horse", "new_password": "correct horse"}
    GET    /v1/users                       401 401   200 200 200 200
    GET    /v1/users/{target}              401 401   200 200 200 200
    PUT    /v1/users/{target}              401 401   404 404 404 404   {"display_name": "mine"}
    POST   /v1/users/{target}/sessions     401 401   404 404 404 404   {}
    GET    /v1/presence?users={target}     401 401   200 200 200 200
    GET    /v1/rooms                       401 401   200 200 200 200
    POST   /v1/rooms                       401 401   201 201 201 201   {"kind": "group", "name": "Rye"}
    GET    /v1/directory                   401 401   200 200 200 200
    GET    /v1/invitations/{code}          200 401   200 200 200 200
    POST   /v1/invitations/{code}/accept   401 401   200 200 200 200   {}
    GET    /v1/unread                      401 401   200 200 200 200
    POST   /v1/unread/read-all             401 401   200 200 200 200   {}
"#;

/// Everybody who asks, and what is asked about.
struct Cast {
    world: World,
    /// Opens sessions for people, so that each row begins with a new one.
    back_end: Person,
    revoked: Person,
    /// stranger, former member, guest, reader
    columns: [Person; 4],
    room: String,
    owner: Person,
    target: Person,
}

impl Cast {
    async fn assemble() -> Self {
        let world = World::start_with(|config| {
            config.limits.sign_ups_per_min_ip = 1_000;
            config.limits.sign_ins_per_min_ip = 1_000;
        })
        .await;
        let [owner, target, guest, revoked] =
            world.people(["owner", "target", "guest", "revoked"]).await;
        let mut accounts = Vec::new();
        for name in ["stranger", "former", "reader"] {
            accounts.push(account(&world, name).await);
        }
        let [stranger, former, reader] = <[Person; 3]>::try_from(accounts).ok().unwrap();
        let members = [&target, &guest, &revoked, &former, &reader];
        let room = owner.room("group", "Bread", &members).await;
        former
            .post(&format!("/v1/rooms/{room}/leave"), json!({}))
            .await
            .ok(204);
        let place = format!("/v1/rooms/{room}/members/{}", reader.id);
        owner.put(&place, json!({"role": "reader"})).await.ok(200);
        revoked.delete("/v1/sessions/current").await.ok(204);
        Self {
            back_end: back_end(&world).await,
            columns: [stranger, former, guest, reader],
            world,
            revoked,
            room,
            owner,
            target,
        }
    }

    /// Somebody by a session of its own, and that session.
    async fn anew(&self, person: &Person) -> (Person, Value) {
        let path = format!("/v1/users/{}/sessions", person.id);
        let session = self.back_end.post(&path, json!({})).await.ok(201);
        (person.by(&session), session)
    }

    /// Asks as the row says, about things that are there.
    async fn ask(&self, row: &Row, person: &Person, device: &str) -> Answer {
        let (_, theirs) = self.anew(&self.target).await;
        let field = if row.path.contains("devices") {
            "device_id"
        } else {
            "session_id"
        };
        let code = if row.path.contains("{code}") {
            self.owner.invite(&self.room, json!({})).await
        } else {
            String::new()
        };
        let path = row
            .path
            .replace("{theirs}", theirs[field].as_str().unwrap())
            .replace("{target}", &self.target.id)
            .replace("{device}", device)
            .replace("{code}", &code);
        // Of a random id the last part is the one by which two that were made together differ.
        let id = random::id().simple().to_string();
        let body = row
            .body
            .as_ref()
            .map(|body| body.replace("{fresh}", &id[12..]));
        let body: Option<Value> = body.map(|body| serde_json::from_str(&body).unwrap());
        person.call(row.method, &path, body.as_ref()).await
    }
}

async fn account(world: &World, name: &str) -> Person {
    let nobody = world.nobody();
    let body = json!({"username": name, "password": PASSWORD});
    let session = nobody.post("/v1/accounts", body).await.ok(201);
    nobody.by(&session)
}

async fn back_end(world: &World) -> Person {
    let text = format!("tk_{}", random::text(&random::secret::<24>()));
    let key = ApiKey {
        id: ApiKeyId::from_uuid(random::id()),
        name: "test".into(),
        scopes: vec!["sessions".into()],
        created_at: Timestamp(0),
    };
    let hash = Sha256::digest(&text).into();
    world
        .app
        .engine
        .store
        .accounts
        .create_api_key(key, hash)
        .await
        .unwrap();
    let mut back_end = world.nobody();
    back_end.token = Some(text);
    back_end
}

/// A line of the table.
struct Row {
    method: &'static str,
    path: &'static str,
    expected: Vec<u16>,
    body: Option<&'static str>,
}

fn rows() -> Vec<Row> {
    let lines = ELSEWHERE.lines().filter(|line| !line.trim().is_empty());
    let row = |line: &'static str| {
        let mut words = line.split_whitespace();
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let expected: Vec<u16> = words.map_while(|word| word.parse().ok()).collect();
        assert_eq!(expected.len(), 6, "{line}");
        let body = line
            .find(" {\"")
            .or_else(|| line.find(" {}"))
            .map(|at| line[at..].trim());
        Row {
            method,
            path,
            expected,
            body,
        }
    };
    lines.map(row).collect()
}

#[tokio::test]
async fn every_route_outside_of_rooms_answers_each_as_expected() {
    let cast = Cast::assemble().await;
    for row in &rows() {
        let told = format!("{} {}", row.method, row.path);
        let somewhere = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";
        let (nobody, revoked) = (row.expected[0], row.expected[1]);
        let answer = cast.ask(row, &cast.world.nobody(), somewhere).await;
        assert_eq!(answer.status, nobody, "{told}, nobody: {}", answer.body);
        let answer = cast.ask(row, &cast.revoked, somewhere).await;
        assert_eq!(answer.status, revoked, "{told}, revoked: {}", answer.body);
        if revoked == 401 && !row.path.contains("/v1/sessions") {
            assert_eq!(answer.body["code"], "session_revoked", "{told}");
        }
        for (person, expected) in cast.columns.iter().zip(&row.expected[2..]) {
            let (person, session) = cast.anew(person).await;
            let answer = cast
                .ask(row, &person, session["device_id"].as_str().unwrap())
                .await;
            assert_eq!(
                answer.status, *expected,
                "{told}, {}: {}",
                person.id, answer.body
            );
        }
    }
}

#[tokio::test]
async fn the_socket_opens_for_whoever_may_say_hello() {
    let cast = Cast::assemble().await;
    let opened = async |person: &Person| {
        let mut lines = upgrade_lines(cast.world.address);
        if let Some(token) = &person.token {
            lines.push(format!("Authorization: Bearer {token}"));
        }
        let mut wire = Wire::connect(cast.world.address).await;
        wire.send(request(&lines).as_bytes()).await;
        wire.head().await[9..12].to_owned()
    };
    assert_eq!(
        opened(&cast.world.nobody()).await,
        "101",
        "the hello is to bring a token"
    );
    assert_eq!(opened(&cast.revoked).await, "401");
    for person in &cast.columns {
        assert_eq!(opened(person).await, "101");
    }
}

/// A path without the names of its variable parts, and without its query.
fn shape(path: &str) -> String {
    let (path, _) = path.split_once('?').unwrap_or((path, ""));
    let parts = path.trim_end_matches('/').split('/');
    let parts = parts.map(|part| match part {
        // The one word that may stand where an id does.
        "current" => "{}",
        part if part.starts_with('{') => "{}",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_that_is_served_is_in_one_of_the_tables_and_no_other() {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let mut served = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "put", "post", "patch", "delete", "head", "options"] {
            if item.get(method).is_some() {
                served.insert(format!("{} {}", method.to_uppercase(), shape(path)));
            }
        }
    }
    let elsewhere = rows()
        .into_iter()
        .map(|row| format!("{} {}", row.method, shape(row.path)));
    let of_rooms = roles::GROUP.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (method, path) = (words.next()?, words.next()?);
        Some(format!(
            "{method} {}",
            shape(&format!("/v1/rooms/{{room}}{path}"))
        ))
    });
    let expected: BTreeSet<String> = elsewhere.chain(of_rooms).collect();
    let missing: Vec<_> = served.difference(&expected).collect();
    assert!(missing.is_empty(), "say who may: {missing:?}");
    let stale: Vec<_> = expected.difference(&served).collect();
    assert!(stale.is_empty(), "not served any more: {stale:?}");
    assert!(served.len() > 45);
}
