//! The program itself, which is started again for its other roles.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// How this very tool is called: a run consists of several processes of it.
#[derive(Debug, Clone)]
pub struct Itself {
    program: PathBuf,
}

impl Itself {
    /// The running program.
    ///
    /// # Errors
    /// When the system does not say which program runs.
    pub fn running() -> io::Result<Self> {
        Ok(Self {
            program: std::env::current_exe()?,
        })
    }

    /// The server's program, where it stands beside this one.
    pub(crate) fn server(&self) -> PathBuf {
        self.program.with_file_name("tidings")
    }

    /// A command that starts another role of it, spoken to through pipes.
    pub(crate) fn in_role(&self, role: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(role);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command
    }
}
