//! How far a long command is: a bar for whoever watches; otherwise a line for each part of the work,
//! and one for each tenth of a part that takes long.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Terminal;

/// Drawn so often at most.
const DRAWS_PER_S: u8 = 10;

/// Lines of tenths are not written more often than this.
const TENTH_INTERVAL: Duration = Duration::from_secs(5);

/// See the module.
pub(super) struct Progress<'t> {
    terminal: &'t Terminal,
    bar: ProgressBar,
    doing: &'static str,
    /// The last tenth of this part that was told in a line, and after how long.
    told: (u64, Duration),
}

impl<'t> Progress<'t> {
    pub(super) fn begin(terminal: &'t Terminal) -> Self {
        let target = if terminal.is_watched() {
            ProgressDrawTarget::stderr_with_hz(DRAWS_PER_S)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(None, target).with_style(waiting());
        Self {
            terminal,
            bar,
            doing: "",
            told: (0, Duration::ZERO),
        }
    }

    /// This is being done, and so many of the things that it takes are done.
    pub(super) fn at(&mut self, doing: &'static str, things: &str, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        if self.turns_to(doing) {
            self.bar.disable_steady_tick();
            self.bar.set_style(counting(things));
        }
        self.tell_tenth(things, done, total);
    }

    /// This is being done, and nobody knows for how long.
    pub(super) fn doing(&mut self, doing: &'static str) {
        if self.turns_to(doing) {
            self.bar.set_style(waiting());
            self.bar
                .enable_steady_tick(Duration::from_secs(1) / u32::from(DRAWS_PER_S));
        }
    }

    /// Whether this is something else than before; then it is said.
    fn turns_to(&mut self, doing: &'static str) -> bool {
        if self.doing == doing {
            return false;
        }
        self.doing = doing;
        self.bar.set_message(doing);
        self.told = (0, self.bar.elapsed());
        if !self.terminal.is_watched() {
            self.terminal.note(&doing);
        }
        true
    }

    fn tell_tenth(&mut self, things: &str, done: u64, total: u64) {
        let tenth = (done * 10).checked_div(total).unwrap_or(0);
        let since = self.bar.elapsed().saturating_sub(self.told.1);
        let is_due = tenth > self.told.0 && since >= TENTH_INTERVAL;
        if is_due && !self.terminal.is_watched() {
            self.told = (tenth, self.bar.elapsed());
            let doing = self.doing;
            self.terminal
                .note(&format_args!("{doing}: {done} of {total} {things}"));
        }
    }

    /// Takes the bar away; how long it all took, in words.
    pub(super) fn end(self) -> String {
        let took = self.bar.elapsed();
        self.bar.finish_and_clear();
        format!("{:.1} s", took.as_secs_f64())
    }
}

const FIXED: &str = "the template is fixed, and good";

fn counting(things: &str) -> ProgressStyle {
    let template =
        format!("{{msg}} {{wide_bar}} {{human_pos}}/{{human_len}} {things}, {{eta}} left");
    ProgressStyle::with_template(&template).expect(FIXED)
}

fn waiting() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg}, {elapsed}").expect(FIXED)
}
