//! Cuts a plan that breaks a rule down to what a person can read: fewer devices, fewer steps, fewer
//! peculiarities, as long as the same rule breaks.

use std::sync::Arc;

use crate::judge::judge;
use crate::plan::Plan;

/// Runs that one cutting down may take.
const RUNS_MAX: u32 = 600;

struct Cutting {
    rule: &'static str,
    best: Plan,
    runs: u32,
}

/// A smaller plan that breaks the same rule.
#[must_use]
pub fn shrink(plan: Plan, rule: &'static str) -> Plan {
    let mut cutting = Cutting {
        rule,
        best: plan,
        runs: 0,
    };
    loop {
        let before = size(&cutting.best);
        cutting.leave_out_devices();
        cutting.leave_out_steps();
        cutting.make_plain();
        if size(&cutting.best) == before || cutting.runs >= RUNS_MAX {
            return cutting.best;
        }
    }
}

fn size(plan: &Plan) -> (usize, usize) {
    (plan.clients.len() - plan.left_out.len(), plan.steps.len())
}

impl Cutting {
    /// Keeps a change if the rule still breaks.
    fn accept(&mut self, change: impl FnOnce(&mut Plan)) -> bool {
        if self.runs >= RUNS_MAX {
            return false;
        }
        self.runs += 1;
        let mut plan = self.best.clone();
        change(&mut plan);
        let plan = Arc::new(plan);
        let judged = judge(&plan);
        let breaks = judged.violations.iter().any(|it| it.rule == self.rule);
        if breaks {
            self.best = Arc::unwrap_or_clone(plan);
        }
        breaks
    }

    fn leave_out_devices(&mut self) {
        let mut at_once = self.best.clients.len().div_ceil(2);
        while at_once > 0 {
            let there: Vec<usize> = (0..self.best.clients.len())
                .filter(|client| self.best.takes_part(*client))
                .collect();
            for some in there.chunks(at_once) {
                self.accept(|plan| {
                    plan.left_out.extend(some);
                    let left_out = &plan.left_out;
                    let stays =
                        |client: Option<usize>| client.is_none_or(|it| !left_out.contains(&it));
                    plan.steps.retain(|(_, step)| stays(step.client()));
                });
            }
            at_once /= 2;
        }
    }

    fn leave_out_steps(&mut self) {
        let mut at_once = self.best.steps.len().div_ceil(2);
        while at_once > 0 {
            let mut from = 0;
            while from < self.best.steps.len() {
                let to = (from + at_once).min(self.best.steps.len());
                let is_left_out = self.accept(|plan| drop(plan.steps.drain(from..to)));
                if !is_left_out {
                    from = to;
                }
            }
            at_once /= 2;
        }
    }

    fn make_plain(&mut self) {
        self.accept(|plan| plan.server.shards = 1);
        self.accept(|plan| plan.server.recent_bytes = 64 * 1024 * 1024);
        self.accept(|plan| plan.server.token_ms = 3_600_000);
        self.accept(|plan| (plan.disk.read_ms, plan.disk.sync_ms) = (0, 0));
        self.accept(|plan| {
            for client in &mut plan.clients {
                client.outbox_bytes = 256 * 1024;
                client.window_bytes = 16_000;
            }
        });
        self.accept(|plan| plan.clients.iter_mut().for_each(|it| it.watches = false));
        let last_ms = self.best.steps.last().map_or(500, |(at_ms, _)| *at_ms);
        self.accept(|plan| plan.active_ms = last_ms + 100);
    }
}
