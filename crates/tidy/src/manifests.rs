//! Every crate is a full member of the house: it takes over the lints, the edition, the licence
//! and the rest from the workspace; and every Rust module opens by saying what it owns.

use crate::Finding;
use crate::tree::SourceFile;

const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];

/// Manifests under `crates/` that do not inherit what they must.
#[must_use]
pub fn check_inheritance(files: &[SourceFile]) -> Vec<Finding> {
    let is_ours =
        |file: &&SourceFile| file.path.starts_with("crates/") && file.name() == "Cargo.toml";
    files
        .iter()
        .filter(is_ours)
        .flat_map(check_manifest)
        .collect()
}

fn check_manifest(file: &SourceFile) -> Vec<Finding> {
    let manifest: toml::Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![Finding::of(&file.path, error.to_string())],
    };
    let inherits = |value: Option<&toml::Value>| {
        value
            .and_then(|value| value.get("workspace"))
            .and_then(toml::Value::as_bool)
            == Some(true)
    };
    let package = manifest.get("package");
    let field = |name: &'static str| (name, package.and_then(|package| package.get(name)));
    let fields = INHERITED
        .map(field)
        .into_iter()
        .chain([("lints", manifest.get("lints"))]);
    let missing = fields.filter(|(_, value)| !inherits(*value));
    let finding =
        |(name, _)| Finding::of(&file.path, format!("take `{name}` over from the workspace"));
    missing.map(finding).collect()
}

/// Rust files that do not open with `//!`.
#[must_use]
pub fn check_openings(files: &[SourceFile]) -> Vec<Finding> {
    let silent = |file: &&SourceFile| file.extension() == "rs" && !file.text.starts_with("//!");
    let problem = "open with `//!`: what it owns, what it leaves to others, its invariant";
    files
        .iter()
        .filter(silent)
        .map(|file| Finding::of(&file.path, problem))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nversion.workspace = true\nedition.workspace = true\n\
        rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n\
        [lints]\nworkspace = true\n";

    fn problems(text: &str) -> Vec<String> {
        let found = check_inheritance(&[SourceFile::of_text("crates/x/Cargo.toml", text)]);
        found.into_iter().map(|each| each.problem).collect()
    }

    #[test]
    fn a_manifest_that_inherits_everything_is_accepted() {
        assert_eq!(problems(GOOD), [""; 0]);
    }

    #[test]
    fn what_is_not_inherited_is_found() {
        let lax = GOOD.replace("[lints]\nworkspace = true\n", "");
        assert_eq!(problems(&lax), ["take `lints` over from the workspace"]);
        let own = GOOD.replace("edition.workspace = true", "edition = '2021'");
        assert_eq!(problems(&own), ["take `edition` over from the workspace"]);
    }

    #[test]
    fn a_module_that_does_not_say_what_it_owns_is_found() {
        let silent = SourceFile::of_text("a.rs", "use b;\n//! late");
        let fine = SourceFile::of_text("b.rs", "//! Owns b.\n");
        assert_eq!(check_openings(&[silent, fine]).len(), 1);
    }
}
