//! A folder that cannot be used: refused at the start, by name, with what to do, and with an exit
//! code by which a supervisor tells what it can wait for from what it cannot.

use std::fs::{File, Permissions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::process::{Server, folder, refused};

/// Where SQLite keeps a file's version (its file format, section 1.3).
const VERSION_AT: u64 = 60;

fn serve(data: &Path) -> (i32, String) {
    let data = data.to_str().unwrap();
    refused(["serve", "--listen", "127.0.0.1:0", "--data", data])
}

/// A folder that a server has used.
fn used() -> TempDir {
    let home = folder();
    assert_eq!(Server::start(home.path()).end("-TERM"), Some(0));
    home
}

/// Runs a shell script as root of a user's own namespace, in which it may mount file systems. Its
/// last command becomes the server.
fn in_a_namespace(script: &str, data: &Path) -> (i32, String) {
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-euc", script])
        .env("DATA", data)
        .env("TIDINGS", env!("CARGO_BIN_EXE_tidings"))
        .output()
        .unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    let may = !complaint.contains("unshare: ");
    assert!(
        may,
        "this test needs a user namespace of its own: {complaint}"
    );
    (output.status.code().unwrap(), complaint)
}

const SERVE: &str = "exec \"$TIDINGS\" serve --listen 127.0.0.1:0 --data \"$DATA\"";

#[test]
fn a_newer_version_is_refused_with_4_and_not_touched() {
    let home = used();
    let path = home.path().join("tidings.db");
    let mut file = File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(VERSION_AT)).unwrap();
    file.write_all(&1_000_u32.to_be_bytes()).unwrap();
    let before = std::fs::read(&path).unwrap();
    let (code, complaint) = serve(home.path());
    assert_eq!(code, 4, "{complaint}");
    for said in [
        "tidings.db has schema version 1000",
        "use the newer binary",
        "restore a backup",
    ] {
        assert!(complaint.contains(said), "{complaint}");
    }
    assert!(std::fs::read(&path).unwrap() == before);
}

#[test]
fn a_folder_in_use_is_refused_with_6_and_its_server_goes_on() {
    let home = folder();
    let server = Server::start(home.path());
    let (code, complaint) = serve(home.path());
    assert_eq!(code, 6, "{complaint}");
    let holder = format!("in use by a running server (process {})", server.child.id());
    assert!(complaint.contains(&holder), "{complaint}");
    assert!(
        complaint.contains("stop that one first, or name another"),
        "{complaint}"
    );
    assert_eq!(server.end("-TERM"), Some(0));
}

#[test]
fn a_read_only_file_system_is_refused_with_7() {
    for (home, data) in [(folder(), "."), (used(), "."), (folder(), "not/made/yet")] {
        let script = format!(
            "mount --bind \"$DATA\" \"$DATA\"; mount -o remount,bind,ro \"$DATA\"; \
             DATA=\"$DATA/{data}\"; {SERVE}"
        );
        let (code, complaint) = in_a_namespace(&script, home.path());
        assert_eq!(code, 7, "{complaint}");
        let advice = "is on a read-only file system: mount it writable, or name another folder";
        assert!(complaint.contains(advice), "{complaint}");
    }
}

#[test]
fn a_full_disk_is_refused_with_7_before_anything_is_there_and_afterwards() {
    // None of these holds an empty database; the last holds one and not what a server adds to it.
    for size_kib in [4, 16, 64, 96] {
        let home = folder();
        let script = format!("mount -t tmpfs -o size={size_kib}k tmpfs \"$DATA\"; {SERVE}");
        let (code, complaint) = in_a_namespace(&script, home.path());
        assert_eq!(code, 7, "{size_kib} KiB: {complaint}");
        assert!(
            complaint.contains("is full: make room and start again"),
            "{complaint}"
        );
    }
    let home = used();
    let script = format!(
        "mkdir \"$DATA/small\"; mount -t tmpfs -o size=1m tmpfs \"$DATA/small\"; \
         cp \"$DATA/tidings.db\" \"$DATA/small\"; DATA=\"$DATA/small\"; \
         head -c 1m /dev/zero >\"$DATA/more\" 2>/dev/null || :; {SERVE}"
    );
    let (code, complaint) = in_a_namespace(&script, home.path());
    assert_eq!(code, 7, "{complaint}");
    assert!(
        complaint.contains("is full: make room and start again"),
        "{complaint}"
    );
}

/// A folder of another user; here for as long as what keeps it.
fn of_another_user() -> (Option<TempDir>, PathBuf) {
    let home = folder();
    let path = home.path().to_owned();
    // Only root may give a folder away. Everybody else finds one that is root's.
    match chown(&path, Some(12_345), None) {
        Ok(()) => (Some(home), path),
        Err(_) => (None, PathBuf::from("/")),
    }
}

#[test]
fn a_folder_of_another_user_is_refused_with_7() {
    let (_home, data) = of_another_user();
    for data in [data.clone(), data.join("a-folder-in-it")] {
        let (code, complaint) = in_a_namespace(SERVE, &data);
        assert_eq!(code, 7, "{complaint}");
        let advice = "change its owner, or run as that user";
        assert!(complaint.contains(advice), "{complaint}");
    }
}

#[test]
fn a_database_of_another_user_is_refused_with_7() {
    let home = used();
    for name in ["tidings.db.lock", "tidings.db"] {
        let path = home.path().join(name);
        // Only root may give a file away. For everybody else one that nobody may write stands for it.
        let (code, complaint) = if chown(&path, Some(12_345), None).is_ok() {
            in_a_namespace(SERVE, home.path())
        } else {
            std::fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
            serve(home.path())
        };
        assert_eq!(code, 7, "{complaint}");
        assert!(complaint.contains(path.to_str().unwrap()), "{complaint}");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_file_in_the_place_of_the_folder_is_refused_with_4() {
    let home = folder();
    let path = home.path().join("data");
    std::fs::write(&path, "x").unwrap();
    for data in [path.clone(), path.join("deeper")] {
        let (code, complaint) = serve(&data);
        assert_eq!(code, 4, "{complaint}");
        assert!(
            complaint.contains("is no folder: name another"),
            "{complaint}"
        );
    }
}

#[test]
fn what_is_no_database_of_ours_is_refused_with_4_and_not_touched() {
    let home = folder();
    let path = home.path().join("tidings.db");
    std::fs::write(&path, "a letter to my aunt, which nobody should write over").unwrap();
    let (code, complaint) = serve(home.path());
    assert_eq!(code, 4, "{complaint}");
    assert!(
        complaint.contains("is not a Tidings database"),
        "{complaint}"
    );
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .starts_with("a letter")
    );
}
