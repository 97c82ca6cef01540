//! Whether a file is still what it was.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// What tells whether a file is still what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was changed: seconds since 1970, and nanoseconds.
    modified: (i64, i64),
    /// SHA-256 of its content, if that was asked for, in hexadecimal.
    sha256: Option<String>,
}

impl Fingerprint {
    /// Looks at a file; with `hash`, at its whole content.
    ///
    /// # Errors
    /// [`Error::Io`], naming the file.
    pub fn of(path: &Path, hash: bool) -> Result<Self> {
        let fail = |e| Error::io("ask for the size", e).at_path(path);
        let found = std::fs::metadata(path).map_err(fail)?;
        Ok(Self {
            path: path.to_path_buf(),
            bytes: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            sha256: hash.then(|| sha256(path)).transpose()?,
        })
    }

    /// Returns whether the file is still what it was: of the same size and time, or with `hash`
    /// of the same content, whatever its time; one that was not hashed then is not.
    pub fn holds(&self, hash: bool) -> bool {
        Self::of(&self.path, false).is_ok_and(|now| {
            if hash {
                now.bytes == self.bytes
                    && self.sha256.is_some()
                    && sha256(&self.path).ok() == self.sha256
            } else {
                (now.bytes, now.modified) == (self.bytes, self.modified)
            }
        })
    }

    pub(super) fn to_json(&self) -> Value {
        let mut out = json!({
            "path": self.path.to_string_lossy(),
            "bytes": self.bytes,
            "modified": [self.modified.0, self.modified.1],
        });
        if let Some(sha256) = &self.sha256 {
            out["sha256"] = json!(sha256);
        }
        out
    }

    pub(super) fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            path: value["path"].as_str()?.into(),
            bytes: value["bytes"].as_u64()?,
            modified: (value["modified"][0].as_i64()?, value["modified"][1].as_i64()?),
            sha256: value["sha256"].as_str().map(str::to_owned),
        })
    }
}

/// SHA-256 in hexadecimal.
pub(super) fn hexadecimal(digest: impl AsRef<[u8]>) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(path: &Path) -> Result<String> {
    let fail = |e| Error::io("read", e).at_path(path);
    let mut file = File::open(path).map_err(fail)?;
    let mut digest = Sha256::new();
    let mut bytes = vec![0; 256 << 10];
    loop {
        match file.read(&mut bytes).map_err(fail)? {
            0 => return Ok(hexadecimal(digest.finalize())),
            n => digest.update(&bytes[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn size_and_time_or_content_tell() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a");
        std::fs::write(&path, "abc").expect("writes");
        let set_time = |seconds| {
            let file = File::options().write(true).open(&path).expect("opens");
            file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("sets");
        };
        set_time(1000);
        let quick = Fingerprint::of(&path, false).expect("looks");
        let whole = Fingerprint::of(&path, true).expect("looks");
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(whole.sha256.as_deref(), Some(abc));
        assert_eq!(Fingerprint::from_json(&whole.to_json()), Some(whole.clone()));
        assert!(quick.holds(false) && !quick.holds(true) && whole.holds(true));
        set_time(2000);
        assert!(!quick.holds(false) && whole.holds(true));
        std::fs::write(&path, "abd").expect("writes");
        set_time(1000);
        assert!(quick.holds(false) && !whole.holds(true));
        std::fs::remove_file(&path).expect("removes");
        assert!(!quick.holds(false) && !whole.holds(true));
    }
}
