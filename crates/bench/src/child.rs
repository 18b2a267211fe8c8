//! Processes that a run starts: each is ended and waited for when it is let go of.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command};

use crate::client::orders::{Order, Ran, Report};
use crate::failure::{Failure, Outcome, While};
use crate::itself::Itself;
use crate::process::Watched;
use crate::terminal;

/// A process and what it says.
#[derive(Debug)]
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a command whose output is a pipe.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Outcome<Self> {
        let mut child = command.spawn().during(&format!("starting the {name}"))?;
        let output = child.stdout.take().expect("its output is a pipe");
        Ok(Self {
            name,
            input: child.stdin.take(),
            output: BufReader::new(output),
            child,
        })
    }

    pub(crate) fn watched(&self) -> Watched {
        Watched::new(self.child.id())
    }

    /// Asks it to end (SIGTERM).
    pub(crate) fn terminate(&self) -> Outcome<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        let told = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        told.during(&format!("ending the {}", self.name))
    }

    /// The next line that it says.
    pub(crate) fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        let length = self
            .output
            .read_line(&mut line)
            .during(&format!("hearing the {}", self.name))?;
        if length == 0 {
            return Err(Failure::Server(format!("the {} has ended", self.name)));
        }
        Ok(line.trim_end().to_owned())
    }

    /// Waits until it has ended by itself; whether it did so well.
    pub(crate) fn wait(mut self) -> Outcome<bool> {
        self.input = None;
        let status = self
            .child
            .wait()
            .during(&format!("waiting for the {}", self.name))?;
        Ok(status.success())
    }

    fn tell(&mut self, line: &[u8]) -> Outcome<()> {
        let input = self.input.as_mut().expect("its input is a pipe");
        input
            .write_all(line)
            .during(&format!("telling the {}", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The floor, in a process of its own.
pub(crate) struct FloorProcess {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl FloorProcess {
    pub(crate) fn start(itself: &Itself) -> Outcome<Self> {
        let mut process = Process::start("floor", &mut itself.in_role("floor"))?;
        let line = process.line()?;
        let address = line.parse();
        let address = address.map_err(|_| Failure::Server(format!("the floor said {line:?}")))?;
        Ok(Self { process, address })
    }
}

/// Thousands of members, in a process of their own.
pub(crate) struct ClientProcess {
    process: Process,
}

impl ClientProcess {
    pub(crate) fn start(itself: &Itself, begin: crate::client::orders::Begin) -> Outcome<Self> {
        let mut client = Self {
            process: Process::start("client", &mut itself.in_role("client"))?,
        };
        client.order(&Order::Begin(begin))?;
        Ok(client)
    }

    /// Has an order carried out.
    pub(crate) fn order(&mut self, order: &Order) -> Outcome<Report> {
        self.tell(order)?;
        self.report()
    }

    /// Gives an order; [`Self::report`] or [`Self::ran`] has to follow.
    pub(crate) fn tell(&mut self, order: &Order) -> Outcome<()> {
        let mut line = serde_json::to_vec(order).expect("orders are plain");
        line.push(b'\n');
        self.process.tell(&line)
    }

    /// What a load has brought.
    pub(crate) fn ran(&mut self) -> Outcome<Ran> {
        match self.report()? {
            Report::Ran(ran) => Ok(*ran),
            other => Err(Failure::Server(format!("the client said {other:?}"))),
        }
    }

    /// Waits for the answer to an order, and says how far it is.
    pub(crate) fn report(&mut self) -> Outcome<Report> {
        loop {
            let line = self.process.line()?;
            match serde_json::from_str(&line) {
                Ok(Report::Progress { what, done, of }) => terminal::progress(&what, done, of),
                Ok(Report::Failed(fault)) => return Err(Failure::Untrue(fault)),
                Ok(report) => return Ok(report),
                Err(_) => return Err(Failure::Server(format!("the client said {line:?}"))),
            }
        }
    }
}
