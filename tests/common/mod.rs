//! Where the shared test data lies.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// The folder of shared files: `data` in `SWATH_SHARED`, or in `../shared` beside the project.
/// Without it there is nothing to compare with, which CI does not accept.
pub(crate) fn shared_data() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let data = std::env::var_os("SWATH_SHARED").map_or_else(beside, PathBuf::from).join("data");
    let found = data.join("oracle.json").is_file();
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(found || !ci, "CI needs the shared data: set SWATH_SHARED");
    if !found {
        println!("skipped: no oracle.json in {}", data.display());
    }
    found.then_some(data)
}

/// What other readers say of each file, by its path in the folder.
pub(crate) fn oracle(data: &Path) -> Map<String, Value> {
    let text = std::fs::read_to_string(data.join("oracle.json")).expect("the oracle is readable");
    let mut oracle: Value = serde_json::from_str(&text).expect("the oracle is JSON");
    match oracle["files"].take() {
        Value::Object(files) => files,
        _ => panic!("the oracle lists files"),
    }
}
