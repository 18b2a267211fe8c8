//! The procedure of a replay: speak, wait for the watchers, verify, report.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinSet};

use super::history::{self, Recorder};
use super::log_file::{self, LogFile};
use super::people::People;
use super::report::{FileReport, HistoryReport, Latency, ReplayReport, WatcherReport};
use super::schedule::Speed;
use super::speakers::Speakers;
use super::speaking::{Spoken, speak};
use super::verifying::verify;
use super::watching::{Beginning, Watchers};
use super::{Progress, ReplayError, ReplayOptions, Stage};
use crate::api::Api;
use crate::clock::{Clock, SystemClock};
use crate::random;

/// Steps that wait to be shown.
const STEPS_MAX: usize = 1_024;

/// What everybody who takes part in a run has in hand.
pub(super) struct Run {
    pub(super) name: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) people: People,
    pub(super) speakers: Speakers,
    pub(super) speed: Speed,
    /// Where the history is noted, if one is kept.
    pub(super) history: Option<Arc<Recorder>>,
    steps: mpsc::Sender<Step>,
}

/// Something that moves the progress.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Line,
    File,
}

impl Run {
    fn new(options: &ReplayOptions, steps: mpsc::Sender<Step>) -> Result<Self, ReplayError> {
        let api = Api::new(&options.url).map_err(ReplayError::refused("opening an HTTP client"))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        Ok(Self {
            name: options.run.clone().unwrap_or_else(random::secret),
            people: People::new(api, clock.clone(), options.api_key.clone()),
            speakers: Speakers::new(options.connections.max(1), options.encoding),
            speed: options.speed,
            history: options
                .history
                .is_some()
                .then(|| Arc::new(Recorder::begin(clock.clone()))),
            clock,
            steps,
        })
    }

    /// Shows that it goes on. When nobody looks any more, the run is being given up.
    pub(super) async fn step(&self, step: Step) {
        let _not_looking = self.steps.send(step).await;
    }
}

/// Replays, and says how far it has got whenever it has got further.
///
/// # Errors
/// [`ReplayError`] when it cannot go on. What differs is no error: the report says it.
pub async fn run(
    options: ReplayOptions,
    progress: impl FnMut(Progress),
) -> Result<ReplayReport, ReplayError> {
    let files = log_file::read_all(&options.paths)?;
    let (steps, taken) = mpsc::channel(STEPS_MAX);
    let run = Arc::new(Run::new(&options, steps)?);
    let mut shown = Shown::new(&files, taken, progress);

    let beginning = if options.run.is_some() {
        Beginning::PerhapsLater
    } else {
        Beginning::Fresh
    };
    let (count, encoding) = (options.watchers, options.encoding);
    let watchers = Watchers::connect(&run, count, encoding, beginning).await?;
    let watchers = Arc::new(watchers);
    let began_us = run.clock.monotonic_us();
    let speaking = files
        .into_iter()
        .map(|file| speak(run.clone(), watchers.clone(), file));
    let spoken = all(speaking, options.parallel, &mut shown).await?;
    let took_us = run.clock.monotonic_us() - began_us;
    run.speakers.close_all();

    shown.stage(Stage::Watching);
    let rooms = spoken.iter().filter(|spoken| spoken.said_something_new());
    let watched = watchers
        .finish(rooms.map(|spoken| spoken.room).collect())
        .await;

    if let Some(history) = &run.history {
        history.settled();
    }
    shown.stage(Stage::Verifying);
    let verifying = spoken
        .iter()
        .map(|spoken| verify(run.clone(), spoken.file.clone(), spoken.room));
    let files = all(verifying, options.parallel, &mut shown).await?;
    let mut report = report(&run, took_us, &spoken, watched, files);
    report.history = judged(&run, &options)?;
    Ok(report)
}

/// What the rules say of the history, where one was kept; it is written down for others to judge.
fn judged(run: &Run, options: &ReplayOptions) -> Result<Option<HistoryReport>, ReplayError> {
    let (Some(recorder), Some(path)) = (&run.history, &options.history) else {
        return Ok(None);
    };
    let (history, report) = recorder.judge();
    history::write(&history, path).map_err(|source| ReplayError::Unreadable {
        path: path.clone(),
        source,
    })?;
    Ok(Some(report))
}

/// Does all of it, so many at a time, and shows how it goes on. The results are in the order of
/// the work. The first error ends it, and what is still under way with it.
async fn all<T: Send + 'static>(
    work: impl Iterator<Item = impl Future<Output = Result<T, ReplayError>> + Send + 'static>,
    parallel: usize,
    shown: &mut Shown<impl FnMut(Progress)>,
) -> Result<Vec<T>, ReplayError> {
    let places = Arc::new(Semaphore::new(parallel.max(1)));
    let mut tasks = JoinSet::new();
    for (index, work) in work.enumerate() {
        let places = places.clone();
        tasks.spawn(async move {
            let _place = places
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            work.await.map(|done| (index, done))
        });
    }
    let mut done = Vec::new();
    while !tasks.is_empty() {
        tokio::select! {
            Some(step) = shown.steps.recv() => shown.step(step),
            Some(joined) = tasks.join_next() => {
                done.push(joined.unwrap_or_else(bug)?);
                shown.finished();
            }
        }
    }
    while let Ok(step) = shown.steps.try_recv() {
        shown.step(step);
    }
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, done)| done).collect())
}

/// A task of ours has panicked: so does who waits for it.
fn bug<T>(error: JoinError) -> T {
    std::panic::resume_unwind(error.into_panic())
}

/// The progress, and who looks at it.
struct Shown<F> {
    at: Progress,
    steps: mpsc::Receiver<Step>,
    show: F,
}

impl<F: FnMut(Progress)> Shown<F> {
    fn new(files: &[Arc<LogFile>], steps: mpsc::Receiver<Step>, show: F) -> Self {
        let at = Progress {
            lines_total: files.iter().map(|file| file.len() as u64).sum(),
            files_total: files.len() as u64,
            ..Progress::default()
        };
        let mut shown = Self { at, steps, show };
        (shown.show)(at);
        shown
    }

    fn stage(&mut self, stage: Stage) {
        self.at.stage = stage;
        if stage == Stage::Verifying {
            self.at.files = 0;
        }
        (self.show)(self.at);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Line => self.at.lines += 1,
            Step::File => self.at.files += 1,
        }
        (self.show)(self.at);
    }

    /// A file was verified; a file that was spoken says so itself.
    fn finished(&mut self) {
        if self.at.stage == Stage::Verifying {
            self.step(Step::File);
        }
    }
}

fn report(
    run: &Run,
    took_us: u64,
    spoken: &[Spoken],
    watchers: Vec<WatcherReport>,
    files: Vec<FileReport>,
) -> ReplayReport {
    let acks_us: Vec<u64> = spoken
        .iter()
        .flat_map(|spoken| spoken.acks_us.iter().copied())
        .collect();
    let lines = acks_us.len() as u64;
    #[expect(
        clippy::cast_precision_loss,
        reason = "some hours, some millions of lines"
    )]
    let sends_per_s = lines as f64 * 1_000_000.0 / took_us.max(1) as f64;
    ReplayReport {
        lines,
        rooms: spoken.len() as u64,
        people: run.people.count() as u64,
        duration_ms: took_us / 1_000,
        sends_per_s,
        ack: Latency::of(acks_us),
        duplicates: spoken.iter().map(|spoken| spoken.duplicates).sum(),
        watchers,
        files,
        history: None,
    }
}
