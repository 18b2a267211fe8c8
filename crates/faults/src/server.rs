//! The server under test: the real binary as a process of its own, on one port and one folder that
//! outlive its deaths.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tidings_client::clock::{Clock, SystemClock};

use crate::failure::{Failure, While};

/// A server that has not said its address after so long does not start.
const START_WITHIN: Duration = Duration::from_secs(60);
/// After SIGTERM it ends within this: its own drain and some more.
const END_WITHIN_MS: u64 = 30_000;
/// Between two looks at a process that is about to end.
const PAUSE: Duration = Duration::from_millis(20);

/// How to start a server.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    /// The binary.
    pub(crate) path: PathBuf,
    /// A command that starts it in its turn, such as `prlimit --nofile=256`; it must become it.
    pub(crate) wrap: Vec<OsString>,
    /// `section.name=value`.
    pub(crate) settings: Vec<String>,
    /// More of an environment.
    pub(crate) environment: Vec<(String, OsString)>,
    /// The folder of its database.
    pub(crate) data: PathBuf,
    /// What it logs is appended here.
    pub(crate) log: PathBuf,
}

/// A server that runs, or has been killed and is started again.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Server {
    /// Starts on a free port, and returns once it accepts.
    pub(crate) async fn start(program: Program) -> Result<Self, Failure> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (child, address) = launch(&program, any).await?;
        Ok(Self {
            program,
            address,
            child,
        })
    }

    /// Where its REST interface is.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts again where it was; how long that took, in milliseconds.
    pub(crate) async fn start_again(&mut self) -> Result<u64, Failure> {
        let clock = SystemClock::start();
        (self.child, self.address) = launch(&self.program, self.address).await?;
        Ok(clock.monotonic_ms())
    }

    /// SIGKILL, in the middle of whatever it does.
    pub(crate) fn kill(&mut self) -> Result<(), Failure> {
        self.child.kill().during("killing the server")?;
        self.child.wait().during("waiting for the server")?;
        Ok(())
    }

    /// SIGTERM, and its end; the exit code.
    pub(crate) async fn stop(&mut self) -> Result<Option<i32>, Failure> {
        self.signal(Signal::TERM)?;
        let clock = SystemClock::start();
        while clock.monotonic_ms() < END_WITHIN_MS {
            if let Some(status) = self.child.try_wait().during("waiting for the server")? {
                return Ok(status.code());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Failure::Server("it did not end after SIGTERM".to_owned()))
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Failure> {
        kill_process(Pid::from_child(&self.child), signal)
            .map_err(std::io::Error::from)
            .during("signalling the server")
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process still lives.
    pub(crate) fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Resident memory in bytes; 0 when it has ended.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.unwrap_or(0) * 1_024
    }

    /// Processor time that it has used, in milliseconds (the kernel counts in hundredths).
    pub(crate) fn processor_ms(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks = fields.split_whitespace().skip(11).take(2);
        ticks
            .filter_map(|tick| tick.parse::<u64>().ok())
            .sum::<u64>()
            * 10
    }

    /// What it has logged so far.
    pub(crate) fn logged(&self) -> String {
        fs::read_to_string(&self.program.log).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Program {
    /// The command line of one of its other commands, such as `backup`.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.path);
        command.arg(name).stdin(Stdio::null());
        command
    }

    fn serve(&self, listen: SocketAddr) -> Result<Command, Failure> {
        let mut words = self.wrap.clone();
        words.push(self.path.clone().into_os_string());
        let mut words = words.into_iter();
        let mut command = Command::new(words.next().expect("the binary at least"));
        command
            .args(words)
            .args(["serve", "--listen", &listen.to_string(), "--data"]);
        command.arg(&self.data);
        for setting in &self.settings {
            command.args(["--set", setting]);
        }
        command.envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(open_log(&self.log)?);
        Ok(command)
    }
}

fn open_log(path: &Path) -> Result<File, Failure> {
    let log = OpenOptions::new().create(true).append(true).open(path);
    log.during("opening the server's log")
}

async fn launch(program: &Program, listen: SocketAddr) -> Result<(Child, SocketAddr), Failure> {
    let mut child = program
        .serve(listen)?
        .spawn()
        .during("starting the server")?;
    let output = child.stdout.take().expect("its output is piped");
    match tokio::time::timeout(START_WITHIN, first_line(output)).await {
        Ok(Some(line)) => match read_address(&line) {
            Some(address) => Ok((child, address)),
            None => Err(ended(&mut child, &format!("it said {line:?}"))),
        },
        Ok(None) => Err(ended(&mut child, "it ended before it was ready")),
        Err(_) => Err(ended(&mut child, "it was not ready after a minute")),
    }
}

fn ended(child: &mut Child, why: &str) -> Failure {
    drop(child.kill());
    let code = child.wait().ok().and_then(|status| status.code());
    Failure::Server(format!("{why} (exit code {code:?})"))
}

async fn first_line(output: ChildStdout) -> Option<String> {
    let read = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).ok()?;
        Some(line).filter(|line| !line.is_empty())
    });
    read.await.ok()?
}

fn read_address(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once("http://")?;
    address.split(['/', ' ']).next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_what_the_server_says() {
        let expected = "127.0.0.1:8080".parse().ok();
        assert_eq!(
            read_address("Tidings is ready on http://127.0.0.1:8080\n"),
            expected
        );
        assert_eq!(read_address("nothing"), None);
    }
}
