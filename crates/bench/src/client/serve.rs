//! A client process: carries out the orders that come on its standard input.
//!
//! It ends when its input does, so that it never outlives whoever started it.

use std::io::{self, Read, Write};

use super::driver::{Driver, Fault, Turn};
use super::orders::{Order, Ran, Report};
use crate::clock;

/// Between two reports of progress.
const PROGRESS_NS: u64 = 500_000_000;
/// How long to wait for orders before looking again.
const QUIET_NS: u64 = 1_000_000_000;

/// Serves until the input ends.
pub(crate) fn serve() -> io::Result<()> {
    let mut inbox = Inbox::default();
    let begin = loop {
        match inbox.next()? {
            Some(Order::Begin(begin)) => break begin,
            Some(_) => return say(&Report::Failed("begin comes first".to_owned())),
            None if !inbox.read()? => return Ok(()),
            None => {}
        }
    };
    let mut driver = Driver::new(begin)?;
    driver.listen_for_orders()?;
    say(&Report::Done)?;
    attend(&mut driver, &mut inbox)
}

fn attend(driver: &mut Driver, inbox: &mut Inbox) -> io::Result<()> {
    loop {
        if let Some(order) = inbox.next()? {
            let report = carry_out(driver, order);
            say(&report)?;
            if matches!(report, Report::Failed(_)) {
                return Ok(());
            }
        }
        if driver.is_stalled() {
            if !inbox.read()? {
                return Ok(());
            }
            continue;
        }
        match driver.turn(QUIET_NS) {
            Ok(Turn::Quiet) => {}
            Ok(Turn::Orders) if inbox.read()? => {}
            Ok(Turn::Orders) => return Ok(()),
            Err(fault) => return confess(inbox, fault),
        }
    }
}

/// Says what went wrong as soon as anything is asked.
fn confess(inbox: &mut Inbox, fault: String) -> io::Result<()> {
    while inbox.next()?.is_none() {
        if !inbox.read()? {
            return Ok(());
        }
    }
    say(&Report::Failed(fault))
}

fn carry_out(driver: &mut Driver, order: Order) -> Report {
    let done = match order {
        Order::Begin(_) => Err("it has begun already".to_owned()),
        Order::Open { users, manner } => driver.open(users, manner, progress("opened")),
        Order::Run(load) => return ran(driver.run(&load, progress_of_time())),
        Order::Storm(storm) => match driver.storm(&storm, progress_of_time()) {
            Ok(calm) => return Report::Calm(calm),
            Err(fault) => Err(fault),
        },
        Order::Settle(upto) => return ran(driver.settle(&upto)),
        Order::Stall => {
            driver.stall();
            Ok(())
        }
        Order::Count => {
            driver.count();
            Ok(())
        }
        Order::Close => {
            driver.close();
            Ok(())
        }
    };
    done.map_or_else(Report::Failed, |()| Report::Done)
}

fn ran(ran: Result<Ran, Fault>) -> Report {
    ran.map_or_else(Report::Failed, |ran| Report::Ran(Box::new(ran)))
}

fn progress_of_time() -> impl FnMut(u64, u64) {
    let mut say = progress("seconds:");
    let seconds = |ns: u64| (ns / 1_000_000_000) as u32;
    move |done_ns, of_ns| say(seconds(done_ns), seconds(of_ns))
}

fn progress(what: &'static str) -> impl FnMut(u32, u32) {
    let mut due_ns = clock::now_ns() + PROGRESS_NS;
    move |done, of| {
        let now_ns = clock::now_ns();
        if now_ns >= due_ns {
            due_ns = now_ns + PROGRESS_NS;
            // Whoever no longer listens has also closed the input, which ends the process.
            let _ = say(&Report::Progress {
                what: what.to_owned(),
                done,
                of,
            });
        }
    }
}

fn say(report: &Report) -> io::Result<()> {
    let mut line = serde_json::to_vec(report)?;
    line.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&line)?;
    output.flush()
}

/// Lines of the standard input.
#[derive(Debug, Default)]
struct Inbox {
    bytes: Vec<u8>,
}

impl Inbox {
    fn next(&mut self) -> io::Result<Option<Order>> {
        let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') else {
            return Ok(None);
        };
        let line: Vec<u8> = self.bytes.drain(..=end).collect();
        Ok(Some(serde_json::from_slice(&line)?))
    }

    /// Reads once; whether anything came before the end.
    fn read(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1_024];
        let length = io::stdin().lock().read(&mut buffer)?;
        self.bytes.extend_from_slice(&buffer[..length]);
        Ok(length > 0)
    }
}
