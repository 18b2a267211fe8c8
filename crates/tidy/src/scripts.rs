//! Shell scripts stop at their first failure and can be started.
//!
//! A script that goes on after a failed command reports success for work that was not done.

use crate::Finding;
use crate::tree::SourceFile;

const STRICT: &str = "set -euo pipefail";

/// Scripts that carry on after a failure, or that nobody may execute.
#[must_use]
pub fn check(files: &[SourceFile]) -> Vec<Finding> {
    let scripts = files.iter().filter(|file| file.text.starts_with("#!"));
    scripts.flat_map(check_script).collect()
}

fn check_script(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_shell = file
        .text
        .lines()
        .next()
        .is_some_and(|first| first.ends_with("sh"));
    if is_shell && !file.text.lines().any(|line| line == STRICT) {
        findings.push(Finding::of(
            &file.path,
            format!("say `{STRICT}` before the first command"),
        ));
    }
    if !file.executable {
        findings.push(Finding::of(
            &file.path,
            "it names its interpreter: make it executable (chmod +x)",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> SourceFile {
        SourceFile {
            executable: true,
            ..SourceFile::of_text("run", text)
        }
    }

    #[test]
    fn a_strict_script_is_accepted() {
        assert_eq!(
            check(&[script("#!/usr/bin/env bash\n# Why.\nset -euo pipefail\n")]),
            []
        );
        assert_eq!(check(&[script("#!/usr/bin/env python3\n")]), []);
    }

    #[test]
    fn a_script_that_goes_on_after_a_failure_is_found() {
        assert_eq!(check(&[script("#!/usr/bin/env bash\nset -e\n")]).len(), 1);
    }

    #[test]
    fn a_script_that_cannot_be_started_is_found() {
        let text = "#!/usr/bin/env bash\nset -euo pipefail\n";
        assert_eq!(check(&[SourceFile::of_text("run", text)]).len(), 1);
    }
}
