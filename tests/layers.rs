//! Imports run down the floors, never up or sideways (ARCHITECTURE.md, "The floors").

use std::fs;
use std::path::{Path, PathBuf};

/// Each floor and those it may import from.
const FLOORS: [(&str, &[&str]); 13] = [
    ("error", &[]),
    ("io", &["error"]),
    ("codec", &["error", "io"]),
    ("ifd", &["error", "io"]),
    ("crs", &["error"]),
    ("raster", &["error", "crs"]),
    ("kernel", &["error", "raster"]),
    ("engine", &["error", "raster"]),
    ("geotiff", &["error", "io", "codec", "ifd", "crs", "raster", "kernel", "engine"]),
    ("vector", &["error", "io", "crs", "raster"]),
    ("input", &["error", "io", "crs", "raster", "kernel", "geotiff"]),
    ("ops", &["error", "crs", "raster", "vector", "kernel", "engine"]),
    ("batch", &["error", "io", "raster", "engine"]),
];

/// Crates that one floor alone may use.
const CRATES: [(&str, &str); 25] = [
    ("thiserror", "src/error.rs"),
    ("memmap2", "src/io/"),
    // Encodes in deflate.rs, and is the second opinion in the tests of inflate.
    ("zlib_rs", "src/codec/"),
    ("zstd::zstd_safe", "src/codec/zstd.rs"),
    ("zstd::bulk", "src/crs/registry/table.rs"),
    ("hayro_jpeg2000", "src/codec/jp2.rs"),
    ("image_webp", "src/codec/webp.rs"),
    ("jxl_oxide", "src/codec/jxl.rs"),
    ("jpeg_encoder", "src/codec/jpeg_encode.rs"),
    // The second opinion.
    ("lerc_reader", "src/codec/lerc/tests.rs"),
    ("libdeflater", "src/codec/libdeflate.rs"),
    ("lzma_rust2", "src/codec/lzma.rs"),
    ("zune_jpeg", "src/codec/jpeg.rs"),
    ("roxmltree", "src/"),
    ("tiff::", "src/ifd/"),
    ("proj4rs", "src/crs/"),
    ("num_bigint", "src/kernel/statistics.rs"),
    ("rayon", "src/engine/"),
    ("sha2", "src/batch/"),
    ("png::", "src/bin/swath/batch/"),
    ("base64", "src/bin/swath/batch/"),
    ("rstar", "src/ops/"),
    ("glob::", "src/bin/swath/"),
    ("clap", "src/bin/swath/"),
    ("indicatif", "src/bin/swath/"),
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file without comments, its tests left out.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a source file is text");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().map(|l| l.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The names behind `crate::`, those in braces one by one; `Error` and `Result`
/// at the root are the error floor's.
fn imports(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let list = match rest.strip_prefix('{') {
            Some(list) => list.split_once('}').map_or(list, |(list, _)| list),
            None => rest,
        };
        let several = rest.starts_with('{');
        for part in list.split(',').take(if several { usize::MAX } else { 1 }) {
            let name: String =
                part.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if !name.is_empty() {
                names.push(name);
            }
        }
    }
    names
}

#[test]
fn imports_run_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in &files {
        let relative = file.strip_prefix(&src).expect("below src");
        let first = relative.components().next().expect("not empty");
        let floor = first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
        if matches!(floor.as_str(), "lib" | "bin") {
            continue;
        }
        let (_, allowed) = FLOORS
            .iter()
            .find(|(name, _)| *name == floor)
            .unwrap_or_else(|| panic!("src/{floor} is no floor: add it to the design first"));
        for name in imports(&code(file)) {
            seen += 1;
            let target = if matches!(name.as_str(), "Error" | "Result") { "error" } else { &name };
            if target != floor && !allowed.contains(&target) {
                wrong.push(format!("{}: imports {name}", relative.display()));
            }
        }
    }
    assert!(seen > 50, "only {seen} imports found: the test no longer sees them");
    assert!(wrong.is_empty(), "imports that do not run down:\n{}", wrong.join("\n"));
}

/// Whether a path in the code begins with `name`, not just ends with it.
fn uses(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn crates_stay_where_they_belong() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let mut wrong = Vec::new();
    for file in &files {
        let relative =
            file.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        let code = code(file);
        // The list that --version prints names crates without using them.
        let lists = relative == "src/bin/swath/version.rs";
        for (name, home) in CRATES.into_iter().filter(|_| !lists) {
            if uses(&code, name) && !relative.starts_with(home) {
                wrong.push(format!("{relative}: uses {name}, which belongs in {home}"));
            }
        }
        // Time is measured by the clock that nobody sets; times of files are compared, no more.
        if uses(&code, "SystemTime") {
            wrong.push(format!("{relative}: the clock of the day may jump: Instant measures"));
        }
        if code.contains("unsafe ") && relative != "src/io/map.rs" {
            wrong.push(format!("{relative}: unsafe belongs in src/io/map.rs alone"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_test_sees_what_it_should() {
    let found =
        imports("use crate::{Error, raster::{Size}};\nuse crate::ops::warp;\ncrate::io::x()");
    assert_eq!(found, ["Error", "raster", "ops", "io"]);
    assert!(uses("use tiff::tags;", "tiff::") && !uses("use crate::geotiff::x;", "tiff::"));
}
