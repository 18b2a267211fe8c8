//! The simulator as a command. Leaves with 1 when a rule is broken.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tidings_sim::hunt::{Bag, Hunt};
use tidings_sim::judge::{judge, trace};
use tidings_sim::plan::{Honesty, Plan};
use tidings_sim::shrink::shrink;
use tidings_sim::transcript::Transcript;

/// Runs the engine and its clients under faults, one seed after another, and judges what happened.
#[derive(Debug, Parser)]
#[command(name = "tidings-sim", version)]
struct Command {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Runs this seed alone, and tells it as a transcript.
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Leaves a seed as it is, and does not look for a smaller run that breaks the same rule.
    #[arg(long)]
    whole: bool,
    /// Writes the history of the seed to this file.
    #[arg(long, value_name = "FILE", requires = "seed")]
    history: Option<PathBuf>,
    /// On so many threads; as many as there are cores if not said.
    #[arg(long)]
    jobs: Option<usize>,
    /// Stops after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = u64::MAX)]
    within_s: u64,
    /// Prints a hash of each seed's run instead: the same, however often and wherever it is run.
    #[arg(long)]
    traces: bool,
    /// On a disk that says it has synced when it has not: it must be caught.
    #[arg(long)]
    lying_disk: bool,
    /// Plants a bug into the engine: it must be found.
    #[cfg(feature = "planted-bugs")]
    #[arg(long, value_name = "NAME")]
    plant: Option<String>,
}

fn main() -> io::Result<ExitCode> {
    let command = Command::parse();
    #[cfg(feature = "planted-bugs")]
    if let Some(name) = &command.plant {
        let Some(bug) = tidings_engine::planted::Bug::from_name(name) else {
            let names = tidings_engine::planted::Bug::ALL.map(|bug| bug.name());
            writeln!(io::stderr(), "there are: {}", names.join(", "))?;
            return Ok(ExitCode::from(2));
        };
        tidings_engine::planted::plant(Some(bug));
    }
    if command.traces {
        command.print_traces()
    } else if let Some(seed) = command.seed {
        command.tell(seed)
    } else {
        command.hunt()
    }
}

impl Command {
    fn whole_hunt(&self) -> Hunt {
        let cores = std::thread::available_parallelism().map_or(1, Into::into);
        Hunt {
            from: self.from,
            seeds: self.seeds,
            jobs: self.jobs.unwrap_or(cores),
            within: Duration::from_secs(self.within_s),
            honesty: if self.lying_disk {
                Honesty::Lies
            } else {
                Honesty::Syncs
            },
            broken_max: 10,
        }
    }

    fn hunt(&self) -> io::Result<ExitCode> {
        let hunt = self.whole_hunt();
        let bag = hunt.run(|ran, broken, took| {
            let mut output = io::stderr();
            if output.is_terminal() {
                let rate = per_minute(ran, took);
                // Progress that cannot be shown is no reason to stop.
                let _ = write!(
                    output,
                    "\r\x1b[K{ran} of {} seeds, {rate} a minute, {broken} broken",
                    hunt.seeds
                );
            }
        });
        if io::stderr().is_terminal() {
            writeln!(io::stderr())?;
        }
        summarize(&bag)?;
        match bag.broken.first() {
            None => Ok(ExitCode::SUCCESS),
            Some(_) if self.whole => Ok(ExitCode::FAILURE),
            Some((seed, rule)) => {
                tell(&shrink(hunt.plan(*seed), rule))?;
                Ok(ExitCode::FAILURE)
            }
        }
    }

    /// Tells one seed, cut down if it breaks a rule.
    fn tell(&self, seed: u64) -> io::Result<ExitCode> {
        let plan = self.whole_hunt().plan(seed);
        let judged = judge(&Arc::new(plan.clone()));
        if let Some(file) = &self.history {
            judged
                .history
                .write(io::BufWriter::new(File::create(file)?))?;
        }
        match judged.violations.first() {
            Some(violation) if !self.whole => tell(&shrink(plan, violation.rule))?,
            _ => tell(&plan)?,
        }
        Ok(ExitCode::from(u8::from(!judged.violations.is_empty())))
    }

    fn print_traces(&self) -> io::Result<ExitCode> {
        let hunt = self.whole_hunt();
        let mut output = io::stdout().lock();
        for seed in self.from..self.from.saturating_add(self.seeds) {
            let trace = trace(&Arc::new(hunt.plan(seed)));
            writeln!(output, "{seed} {trace:016x}")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn summarize(bag: &Bag) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(
        output,
        "{} seeds, {} events in {:.1} s, {} seeds a minute, {} broken",
        bag.seeds,
        bag.events,
        bag.took.as_secs_f64(),
        per_minute(bag.seeds, bag.took),
        bag.broken.len()
    )?;
    for (seed, rule) in &bag.broken {
        writeln!(output, "seed {seed} breaks: {rule}")?;
    }
    Ok(())
}

fn tell(plan: &Plan) -> io::Result<()> {
    let judged = judge(&Arc::new(plan.clone()));
    let transcript = Transcript {
        plan,
        judged: &judged,
    };
    writeln!(io::stdout(), "{transcript}")
}

fn per_minute(count: u64, took: Duration) -> u64 {
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(60_000) / millis
}
