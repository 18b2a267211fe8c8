//! A network and mounts of one's own: what a run cuts, drops or mounts is nobody else's, and is gone
//! when the run is.

use std::env;
use std::process::Command;

use crate::failure::{Failure, While};

/// Starts this very command again, inside. Its exit code.
pub(crate) fn enter() -> Result<u8, Failure> {
    let itself = env::current_exe().during("finding this program")?;
    let mut command = Command::new("unshare");
    command.args(["--mount", "--net", "--propagation", "private", "--"]);
    command
        .arg(itself)
        .arg("--inside")
        .args(env::args_os().skip(1));
    let status = command
        .status()
        .during("starting unshare (of util-linux)")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.unwrap_or(1))
}

/// Brings the loopback device of the new network up.
pub(crate) fn bring_loopback_up() -> Result<(), Failure> {
    tool("ip", &["link", "set", "lo", "up"]).map(drop)
}

/// Runs a tool of the system; what it printed.
pub(crate) fn tool(name: &str, words: &[&str]) -> Result<String, Failure> {
    let output = Command::new(name).args(words).output();
    let output =
        output.map_err(|cause| Failure::Tool(format!("{name} cannot be started: {cause}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failure::Tool(format!(
        "{name} {}: {}",
        words.join(" "),
        said.trim()
    )))
}
