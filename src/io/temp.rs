//! Temporary files: without a name where the system can, else uniquely named.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::{Error, Result};

/// Opens a file without a name in `dir`, gone as soon as it is closed, whatever ends the process.
///
/// Returns `None` where the file system or the kernel cannot make such files, or where one could
/// not be named afterwards.
#[cfg(target_os = "linux")]
pub(super) fn unnamed(dir: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    // The kernel takes the process's umask off this mode, as for every new file.
    let file = File::from(rustix::fs::open(dir, flags, Mode::from_raw_mode(0o666)).ok()?);
    // Naming it goes through /proc, which some sandboxes leave out.
    fd_path(&file).symlink_metadata().ok()?;
    Some(file)
}

/// As on Linux; other systems have no files without a name.
#[cfg(not(target_os = "linux"))]
pub(super) fn unnamed(_dir: &Path) -> Option<File> {
    None
}

/// The path through which the system reaches an open file.
#[cfg(target_os = "linux")]
fn fd_path(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd;
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Gives an unnamed file the name `path`; fails with `AlreadyExists` if something has it.
#[cfg(target_os = "linux")]
pub(super) fn name(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD};
    rustix::fs::linkat(CWD, fd_path(file), CWD, path, AtFlags::SYMLINK_FOLLOW)?;
    Ok(())
}

/// As on Linux; never called elsewhere, because no file lacks a name.
#[cfg(not(target_os = "linux"))]
pub(super) fn name(_file: &File, _path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Renames `from` to `to` unless something is named `to` already (`AlreadyExists`).
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags};
        use rustix::io::Errno;
        match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // The file system does not know the flag: take the other way.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            result => return Ok(result?),
        }
    }
    std::fs::hard_link(from, to)?;
    std::fs::remove_file(from)
}

/// Makes and opens a new file with a unique, hidden name beside `target`.
pub(super) fn named(target: &Path) -> io::Result<(File, PathBuf)> {
    unique(target, |path| File::options().read(true).write(true).create_new(true).open(path))
}

/// Removes temporary files in `dir` that ended processes left beside targets of whose file names
/// `is_ours` says so; returns how many. Call it only where no other process writes those targets.
///
/// # Errors
/// [`Error::Io`], naming the file or folder, if the system refuses.
pub fn sweep(dir: &Path, is_ours: impl Fn(&OsStr) -> bool) -> Result<u64> {
    let mut swept = 0;
    let fail = |action, path: &Path, e| Error::io(action, e).at_path(path);
    let entries = match std::fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(|e| fail("list", dir, e))?,
    };
    for entry in entries {
        let entry = entry.map_err(|e| fail("list", dir, e))?;
        if target_of(&entry.file_name()).is_some_and(&is_ours) {
            std::fs::remove_file(entry.path()).map_err(|e| fail("remove", &entry.path(), e))?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// The target's file name in that of a temporary file beside it ([`unique`]).
fn target_of(temporary: &OsStr) -> Option<&OsStr> {
    let rest = temporary.to_str()?.strip_prefix('.')?.strip_suffix(".tmp")?;
    let (target, ids) = rest.rsplit_once(".swath-")?;
    let (process, count) = ids.split_once('-')?;
    let hexadecimal = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit());
    (hexadecimal(process) && hexadecimal(count)).then(|| OsStr::new(target))
}

/// Calls `make` with unique, hidden names beside `target` until one is free.
pub(super) fn unique<T>(
    target: &Path,
    mut make: impl FnMut(&Path) -> io::Result<T>,
) -> io::Result<(T, PathBuf)> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    // A name of nearly 255 bytes leaves no room for more: do without it.
    let stem = target.file_name().filter(|n| n.len() <= 200).unwrap_or(OsStr::new("output"));
    for _ in 0..1000 {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        let mut name = std::ffi::OsString::from(".");
        name.push(stem);
        name.push(format!(".swath-{:x}-{count:x}.tmp", std::process::id()));
        let path = target.with_file_name(name);
        match make(&path) {
            // Left by an earlier process of the same id: try the next name.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|made| (made, path)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_processes_left_is_swept_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a directory");
        let left = |target: &str| named(&dir.path().join(target)).expect("makes").1;
        let (ours, others) = (left("a.tif"), left("b.tif"));
        for name in ["a.tif", ".a.tif.swath-.tmp", ".a.tif.swath-1-z.tmp", ".a.tif.tmp"] {
            std::fs::write(dir.path().join(name), "").expect("writes");
        }
        assert_eq!(sweep(dir.path(), |name| name == "a.tif").expect("sweeps"), 1);
        assert!(!ours.exists() && others.exists());
        assert_eq!(std::fs::read_dir(dir.path()).expect("lists").count(), 5);
        assert_eq!(sweep(&dir.path().join("absent"), |_| true).expect("nothing"), 0);
    }
}
