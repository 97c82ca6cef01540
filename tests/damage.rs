//! Files that are damaged or cut short: refused, or read with nodata in the
//! place of what is lost. And the pages of a file by its name.

mod files;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use files::{fixture, sha256};
use swath::geotiff::{Damaged, Format, GeoTiff, OnCorrupt, OpenOptions, Overviews, WriteOptions};
use swath::raster::Buffer;
use swath::{Error, Raster};

fn swath(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_swath")).args(args).output().expect("swath runs")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

fn lenient() -> OpenOptions {
    OpenOptions { on_corrupt: OnCorrupt::Nodata, ..OpenOptions::default() }
}

/// A copy of the fixture, directories first, of which the last third is missing.
fn cut_short(dir: &Path, tile: u32, overviews: bool) -> PathBuf {
    let path = dir.join("cut.tif");
    let (format, overviews) = match overviews {
        true => (Format::Cog, Overviews::Auto),
        false => (Format::Tiled, Overviews::None),
    };
    let how = WriteOptions { format, tile, overviews, ..WriteOptions::default() };
    swath::open(fixture("landsat.tif")).expect("opens").write(&path, &how).expect("writes");
    let bytes = std::fs::read(&path).expect("reads");
    std::fs::write(&path, &bytes[..bytes.len() / 3 * 2]).expect("writes");
    path
}

fn whole(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

#[test]
fn what_is_lost_is_nodata_and_listed_and_the_rest_is_as_it_was() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = cut_short(dir.path(), 128, false);
    let strict = swath::open(&path).expect("opens");
    let error = strict.read(strict.info().grid.size.window()).expect_err("is cut short");
    assert!(matches!(error, Error::Format(_)), "{error}");
    assert!(error.detail().and_then(|d| d.chunk).is_some(), "{error}");

    let file = GeoTiff::open(&path, &lenient()).expect("opens");
    assert_eq!(file.damaged(), (Vec::new(), false));
    let (found, sound) =
        (whole(&file.raster()), whole(&swath::open(fixture("landsat.tif")).expect("opens")));
    let (list, more) = file.damaged();
    assert!(!more && (5..36).contains(&list.len()), "{}", list.len());
    assert!(list.is_sorted_by_key(|damaged| damaged.chunk));
    let lost = |col: i64, row: i64| {
        let here = |w: swath::raster::Window| {
            (w.col..w.col_end()).contains(&col) && (w.row..w.row_end()).contains(&row)
        };
        list.iter().any(|Damaged { window, .. }| here(*window))
    };
    let size = file.raster().info().grid.size;
    let mut counted = 0;
    for band in 0..3 {
        let at = |row: i64, col: i64| (row * i64::from(size.width) + col) as usize;
        for row in 0..size.height.into() {
            for col in 0..size.width.into() {
                let valid = |b: &Buffer| b.valid(band).is_none_or(|v| v[at(row, col)] != 0);
                if lost(col, row) {
                    assert!(!valid(&found));
                    assert_eq!(found.plane::<u16>(band)[at(row, col)], 0);
                    counted += 1;
                } else {
                    assert_eq!(valid(&found), valid(&sound));
                    let value = |b: &Buffer| b.plane::<u16>(band)[at(row, col)];
                    assert_eq!(value(&found), value(&sound));
                }
            }
        }
    }
    assert!(counted > 0);
    let one = &list[0];
    assert_eq!((one.ifd, one.band, one.bands), (0, 0, 3));
    assert!(one.path.as_deref() == Some(&path) && !one.cause.is_empty(), "{one:?}");
}

#[test]
fn the_command_says_what_is_lost_and_gives_the_same_bytes_on_any_threads() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = cut_short(dir.path(), 128, true);
    let strict = swath(&["convert", text(&path), text(&dir.path().join("none.tif"))]);
    assert_eq!(strict.status.code(), Some(3));
    let runs = ["1", "4"].map(|threads| {
        let out = dir.path().join(format!("{threads}.tif"));
        let done = swath(&[
            "convert",
            text(&path),
            text(&out),
            "--on-corrupt",
            "nodata",
            "-q",
            "--threads",
            threads,
        ]);
        assert_eq!(done.status.code(), Some(8));
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        (sha256(&out), told)
    });
    assert_eq!(runs[0], runs[1]);
    let told = &runs[0].1;
    assert!(
        told.contains(
            "directory 0: chunk 35: nodata at column 640, row 640, 120 x 40 pixels of bands 1-3: "
        ),
        "{told}"
    );
    let warped = dir.path().join("warped.tif");
    let done =
        swath(&["warp", text(&path), text(&warped), "--to", "EPSG:3857", "--on-corrupt", "nodata"]);
    assert_eq!(done.status.code(), Some(8));
}

#[test]
fn limits_are_heeded_and_named() {
    let scene = fixture("landsat.tif");
    let out = tempfile::tempdir().expect("a directory");
    let out = out.path().join("out.tif");
    let mut args = vec!["convert", text(&scene), text(&out), "--limit-chunk"];
    // Chunks of 256 x 256 samples of two bytes.
    args.push("131071");
    let refused = swath(&args);
    assert_eq!(refused.status.code(), Some(6), "{refused:?}");
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(
        told.contains(
            "over the limit: size of a chunk: expected at most 131071 bytes, found 131072"
        ),
        "{told}"
    );
    assert!(!out.exists());
    args.pop();
    args.push("128KiB");
    assert!(swath(&args).status.success());
    for limit in ["--limit-entries", "--limit-directories", "--limit-total-entries"] {
        assert_eq!(swath(&["info", text(&scene), limit, "0"]).status.code(), Some(6), "{limit}");
    }
}

#[test]
fn a_page_is_part_of_a_name_unless_a_file_has_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("a.tif");
    let how = WriteOptions { tile: 128, ..WriteOptions::default() };
    swath::open(fixture("landsat.tif")).expect("opens").write(&path, &how).expect("writes");
    let named = |name: &str| dir.path().join(name);
    let second = GeoTiff::open(named("a.tif#2"), &OpenOptions::default()).expect("opens");
    assert_eq!((second.page(), second.image().info().grid.size.width), (1, 380));
    let shown = swath(&["info", "--json", text(&named("a.tif#2"))]);
    let json: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    assert_eq!(json["size"][0], 380);
    for (name, code) in [("a.tif#0", 2), ("a.tif#99", 2), ("b.tif#1", 5), ("a.tif#x", 5)] {
        assert_eq!(swath(&["info", text(&named(name))]).status.code(), Some(code), "{name}");
    }
    let twice = swath(&["info", "--page", "2", text(&named("a.tif#2"))]);
    assert_eq!(twice.status.code(), Some(2));
    std::fs::copy(&path, named("a.tif#2")).expect("copies");
    let whole = GeoTiff::open(named("a.tif#2"), &OpenOptions::default()).expect("opens");
    assert_eq!((whole.page(), whole.image().info().grid.size.width), (0, 760));
}
