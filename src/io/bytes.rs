//! Read-only bytes with random access.

use std::borrow::Cow;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::map::Map;
use crate::error::{Error, Result};

/// From so many bytes on, a mapped file is copied from by a positioned read.
const WORTH_A_CALL: usize = 16 << 10;

/// How the bytes of a file are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IoMode {
    /// The file is mapped into memory. The fastest way; unfit for files that another process
    /// may shorten meanwhile (the system ends the process then) and for flaky network disks.
    #[default]
    Map,
    /// Each range is read by its own positioned read into owned memory. The file is never mapped.
    Pread,
}

/// Read-only bytes with random access: a mapped file, a file read by position, or memory.
///
/// A source can be used from many threads at once. Its length is that at opening.
#[derive(Debug)]
pub struct ByteSource {
    path: Option<PathBuf>,
    len: u64,
    store: Store,
}

#[derive(Debug)]
enum Store {
    Map(Map, File),
    File(File),
    Owned(Vec<u8>),
    Other(Box<dyn ReadAt>),
}

/// Bytes that are reached in a way of the caller's: over a network, out of an archive.
pub trait ReadAt: Send + Sync + std::fmt::Debug {
    /// Returns the number of bytes, the same at every call.
    fn len(&self) -> u64;

    /// Tells whether there are no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills all of `out` with the bytes from `offset`, which lie inside. Many threads call it at
    /// once.
    ///
    /// # Errors
    /// Whatever keeps the bytes from coming; `UnexpectedEof` if there are fewer than `len` said.
    fn read_exact_at(&self, out: &mut [u8], offset: u64) -> std::io::Result<()>;
}

impl ByteSource {
    /// Opens the regular file at `path`.
    ///
    /// # Errors
    ///
    /// `Io` if the file cannot be opened, `Usage` if `path` is a directory, a pipe or a device,
    /// `Format` if the file is empty; all name the path.
    pub fn open(path: impl AsRef<Path>, mode: IoMode) -> Result<Self> {
        let path = path.as_ref();
        Self::open_bare(path, mode).map_err(|e| e.at_path(path))
    }

    fn open_bare(path: &Path, mode: IoMode) -> Result<Self> {
        // Asked before opening: opening a pipe would wait for its writer.
        let kind = std::fs::metadata(path).map_err(|e| Error::io("open", e))?.file_type();
        if kind.is_dir() {
            return Err(Error::usage("is a directory").expected("a file"));
        }
        if !kind.is_file() {
            return Err(Error::usage("is a pipe or a device").expected("a regular file"));
        }
        let file = File::open(path).map_err(|e| Error::io("open", e))?;
        let len = file.metadata().map_err(|e| Error::io("ask for the length", e))?.len();
        if len == 0 {
            return Err(Error::format("the file is empty"));
        }
        let store = match mode {
            IoMode::Map => {
                let map = Map::new(&file).map_err(|e| {
                    Error::io("map into memory", e).hint("`--io pread` reads without mapping")
                })?;
                Store::Map(map, file)
            }
            IoMode::Pread => Store::File(file),
        };
        Ok(Self { path: Some(path.to_path_buf()), len, store })
    }

    /// Makes a source of bytes in memory; it may be empty.
    pub fn from_vec(bytes: Vec<u8>) -> Self {
        Self { path: None, len: bytes.len() as u64, store: Store::Owned(bytes) }
    }

    /// Makes a source of bytes that are reached in a way of the caller's; `path` is what errors
    /// call it, and beside which other files are looked for.
    pub fn from_reader(reader: impl ReadAt + 'static, path: Option<PathBuf>) -> Self {
        Self { path, len: reader.len(), store: Store::Other(Box::new(reader)) }
    }

    /// The number of bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Tells whether there are no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The path of the file; `None` for bytes in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Returns `len` bytes from `offset`: borrowed from a map or memory, owned from positioned reads.
    ///
    /// # Errors
    ///
    /// `Format` if the range does not lie inside the file, `Io` if reading fails, `Limit` if
    /// there is no memory for the bytes.
    pub fn range(&self, offset: u64, len: u64) -> Result<Cow<'_, [u8]>> {
        let (start, len) = self.check(offset, len).map_err(|e| self.place(e))?;
        match &self.store {
            Store::Map(map, _) => Ok(Cow::Borrowed(&map.bytes()[start..start + len])),
            Store::Owned(bytes) => Ok(Cow::Borrowed(&bytes[start..start + len])),
            Store::File(_) | Store::Other(_) => {
                let mut bytes = Vec::new();
                bytes.try_reserve_exact(len).map_err(|_| {
                    self.place(Error::limit("memory for a range of the file").found(len))
                })?;
                bytes.resize(len, 0);
                self.read_into(offset, &mut bytes)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// Fills all of `out` with the bytes from `offset`, without allocating.
    ///
    /// # Errors
    ///
    /// `Format` if the range does not lie inside the file, `Io` if reading fails.
    pub fn read_into(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        let (start, len) = self.check(offset, out.len() as u64).map_err(|e| self.place(e))?;
        match &self.store {
            // The system copies many bytes faster than it makes their pages ours.
            Store::Map(_, file) if len >= WORTH_A_CALL => self.read_file(file, offset, out)?,
            Store::Map(map, _) => out.copy_from_slice(&map.bytes()[start..start + len]),
            Store::Owned(bytes) => out.copy_from_slice(&bytes[start..start + len]),
            Store::File(file) => self.read_file(file, offset, out)?,
            Store::Other(reader) => {
                reader.read_exact_at(out, offset).map_err(|e| self.failed(offset, out.len(), e))?;
            }
        }
        Ok(())
    }

    /// Asks the system to start reading a range that will be wanted soon.
    ///
    /// A hint: nothing happens for bytes in memory, outside the file, or where the system
    /// does not know such hints.
    pub fn prefetch(&self, offset: u64, len: u64) {
        let Ok((start, count)) = self.check(offset, len) else { return };
        match &self.store {
            Store::Map(map, _) => map.will_need(start, count),
            Store::File(file) => prefetch_file(file, offset, len),
            Store::Owned(_) | Store::Other(_) => {}
        }
    }

    /// Returns whether a range lies inside the bytes.
    pub fn holds(&self, offset: u64, len: u64) -> bool {
        offset.checked_add(len).is_some_and(|end| end <= self.len)
    }

    /// Checks that a range lies inside the bytes.
    fn check(&self, offset: u64, len: u64) -> Result<(usize, usize)> {
        let fits = self.holds(offset, len);
        match (usize::try_from(offset), usize::try_from(len)) {
            (Ok(start), Ok(count)) if fits => Ok((start, count)),
            _ => Err(Error::format(format!("{len} bytes at offset {offset} are outside the file"))
                .expected(format!(
                    "a file of at least {} bytes",
                    u128::from(offset) + u128::from(len)
                ))
                .found(format!("{} bytes", self.len))
                .hint("the file may be cut short: compare its size with the original")),
        }
    }

    fn read_file(&self, file: &File, offset: u64, out: &mut [u8]) -> Result<()> {
        file.read_exact_at(out, offset).map_err(|e| self.failed(offset, out.len(), e))
    }

    fn failed(&self, offset: u64, len: usize, error: std::io::Error) -> Error {
        self.place(match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                Error::format("the file became shorter while it was read")
                    .expected(format!("{} bytes", self.len))
            }
            _ => Error::io(format!("read {len} bytes at offset {offset}"), error),
        })
    }

    /// Names the file in an error about its bytes.
    pub(crate) fn place(&self, error: Error) -> Error {
        match &self.path {
            Some(path) => error.at_path(path),
            None => error,
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn prefetch_file(file: &File, offset: u64, len: u64) {
    // A hint: where the system does not take it, reads are as correct as before.
    let len = std::num::NonZeroU64::new(len);
    let _ = rustix::fs::fadvise(file, offset, len, rustix::fs::Advice::WillNeed);
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn prefetch_file(_file: &File, _offset: u64, _len: u64) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 31 % 251) as u8).collect()
    }

    #[test]
    fn all_stores_give_the_same_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        let all = bytes(70_000);
        std::fs::write(&path, &all).unwrap();
        let map = ByteSource::open(&path, IoMode::Map).unwrap();
        let pread = ByteSource::open(&path, IoMode::Pread).unwrap();
        let owned = ByteSource::from_vec(all.clone());
        for source in [&map, &pread, &owned] {
            assert_eq!(source.len(), 70_000);
            for (offset, len) in [(0, 70_000), (0, 0), (70_000, 0), (69_999, 1), (4_095, 4_098)] {
                source.prefetch(offset, len);
                let wanted = &all[offset as usize..(offset + len) as usize];
                assert_eq!(source.range(offset, len).unwrap(), wanted);
                let mut out = vec![0; len as usize];
                source.read_into(offset, &mut out).unwrap();
                assert_eq!(out, wanted);
            }
            for (offset, len) in [(0, 70_001), (70_001, 0), (u64::MAX, 1), (1, u64::MAX)] {
                source.prefetch(offset, len);
                let error = source.range(offset, len).unwrap_err();
                assert!(matches!(error, Error::Format(_)), "{error}");
                assert!(error.to_string().contains("found 70000 bytes"), "{error}");
                assert_eq!(error.detail().unwrap().path.as_deref(), source.path());
            }
            assert!(source.read_into(69_999, &mut [0; 2]).is_err());
        }
        assert!(matches!(map.range(1, 2).unwrap(), Cow::Borrowed(_)));
    }

    #[test]
    fn a_file_that_shrank_is_an_error_under_pread() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.bin");
        std::fs::write(&path, bytes(100)).unwrap();
        let source = ByteSource::open(&path, IoMode::Pread).unwrap();
        std::fs::write(&path, bytes(50)).unwrap();
        let error = source.range(40, 20).unwrap_err();
        assert!(error.to_string().contains("became shorter"), "{error}");
    }

    #[test]
    fn directories_empty_files_devices_and_missing_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let empty = dir.path().join("empty.tif");
        std::fs::write(&empty, b"").unwrap();
        let pipe = dir.path().join("pipe.tif");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, fifo, mode, 0).unwrap();
        for mode in [IoMode::Map, IoMode::Pread] {
            let open = |path: &Path| ByteSource::open(path, mode).unwrap_err();
            assert!(matches!(open(dir.path()), Error::Usage(_)));
            assert!(matches!(open(&empty), Error::Format(_)));
            assert!(matches!(open(Path::new("/dev/null")), Error::Usage(_)));
            assert!(matches!(open(&pipe), Error::Usage(_)));
            let missing = open(&dir.path().join("missing.tif"));
            assert!(matches!(missing, Error::Io(..)));
            assert!(missing.to_string().contains("missing.tif"), "{missing}");
        }
    }
}
