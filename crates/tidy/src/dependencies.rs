//! Where the Rust packages come from, under which licences, and which ones we do without.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::metadata::{Metadata, Package};
use crate::{Finding, licence};

const LIST: &str = "crates/tidy/lists/dependencies.toml";

/// `lists/dependencies.toml`.
#[derive(Debug, Deserialize)]
pub struct Rules {
    /// The only registry, as cargo spells it.
    pub cargo_registry: String,
    /// Every registry address that may stand in an npm lock file.
    pub npm_registry: String,
    /// SPDX names that may be linked or shipped.
    pub licences: BTreeSet<String>,
    /// Packages to do without, each with what to use instead.
    pub instead_of: BTreeMap<String, String>,
}

/// Packages of foreign origin, of unlisted licence, or that we do without; and licences in the
/// list that no package, Rust or npm, offers any more (`npm_licences` are those that npm names).
#[must_use]
pub fn check(rules: &Rules, metadata: &Metadata, npm_licences: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &metadata.packages {
        findings.extend(check_source(rules, metadata, package));
        findings.extend(check_licence(rules, package));
        findings.extend(check_ban(rules, package));
    }
    findings.extend(stale_licences(rules, metadata, npm_licences));
    findings
}

fn check_source(rules: &Rules, metadata: &Metadata, package: &Package) -> Option<Finding> {
    let fine = match &package.source {
        Some(source) => *source == rules.cargo_registry,
        None => metadata.workspace_members.contains(&package.id),
    };
    let source = package.source.as_deref().unwrap_or("a path");
    (!fine).then(|| {
        objection(
            package,
            &format!("comes from {source}, not from crates.io by name"),
        )
    })
}

fn check_licence(rules: &Rules, package: &Package) -> Option<Finding> {
    let terms = package.license.as_deref().unwrap_or("no stated licence");
    let fine = licence::is_allowed(terms, &rules.licences);
    (!fine).then(|| {
        objection(
            package,
            &format!("is under {terms}, which {LIST} does not allow"),
        )
    })
}

fn check_ban(rules: &Rules, package: &Package) -> Option<Finding> {
    let instead = rules.instead_of.get(&package.name)?;
    Some(objection(
        package,
        &format!("is one to do without: {instead}"),
    ))
}

fn objection(package: &Package, problem: &str) -> Finding {
    Finding::of(
        "Cargo.lock",
        format!("{} {} {problem}", package.name, package.version),
    )
}

fn stale_licences(rules: &Rules, metadata: &Metadata, npm: &[String]) -> Vec<Finding> {
    let cargo = metadata
        .packages
        .iter()
        .filter_map(|package| package.license.as_deref());
    let offered: Vec<&str> = cargo.chain(npm.iter().map(String::as_str)).collect();
    let unused = |name: &&String| !offered.iter().any(|terms| terms.contains(name.as_str()));
    let stale = |name| Finding::of(LIST, format!("no package is under {name}: remove it"));
    rules.licences.iter().filter(unused).map(stale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        let text = "cargo_registry = 'registry+https://crates.example'\n\
                    npm_registry = 'https://npm.example/'\nlicences = ['MIT']\n\
                    [instead_of]\nold = 'use new'\n";
        toml::from_str(text).unwrap()
    }

    fn graph(package: &str) -> Metadata {
        let text = format!(
            r#"{{"packages": [{package}], "workspace_members": ["ours"], "resolve": {{"nodes": []}}}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn problems(package: &str) -> Vec<String> {
        let found = check(&rules(), &graph(package), &[]);
        found.into_iter().map(|each| each.problem).collect()
    }

    #[test]
    fn a_known_licence_from_the_registry_is_accepted() {
        let package = r#"{"id": "x", "name": "good", "version": "1.0.0", "license": "MIT",
            "source": "registry+https://crates.example", "dependencies": []}"#;
        assert_eq!(problems(package), [""; 0]);
    }

    #[test]
    fn a_git_dependency_is_found() {
        let package = r#"{"id": "x", "name": "odd", "version": "1.0.0", "license": "MIT",
            "source": "git+https://forge.example/odd", "dependencies": []}"#;
        let expected =
            "odd 1.0.0 comes from git+https://forge.example/odd, not from crates.io by name";
        assert_eq!(problems(package), [expected]);
    }

    #[test]
    fn a_path_outside_the_workspace_is_found() {
        let package = r#"{"id": "x", "name": "copied", "version": "1.0.0", "license": "MIT",
            "source": null, "dependencies": []}"#;
        assert_eq!(
            problems(package),
            ["copied 1.0.0 comes from a path, not from crates.io by name"]
        );
    }

    #[test]
    fn an_unlisted_licence_is_found_and_so_is_one_that_nobody_uses() {
        let package = r#"{"id": "ours", "name": "taken", "version": "1.0.0", "license": "AGPL-3.0",
            "source": null, "dependencies": []}"#;
        let expected = [
            format!("taken 1.0.0 is under AGPL-3.0, which {LIST} does not allow"),
            "no package is under MIT: remove it".to_owned(),
        ];
        assert_eq!(problems(package), expected);
    }

    #[test]
    fn a_banned_package_is_found_with_its_replacement() {
        let package = r#"{"id": "ours", "name": "old", "version": "1.0.0", "license": "MIT",
            "source": null, "dependencies": []}"#;
        assert_eq!(
            problems(package),
            ["old 1.0.0 is one to do without: use new"]
        );
    }
}
