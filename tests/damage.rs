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

/// A directory whose entries (tag, count, value) are all of type LONG.
fn directory(entries: &[(u16, u32, u32)]) -> Vec<u8> {
    let mut bytes = (entries.len() as u16).to_le_bytes().to_vec();
    for (tag, count, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(4_u16.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes
}

/// An image of 5 x 4 tiles of 16 x 16 pixels and two bands apart, all samples 7, whose list of
/// offsets, at the end of the file, is cut short behind `places` of its 40.
fn without_places(path: &Path, places: usize) {
    const TILES: u32 = 40;
    let (lengths, pixels) = (8, 8 + 4 * TILES);
    let head = pixels + 256;
    let offsets = head + 2 + 12 * 11 + 4;
    let mut bytes = [&b"II*\0"[..], &head.to_le_bytes()].concat();
    (0..TILES).for_each(|_| bytes.extend(256_u32.to_le_bytes()));
    bytes.extend([7; 256]);
    bytes.extend(directory(&[
        (256, 1, 80),
        (257, 1, 64),
        (258, 1, 8),
        (259, 1, 1),
        (262, 1, 1),
        (277, 1, 2),
        (284, 1, 2),
        (322, 1, 16),
        (323, 1, 16),
        (324, TILES, offsets),
        (325, TILES, lengths),
    ]));
    (0..places).for_each(|_| bytes.extend(pixels.to_le_bytes()));
    // Part of a place is none.
    bytes.extend([1, 2]);
    std::fs::write(path, bytes).expect("writes");
}

#[test]
fn chunks_whose_places_are_beyond_the_end_are_listed_one_by_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("places.tif");
    for places in [0, 3, 5, 13, 20, 26, 40] {
        without_places(&path, places);
        let file = GeoTiff::open(&path, &lenient()).expect("opens");
        let found = whole(&file.raster());
        for (at, band) in (0..80 * 64).flat_map(|at| [(at, 0), (at, 1)]) {
            let tile = usize::from(band) * 20 + at / 80 / 16 * 5 + at % 80 / 16;
            let sound = tile < places;
            assert_eq!(found.valid(band).is_none_or(|v| v[at] != 0), sound, "{places}, {tile}");
            assert_eq!(found.plane::<u8>(band)[at], if sound { 7 } else { 0 });
        }
        let (list, more) = file.damaged();
        let listed: Vec<u64> = list.iter().map(|damaged| damaged.chunk).collect();
        assert_eq!((listed, more), ((places as u64..40).collect(), false));
        if let Some(first) = list.first() {
            assert!(first.cause.contains("outside the file"), "{}", first.cause);
        }
        // A window across tiles, as a neighbourhood reads it: the same samples out of the cache.
        let window = swath::raster::Window::new(10, 20, 50, 40);
        let (pool, cache) = (swath::raster::Pool::new(0), swath::raster::ChunkCache::new(1 << 20));
        let cx = swath::raster::Context {
            pool: &pool,
            cache: &cache,
            cancel: &swath::raster::CancelFlag::new(),
            once: false,
            trial: false,
        };
        let part = cx.read(&file.raster(), window).expect("reads");
        for (at, band) in (0..50 * 40).flat_map(|at| [(at, 0), (at, 1)]) {
            let there = (20 + at / 50) * 80 + 10 + at % 50;
            assert_eq!(part.plane::<u8>(band)[at], found.plane::<u8>(band)[there]);
            let valid = |b: &Buffer, at: usize| b.valid(band).is_none_or(|v| v[at] != 0);
            assert_eq!(valid(&part, at), valid(&found, there));
        }
    }
}

#[test]
fn a_file_of_a_few_bytes_that_claims_millions_of_strips_is_read_as_missing() {
    const STRIPS: u32 = 16_000_000;
    // Places are read out of the file's own first bytes, up to its end.
    let head = directory(&[
        (256, 1, 1),
        (257, 1, STRIPS),
        (258, 1, 8),
        (259, 1, 8),
        (262, 1, 1),
        (273, STRIPS, 0),
        (278, 1, 1),
        (279, STRIPS, 0),
    ]);
    let bytes = [&b"II*\0"[..], &8_u32.to_le_bytes(), &head].concat();
    let places = bytes.len() / 4;
    let file = GeoTiff::from_bytes(bytes, &lenient()).expect("opens");
    let found = whole(&file.raster());
    let valid = found.valid(0).expect("some are missing");
    assert!(valid.len() == STRIPS as usize && valid[places..].iter().all(|&v| v == 0));
    let (list, more) = file.damaged();
    // Where the file has a 0 for the place, a strip is left out and no damage.
    let whole = valid.iter().filter(|&&v| v != 0).count();
    assert!(whole <= places && more && list.len() == 10_000, "{whole}");
    assert_eq!(list.last().map(|damaged| damaged.chunk), Some((9_999 + whole) as u64));
}

/// Of the fixture, the GeoKeys moved out of the file: the four bytes behind type and count.
#[test]
fn a_tag_that_cannot_be_read_is_told_of_and_a_limit_is_none() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("keys.tif");
    let mut bytes = std::fs::read(fixture("landsat.tif")).expect("reads");
    let entry = bytes.windows(4).rposition(|four| four == [0xaf, 0x87, 3, 0]).expect("GeoKeys");
    bytes[entry + 8..entry + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    std::fs::write(&path, bytes).expect("writes");
    let file = GeoTiff::open(&path, &OpenOptions::default()).expect("opens");
    assert!(file.raster().info().grid.crs.is_none());
    let [reason] = file.image().unread() else { panic!("{:?}", file.image().unread()) };
    assert!(matches!(reason, Error::Format(_)) && reason.to_string().contains("GeoKeyDirectory"));

    let info = swath(&["info", "--json", text(&path)]);
    let json: serde_json::Value = serde_json::from_slice(&info.stdout).expect("JSON");
    assert!(json["swath"]["unread"][0].as_str().is_some_and(|s| s.contains("GeoKeyDirectory")));
    let out = dir.path().join("out.tif");
    let convert = swath(&["convert", text(&path), text(&out)]);
    let said = String::from_utf8_lossy(&convert.stderr);
    assert!(convert.status.success() && said.contains("GeoKeyDirectory"), "{said}");
    assert!(said.contains("what it says is lost"), "{said}");

    // What a limit keeps out is not lost silently: nothing is made.
    let sound = fixture("landsat.tif");
    let out = dir.path().join("limited.tif");
    let limited = swath(&["convert", "--limit-value", "16", text(&sound), text(&out)]);
    let said = String::from_utf8_lossy(&limited.stderr);
    assert_eq!(limited.status.code(), Some(6), "{said}");
    assert!(said.contains("--limit-value") && !out.exists(), "{said}");
}
