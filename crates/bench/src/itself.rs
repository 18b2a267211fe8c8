//! The program itself, which is started again for its other roles.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// How this very tool is called: a run consists of several processes of it.
#[derive(Debug, Clone)]
pub struct Itself {
    program: PathBuf,
    arguments: Vec<OsString>,
}

impl Itself {
    /// The running program, with the arguments that lead to this tool: none for the tool's own
    /// binary, the subcommand's name where it is one of several.
    ///
    /// # Errors
    /// When the system does not say which program runs.
    pub fn running(arguments: Vec<OsString>) -> io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
            arguments,
        })
    }

    /// A command that starts another role of it, spoken to through pipes.
    pub(crate) fn in_role(&self, role: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(role);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }
}
