//! What the system says of this process (Linux: `/proc/self`). What it does not say is not shown.

use std::fs;

use super::exposition::Page;

/// Ticks of the kernel's clock a second, as `/proc` counts them: `USER_HZ` is 100 on every
/// architecture that we build for.
const TICKS_PER_S: f64 = 100.0;

/// Writes memory, processor time, files and threads.
pub(super) fn write(page: &mut Page) {
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        if let Some(kib) = number_after(&status, "VmRSS:") {
            page.gauge(
                "process_resident_memory_bytes",
                "Memory in use.",
                kib * 1_024,
            );
        }
        if let Some(threads) = number_after(&status, "Threads:") {
            page.gauge("process_threads", "Threads.", threads);
        }
    }
    if let Some(seconds) = fs::read_to_string("/proc/self/stat")
        .ok()
        .and_then(|s| cpu_s(&s))
    {
        page.counter("process_cpu_seconds_total", "Processor time.", seconds);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        page.gauge(
            "process_open_fds",
            "Open files, sockets among them.",
            files.count(),
        );
    }
    if let Some(max) = open_files_max() {
        page.gauge("process_max_fds", "Open files that the system allows.", max);
    }
}

/// So many files this process may have open; nothing where the system does not say, or sets no limit.
pub(crate) fn open_files_max() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    number_after(&limits, "Max open files")
}

/// The first number after a word.
fn number_after(text: &str, word: &str) -> Option<u64> {
    let (_, rest) = text.split_once(word)?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Seconds in user mode and in the kernel. Fields are counted after the name, which ends in the
/// last bracket and may hold anything (`proc_pid_stat(5)`: `utime` is the 14th, `stime` the 15th).
fn cpu_s(stat: &str) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0 9";
        assert_eq!(cpu_s(stat), Some(3.0));
        assert_eq!(cpu_s("nonsense"), None);
    }

    #[test]
    fn this_process_has_memory_and_files() {
        let mut page = Page::default();
        write(&mut page);
        let text = page.into_text();
        for name in [
            "process_resident_memory_bytes ",
            "process_open_fds ",
            "process_max_fds ",
        ] {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            assert!(line[name.len()..].parse::<u64>().unwrap() > 0, "{line}");
        }
    }
}
