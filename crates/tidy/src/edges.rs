//! Who may depend on whom, held against what the manifests say.
//!
//! Two rules: an edge between two crates of the workspace stands in the list or does not exist
//! (build and dev dependencies count, since a test that reaches across is a coupling too); and
//! some crates never link some packages, not even through others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Deserialize;

use crate::Finding;
use crate::metadata::{Metadata, Node, Package};

const LIST: &str = "crates/tidy/lists/edges.toml";

/// `lists/edges.toml`.
#[derive(Debug, Deserialize)]
pub struct Edges {
    /// Every crate of the workspace, with the crates of the workspace that it may use.
    pub may_use: BTreeMap<String, BTreeSet<String>>,
    /// Packages that a crate must not link, directly or through others.
    pub never_links: BTreeMap<String, BTreeSet<String>>,
}

/// Edges that are not in the list, and entries of the list that no longer exist.
#[must_use]
pub fn check_direction(edges: &Edges, metadata: &Metadata) -> Vec<Finding> {
    let members = metadata.members();
    let mut findings = Vec::new();
    for (name, package) in &members {
        let Some(allowed) = edges.may_use.get(*name) else {
            findings.push(Finding::of(
                LIST,
                format!("add `{name}` and what it may use"),
            ));
            continue;
        };
        let used = used_members(package, &members);
        findings.extend(used.difference(allowed).map(|other| forbidden(name, other)));
        findings.extend(allowed.difference(&used).map(|other| stale(name, other)));
    }
    let gone = edges
        .may_use
        .keys()
        .filter(|name| !members.contains_key(name.as_str()));
    findings.extend(gone.map(|name| Finding::of(LIST, format!("`{name}` is no crate: remove it"))));
    findings
}

fn used_members(package: &Package, members: &BTreeMap<&str, &Package>) -> BTreeSet<String> {
    let names = package.dependencies.iter().map(|each| each.name.clone());
    names
        .filter(|name| members.contains_key(name.as_str()))
        .collect()
}

fn forbidden(name: &str, other: &str) -> Finding {
    let problem = format!(
        "{name} must not depend on {other}: dependencies run one way (ARCHITECTURE.md); \
         move the shared type down, or pass it in through a port"
    );
    Finding::of(&manifest_of(name), problem)
}

fn stale(name: &str, other: &str) -> Finding {
    let problem = format!("{name} no longer uses {other}: remove it from its entry");
    Finding::of(LIST, problem)
}

fn manifest_of(name: &str) -> String {
    let folder = name.strip_prefix("tidings-").unwrap_or(name);
    format!("crates/{folder}/Cargo.toml")
}

/// Crates that link, by whatever way, a package that they must do without.
#[must_use]
pub fn check_purity(edges: &Edges, metadata: &Metadata) -> Vec<Finding> {
    let members = metadata.members();
    let mut findings = Vec::new();
    for (name, banned) in &edges.never_links {
        let Some(package) = members.get(name.as_str()) else {
            findings.push(Finding::of(
                LIST,
                format!("`{name}` is no crate: remove it"),
            ));
            continue;
        };
        for path in linked_paths(metadata, &package.id) {
            if path.last().is_some_and(|last| banned.contains(*last)) {
                let problem = format!("{name} must not link this: {}", path.join(" -> "));
                findings.push(Finding::of(&manifest_of(name), problem));
            }
        }
    }
    findings
}

/// For every package that ends up in `start`, the shortest way to it, as names.
fn linked_paths<'a>(metadata: &'a Metadata, start: &'a str) -> Vec<Vec<&'a str>> {
    let names: BTreeMap<&str, &str> = metadata
        .packages
        .iter()
        .map(|each| (each.id.as_str(), each.name.as_str()))
        .collect();
    let nodes: BTreeMap<&str, &Node> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let mut seen = BTreeSet::from([start]);
    let mut waiting = VecDeque::from([(start, Vec::new())]);
    let mut paths = Vec::new();
    while let Some((id, mut path)) = waiting.pop_front() {
        path.push(names.get(id).copied().unwrap_or(id));
        let linked = nodes
            .get(id)
            .into_iter()
            .flat_map(|node| &node.deps)
            .filter(|dep| dep.is_linked());
        for dep in linked {
            if seen.insert(&dep.pkg) {
                waiting.push_back((&dep.pkg, path.clone()));
            }
        }
        paths.push(path);
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of `app -> core` where core links `outside`, which links `deep`; app only
    /// builds with `builder`.
    fn workspace() -> Metadata {
        let text = r#"{
          "packages": [
            {"id": "1", "name": "app", "version": "0.1.0", "license": null, "source": null,
             "dependencies": [{"name": "core"}, {"name": "builder"}]},
            {"id": "2", "name": "core", "version": "0.1.0", "license": null, "source": null,
             "dependencies": [{"name": "outside"}]},
            {"id": "3", "name": "outside", "version": "1.0.0", "license": "MIT", "source": "r", "dependencies": []},
            {"id": "4", "name": "deep", "version": "1.0.0", "license": "MIT", "source": "r", "dependencies": []},
            {"id": "5", "name": "builder", "version": "1.0.0", "license": "MIT", "source": "r", "dependencies": []}],
          "workspace_members": ["1", "2"],
          "resolve": {"nodes": [
            {"id": "1", "deps": [{"pkg": "2", "dep_kinds": [{"kind": null}]},
                                 {"pkg": "5", "dep_kinds": [{"kind": "build"}]}]},
            {"id": "2", "deps": [{"pkg": "3", "dep_kinds": [{"kind": null}]}]},
            {"id": "3", "deps": [{"pkg": "4", "dep_kinds": [{"kind": null}]}]},
            {"id": "4", "deps": []},
            {"id": "5", "deps": []}]}}"#;
        serde_json::from_str(text).unwrap()
    }

    fn edges(text: &str) -> Edges {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_listed_edge_is_accepted() {
        let list = edges("[may_use]\napp = ['core']\ncore = []\n[never_links]\n");
        assert_eq!(check_direction(&list, &workspace()), []);
    }

    #[test]
    fn an_edge_outside_the_list_is_found() {
        let list = edges("[may_use]\napp = []\ncore = []\n[never_links]\n");
        let found = check_direction(&list, &workspace());
        assert!(
            found[0].problem.starts_with("app must not depend on core"),
            "{found:?}"
        );
    }

    #[test]
    fn an_entry_that_nobody_uses_is_found() {
        let list = edges("[may_use]\napp = ['core']\ncore = ['app']\nlost = []\n[never_links]\n");
        let found = check_direction(&list, &workspace());
        let problems: Vec<_> = found.iter().map(|each| each.problem.as_str()).collect();
        assert_eq!(
            problems,
            [
                "core no longer uses app: remove it from its entry",
                "`lost` is no crate: remove it"
            ]
        );
    }

    #[test]
    fn a_crate_that_is_missing_from_the_list_is_found() {
        let list = edges("[may_use]\ncore = []\n[never_links]\n");
        let found = check_direction(&list, &workspace());
        assert_eq!(found[0].problem, "add `app` and what it may use");
    }

    #[test]
    fn a_package_that_is_linked_through_others_is_found_with_its_way() {
        let list = edges("[may_use]\n[never_links]\napp = ['deep']\n");
        let found = check_purity(&list, &workspace());
        assert_eq!(
            found[0].problem,
            "app must not link this: app -> core -> outside -> deep"
        );
    }

    #[test]
    fn a_package_that_only_builds_is_not_linked() {
        let list = edges("[may_use]\n[never_links]\napp = ['builder']\n");
        assert_eq!(check_purity(&list, &workspace()), []);
    }
}
