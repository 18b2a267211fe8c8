//! What another process uses, as the kernel accounts for it in `/proc`.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::{Failure, Outcome, While};

/// A process that is watched.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    pid: u32,
}

impl Watched {
    pub(crate) const fn new(pid: u32) -> Self {
        Self { pid }
    }

    /// CPU time so far, in microseconds: user and system, of all threads that are or were. Exact to
    /// one tick, mostly 10 ms.
    pub(crate) fn cpu_us(self) -> Outcome<u64> {
        let stat = self.read("stat")?;
        let ticks = stat_ticks(&stat, 2).ok_or_else(|| unreadable("stat"))?;
        Ok(ticks * 1_000_000 / rustix::param::clock_ticks_per_second())
    }

    /// Time in microseconds that its threads stood ready and waited for a processor, of all threads
    /// that live: what others on the machine took from it.
    pub(crate) fn waited_us(self) -> Outcome<u64> {
        let path = format!("/proc/{}/task", self.pid);
        let mut waited_us = 0;
        for task in fs::read_dir(&path).during(&path)? {
            let path = task.during(&path)?.path().join("schedstat");
            // A thread may have ended since the folder was read.
            let schedstat = fs::read_to_string(path).unwrap_or_default();
            waited_us += waited_ns(&schedstat).unwrap_or_default() / 1_000;
        }
        Ok(waited_us)
    }

    /// Bytes of memory that are this process's alone.
    pub(crate) fn private_bytes(self) -> Outcome<u64> {
        let rollup = self.read("smaps_rollup")?;
        private_kib(&rollup)
            .map(|kib| kib * 1_024)
            .ok_or_else(|| unreadable("smaps_rollup"))
    }

    fn read(self, name: &str) -> Outcome<String> {
        let path = format!("/proc/{}/{name}", self.pid);
        fs::read_to_string(&path).during(&path)
    }
}

/// Lets this process, and those that it starts, have as many descriptors as the system allows it;
/// how many, or none when there is no limit.
pub(crate) fn raise_descriptors() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // Who may not have more goes on with what there is.
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current
}

fn unreadable(name: &str) -> Failure {
    Failure::Server(format!("/proc shows a {name} of another form"))
}

/// CPU time in microseconds of this process and of all its children that have ended.
pub(crate) fn this_run_us() -> Outcome<u64> {
    let stat = fs::read_to_string("/proc/self/stat").during("/proc/self/stat")?;
    let ticks = stat_ticks(&stat, 4).ok_or_else(|| unreadable("stat"))?;
    Ok(ticks * 1_000_000 / rustix::param::clock_ticks_per_second())
}

/// The sum of so many fields of proc_pid_stat(5) from the 14th: the process's own time as user and
/// as system, then its children's. The name in field 2 may hold anything, so counting begins after
/// its last bracket, at field 3.
fn stat_ticks(stat: &str, fields: usize) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut ticks = after_name.split_ascii_whitespace().skip(14 - 3);
    (0..fields).try_fold(0, |sum, _| Some(sum + ticks.next()?.parse::<u64>().ok()?))
}

/// The second field of a thread's schedstat (the kernel's sched-stats.rst): time on a run queue.
fn waited_ns(schedstat: &str) -> Option<u64> {
    schedstat.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Time in microseconds that all processors together were busy since the machine started.
pub(crate) fn machine_busy_us() -> Outcome<u64> {
    let stat = fs::read_to_string("/proc/stat").during("/proc/stat")?;
    let ticks = busy_ticks(&stat).ok_or_else(|| unreadable("stat"))?;
    Ok(ticks * 1_000_000 / rustix::param::clock_ticks_per_second())
}

/// The first line of proc_stat(5), without idle, waiting for disks, and guests, who count as users.
fn busy_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Option<Vec<u64>> = line
        .split_ascii_whitespace()
        .map(|field| field.parse().ok())
        .collect();
    let fields = fields?;
    let busy = [0, 1, 2, 5, 6, 7].map(|at| fields.get(at).copied().unwrap_or_default());
    Some(busy.iter().sum())
}

fn private_kib(rollup: &str) -> Option<u64> {
    let field = |name: &str| -> Option<u64> {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    };
    Some(field("Private_Clean:")? + field("Private_Dirty:")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_any_name() {
        let stat = "77 (a ) b) S 1 2 3 4 5 6 7 8 9 10 250 50 30 10 20 0 3 0 1";
        assert_eq!(stat_ticks(stat, 2), Some(300));
        assert_eq!(stat_ticks(stat, 4), Some(340));
        assert_eq!(stat_ticks("77 (a", 2), None);
    }

    #[test]
    fn waiting_and_being_busy_are_found_among_their_fields() {
        assert_eq!(waited_ns("500 70 9"), Some(70));
        assert_eq!(waited_ns(""), None);
        let stat = "cpu  1 2 4 100 200 8 16 32 64 128\ncpu0 1 1 1 1\n";
        assert_eq!(busy_ticks(stat), Some(63));
        assert_eq!(busy_ticks("intr 5"), None);
        assert!(machine_busy_us().unwrap() > 0);
    }

    #[test]
    fn private_memory_is_clean_and_dirty_together() {
        let rollup =
            "x [rollup]\nRss: 9 kB\nPrivate_Clean:      40 kB\nPrivate_Dirty:     112 kB\n";
        assert_eq!(private_kib(rollup), Some(152));
        assert_eq!(private_kib("Private_Clean: 40 kB"), None);
    }

    #[test]
    fn this_very_process_uses_memory_and_time() {
        let this = Watched::new(std::process::id());
        assert!(this.private_bytes().unwrap() > 4_096);
        let before = this.cpu_us().unwrap();
        let mut sum = 0_u64;
        while this.cpu_us().unwrap() == before {
            sum = sum.wrapping_mul(31).wrapping_add(1);
        }
        std::hint::black_box(sum);
    }
}
