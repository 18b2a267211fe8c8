//! Limits of the kernel's on one process: memory and processor time, by control groups of either
//! version.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, While};

/// A limit that lasts until it is dropped; by then the process must have ended.
#[derive(Debug)]
pub(crate) struct Limit {
    folder: PathBuf,
}

impl Limit {
    /// So much memory, and no more.
    pub(crate) fn memory(process: u32, bytes: u64) -> Result<Self, Failure> {
        let (v1, v2) = ("memory.limit_in_bytes", "memory.max");
        Self::new(
            process,
            "memory",
            (v1, &bytes.to_string()),
            (v2, &bytes.to_string()),
        )
    }

    /// So many percent of one processor.
    pub(crate) fn processor(process: u32, percent: u32) -> Result<Self, Failure> {
        let quota_us = (percent * 1_000).to_string();
        let v2 = format!("{quota_us} 100000");
        Self::new(
            process,
            "cpu",
            ("cpu.cfs_quota_us", &quota_us),
            ("cpu.max", &v2),
        )
    }

    fn new(
        process: u32,
        controller: &str,
        v1: (&str, &str),
        v2: (&str, &str),
    ) -> Result<Self, Failure> {
        let of_v1 = Path::new("/sys/fs/cgroup").join(controller);
        let (parent, (file, value)) = if of_v1.is_dir() {
            (of_v1, v1)
        } else {
            (PathBuf::from("/sys/fs/cgroup"), v2)
        };
        let folder = parent.join(format!("tidings-faults-{process}"));
        fs::create_dir(&folder).during("making a control group")?;
        let limit = Self { folder };
        fs::write(limit.folder.join(file), value).during("setting a limit")?;
        let processes = limit.folder.join("cgroup.procs");
        fs::write(processes, process.to_string()).during("limiting the server")?;
        Ok(limit)
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        let _removed = fs::remove_dir(&self.folder);
    }
}
