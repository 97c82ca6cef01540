//! Shipped files, and what is in a file.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Returns the path of a shipped fixture.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// Returns the SHA-256 of a file in hexadecimal.
pub(crate) fn sha256(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("the file is readable");
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}
