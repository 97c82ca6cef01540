//! Many rasters as one: the laws, and what is opened when.

mod files;
mod rasters;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use files::{fixture, sha256};
use rasters::{assert_crop, assert_same, noise};
use swath::Raster;
use swath::crs::Crs;
use swath::engine::{Engine, EngineOptions, Silent};
use swath::geotiff::{Format, OpenOptions, WriteOptions};
use swath::input::Files;
use swath::kernel::Resampling;
use swath::ops::mosaic::{Method, Mosaic, MosaicGrid, MosaicInput, MosaicOptions};
use swath::ops::warp::WarpOptions;
use swath::raster::{DataType, GeoTransform, Grid, Info, NoData, Shelf, Size, Window};

fn swath(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_swath")).args(words).output().expect("swath runs")
}

fn runs(words: &[&str]) -> String {
    let ended = swath(words);
    assert!(ended.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ended.stderr));
    String::from_utf8_lossy(&ended.stdout).into_owned()
}

/// Writes `across` x `across` tiles of 64 x 64 pixels that overlap by 16.
fn tiles(dir: &Path, across: u32) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for at in 0..across * across {
        let whole = noise(DataType::U16, 1, Size::new(64 + at % 3, 70), Some(NoData::Integer(0)));
        let raster = whole.crop(Window::new(0, 0, 64, 64)).expect("crops");
        let path = dir.join(format!("{at:05}.tif"));
        let (x, y) = (f64::from(at % across) * 48.0, f64::from(at / across) * 48.0);
        let transform =
            GeoTransform::north_up(500_000.0 + 30.0 * x, 5_300_000.0 - 30.0 * y, 30.0, 30.0);
        let grid = Grid { transform, ..raster.info().grid.clone() };
        let pixels = raster.read(Window::new(0, 0, 64, 64)).expect("reads");
        let info = Info { grid, ..raster.info().clone() };
        let options = WriteOptions { format: Format::Tiled, tile: 64, ..Default::default() };
        Raster::from_buffer(info, pixels).expect("whole").write(&path, &options).expect("writes");
        paths.push(path);
    }
    paths
}

fn inputs(files: &Files, paths: &[PathBuf]) -> Vec<MosaicInput> {
    let look = |path: &PathBuf| MosaicInput {
        name: path.display().to_string(),
        raster: files.look(path).expect("opens"),
    };
    paths.iter().map(look).collect()
}

#[test]
fn a_mosaic_gives_the_same_bytes_however_it_is_worked() {
    let dir = tempfile::tempdir().expect("a directory");
    let files = Files::new(OpenOptions::default());
    let paths = tiles(dir.path(), 4);
    let mut hashes = Vec::new();
    for method in Method::ALL {
        for (to, blend) in [(None, 0.0), (Some(3857), 0.0), (Some(3857), 9.5)] {
            if blend > 0.0 && !matches!(method, Method::First | Method::Last) {
                continue;
            }
            let options = MosaicOptions {
                method,
                grid: MosaicGrid { to: to.map(Crs::from_epsg), ..Default::default() },
                warp: WarpOptions { resampling: Resampling::Bilinear, ..Default::default() },
                blend,
            };
            let mosaic = Mosaic::new(inputs(&files, &paths), &options).expect("fits").raster;
            let mut first: Option<String> = None;
            for (threads, memory, work) in [
                (1, 64 << 20, None),
                (3, 64 << 20, Some(Size::new(384, 128))),
                (8, 1 << 30, Some(Size::new(u32::MAX, 1))),
            ] {
                let engine =
                    Engine::new(EngineOptions { threads, memory, work }).expect("threads start");
                let path = dir.path().join("out.tif");
                let write = WriteOptions {
                    tile: 64,
                    overwrite: swath::io::Overwrite::Replace,
                    ..Default::default()
                };
                mosaic.write_with(&engine, &path, &write, &mut Silent).expect("writes");
                let hash = sha256(&path);
                assert_eq!(*first.get_or_insert_with(|| hash.clone()), hash, "{method} {to:?}");
            }
            hashes.extend(first);
            // A window is the crop of the whole, whatever layers it meets.
            let whole = mosaic.read(mosaic.info().grid.size.window()).expect("reads");
            for window in [Window::new(37, 41, 50, 3), Window::new(90, 10, 7, 130)] {
                let part = mosaic.read(window).expect("reads");
                assert_crop(&part, &whole, &format!("{method} {to:?} {blend}"));
            }
        }
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 8 * 2 + 2, "jobs that differ give files that differ");
}

#[test]
fn the_first_of_the_reverse_is_the_last() {
    let dir = tempfile::tempdir().expect("a directory");
    let files = Files::new(OpenOptions::default());
    let mut all = inputs(&files, &tiles(dir.path(), 3));
    let read = |all: &[MosaicInput], method| {
        let options = MosaicOptions { method, ..Default::default() };
        let raster = Mosaic::new(all.to_vec(), &options).expect("fits").raster;
        raster.read(raster.info().grid.size.window()).expect("reads")
    };
    let last = read(&all, Method::Last);
    all.reverse();
    assert_same(&read(&all, Method::First), &last, "reversed");
}

#[test]
fn ten_thousand_footprints_are_indexed_and_only_those_in_a_window_opened() {
    let shelf = Shelf::new(8);
    let all: Vec<MosaicInput> = (0..10_000u32)
        .map(|at| {
            let (x, y) = (f64::from(at % 100) * 64.0, f64::from(at / 100) * 64.0);
            let transform = GeoTransform::north_up(x, 1e6 - y, 1.0, 1.0);
            let crs = Some(Crs::from_epsg(32633));
            let grid = Grid { size: Size::new(64, 64), transform, crs };
            let info = Info::new(grid, 1, DataType::U16);
            let own = info.clone();
            let raster = Raster::lazy(info, Vec::new(), &shelf, move || {
                let pool = swath::raster::Pool::new(0);
                let size = own.grid.size.window();
                let mut pixels = swath::raster::Buffer::new(&pool, size, 1, DataType::U16);
                pixels.plane_mut::<u16>(0).fill(at as u16);
                Raster::from_buffer(own.clone(), pixels)
            });
            MosaicInput { name: at.to_string(), raster }
        })
        .collect();
    let mosaic = Mosaic::new(all, &MosaicOptions::default()).expect("fits");
    assert_eq!((mosaic.inputs, mosaic.resampled, shelf.opened()), (10_000, 0, 0));
    assert_eq!(mosaic.raster.info().grid.size, Size::new(6400, 6400));
    // Across the corners of four.
    let read = mosaic.raster.read(Window::new(64 * 30 - 1, 64 * 70 - 1, 2, 2)).expect("reads");
    let corner = |row: u16, col: u16| row * 100 + col;
    let wanted = [corner(69, 29), corner(69, 30), corner(70, 29), corner(70, 30)];
    assert_eq!((read.plane::<u16>(0), shelf.opened()), (&wanted[..], 4));
    assert!(read.valid(0).is_none());
}

#[test]
fn an_index_stands_for_its_files_and_those_outside_are_never_opened() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    let paths = tiles(dir.path(), 6);
    let (index, pattern) = (at("index.geojson"), at("0*.tif"));
    runs(&["index", &pattern, "-o", &index]);
    let (whole, again) = (at("whole.tif"), at("again.tif"));
    let plain = ["--format", "gtiff", "--overviews", "none", "--quiet"];
    runs(&[&["mosaic", &pattern, "-o", &whole], &plain[..]].concat());
    runs(&[&["mosaic", &index, "-o", &again], &plain[..]].concat());
    assert_eq!(sha256(Path::new(&whole)), sha256(Path::new(&again)));
    // Files that lie outside the bounds may be gone; the first one's metadata is wanted.
    for path in &paths[12..] {
        std::fs::remove_file(path).expect("removes");
    }
    let bounds = "--bounds=500000,5299000,508000,5300000";
    let out = at("part.tif");
    let said = runs(&[&["mosaic", &index, "-o", &out, bounds, "--json"], &plain[..]].concat());
    let said: serde_json::Value = serde_json::from_str(&said).expect("is JSON");
    assert_eq!((&said["inputs"]["given"], &said["inputs"]["used"]), (&36.into(), &6.into()));
    assert!(said["inputs"]["opened"].as_u64() <= Some(6), "{said}");
    let gone = swath(&["mosaic", &index, "-o", &at("none.tif"), "--quiet"]);
    let error = String::from_utf8_lossy(&gone.stderr).into_owned();
    assert_eq!(gone.status.code(), Some(5), "{error}");
    assert!(error.contains(".tif: open: No such file"), "{error}");
    assert!(!Path::new(&at("none.tif")).exists());
}

#[test]
fn few_handles_suffice_for_many_files() {
    let dir = tempfile::tempdir().expect("a directory");
    tiles(dir.path(), 12);
    let out = dir.path().join("out.tif");
    let script = format!(
        "ulimit -n 40; exec {} mosaic '{}/*.tif' -o {} --method median --quiet",
        env!("CARGO_BIN_EXE_swath"),
        dir.path().display(),
        out.display()
    );
    let ended = Command::new("sh").args(["-c", &script]).output().expect("sh runs");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let size = swath::open(&out).expect("opens").info().grid.size;
    assert_eq!(size, Size::new(11 * 48 + 64, 11 * 48 + 64));
}

#[test]
fn inputs_that_do_not_fit_are_refused_by_name() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    tiles(dir.path(), 1);
    let scene = fixture("landsat.tif").display().to_string();
    std::fs::write(dir.path().join("not.tif"), b"no raster").expect("writes");
    let (one, out) = (at("00000.tif"), at("out.tif"));
    for (words, code, wanted) in [
        (vec!["mosaic", &one, &scene, "-o", &out], 2, "landsat.tif: bands: expected 1"),
        (vec!["mosaic", &one, &at("not.tif"), "-o", &out], 3, "not.tif"),
        (vec!["mosaic", &at("*.png"), "-o", &out], 2, "pattern"),
        (vec!["mosaic", &one, "-o", &out, "--blend", "3", "--method", "mean"], 2, "blending"),
        (vec!["warp", &one, &one, &out, "--to", "EPSG:3857"], 2, "files without -o"),
        (vec!["mosaic", &one, "-o", &out, "--cutline", &at("not.tif")], 3, "GeoJSON"),
    ] {
        let ended = swath(&words);
        let error = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{words:?}: {error}");
        assert!(error.contains(wanted) && !Path::new(&out).exists(), "{words:?}: {error}");
    }
}

#[test]
fn nothing_is_read_outside_a_cutline() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    let paths = tiles(dir.path(), 6);
    let ring = "[[500100,5299900],[500900,5299900],[500900,5299000],[500100,5299900]]";
    let line = at("line.geojson");
    std::fs::write(&line, format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#))
        .expect("writes");
    // All but the first are cut short: reading any of their chunks would fail.
    for path in &paths[1..] {
        let bytes = std::fs::read(path).expect("reads");
        let mut broken = bytes.clone();
        let len = broken.len();
        broken[len / 2..].fill(0x55);
        std::fs::write(path, broken).expect("writes");
    }
    let out = at("out.tif");
    let words = ["--cutline", &line, "--cutline-crs", "EPSG:32633", "--tile", "16", "--quiet"];
    let job = ["mosaic", &at("0*.tif"), "-o", &out, "--format", "gtiff", "--overviews", "none"];
    let said = runs(&[&job[..], &words, &["--json", "--predictor", "none"]].concat());
    let said: serde_json::Value = serde_json::from_str(&said).expect("is JSON");
    assert_eq!(said["inputs"]["opened"], 1, "{said}");
}
