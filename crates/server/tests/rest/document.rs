//! The OpenAPI document: that it describes what is served, and that the prose names the same.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tidings_server::openapi;

use crate::server::TestServer;

const PROSE: &str = include_str!("../../../../docs/protocol.md");
const ID: &str = "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10";

fn document() -> Value {
    serde_json::to_value(openapi::document()).unwrap()
}

/// Method, path and description of everything that is served.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let item = item.as_object().unwrap();
        let methods = item
            .iter()
            .filter(|(name, _)| ["get", "post", "put", "patch", "delete"].contains(&name.as_str()));
        methods
            .map(|(method, it)| (method.to_uppercase(), path.clone(), it.clone()))
            .collect()
    };
    paths.iter().flat_map::<Vec<_>, _>(of_path).collect()
}

/// A path with something in the place of each variable part.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{seq}" => "1",
        "{code}" => "nobody-was-invited",
        part if part.starts_with('{') => ID,
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn is_open_to_all(operation: &Value) -> bool {
    operation["security"]
        .as_array()
        .is_some_and(|ways| ways.contains(&json!({})))
}

#[tokio::test]
async fn a_stranger_gets_from_every_route_what_the_document_says() {
    let server = TestServer::with(|config| {
        config.limits.anonymous_requests_burst = 1_000;
    })
    .await;
    let document = document();
    let operations = operations(&document);
    assert!(operations.len() > 40, "{}", operations.len());
    for (method, path, operation) in operations {
        let answer = server
            .call(&method, &filled(&path))
            .json(&json!({}))
            .send()
            .await;
        let status = answer.status.to_string();
        let documented = operation["responses"].as_object().unwrap();
        assert!(
            documented.contains_key(&status),
            "{method} {path}: {status}"
        );
        if is_open_to_all(&operation) {
            assert_ne!(answer.code(), "unauthenticated", "{method} {path}");
        } else {
            assert_eq!(
                (answer.status, answer.code()),
                (401, "unauthenticated"),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn every_way_to_refuse_is_a_problem_document() {
    let server = TestServer::start().await;
    let ana = server.sign_up("ana").await;
    server
        .get("/v1/nothing")
        .by(&ana.token)
        .refused(404, "not_found")
        .await;
    server
        .delete("/v1/rooms")
        .by(&ana.token)
        .refused(405, "method_not_allowed")
        .await;
    let text = server
        .call("POST", "/v1/rooms")
        .by(&ana.token)
        .header("content-type", "text/plain");
    text.refused(415, "unsupported_media_type").await;
    let large = json!({"kind": "group", "name": "x".repeat(70_000)});
    server
        .post("/v1/rooms", &large)
        .by(&ana.token)
        .refused(413, "too_large")
        .await;
    let array = server.post("/v1/rooms", &json!([1])).by(&ana.token);
    array.refused(400, "invalid_request").await;
}

#[test]
fn every_operation_has_a_name_a_tag_that_is_explained_and_answers_that_exist() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let tags = document["tags"].as_array().unwrap().iter();
    let tags: BTreeSet<&str> = tags.map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut names = BTreeSet::new();
    let mut used = BTreeSet::new();
    let operations = operations(&document);
    for (method, path, operation) in &operations {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name), "{name} twice");
        assert!(
            operation["summary"].is_string(),
            "{method} {path} has no summary"
        );
        let tag = operation["tags"][0].as_str().unwrap();
        assert!(tags.contains(tag), "{method} {path}: {tag}");
        used.insert(tag);
    }
    assert_eq!(used, tags, "tags that nothing has");
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = document();
    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 20, "{references:?}");
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect_references(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_references(item, references)),
        Value::Object(fields) => collect_fields(fields, references),
        _ => (),
    }
}

fn collect_fields(fields: &Map<String, Value>, references: &mut BTreeSet<String>) {
    for (name, value) in fields {
        match value.as_str() {
            Some(reference) if name == "$ref" => drop(references.insert(reference.to_owned())),
            _ => collect_references(value, references),
        }
    }
}

#[test]
fn the_prose_names_exactly_the_routes_of_the_document() {
    let served: BTreeSet<String> = operations(&document())
        .into_iter()
        .map(|(method, path, _)| format!("{method} {}", nameless(&path)))
        .collect();
    let written: BTreeSet<String> = routes_in_prose().into_iter().collect();
    let missing: Vec<_> = served.difference(&written).collect();
    let invented: Vec<_> = written.difference(&served).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "{missing:?} {invented:?}"
    );
}

/// What a variable part is called matters to readers only.
fn nameless(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// The requests in the first cells of the tables of section 3. A method that stands alone belongs
/// to the path that follows; `…` stands for a room's path.
fn routes_in_prose() -> Vec<String> {
    let (_, section) = PROSE.split_once("\n## 3. REST").unwrap();
    let (section, _) = section.split_once("\n## 4. ").unwrap();
    let cells = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    cells.flat_map(routes_in_cell).collect()
}

fn routes_in_cell(cell: &str) -> Vec<String> {
    let mut methods: Vec<&str> = Vec::new();
    let mut routes = Vec::new();
    for span in cell.split('`').step_by(2) {
        let (method, path) = span.split_once(' ').unwrap_or((span, ""));
        if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method) {
            continue;
        }
        methods.push(method);
        if path.is_empty() {
            continue;
        }
        let path = path
            .split('?')
            .next()
            .unwrap()
            .replace('…', "/v1/rooms/{room}");
        for method in methods.drain(..) {
            routes.push(format!("{method} {}", nameless(&path)));
        }
    }
    routes
}

#[tokio::test]
async fn the_document_and_its_page_are_served_without_anything_from_elsewhere() {
    let server = TestServer::start().await;
    let served = server.get("/openapi.json").send().await;
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.body, document());
    let http = reqwest::Client::new();
    let get = async |path: &str| {
        let url = format!("http://{}{path}", server.address);
        http.get(url)
            .send()
            .await
            .unwrap()
            .error_for_status()
            .unwrap()
    };
    let page = get("/docs").await;
    assert_eq!(page.url().path(), "/docs/");
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"));
    let page = page.text().await.unwrap();
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "{page}"
    );
    for source in page
        .split("src=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        let file = get(&format!("/docs/{}", source.trim_start_matches("./"))).await;
        assert!(
            file.headers()["content-type"]
                .to_str()
                .unwrap()
                .contains("javascript")
        );
    }
    let start = get("/docs/swagger-initializer.js")
        .await
        .text()
        .await
        .unwrap();
    assert!(
        start.contains("/openapi.json") && !start.contains("petstore"),
        "{start}"
    );
    server.get("/docs/../Cargo.toml").send().await;
    server
        .get("/docs/nothing.js")
        .refused(404, "not_found")
        .await;
}
