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
use swath::geotiff::{Format, GeoTiff, OpenOptions, WriteOptions};
use swath::input::Files;
use swath::kernel::Resampling;
use swath::ops::cutline::Cutline;
use swath::ops::mosaic::{Method, Mosaic, MosaicGrid, MosaicInput, MosaicOptions};
use swath::ops::warp::WarpOptions;
use swath::raster::{Buffer, DataType, GeoTransform, Grid, Info, NoData, Shelf, Size, Window};

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
    tiles_with(dir, across, Some(NoData::Integer(0)))
}

fn tiles_with(dir: &Path, across: u32, nodata: Option<NoData>) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for at in 0..across * across {
        let whole = noise(DataType::U16, 1, Size::new(64 + at % 3, 70), nodata);
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

/// Chunks of files that are not open are known too: each is decoded once and kept while a tile is to
/// come that reads it, be it covered by others or not, and however often its file is opened.
#[test]
fn chunks_are_kept_no_longer_than_they_are_needed() {
    for nodata in [Some(NoData::Integer(0)), None] {
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::new(OpenOptions::default());
        let paths = tiles_with(dir.path(), 12, nodata);
        for method in [Method::Last, Method::Max, Method::Mean] {
            let options = MosaicOptions { method, ..Default::default() };
            let mosaic = Mosaic::new(inputs(&files, &paths), &options).expect("fits").raster;
            let engine = EngineOptions { threads: 2, ..EngineOptions::default() };
            let engine = Engine::new(engine).expect("threads start");
            let options = WriteOptions { format: Format::Tiled, tile: 64, ..Default::default() };
            let path = dir.path().join(format!("{method}.tif"));
            mosaic.write_with(&engine, &path, &options, &mut Silent).expect("writes");
            assert_eq!((engine.chunks_decoded(), engine.chunks_seen()), (144, 144), "{method}");
            let (held, all) = (engine.chunk_bytes(), 144 * 64 * 64 * 2);
            assert!(held < all / 3, "{method}: {held} of {all} bytes");
        }
    }
}

/// Beside a tile no second one is held: layers take what they have of it, the uppermost nothing.
#[test]
fn a_small_layer_of_a_large_tile_takes_little() {
    let dir = tempfile::tempdir().expect("a directory");
    let files = Files::new(OpenOptions::default());
    let paths = tiles(dir.path(), 4);
    let mosaic = Mosaic::new(inputs(&files, &paths), &MosaicOptions::default()).expect("fits");
    let window = Window::new(0, 0, 1024, 1024);
    let bytes = mosaic.raster.source().footprint(window);
    assert!(bytes < Buffer::bytes_for(window, 1, DataType::U16), "{bytes}");
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
            let raster = Raster::lazy(info, None, &shelf, move || {
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
    // It takes no file's place that it is of.
    let own = dir.path().join("own.tif");
    std::fs::copy(fixture("landsat.tif"), &own).expect("copies");
    let own = own.to_str().expect("text");
    let refused = swath(&["index", own, "-o", own, "--overwrite"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(2) && said.contains("would be lost"), "{said}");
    swath::open(own).expect("a raster still");
}

#[test]
fn an_index_stands_for_overviews_too() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    let mut paths = Vec::new();
    for number in 0..9u32 {
        let whole = noise(DataType::U16, 1, Size::new(256 + number % 3, 256), None);
        let size = Size::new(256, 256);
        let (x, y) = (f64::from(number % 3) * 256.0, f64::from(number / 3) * 256.0);
        let transform =
            GeoTransform::north_up(500_000.0 + 30.0 * x, 5_300_000.0 - 30.0 * y, 30.0, 30.0);
        let grid = Grid { size, transform, ..whole.info().grid.clone() };
        let info = Info { grid, ..whole.info().clone() };
        let pixels = whole.read(size.window()).expect("reads");
        let path = dir.path().join(format!("{number:05}.tif"));
        let options = WriteOptions { format: Format::Tiled, tile: 64, ..Default::default() };
        Raster::from_buffer(info, pixels).expect("whole").write(&path, &options).expect("writes");
        paths.push(path);
    }
    // Overviews of several kinds; those made by `average` have other pixels than the images.
    for (number, levels) in [(1, "2,4,8"), (2, "4"), (4, "2,4,8"), (5, "8"), (8, "2")] {
        runs(&["overviews", paths[number].to_str().expect("text"), "--levels", levels, "-q"]);
    }
    for name in ["index.geojson", "index.fgb"] {
        runs(&["index", &at("0*.tif"), "-o", &at(name)]);
    }
    let (from, of) = (at("files.tif"), at("index.tif"));
    let plain = ["--quiet", "--overwrite", "--format", "gtiff", "--overviews", "none"];
    let bare = tempfile::tempdir().expect("a directory");
    for path in &paths {
        let to = bare.path().join(path.file_name().expect("a name"));
        std::fs::copy(path, &to).expect("copies");
        runs(&["overviews", to.to_str().expect("text"), "--clean", "-q"]);
    }
    for (more, differs) in [
        (&["--resolution", "240"][..], true),
        (&["--resolution", "130", "--resample", "bilinear"], true),
        (&["--resolution", "240", "--resample", "average", "--method", "mean"], true),
        (&["--resolution", "100", "--to", "EPSG:3857", "--resample", "cubic"], true),
        (&["--resolution", "240", "--resample", "sum"], false),
        (&["--resolution", "240", "--type", "float32", "--blend", "3"], true),
        (&["--resolution", "30"], false),
        (&["--resolution", "7"], false),
    ] {
        runs(&[&["mosaic", &at("0*.tif"), "-o", &from], &plain[..], more].concat());
        for name in ["index.geojson", "index.fgb"] {
            for how in [["--threads", "1"], ["--work", "192,64"]] {
                let job = ["mosaic", &at(name), "-o", &of];
                runs(&[&job[..], &plain, more, &how].concat());
                assert_eq!(sha256(Path::new(&of)), sha256(Path::new(&from)), "{name} {more:?}");
            }
        }
        // As the pixels would be without any overview, where that is another thing.
        let all = bare.path().join("0*.tif").display().to_string();
        runs(&[&["mosaic", &all, "-o", &of], &plain[..], more].concat());
        assert_eq!(sha256(Path::new(&of)) != sha256(Path::new(&from)), differs, "{more:?}");
    }
    let job = ["warp", &at("0*.tif"), "-o", &from, "--to", "EPSG:4326", "--resolution", "0.002"];
    runs(&[&job[..], &plain].concat());
    let job = ["warp", &at("index.fgb"), "-o", &of, "--to", "EPSG:4326", "--resolution", "0.002"];
    runs(&[&job[..], &plain].concat());
    assert_eq!(sha256(Path::new(&of)), sha256(Path::new(&from)));
    // Files that lie elsewhere are opened neither for pixels nor for overviews.
    for path in &paths[3..] {
        std::fs::remove_file(path).expect("removes");
    }
    let bounds = "--bounds=500000,5294000,523040,5300000";
    let job = ["mosaic", &at("index.geojson"), "-o", &of, bounds, "--resolution", "240", "--json"];
    let said: serde_json::Value =
        serde_json::from_str(&runs(&[&job[..], &plain].concat())).expect("is JSON");
    assert!(said["inputs"]["opened"].as_u64() <= Some(3), "{said}");
    let job = ["mosaic", &at("index.geojson"), "-o", &of, "--resolution", "240"];
    let gone = swath(&[&job[..], &plain].concat());
    let error = String::from_utf8_lossy(&gone.stderr).into_owned();
    assert_eq!(gone.status.code(), Some(5), "{error}");
    assert!(error.contains(".tif: open: No such file"), "{error}");
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
        (vec!["mosaic", &at("*.png"), "-o", &out], 2, "expected files, found none"),
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

/// Spoils the stored chunks of a file that some pixels of it do not lie in; returns how many.
fn spoil_chunks(path: &Path, lies_in: impl Fn(i64, i64) -> bool) -> usize {
    let file = GeoTiff::open(path, &OpenOptions::default()).expect("opens");
    let (image, mut bytes) = (file.image(), std::fs::read(path).expect("reads"));
    let mut spoilt = 0;
    for index in 0..image.layout().chunks() {
        let w = image.layout().chunk_window(index);
        let inside = (w.row..w.row_end()).any(|y| (w.col..w.col_end()).any(|x| lies_in(x, y)));
        if !inside && let Some(chunk) = image.stored(index).expect("is told") {
            bytes[chunk.offset as usize..][..chunk.bytes as usize].fill(0x55);
            spoilt += 1;
        }
    }
    std::fs::write(path, bytes).expect("writes");
    spoilt
}

#[test]
fn cutlines_of_single_inputs_are_masks_of_these_and_chunks_outside_are_never_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    let paths: Vec<PathBuf> = tiles(dir.path(), 2)
        .iter()
        .map(|path| {
            // Chunks of 16 pixels in tiles of work of 64.
            let small = WriteOptions {
                format: Format::Tiled,
                tile: 16,
                overwrite: swath::io::Overwrite::Replace,
                ..Default::default()
            };
            swath::open(path).expect("opens").write(path, &small).expect("writes");
            path.clone()
        })
        .collect();
    // Two sides of each but the last, in pixels of its own: an L from (3, 5) to (60, 58).
    let ring = [(3, 5), (18, 5), (18, 45), (60, 45), (60, 58), (3, 58), (3, 5)];
    let inside = |x: i64, y: i64| {
        ((3..18).contains(&x) && (5..58).contains(&y))
            || ((18..60).contains(&x) && (45..58).contains(&y))
    };
    let mut wanted = Vec::new();
    for path in &paths[..3] {
        let raster = swath::open(path).expect("opens");
        let t = raster.info().grid.transform;
        let points: Vec<String> = ring
            .iter()
            .map(|&(x, y)| {
                format!(
                    "[{},{}]",
                    t.origin_x + 30.0 * f64::from(x),
                    t.origin_y - 30.0 * f64::from(y)
                )
            })
            .collect();
        let line = format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, points.join(","));
        std::fs::write(path.with_extension("json"), line).expect("writes");
        // What a mask of the input would be, by the pixels themselves.
        let whole = raster.info().grid.size.window();
        let mut pixels = raster.read(whole).expect("reads");
        for y in 0..64 {
            for x in (0..64).filter(|&x| !inside(x, y)) {
                pixels.invalidate_band(0, Window::new(x, y, 1, 1));
            }
        }
        let masked = Raster::from_buffer(raster.info().clone(), pixels).expect("whole");
        wanted.push(MosaicInput { name: path.display().to_string(), raster: masked });
    }
    let files = Files::new(OpenOptions::default());
    wanted.extend(inputs(&files, &paths[3..]));
    let spoilt: Vec<usize> = paths[..3].iter().map(|path| spoil_chunks(path, inside)).collect();
    assert_eq!(spoilt, [4; 3]);
    let out = at("out.tif");
    let of = format!("--cutline-of=0000[0-2].tif={}/{{stem}}.json", dir.path().display());
    let job =
        ["mosaic", &at("0*.tif"), "-o", &out, &of, "--cutline-crs", "EPSG:32633", "--overwrite"];
    for method in ["last", "mean", "count"] {
        for work in ["64,64", "16,1000", "23,41"] {
            runs(&[&job[..], &["--method", method, "--work", work, "--format", "gtiff"]].concat());
            let options =
                MosaicOptions { method: method.parse().expect("is one"), ..Default::default() };
            let wanted = Mosaic::new(wanted.clone(), &options).expect("fits").raster;
            let whole = wanted.info().grid.size.window();
            let made = swath::open(&out).expect("opens").read(whole).expect("reads");
            assert_same(&made, &wanted.read(whole).expect("reads"), &format!("{method} {work}"));
        }
    }
    let crs = "--cutline-crs=EPSG:32633";
    // The first that matches counts, and each must match.
    for (options, code, wanted) in [
        (vec![of.as_str(), "--cutline-of=*.tif=nowhere.json", crs], 5, "nowhere.json"),
        (vec!["--cutline-of=x*.tif=a.json"], 2, "--cutline-of x*.tif=a.json: expected an input"),
        (vec!["--cutline-of=a.tif"], 2, "expected PATTERN=FILE"),
        (vec!["--cutline-of=*={what}"], 2, "a placeholder"),
    ] {
        let job = ["mosaic", &at("0*.tif"), "-o", &at("no.tif")];
        let ended = swath(&[&job[..], &options].concat());
        let error = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{options:?}: {error}");
        assert!(error.contains(wanted), "{options:?}: {error}");
    }
    let batch = swath(&[
        "batch",
        "warp",
        &at("00003.tif"),
        "-o",
        &at("{stem}_w.tif"),
        "--",
        "--to",
        "EPSG:3857",
        &of,
    ]);
    let error = String::from_utf8_lossy(&batch.stderr).into_owned();
    assert!(
        batch.status.code() == Some(2) && error.contains("--cutline takes a template"),
        "{error}"
    );
}

#[test]
fn what_a_cutline_of_an_input_leaves_out_is_part_of_no_pixel() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = tiles(dir.path(), 1).remove(0);
    let raster = swath::open(&path).expect("opens");
    let t = raster.info().grid.transform;
    let corner = |x: f64, y: f64| geo::Coord { x: t.origin_x + 30.0 * x, y: t.origin_y - 30.0 * y };
    let ring = geo::LineString::new(vec![
        corner(8.0, 8.0),
        corner(50.0, 8.0),
        corner(50.0, 40.0),
        corner(8.0, 8.0),
    ]);
    let line = Cutline {
        polygons: geo::MultiPolygon::new(vec![geo::Polygon::new(ring, vec![])]),
        crs: None,
    };
    let cut = raster.cut(&line, 0.0).expect("cuts");
    let window = raster.info().grid.size.window();
    // Outside, other samples than there are.
    let (mut pixels, inside) =
        (raster.read(window).expect("reads"), cut.read(window).expect("reads"));
    let valid = inside.valid(0).expect("cuts").to_vec();
    for (sample, _) in pixels.plane_mut::<u16>(0).iter_mut().zip(&valid).filter(|(_, v)| **v == 0) {
        *sample = 60_000;
    }
    let other = Raster::from_buffer(raster.info().clone(), pixels).expect("whole").cut(&line, 0.0);
    let warped = |raster: Raster| {
        let options = MosaicOptions {
            grid: MosaicGrid { to: Some(Crs::from_epsg(3857)), ..Default::default() },
            warp: WarpOptions { resampling: Resampling::Cubic, ..Default::default() },
            ..Default::default()
        };
        let input = MosaicInput { name: "a".into(), raster };
        let made = Mosaic::new(vec![input], &options).expect("fits").raster;
        made.read(made.info().grid.size.window()).expect("reads")
    };
    assert_same(&warped(cut), &warped(other.expect("cuts")), "warped");
}

#[test]
fn what_inputs_state_says_which_lies_on_top() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    let paths = tiles(dir.path(), 2);
    for (path, cloud) in paths.iter().zip(["40", "7.5", "80", "7.5"]) {
        let item = format!("CLOUD_COVER={cloud}");
        runs(&["edit", path.to_str().expect("text"), "--tag", &item, "--quiet"]);
    }
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let made = |words: &[&str]| {
        let out = at("out.tif");
        runs(&[&["mosaic"], words, &["-o", &out, "--quiet", "--overwrite"]].concat());
        // The metadata is that of the first file.
        let raster = swath::open(&out).expect("opens");
        raster.read(raster.info().grid.size.window()).expect("reads")
    };
    // The clearest last; of those that are equal the later name.
    let [a, b, c, d] = [&*names[0], &names[1], &names[2], &names[3]];
    for (by, wanted) in [
        ("-CLOUD_COVER", [c, a, b, d]),
        ("CLOUD_COVER", [b, d, a, c]),
        ("CLOUD_COVER < 50 ? -name1 : -99", [c, d, b, a]),
    ] {
        let sorted = made(&[&at("0*.tif"), "--order-by", by]);
        assert_same(&sorted, &made(&wanted), by);
    }
    // An index stands for its files, whichever comes first in it, in what they state too.
    for (name, files) in [("ab.geojson", [a, b, c, d]), ("dc.geojson", [d, c, b, a])] {
        runs(&[&["index"], &files[..], &["-o", &at(name)]].concat());
        let sorted = made(&[&at(name), "--order-by", "-coalesce(CLOUD_COVER, 10)"]);
        assert_same(&sorted, &made(&[c, a, b, d]), name);
    }
    let job = ["mosaic", &at("0*.tif"), "-o", &at("no.tif"), "--order-by"];
    runs(&["edit", a, "--untag", "CLOUD_COVER", "--quiet"]);
    for (by, wanted) in [
        (&["CLOUD_COVER"][..], "00000.tif: order by CLOUD_COVER: expected a number, found none"),
        (&["CLOUDS"], "column 1: unknown name `CLOUDS`"),
        (&["width", "--order", "name"], "cannot be used with"),
    ] {
        let ended = swath(&[&job[..], by].concat());
        let error = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{by:?}: {error}");
        assert!(error.contains(wanted), "{by:?}: {error}");
    }
}

#[test]
fn damaged_files_are_left_out_whatever_the_way_of_working() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    let mut paths = tiles(dir.path(), 3);
    let index = at("index.geojson");
    runs(&["index", &at("0*.tif"), "-o", &index]);
    // Under a copy of itself nothing of it would be read, if nothing is missing there.
    let cover = dir.path().join("00009.tif");
    std::fs::copy(&paths[8], &cover).expect("copies");
    paths.push(cover);
    spoil_chunks(&paths[8], |_, _| false);
    spoil_chunks(&paths[4], |_, _| false);
    let bytes = std::fs::read(&paths[2]).expect("reads");
    std::fs::write(&paths[2], &bytes[..bytes.len() * 2 / 3]).expect("writes");
    std::fs::write(&paths[6], b"no raster").expect("writes");
    std::fs::write(&paths[7], b"").expect("writes");
    let bad = [2, 4, 6, 7, 8];
    let good: Vec<String> = (0..10)
        .filter(|at| !bad.contains(at))
        .map(|at: usize| paths[at].display().to_string())
        .collect();
    let good: Vec<&str> = good.iter().map(String::as_str).collect();
    let (out, alone) = (at("out.tif"), at("alone.tif"));
    let plain = ["--quiet", "--overwrite", "--tile", "64", "--src-nodata", "none"];
    for more in [
        &["--method", "last"][..],
        &["--method", "mean", "--order", "-name"],
        &["--to", "EPSG:3857", "--resample", "cubic", "--resolution", "45"],
    ] {
        runs(&[&["mosaic"], &good[..], &["-o", &alone], &plain, more].concat());
        let wanted = sha256(Path::new(&alone));
        for (threads, memory, work) in
            [("1", "64MiB", "64,64"), ("2", "1GiB", "1000,64"), ("8", "64MiB", "128,192")]
        {
            let how = ["--threads", threads, "--memory", memory, "--work", work, "--json"];
            let skip = ["--on-corrupt", "skip-file"];
            let job = ["mosaic", &at("0*.tif"), "-o", &out];
            let ended = swath(&[&job[..], &plain, more, &how, &skip].concat());
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(8), "{said}");
            assert_eq!(sha256(Path::new(&out)), wanted, "{more:?} {threads} {memory} {work}");
            let report: serde_json::Value = serde_json::from_slice(&ended.stdout).expect("JSON");
            let left = report["inputs"]["leftOut"].as_array().expect("a list");
            let left: Vec<_> =
                left.iter().map(|one| one["path"].as_str().expect("a name")).collect();
            let named: Vec<_> = bad.iter().map(|&at| paths[at].to_str().expect("text")).collect();
            assert_eq!((left, &report["inputs"]["given"]), (named, &5.into()));
            assert_eq!(said.matches(": left out: ").count(), 5, "{said}");
        }
    }
    // An index says what the first one is; those that lie elsewhere are not looked into.
    let skip = ["--on-corrupt", "skip-file", "--json", "--quiet", "--overwrite"];
    let bounds = "--bounds=500000,5298560,501440,5300000";
    let ended = swath(&[&["mosaic", &index, "-o", &out, bounds], &skip[..]].concat());
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    let ended = swath(&[&["mosaic", &index, "-o", &out], &skip[..]].concat());
    assert_eq!(ended.status.code(), Some(8), "{}", String::from_utf8_lossy(&ended.stderr));
    runs(&[&["mosaic"], &good[..4], &["-o", &alone, "--quiet", "--overwrite"]].concat());
    assert_eq!(sha256(Path::new(&out)), sha256(Path::new(&alone)));
    // Many in one warp, and an index of those that can be opened.
    let job = ["warp", &at("0*.tif"), "-o", &out, "--to", "EPSG:4326"];
    assert_eq!(swath(&[&job[..], &skip].concat()).status.code(), Some(8));
    let job = ["index", &at("0*.tif"), "-o", &at("again.geojson"), "--on-corrupt", "skip-file"];
    let ended = swath(&job);
    assert_eq!(ended.status.code(), Some(8), "{}", String::from_utf8_lossy(&ended.stderr));
    let again = std::fs::read_to_string(at("again.geojson")).expect("reads");
    assert_eq!(again.matches("\"location\"").count(), 8);
    // Without being asked nothing is left out; without any left there is nothing.
    let fails = |words: &[&str], code: i32, wanted: &str| {
        let ended = swath(words);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(code), "{words:?}: {said}");
        assert!(said.contains(wanted), "{words:?}: {said}");
    };
    let (no, broken) = (at("no.tif"), paths[4].display().to_string());
    fails(&["mosaic", &at("0*.tif"), "-o", &no], 3, "00006.tif");
    let all = ["--on-corrupt", "skip-file"];
    fails(&[&["mosaic", &broken, "-o", &no], &all[..]].concat(), 3, "at least one without damage");
    // One file is not left out; of a batch the item fails, and the others go on.
    for job in [
        &["convert", &broken, &no][..],
        &["warp", &broken, &no, "--to", "EPSG:3857"],
        &["calc", "A", "--in", &format!("A={broken}"), "-o", &no],
        &["stats", &broken],
        &["info", &broken],
        &["edit", &broken, "--nodata", "3"],
        &["polygonize", &broken, &at("no.geojson")],
    ] {
        fails(&[job, &all].concat(), 2, "of a single file, fail or nodata");
    }
    assert!(!Path::new(&no).exists());
    let job = ["batch", "convert", &at("0*.tif"), "-o", &at("each/{name}"), "--", all[0], all[1]];
    fails(&job, 9, "00004.tif");
    assert_eq!(
        std::fs::read_dir(at("each"))
            .expect("lists")
            .filter(|entry| {
                entry
                    .as_ref()
                    .is_ok_and(|entry| entry.path().extension().is_some_and(|end| end == "tif"))
            })
            .count(),
        5
    );
}

#[test]
fn only_damage_that_a_run_would_meet_leaves_a_file_out() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    let paths = tiles(dir.path(), 2);
    let text = |at: usize| paths[at].to_str().expect("text");
    let skip = ["--on-corrupt", "skip-file", "--quiet", "--overwrite", "--json"];
    let out = at("out.tif");
    let left = |words: &[&str]| {
        let ended = swath(&[words, &skip[..]].concat());
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(matches!(ended.status.code(), Some(0 | 8)), "{words:?}: {said}");
        let report: serde_json::Value = serde_json::from_slice(&ended.stdout).expect("JSON");
        let left = report["inputs"]["leftOut"].as_array().expect("a list").clone();
        assert_eq!(ended.status.code() == Some(8), !left.is_empty(), "{said}");
        let name = |one: &serde_json::Value| one["path"].as_str().expect("a name").to_owned();
        left.iter().map(name).collect::<Vec<_>>()
    };
    // An overview that is damaged is read by a coarse mosaic alone, and its image by a fine one.
    runs(&["overviews", text(1), "--levels", "2,4", "-q"]);
    let sound = std::fs::read(&paths[1]).expect("reads");
    let spoil = |image: usize| {
        let file = GeoTiff::open(&paths[1], &OpenOptions::default()).expect("opens");
        let all: Vec<_> = std::iter::once(file.image()).chain(file.image().overviews()).collect();
        let chunk = all[image].stored(0).expect("is told").expect("is stored");
        let mut bytes = sound.clone();
        bytes[chunk.offset as usize..][..chunk.bytes as usize].fill(0x55);
        std::fs::write(&paths[1], bytes).expect("writes");
    };
    let all = at("0*.tif");
    for (image, spacing, out_of) in [
        (0, "30", true),
        (0, "60", false),
        (1, "30", false),
        (1, "60", true),
        (1, "120", false),
        (2, "60", false),
        (2, "120", true),
    ] {
        spoil(image);
        let words = ["mosaic", &all, "-o", &out, "--resolution", spacing];
        let wanted = if out_of { vec![text(1).to_owned()] } else { Vec::new() };
        assert_eq!(left(&words), wanted, "image {image} at {spacing} m");
        // Just what makes the run fail that leaves nothing out.
        let ended = swath(&[&words[..], &["--quiet", "--overwrite"]].concat());
        assert_eq!(ended.status.code(), Some(if out_of { 3 } else { 0 }), "{image} {spacing}");
        std::fs::write(&paths[1], &sound).expect("writes");
    }
    // Damaged overviews beside a file are no overviews, and a damaged mask is damage.
    std::fs::write(at("00002.tif.ovr"), "no TIFF").expect("writes");
    assert!(left(&["mosaic", &all, "-o", &out, "--resolution", "60"]).is_empty());
    std::fs::write(at("00002.tif.msk"), "no TIFF").expect("writes");
    assert_eq!(left(&["mosaic", &all, "-o", &out]), [text(2)]);
    std::fs::remove_file(at("00002.tif.msk")).expect("removes");

    // What does not fit and is damaged is left out, be it the first; what is sound fails the run.
    let bands = |path: &Path| {
        let size = Size::new(64, 64);
        let raster = noise(DataType::U16, 2, size, None);
        let options = WriteOptions {
            format: Format::Tiled,
            tile: 64,
            overwrite: swath::io::Overwrite::Replace,
            ..Default::default()
        };
        raster.write(path, &options).expect("writes");
    };
    for other in [0, 3] {
        let kept = std::fs::read(&paths[other]).expect("reads");
        bands(&paths[other]);
        let ended = swath(&[&["mosaic", &all, "-o", &out], &skip[..]].concat());
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(2) && said.contains("bands: expected"), "{said}");
        spoil_chunks(&paths[other], |_, _| false);
        assert_eq!(left(&["mosaic", &all, "-o", &out]), [text(other)]);
        std::fs::write(&paths[other], kept).expect("writes");
    }
    // A system that cannot be read is why a file does not fit.
    let kept = std::fs::read(&paths[2]).expect("reads");
    let mut bytes = kept.clone();
    let entry = bytes.windows(4).position(|four| four == [0xaf, 0x87, 3, 0]).expect("GeoKeys");
    // The keys of the directory lie beyond the end of the file.
    bytes[entry + 8..entry + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    std::fs::write(&paths[2], bytes).expect("writes");
    assert_eq!(left(&["mosaic", &all, "-o", &out, "--to", "EPSG:32634"]), [text(2)]);
    std::fs::write(&paths[2], kept).expect("writes");

    // An index of nothing is none.
    for path in &paths {
        std::fs::write(path, "no TIFF").expect("writes");
    }
    let index = at("all.geojson");
    let ended = swath(&["index", &all, "-o", &index, "--on-corrupt", "skip-file"]);
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("at least one without damage") && said.contains("00000.tif"), "{said}");
    std::fs::write(at("list"), "\n").expect("writes");
    let ended = swath(&["index", &format!("@{}", at("list")), "-o", &index]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(!Path::new(&index).exists());
}

#[test]
fn a_virtual_raster_of_virtual_rasters_is_not_supported_and_not_damaged() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    virtual_rows(dir.path(), "", "");
    let text = std::fs::read_to_string(at("x.vrt")).expect("reads");
    for source in ["x.vrt", "x.VRT#1"] {
        std::fs::write(at("y.vrt"), text.replace("a.tif", source)).expect("writes");
        for words in [
            &["convert", &at("y.vrt"), &at("out.tif")][..],
            &["mosaic", &at("y.vrt"), "-o", &at("out.tif"), "--on-corrupt", "skip-file"],
            &["index", &at("y.vrt"), "-o", &at("out.geojson"), "--on-corrupt", "skip-file"],
        ] {
            let ended = swath(words);
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert_eq!(ended.status.code(), Some(4), "{words:?}: {said}");
            let wanted = "y.vrt: not supported: a virtual raster in a virtual raster";
            assert!(said.contains(wanted) && !said.contains("left out"), "{said}");
        }
    }
    runs(&["info", &at("y.vrt")]);
}

/// Reads 9 x 5 pixels of a virtual raster of one source, whose 6 x 4 pixels are
/// 1 to 6, 11 to 16, 21 to 26 and 31 to 36.
fn virtual_rows(dir: &Path, nodata: &str, rects: &str) -> Vec<u8> {
    let grid = Grid { size: Size::new(6, 4), transform: GeoTransform::IDENTITY, crs: None };
    let pool = swath::raster::Pool::new(0);
    let mut pixels = swath::raster::Buffer::new(&pool, grid.size.window(), 1, DataType::U8);
    for (at, value) in (0u8..).zip(pixels.plane_mut::<u8>(0)) {
        *value = at / 6 * 10 + at % 6 + 1;
    }
    let source = Raster::from_buffer(Info::new(grid, 1, DataType::U8), pixels).expect("whole");
    let write = WriteOptions {
        format: Format::Tiled,
        tile: 16,
        overwrite: swath::io::Overwrite::Replace,
        ..Default::default()
    };
    source.write(dir.join("a.tif"), &write).expect("writes");
    let text = format!(
        "<VRTDataset rasterXSize=\"9\" rasterYSize=\"5\"><VRTRasterBand dataType=\"Byte\">{nodata}\
         <SimpleSource><SourceFilename relativeToVRT=\"1\">a.tif</SourceFilename>{rects}\
         </SimpleSource></VRTRasterBand></VRTDataset>"
    );
    std::fs::write(dir.join("x.vrt"), text).expect("writes");
    let raster = swath::open(dir.join("x.vrt")).expect("opens");
    let whole = raster.read(raster.info().grid.size.window()).expect("reads");
    let part = raster.read(Window::new(2, 1, 5, 3)).expect("reads");
    assert_crop(&part, &whole, rects);
    assert!(whole.valid(0).is_none());
    whole.plane::<u8>(0).to_vec()
}

#[test]
fn parts_of_pixels_and_of_sources_are_laid_as_gdal_lays_them() {
    let dir = tempfile::tempdir().expect("a directory");
    let rect = |name: &str, r: [f64; 4]| {
        let [x, y, w, h] = r;
        format!("<{name} xOff=\"{x}\" yOff=\"{y}\" xSize=\"{w}\" ySize=\"{h}\"/>")
    };
    // What GDAL 3.12 reads of the same files: the columns of a row, and each row's tens;
    // None where nothing is filled.
    let whole = [0.0, 0.0, 6.0, 4.0];
    let (n, some) = (None, |v: u8| Some(v));
    let run = |range: std::ops::Range<u8>| range.map(Some).collect::<Vec<_>>();
    for (from, to, cols, rows) in [
        (
            whole,
            [0.4, 0.6, 6.0, 4.0],
            [run(1..7), vec![some(6), n, n]].concat(),
            vec![some(0), some(0), some(10), some(20), some(30)],
        ),
        (
            whole,
            [1.5, 0.5, 3.0, 2.0],
            vec![n, some(1), some(3), some(5), some(6), n, n, n, n],
            vec![some(0), some(20), some(30), n, n],
        ),
        (
            [0.5, 0.25, 4.5, 3.5],
            [0.4, 0.7, 7.2, 3.5],
            [1, 2, 2, 3, 4, 4, 5, 5].map(Some).into_iter().chain([n]).collect(),
            vec![some(0), some(10), some(20), some(30), some(30)],
        ),
        (
            [-2.0, -1.0, 9.0, 5.0],
            [0.0, 0.0, 9.0, 5.0],
            [vec![n, n], run(1..7), vec![n]].concat(),
            vec![n, some(0), some(10), some(20), some(30)],
        ),
        (
            [3.0, 2.0, 6.0, 4.0],
            [1.0, 0.0, 6.0, 4.0],
            [vec![n], run(4..7), vec![n; 5]].concat(),
            vec![some(20), some(30), n, n, n],
        ),
        (
            [-3.0, -2.0, 12.0, 8.0],
            [1.2, 0.7, 6.0, 4.0],
            vec![n, n, some(1), some(2), some(4), some(6), n, n, n],
            vec![n, some(0), some(10), some(30), n],
        ),
        (
            whole,
            [1.0004, 0.9996, 6.0, 4.0],
            [vec![n], run(1..7), vec![n, n]].concat(),
            vec![n, some(0), some(10), some(20), some(30)],
        ),
    ] {
        let wanted: Vec<u8> = rows
            .iter()
            .flat_map(|row| cols.iter().map(move |col| row.zip(*col).map_or(0, |(r, c)| r + c)))
            .collect();
        let rects = rect("SrcRect", from) + &rect("DstRect", to);
        assert_eq!(virtual_rows(dir.path(), "", &rects), wanted, "{rects}");
    }
    // Without rectangles pixels lie on pixels.
    assert_eq!(
        virtual_rows(dir.path(), "", "")[..18],
        [1, 2, 3, 4, 5, 6, 0, 0, 0, 11, 12, 13, 14, 15, 16, 0, 0, 0]
    );
    // The nearest that a byte can be stands where nothing is.
    let rects = rect("SrcRect", [0.0, 0.0, 3.0, 2.0]) + &rect("DstRect", [0.0, 0.0, 3.0, 2.0]);
    for (nodata, fill) in [("300", 255), ("3.5", 4), ("-7", 0), ("nan", 0)] {
        let nodata = format!("<NoDataValue>{nodata}</NoDataValue>");
        let read = virtual_rows(dir.path(), &nodata, &rects);
        assert_eq!((&read[..3], read[12], &read[9..12]), (&[1, 2, 3][..], fill, &[11, 12, 13][..]));
        assert_eq!(read.iter().filter(|v| **v == fill).count(), 39, "{nodata}");
    }
}

#[test]
fn zeros_that_are_no_values_and_rounded_integers_are_warned_of() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    let plain = |name: &str, dtype, left: f64| {
        let grid = Grid {
            size: Size::new(8, 8),
            transform: GeoTransform::north_up(left, 5_300_000.0, 30.0, 30.0),
            crs: Some(Crs::from_epsg(32633)),
        };
        let pool = swath::raster::Pool::new(0);
        let pixels = swath::raster::Buffer::new(&pool, grid.size.window(), 1, dtype);
        let raster = Raster::from_buffer(Info::new(grid, 1, dtype), pixels).expect("whole");
        raster.write(dir.path().join(name), &WriteOptions::default()).expect("writes");
        at(name)
    };
    let near = plain("near.tif", DataType::U64, 500_000.0);
    let beside = plain("beside.tif", DataType::U64, 500_240.0);
    let signed = plain("signed.tif", DataType::I64, 500_240.0);
    let far = plain("far.tif", DataType::U64, 501_000.0);
    let line = at("line.geojson");
    let ring = "[[500000,5300000],[500200,5300000],[500000,5299800],[500000,5300000]]";
    std::fs::write(&line, format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#))
        .expect("writes");
    let cut = ["--cutline", &line, "--cutline-crs", "EPSG:32633"];
    let (gap, cutline, rounds) = ("where no file has", "outside the cutline", "become float64");
    for (files, words, wanted) in [
        ([&near, &beside], &[][..], None),
        ([&near, &far], &[], Some(gap)),
        ([&near, &far], &["--dst-nodata", "9"], None),
        ([&near, &far], &["--mask", "internal"], None),
        ([&near, &far], &["--mask", "none"], Some(gap)),
        ([&near, &far], &["--method", "count"], None),
        ([&near, &beside], &cut, Some(cutline)),
        ([&near, &beside], &[&cut[..], &["--dst-nodata", "9"]].concat(), None),
        ([&near, &signed], &[], Some(rounds)),
        ([&near, &signed], &["--method", "mean"], None),
    ] {
        let out = at("out.tif");
        let job = ["mosaic", files[0], files[1], "-o", &out, "--overwrite"];
        let ended = swath(&[&job[..], words].concat());
        let error = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success(), "{words:?}: {error}");
        let warned = [gap, cutline, rounds].into_iter().filter(|text| error.contains(text));
        assert_eq!(warned.collect::<Vec<_>>(), Vec::from_iter(wanted), "{words:?}: {error}");
    }
    for (words, wanted) in
        [(&cut[..], true), (&[&cut[..], &["--mask", "internal"]].concat(), false)]
    {
        let out = at("out.tif");
        let job = ["warp", &near, &out, "--to", "EPSG:3857", "--overwrite"];
        let ended = swath(&[&job[..], words].concat());
        let error = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success(), "{words:?}: {error}");
        assert_eq!(error.contains(cutline), wanted, "{words:?}: {error}");
    }
}
