//! A disk of a run's own: an ext4 image on a loop device, which can lose power, or a small tmpfs,
//! which can be full. Mounted within the run's own mount namespace, so that nothing is left behind.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::failure::{Failure, While};
use crate::inside::tool;

/// Large enough for a run's database and the file system's own journal.
const IMAGE_BYTES: u64 = 512 * 1024 * 1024;
/// `_IOR('X', 125, __u32)` with `EXT4_GOING_FLAGS_NOLOGFLUSH`: from now on nothing more reaches the
/// device, not even the journal, as when the power goes. There is no safe call for it in Rust.
const CUT: &str = "import fcntl, os, struct, sys\n\
    fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))\n";

/// A mounted file system.
#[derive(Debug)]
pub(crate) struct Disk {
    place: TempDir,
    folder: PathBuf,
}

impl Disk {
    /// An ext4 file system on a loop device.
    pub(crate) fn ext4() -> Result<Self, Failure> {
        let disk = Self::place()?;
        let image = File::create(disk.image()).during("making an image")?;
        image.set_len(IMAGE_BYTES).during("making an image")?;
        tool(
            "mkfs.ext4",
            &["-q", "-F", "-e", "remount-ro", text(&disk.image())],
        )?;
        disk.mount()?;
        Ok(disk)
    }

    /// A file system in memory that is full after so many bytes.
    pub(crate) fn tmpfs(bytes: u64) -> Result<Self, Failure> {
        let disk = Self::place()?;
        let size = format!("size={bytes}");
        tool(
            "mount",
            &[
                "-t",
                "tmpfs",
                "-o",
                &size,
                "tidings-faults",
                text(&disk.folder),
            ],
        )?;
        Ok(disk)
    }

    fn place() -> Result<Self, Failure> {
        let place = tempfile::tempdir().during("making a folder")?;
        let folder = place.path().join("mounted");
        fs::create_dir(&folder).during("making a folder")?;
        Ok(Self { place, folder })
    }

    fn image(&self) -> PathBuf {
        self.place.path().join("image")
    }

    /// Where the server has its database.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn mount(&self) -> Result<(), Failure> {
        tool(
            "mount",
            &["-o", "loop", text(&self.image()), text(&self.folder)],
        )
        .map(drop)
    }

    /// Everything that was written is on the device.
    pub(crate) fn sync(&self) -> Result<(), Failure> {
        tool("sync", &["-f", text(&self.folder)]).map(drop)
    }

    /// The power goes: what was not synced is lost.
    pub(crate) fn cut(&self) -> Result<(), Failure> {
        tool("python3", &["-c", CUT, text(&self.folder)]).map(drop)
    }

    /// The kernel finds an error and makes the file system read-only, as it does when a device fails.
    pub(crate) fn turn_read_only(&self) -> Result<(), Failure> {
        let found = tool("findmnt", &["-n", "-o", "SOURCE", text(&self.folder)])?;
        let device = found.trim().trim_start_matches("/dev/");
        let trigger = format!("/sys/fs/ext4/{device}/trigger_fs_error");
        fs::write(trigger, "a fault run").during("triggering an error of the file system")
    }

    /// The machine is started again: checked and mounted as at the start. Nobody may use it.
    pub(crate) fn mount_again(&self) -> Result<(), Failure> {
        tool("umount", &[text(&self.folder)])?;
        // It leaves with 1 when it has repaired something, as after an error it does.
        let _repaired = tool("e2fsck", &["-p", text(&self.image())]);
        self.mount()
    }

    /// Takes all the room that is left.
    pub(crate) fn fill(&self) -> Result<Ballast, Failure> {
        let path = self.folder.join("ballast");
        let mut file = File::create(&path).during("filling the disk")?;
        let zeros = [0; 4096];
        while file.write_all(&zeros).is_ok() {}
        Ok(Ballast { path })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _unmounted = tool("umount", &["-l", text(&self.folder)]);
    }
}

/// What fills a disk, until it is dropped.
#[derive(Debug)]
pub(crate) struct Ballast {
    path: PathBuf,
}

impl Drop for Ballast {
    fn drop(&mut self) {
        let _removed = fs::remove_file(&self.path);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}
