//! The laws: what must hold of any raster and any way of working.

mod files;
mod rasters;

use std::path::Path;

use files::{fixture, sha256};
use rasters::{Random, assert_crop, assert_same, noise};
use swath::codec::{Compression, Predictor};
use swath::crs::Crs;
use swath::engine::{Engine, EngineOptions, Silent};
use swath::geotiff::{Format, WriteOptions};
use swath::kernel::Resampling;
use swath::ops::warp::{GridRequest, Resolution, WarpOptions};
use swath::raster::{DataType, NoData, Raster, Size, Window};

const CODECS: [Compression; 5] = [
    Compression::None,
    Compression::Deflate { level: 6 },
    Compression::Lzw,
    Compression::PackBits,
    Compression::Zstd { level: 3 },
];

fn engine(threads: usize, memory: u64, work: Option<Size>) -> Engine {
    Engine::new(EngineOptions { threads, memory, work }).expect("threads start")
}

/// Every way of working that must not change a byte.
fn ways() -> impl Iterator<Item = (usize, u64, Option<Size>)> {
    [1, 2, 3, 8].into_iter().flat_map(|threads| {
        [64 << 20, 1 << 30].into_iter().flat_map(move |memory| {
            // Units of one and several stored tiles, and more than any raster is wide.
            [None, Some(Size::new(384, 128)), Some(Size::new(u32::MAX, 1))]
                .map(|work| (threads, memory, work))
        })
    })
}

/// Writes in every way; returns the one hash that all files have.
fn one_hash(raster: &Raster, options: &WriteOptions, what: &str) -> String {
    let dir = tempfile::tempdir().expect("a directory");
    let mut first: Option<String> = None;
    for (index, (threads, memory, work)) in ways().enumerate() {
        let path = dir.path().join(format!("{index}.tif"));
        let engine = engine(threads, memory, work);
        raster.write_with(&engine, &path, options, &mut Silent).expect("writes");
        let hash = sha256(&path);
        let first = first.get_or_insert_with(|| hash.clone());
        assert_eq!(*first, hash, "{what}: {threads} threads, {memory} bytes, work {work:?}");
    }
    first.expect("several ways")
}

fn warped(raster: &Raster, to: u32, resolution: f64, resampling: Resampling) -> Raster {
    let mut request = GridRequest::new(Crs::from_epsg(to));
    request.resolution = Some(Resolution { x: resolution, y: resolution });
    let grid = request.grid(&raster.info().grid).expect("a grid");
    raster.warp(grid, &WarpOptions { resampling, ..WarpOptions::default() }).expect("warps")
}

#[test]
fn a_warp_gives_the_same_bytes_however_it_is_worked() {
    let scene = swath::open(fixture("landsat.tif")).expect("opens");
    let options = WriteOptions { tile: 128, ..WriteOptions::default() };
    let mut hashes = Vec::new();
    for resampling in [Resampling::Near, Resampling::Bilinear, Resampling::Cubic] {
        // Finer, about equal and coarser than the scene's 30 m.
        for resolution in [17.0, 42.0, 160.0] {
            let raster = warped(&scene, 3857, resolution, resampling);
            hashes.push(one_hash(&raster, &options, &format!("{resampling} {resolution}")));
        }
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 9, "jobs that differ give files that differ");
}

#[test]
fn every_codec_gives_the_same_bytes_however_it_is_worked() {
    let raster = noise(DataType::F32, 2, Size::new(700, 500), Some(NoData::Integer(-9999)));
    for compression in CODECS {
        for format in [Format::Cog, Format::Tiled] {
            let overviews = format == Format::Cog;
            let options =
                WriteOptions { compression, format, overviews, tile: 64, ..Default::default() };
            one_hash(&raster, &options, &format!("{compression:?} {format:?}"));
        }
    }
}

#[test]
fn what_is_written_is_read_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("x.tif");
    for dtype in DataType::ALL {
        for bands in [1, 3] {
            // Odd extents, smaller and larger than a tile.
            let nodata = Some(NoData::Integer(7));
            let raster = noise(dtype, bands, Size::new(101, 67), nodata);
            let wanted = raster.read(raster.info().grid.size.window()).expect("reads");
            for compression in CODECS {
                for predictor in [Predictor::None, Predictor::Horizontal, Predictor::Float] {
                    let predicts =
                        !matches!(compression, Compression::None | Compression::PackBits);
                    let fits = predictor != Predictor::Float || dtype.is_float();
                    if predictor != Predictor::None && !(predicts && fits) {
                        continue;
                    }
                    let options = WriteOptions {
                        compression,
                        predictor: Some(predictor),
                        tile: 32,
                        overwrite: swath::io::Overwrite::Replace,
                        ..WriteOptions::default()
                    };
                    raster.write(&path, &options).expect("writes");
                    let copy = swath::open(&path).expect("opens");
                    let what = format!("{dtype} x {bands}, {compression:?}, {predictor:?}");
                    assert_eq!(copy.info().nodata, nodata, "{what}");
                    let got = copy.read(Window::new(0, 0, 101, 67)).expect("reads");
                    assert_same(&got, &wanted, &what);
                }
            }
        }
    }
}

#[test]
fn a_window_is_a_crop_of_the_whole() {
    let scene = swath::open(fixture("landsat.tif")).expect("opens");
    let noise = noise(DataType::I16, 3, Size::new(300, 220), Some(NoData::Integer(0)));
    let rasters = [
        warped(&scene, 4326, 0.000_5, Resampling::Cubic),
        warped(&scene, 3857, 90.0, Resampling::Bilinear),
        warped(&noise, 3857, 25.0, Resampling::Near),
        scene,
        noise,
    ];
    for (index, raster) in rasters.iter().enumerate() {
        let size = raster.info().grid.size;
        let whole = raster.read(size.window()).expect("reads");
        let mut random = Random::new(index as u64);
        for _ in 0..25 {
            // Some reach beyond the edges.
            let col = random.below(size.width.into()) as i64 - 20;
            let row = random.below(size.height.into()) as i64 - 20;
            let window =
                Window::new(col, row, 1 + random.below(150) as u32, 1 + random.below(150) as u32);
            let part = raster.read(window).expect("reads");
            assert_crop(&part, &whole, &format!("raster {index}, {window:?}"));
        }
    }
}

#[test]
fn warping_to_the_same_grid_changes_nothing() {
    let scene = swath::open(fixture("landsat.tif")).expect("opens");
    let grid = scene.info().grid.clone();
    let wanted = scene.read(grid.size.window()).expect("reads");
    for resampling in [Resampling::Near, Resampling::Bilinear, Resampling::Cubic] {
        let how = WarpOptions { resampling, ..WarpOptions::default() };
        let same = scene.warp(grid.clone(), &how).expect("warps");
        let got = same.read(grid.size.window()).expect("reads");
        assert_same(&got, &wanted, &resampling.to_string());
    }
}

#[test]
fn an_output_that_fails_leaves_the_old_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("old.tif");
    std::fs::write(&path, b"precious").expect("writes");
    let raster = noise(DataType::U8, 1, Size::new(64, 64), None);
    let refused = raster.write(&path, &WriteOptions::default());
    assert!(matches!(refused, Err(swath::Error::Usage(_))), "{refused:?}");
    let overwrite = swath::io::Overwrite::Replace;
    let stopped = engine(1, 64 << 20, None);
    stopped.cancel_flag().cancel();
    let options = WriteOptions { overwrite, ..WriteOptions::default() };
    let cancelled = raster.write_with(&stopped, &path, &options, &mut Silent);
    assert!(matches!(cancelled, Err(swath::Error::Cancelled)), "{cancelled:?}");
    assert_eq!(std::fs::read(&path).expect("reads"), b"precious");
    assert_eq!(names(dir.path()), ["old.tif"]);
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("a directory");
    entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}
