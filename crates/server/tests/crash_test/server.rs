//! The real server as a process of its own, killed and started again on the same port and data.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A server, and the folder that outlives its deaths.
pub struct Server {
    /// Where it answers.
    pub url: String,
    data: tempfile::TempDir,
    child: Child,
}

impl Server {
    /// Starts on a free port.
    pub fn start() -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let (child, url) = spawn(&data, "127.0.0.1:0");
        Self { url, data, child }
    }

    /// SIGKILL, in the middle of whatever it does; then a new process on what it left.
    pub fn kill_and_restart(&mut self) {
        self.child.kill().expect("the server was running");
        self.child.wait().expect("it can be waited for");
        let address = self.url.trim_start_matches("http://").to_owned();
        (self.child, _) = spawn(&self.data, &address);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(data: &tempfile::TempDir, listen: &str) -> (Child, String) {
    let binary =
        std::env::var("TIDINGS_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_tidings").to_owned());
    let mut child = Command::new(binary)
        .args(["serve", "--listen", listen, "--data"])
        .arg(data.path())
        .args([
            "--set",
            "limits.sends_per_s=100000",
            "--set",
            "limits.sends_burst=100000",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output is piped");
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("it says its address");
    let at = line
        .find("http://")
        .unwrap_or_else(|| panic!("no address in {line:?}"));
    (child, line[at..].trim().to_owned())
}
