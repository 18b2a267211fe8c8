//! What `cargo metadata` says about the workspace, cut down to what the checks read.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

/// The answer of `cargo metadata --format-version 1`.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    /// Every package that any platform or feature of the workspace can pull in.
    pub packages: Vec<Package>,
    /// Ids of the packages that are ours.
    pub workspace_members: Vec<String>,
    /// The graph as resolved.
    pub resolve: Resolve,
}

/// One package.
#[derive(Debug, Clone, Deserialize)]
pub struct Package {
    /// Unique in the graph, unlike the name.
    pub id: String,
    /// The name in its manifest.
    pub name: String,
    /// Its version, to tell two of one name apart.
    pub version: String,
    /// An SPDX expression, if the author gave one.
    pub license: Option<String>,
    /// Nothing for a path dependency.
    pub source: Option<String>,
    /// As declared, of all kinds: normal, build, dev.
    pub dependencies: Vec<Dependency>,
}

/// A dependency as its manifest declares it.
#[derive(Debug, Clone, Deserialize)]
pub struct Dependency {
    /// The package's name, whatever it is renamed to.
    pub name: String,
}

/// The graph between package ids.
#[derive(Debug, Deserialize)]
pub struct Resolve {
    /// One node a package.
    pub nodes: Vec<Node>,
}

/// The edges that leave one package.
#[derive(Debug, Deserialize)]
pub struct Node {
    /// Whose edges these are.
    pub id: String,
    /// Where they lead.
    pub deps: Vec<NodeDependency>,
}

/// One resolved edge.
#[derive(Debug, Deserialize)]
pub struct NodeDependency {
    /// Id of the package at its other end.
    pub pkg: String,
    /// Every way in which it is depended on.
    pub dep_kinds: Vec<DependencyKind>,
}

/// `None` for a normal dependency, else `build` or `dev`.
#[derive(Debug, Deserialize)]
pub struct DependencyKind {
    /// As cargo spells it.
    pub kind: Option<String>,
}

impl NodeDependency {
    /// It ends up in the product, not merely in its build or its tests.
    #[must_use]
    pub fn is_linked(&self) -> bool {
        self.dep_kinds.iter().any(|each| each.kind.is_none())
    }
}

impl Metadata {
    /// Asks cargo about the workspace in `root`, without changing its lock file.
    ///
    /// # Panics
    /// When cargo fails, with what it said: mostly a lock file that is not up to date.
    #[must_use]
    pub fn of_workspace(root: &Path) -> Self {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(root)
            .output()
            .expect("cargo runs: it is running this test");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "cargo metadata failed: {complaint}"
        );
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints its own format")
    }

    /// The packages of the workspace, by name.
    #[must_use]
    pub fn members(&self) -> BTreeMap<&str, &Package> {
        let ours = |package: &&Package| self.workspace_members.contains(&package.id);
        let named = |package| (Package::name(package), package);
        self.packages.iter().filter(ours).map(named).collect()
    }
}

impl Package {
    fn name(&self) -> &str {
        &self.name
    }
}
