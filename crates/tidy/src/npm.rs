//! Where npm packages come from, and under which licences those that ship are.
//!
//! Packages that only build or test (`dev` in the lock file) may have other licences, since
//! nothing of them reaches a user; their origin is checked all the same.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::dependencies::Rules;
use crate::tree::SourceFile;
use crate::{Finding, licence};

/// A `package-lock.json` of version 3.
#[derive(Debug, Deserialize)]
struct Lock {
    packages: BTreeMap<String, Locked>,
}

#[derive(Debug, Deserialize)]
struct Locked {
    license: Option<String>,
    resolved: Option<String>,
    #[serde(default)]
    dev: bool,
    /// One of our own packages, seen through `node_modules`.
    #[serde(default)]
    link: bool,
}

impl Locked {
    fn ships(&self) -> bool {
        !self.dev
    }
}

/// Foreign or wrongly licensed packages of every lock file.
#[must_use]
pub fn check(rules: &Rules, files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.name() == "package-lock.json")
    {
        match installed(file) {
            Err(error) => findings.push(Finding::of(&file.path, error.to_string())),
            Ok(installed) => {
                let each = installed.iter();
                findings.extend(
                    each.flat_map(|(name, locked)| check_package(rules, file, name, locked)),
                );
            }
        }
    }
    findings
}

/// The licences of all packages that ship, as their authors state them.
#[must_use]
pub fn shipped_licences(files: &[SourceFile]) -> Vec<String> {
    let locks = files
        .iter()
        .filter(|file| file.name() == "package-lock.json");
    let packages = locks.filter_map(|file| installed(file).ok()).flatten();
    packages
        .filter(|(_, locked)| locked.ships())
        .filter_map(|(_, locked)| locked.license)
        .collect()
}

/// What lies in `node_modules`, without our own packages.
fn installed(file: &SourceFile) -> Result<Vec<(String, Locked)>, serde_json::Error> {
    let lock: Lock = serde_json::from_str(&file.text)?;
    let foreign =
        |(path, locked): &(String, Locked)| path.contains("node_modules/") && !locked.link;
    Ok(lock.packages.into_iter().filter(foreign).collect())
}

fn check_package(rules: &Rules, file: &SourceFile, name: &str, locked: &Locked) -> Vec<Finding> {
    let mut findings = Vec::new();
    let origin = locked.resolved.as_deref().unwrap_or(&rules.npm_registry);
    if !origin.starts_with(&rules.npm_registry) {
        findings.push(Finding::of(
            &file.path,
            format!("{name} comes from {origin}, not from npm by name"),
        ));
    }
    let terms = locked.license.as_deref().unwrap_or("no stated licence");
    if locked.ships() && !licence::is_allowed(terms, &rules.licences) {
        findings.push(Finding::of(
            &file.path,
            format!("{name} ships and is under {terms}"),
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(package: &str) -> Vec<String> {
        let rules = "cargo_registry = ''\nnpm_registry = 'https://npm.example/'\n\
                     licences = ['MIT']\n[instead_of]\n";
        let lock = format!(r#"{{"packages": {{"": {{}}, "node_modules/x": {package}}}}}"#);
        let file = SourceFile::of_text("web/package-lock.json", &lock);
        let found = check(&toml::from_str(rules).unwrap(), &[file]);
        found.into_iter().map(|each| each.problem).collect()
    }

    #[test]
    fn a_known_licence_from_npm_is_accepted() {
        assert_eq!(problems(r#"{"license": "MIT"}"#), [""; 0]);
        let resolved = r#"{"license": "MIT", "resolved": "https://npm.example/x.tgz"}"#;
        assert_eq!(problems(resolved), [""; 0]);
    }

    #[test]
    fn a_package_from_elsewhere_is_found() {
        let found = problems(r#"{"license": "MIT", "resolved": "git+ssh://forge.example/x"}"#);
        let expected = "node_modules/x comes from git+ssh://forge.example/x, not from npm by name";
        assert_eq!(found, [expected]);
    }

    #[test]
    fn an_unlisted_licence_matters_only_where_it_ships() {
        assert_eq!(problems(r#"{"license": "MPL-2.0", "dev": true}"#), [""; 0]);
        let expected = "node_modules/x ships and is under MPL-2.0";
        assert_eq!(problems(r#"{"license": "MPL-2.0"}"#), [expected]);
        assert_eq!(
            problems("{}"),
            ["node_modules/x ships and is under no stated licence"]
        );
    }
}
