//! A file that is changed where it stands.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// What a disk writes whole or not at all, and what therefore may change what a file means.
const SECTOR: u64 = 512;

/// A file that is changed where it stands and that is readable at every moment, even if the process
/// or the machine stops: bytes are added at its end, which nobody looks at, until [`Live::switch`]
/// makes them count with one write inside one sector.
///
/// Dropped before that, the file is cut back to what it was. The file is locked (advisory) for as
/// long as it is open.
#[derive(Debug)]
pub struct Live {
    file: File,
    path: PathBuf,
    before: u64,
    len: u64,
    switched: bool,
}

impl Live {
    /// Opens the file at `path` to change it.
    ///
    /// # Errors
    ///
    /// `Io` if the system refuses or another process is changing the file, naming the path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::open_bare(path).map_err(|e| e.at_path(path))
    }

    fn open_bare(path: &Path) -> Result<Self> {
        use rustix::fs::{FlockOperation, flock};
        let file = File::options().read(true).write(true).open(path);
        let file = file.map_err(|e| Error::io("open to change", e))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // Not every file system knows locks: then nobody else relies on them there.
            Ok(()) | Err(rustix::io::Errno::NOTSUP | rustix::io::Errno::NOSYS) => {}
            Err(e) => {
                return Err(Error::io("lock", e.into()).hint("is another process changing it?"));
            }
        }
        let before = file.metadata().map_err(|e| Error::io("ask for the length", e))?.len();
        Ok(Self { file, path: path.to_path_buf(), before, len: before, switched: false })
    }

    /// The number of bytes so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Tells whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds `bytes` at the end and returns the offset where they begin.
    ///
    /// # Errors
    ///
    /// `Io`, naming the file, if writing fails (disk full, for one).
    pub fn append(&mut self, bytes: &[u8]) -> Result<u64> {
        let offset = self.len;
        self.file.write_all_at(bytes, offset).map_err(|e| self.place("write", e))?;
        self.len += bytes.len() as u64;
        Ok(offset)
    }

    /// Tells whether `len` bytes at `offset` lie in one sector, so that [`Live::switch`] can write
    /// them.
    pub fn in_one_sector(offset: u64, len: u64) -> bool {
        offset / SECTOR == offset.saturating_add(len.max(1) - 1) / SECTOR
    }

    /// Makes what was added durable, then writes `bytes` at `offset`, over what was there before,
    /// and makes that durable too. From here on the file is the new one.
    ///
    /// # Errors
    ///
    /// `Usage` if the bytes do not lie in one sector of what was there before; `Io`, naming the
    /// file, if the system refuses.
    pub fn switch(mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let end = offset.saturating_add(bytes.len() as u64);
        if !Self::in_one_sector(offset, bytes.len() as u64) || end > self.before {
            return Err(Error::usage("bytes that change a file at once")
                .expected("one sector of it")
                .found(format!("{} bytes at {offset}", bytes.len()))
                .at_path(&self.path));
        }
        self.file.sync_all().map_err(|e| self.place("sync", e))?;
        // Whether a failing write has reached the disk nobody knows: what was added must stay.
        self.switched = true;
        self.file.write_all_at(bytes, offset).map_err(|e| self.place("write", e))?;
        self.file.sync_all().map_err(|e| self.place("sync", e))
    }

    fn place(&self, action: &str, error: std::io::Error) -> Error {
        Error::io(action, error).at_path(&self.path)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if !self.switched && self.len > self.before {
            // If this fails, bytes that nobody looks at stay behind the end.
            let _ = self.file.set_len(self.before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_counts_only_after_the_switch() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        std::fs::write(&path, [7; 600]).unwrap();
        let mut live = Live::open(&path).unwrap();
        assert_eq!(live.append(b"new").unwrap(), 600);
        assert!(matches!(Live::open(&path), Err(Error::Io(..))), "it is locked");
        drop(live);
        assert_eq!(std::fs::read(&path).unwrap(), [7; 600]);

        let mut live = Live::open(&path).unwrap();
        live.append(b"new").unwrap();
        live.switch(4, b"at").unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!((&bytes[3..7], &bytes[600..]), (&b"\x07at\x07"[..], &b"new"[..]));
        assert_eq!(bytes.len(), 603);
    }

    #[test]
    fn a_switch_is_one_sector_of_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        std::fs::write(&path, [7; 600]).unwrap();
        for (offset, len) in [(510, 4), (0, 513), (598, 4)] {
            let live = Live::open(&path).unwrap();
            assert!(matches!(live.switch(offset, &vec![0; len]), Err(Error::Usage(_))));
            assert_eq!(std::fs::read(&path).unwrap(), [7; 600]);
        }
        assert!(Live::in_one_sector(508, 4) && Live::in_one_sector(512, 512));
        assert!(Live::open(dir.path().join("absent")).is_err());
    }
}
