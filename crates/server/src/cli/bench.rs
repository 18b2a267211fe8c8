//! `tidings bench`: the load tool, which is a program of its own beside this one. Whoever only
//! serves carries none of it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use super::CliError;

/// The load tool's file, in the same folder as this program's.
const PROGRAM: &str = "tidings-bench";

/// Measures what a server costs, beside a floor measured in the same run
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(super) struct Bench {
    /// What the load tool is asked; --help shows it
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    arguments: Vec<OsString>,
}

impl Bench {
    /// Becomes the load tool; comes back only if that fails.
    pub(super) fn run(self) -> Result<(), CliError> {
        let itself = std::env::current_exe();
        let itself = itself.map_err(CliError::system("find this program's own file"))?;
        let program = beside(&itself);
        let cause = Command::new(&program).args(self.arguments).exec();
        Err(complaint(&program, cause))
    }
}

fn beside(program: &Path) -> PathBuf {
    program.with_file_name(PROGRAM)
}

fn complaint(program: &Path, cause: io::Error) -> CliError {
    let program = program.display();
    let build = match cause.kind() {
        io::ErrorKind::NotFound => "; cargo build --release --package tidings-bench makes it",
        _ => "",
    };
    CliError::System {
        doing: format!("start the load tool, {program}{build}"),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_tool_is_looked_for_beside_this_program() {
        let program = beside(Path::new("target/release/tidings"));
        assert_eq!(program, Path::new("target/release/tidings-bench"));
    }

    #[test]
    fn who_has_no_load_tool_learns_how_to_make_it() {
        let missing = complaint(Path::new("x"), io::ErrorKind::NotFound.into()).to_string();
        assert!(missing.contains("--package tidings-bench"), "{missing}");
        let other = complaint(Path::new("x"), io::ErrorKind::PermissionDenied.into());
        assert!(!other.to_string().contains("cargo build"), "{other}");
    }
}
