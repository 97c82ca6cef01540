//! An unnamed temporary file for parked bytes.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::temp;
use crate::error::{Error, Result};

/// An unnamed temporary file for parked bytes: gone when it is dropped or the process ends.
#[derive(Debug)]
pub struct Scratch {
    file: File,
    dir: PathBuf,
    len: u64,
}

impl Scratch {
    /// Makes an empty scratch file in `dir`.
    ///
    /// # Errors
    ///
    /// `Io`, naming `dir`, if the system refuses.
    pub fn create_in(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref().to_path_buf();
        let file = match temp::unnamed(&dir) {
            Some(file) => file,
            None => temp::named(&dir.join("scratch"))
                .and_then(|(file, path)| std::fs::remove_file(path).map(|()| file))
                .map_err(|e| Error::io("create a temporary file", e).at_path(&dir))?,
        };
        Ok(Self { file, dir, len: 0 })
    }

    /// The number of bytes parked.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Tells whether nothing is parked yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Parks `bytes` at the end and returns the offset where they begin.
    ///
    /// # Errors
    ///
    /// `Io`, naming the directory, if writing fails (disk full, for one).
    pub fn append(&mut self, bytes: &[u8]) -> Result<u64> {
        let offset = self.len;
        self.file.write_all_at(bytes, offset).map_err(|e| self.place("write", e))?;
        self.len += bytes.len() as u64;
        Ok(offset)
    }

    /// Fills all of `out` with parked bytes from `offset`.
    ///
    /// # Errors
    ///
    /// `Io`, naming the directory, if reading fails or the range was never written.
    pub fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.file.read_exact_at(out, offset).map_err(|e| self.place("read", e))
    }

    fn place(&self, action: &str, error: std::io::Error) -> Error {
        Error::io(format!("{action} a temporary file"), error).at_path(&self.dir)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parked_bytes_come_back_and_no_file_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let mut scratch = Scratch::create_in(dir.path()).unwrap();
        assert!(scratch.is_empty());
        assert_eq!(scratch.append(b"hello").unwrap(), 0);
        assert_eq!(scratch.append(b"world").unwrap(), 5);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        let mut out = [0; 4];
        scratch.read_at(3, &mut out).unwrap();
        assert_eq!(&out, b"lowo");
        assert!(matches!(scratch.read_at(8, &mut out), Err(Error::Io(..))));
    }

    #[test]
    fn a_missing_directory_is_an_error_naming_it() {
        let error = Scratch::create_in("/nonexistent/dir").unwrap_err();
        assert!(error.to_string().contains("/nonexistent/dir"), "{error}");
    }
}
