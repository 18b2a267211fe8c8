//! A server in a process of its own, and what the kernel says of its memory and time.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use clap::ValueEnum;

use crate::Variant;

/// Ended when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(variant: Variant) -> io::Result<Self> {
        let name = variant.to_possible_value().expect("no variant is skipped");
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", name.get_name()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it was piped");
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { child, address })
    }

    /// CPU time of all its threads so far, in nanoseconds.
    pub(crate) fn cpu_ns(&self) -> io::Result<u64> {
        let mut sum = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let stat = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            sum += number(stat.split_whitespace().next())?;
        }
        Ok(sum)
    }

    /// Anonymous memory that is resident, in bytes.
    pub(crate) fn memory_bytes(&self) -> io::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        Ok(number(line.and_then(|line| line.split_whitespace().next()))? * 1024)
    }
}

fn number(text: Option<&str>) -> io::Result<u64> {
    let text = text.ok_or_else(|| io::Error::other("the kernel's figures look different here"))?;
    text.parse().map_err(io::Error::other)
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
