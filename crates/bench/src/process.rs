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
        let ticks = cpu_ticks(&stat).ok_or_else(|| unreadable("stat"))?;
        Ok(ticks * 1_000_000 / rustix::param::clock_ticks_per_second())
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

/// Fields 14 and 15 of proc_pid_stat(5). The name in field 2 may hold anything, so counting begins
/// after its last bracket, at field 3.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(14 - 3);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
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
        let stat = "77 (a ) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 3 0 1";
        assert_eq!(cpu_ticks(stat), Some(300));
        assert_eq!(cpu_ticks("77 (a"), None);
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
