//! System calls of the running server that fail or are slow: `strace` attached to it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::{Failure, While};

/// The calls by which a commit reaches the disk.
pub(crate) const SYNCS: &str = "fsync,fdatasync";
const PAUSE: Duration = Duration::from_millis(20);
/// It is attached within so many pauses: ten seconds.
const PAUSES_MAX: usize = 500;

/// A tracer at work. Dropped, it lets go.
#[derive(Debug)]
pub(crate) struct Strace {
    child: Child,
}

impl Strace {
    /// What `inject` says happens to these calls of a process from now on: `error=EIO`,
    /// `delay_enter=100000` (microseconds), `retval=0`.
    pub(crate) async fn attach(
        process: u32,
        calls: &str,
        inject: &str,
        scratch: &Path,
    ) -> Result<Self, Failure> {
        let said = scratch.join("strace.said");
        let child = Command::new("strace")
            .args(["-f", "-p", &process.to_string(), "-o", "/dev/null"])
            .args(["-e", &format!("trace={calls}")])
            .args(["-e", &format!("inject={calls}:{inject}")])
            .stdin(Stdio::null())
            .stderr(File::create(&said).during("starting strace")?)
            .spawn()
            .map_err(|cause| Failure::Tool(format!("strace cannot be started: {cause}")))?;
        let tracer = Self { child };
        for _ in 0..PAUSES_MAX {
            if fs::read_to_string(&said)
                .unwrap_or_default()
                .contains("attached")
            {
                return Ok(tracer);
            }
            tokio::time::sleep(PAUSE).await;
        }
        let said = fs::read_to_string(&said).unwrap_or_default();
        Err(Failure::Tool(format!("strace did not attach: {said}")))
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        let _gone = kill_process(Pid::from_child(&self.child), Signal::INT);
        let _ended = self.child.wait();
    }
}
