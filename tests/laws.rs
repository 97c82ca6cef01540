//! The laws: what must hold of any raster and any way of working.

mod files;
mod rasters;

use std::path::Path;

use files::{fixture, sha256};
use rasters::{Random, assert_crop, assert_same, noise};
use swath::codec::{Compression, LercPacking, Predictor};
use swath::crs::Crs;
use swath::engine::{Engine, EngineOptions, Silent};
use swath::geotiff::{
    Format, GeoTiff, Interleave, Mask, OpenOptions, OverviewResampling, Overviews, WriteOptions,
};
use swath::kernel::{Focal, Neighbourhood, Resampling};
use swath::ops::calc::{Expression, Input};
use swath::ops::fill::FillOptions;
use swath::ops::focal::MissingCentre;
use swath::ops::proximity::{ProximityOptions, parse_targets};
use swath::ops::stats::{HistogramRequest, StatsOptions};
use swath::ops::warp::{GridRequest, Resolution, WarpOptions};
use swath::raster::{
    Buffer, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Size, Window,
};

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
    hash_by(ways(), raster, options, what)
}

/// The same by some ways alone.
fn hash_by(
    ways: impl Iterator<Item = (usize, u64, Option<Size>)>,
    raster: &Raster,
    options: &WriteOptions,
    what: &str,
) -> String {
    let dir = tempfile::tempdir().expect("a directory");
    let mut first: Option<String> = None;
    for (index, (threads, memory, work)) in ways.enumerate() {
        let path = dir.path().join(format!("{index}.tif"));
        let engine = engine(threads, memory, work);
        raster.write_with(&engine, &path, options, &mut Silent).expect("writes");
        let hash = sha256(&path);
        let first = first.get_or_insert_with(|| hash.clone());
        assert_eq!(*first, hash, "{what}: {threads} threads, {memory} bytes, work {work:?}");
    }
    first.expect("several ways")
}

#[test]
fn neighbourhoods_give_the_same_bytes_however_they_are_worked() {
    let raster = noise(DataType::F32, 1, Size::new(700, 500), Some(NoData::Integer(-1)));
    let wide = Neighbourhood::rectangle(41, 9).expect("a rectangle");
    let round = Neighbourhood::disc(6.5).expect("a disc");
    for (what, around) in
        [(Focal::Mean, &wide), (Focal::Std, &wide), (Focal::Sum, &round), (Focal::Median, &wide)]
    {
        let made = raster.focal(what, around, MissingCentre::Filled).expect("makes");
        one_hash(&made, &WriteOptions::default(), &format!("{what:?}"));
    }
}

#[test]
fn gaps_and_distances_give_the_same_bytes_however_they_are_worked() {
    let raster = noise(DataType::I16, 1, Size::new(700, 500), Some(NoData::Integer(70)));
    let filled = raster.fill(FillOptions { distance: 30, smooth: 2 }).expect("fills");
    one_hash(&filled, &WriteOptions::default(), "gaps");
    let targets = Some(parse_targets(&["[21,22]"]).expect("targets"));
    let options = WriteOptions::default();
    let mut hashes = Vec::new();
    for furthest in [None, Some(1e6)] {
        let how = ProximityOptions { targets: targets.clone(), furthest, ..Default::default() };
        // The first pass, too, is worked in every way.
        let hash = |(threads, memory, work)| {
            let engine = engine(threads, memory, work);
            let made = raster.proximity(0, &how, &engine, &mut Silent).expect("makes");
            hash_by(std::iter::once((threads, memory, work)), &made, &options, "distances")
        };
        hashes.extend(ways().filter(|way| furthest.is_none() || way.0 == 2).map(hash));
    }
    assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]));
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
    for (index, resampling) in Resampling::ALL.into_iter().enumerate() {
        // Finer, about equal and coarser than the scene's 30 m.
        let resolutions = [17.0, 42.0, 160.0];
        for &resolution in if index < 3 { &resolutions[..] } else { &resolutions[2..] } {
            let raster = warped(&scene, 3857, resolution, resampling);
            // All ways for the commonest, one in seven (every number of threads) for the rest.
            let ways = ways().step_by(if index < 3 { 1 } else { 7 });
            hashes.push(hash_by(ways, &raster, &options, &format!("{resampling} {resolution}")));
        }
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 9 + 12, "jobs that differ give files that differ");
}

#[test]
fn every_codec_gives_the_same_bytes_however_it_is_worked() {
    let raster = noise(DataType::F32, 2, Size::new(700, 500), Some(NoData::Integer(-9999)));
    for compression in CODECS {
        for format in [Format::Cog, Format::Tiled] {
            let options = WriteOptions { compression, format, tile: 64, ..Default::default() };
            one_hash(&raster, &options, &format!("{compression:?} {format:?}"));
        }
    }
}

#[test]
#[cfg(all(feature = "jpeg", feature = "lerc", feature = "lzma", feature = "webp"))]
fn heavy_codecs_give_the_same_bytes_however_they_are_worked() {
    let raster = noise(DataType::U8, 3, Size::new(301, 211), Some(NoData::Integer(9)));
    let lerc = |max_z_error, packing| Compression::Lerc { max_z_error, packing };
    let mut hashes = Vec::new();
    for compression in [
        lerc(0.0, LercPacking::None),
        lerc(2.0, LercPacking::Deflate { level: 6 }),
        lerc(0.0, LercPacking::Zstd { level: 9 }),
        Compression::Jpeg { ycbcr: true, quality: 75 },
        Compression::WebP,
        Compression::Lzma { level: 1 },
    ] {
        let mask = Mask::Internal;
        let options = WriteOptions { compression, mask, tile: 64, ..Default::default() };
        let ways = [1, 3].into_iter().flat_map(|n| [(n, 64 << 20, None), (n, 1 << 30, None)]);
        hashes.push(hash_by(ways, &raster, &options, &format!("{compression:?}")));
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 6, "jobs that differ give files that differ");
}

#[test]
fn a_chosen_level_is_the_same_however_it_is_worked() {
    let raster = noise(DataType::U16, 1, Size::new(301, 211), None);
    let made = |value: fn(usize) -> usize| {
        let mut pixels = whole(&raster);
        let samples = pixels.plane_mut::<u16>(0).iter_mut().enumerate();
        samples.for_each(|(at, sample)| *sample = value(at) as u16);
        Raster::from_buffer(raster.info().clone(), pixels).expect("a whole raster")
    };
    let noise = made(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_mul(at | 1) >> 40);
    let slope = made(|at| 40 * (at % 301) + 7 * (at / 301) + (at * at + at / 301) % 5);
    let hash = |raster: &Raster, level, predictor, choose_level| {
        let compression = Compression::Zstd { level };
        let options =
            WriteOptions { compression, predictor, choose_level, tile: 64, ..Default::default() };
        hash_by(ways().step_by(5), raster, &options, &format!("{level} {predictor:?}"))
    };
    // Nothing helps noise; a slope is but its differences.
    let plain = hash(&noise, 1, Some(Predictor::None), false);
    assert_eq!(hash(&noise, 1, None, true), plain);
    let chosen = hash(&slope, 1, None, true);
    let by_hand = [1, 3, 9].map(|level| hash(&slope, level, Some(Predictor::Horizontal), false));
    assert!(by_hand.contains(&chosen));
}

#[test]
fn every_way_of_writing_gives_the_same_bytes_however_it_is_worked() {
    let size = Size::new(311, 237);
    let raster = noise(DataType::U16, 2, size, Some(NoData::Integer(9)));
    let plain =
        WriteOptions { tile: 64, mask: Mask::Internal, statistics: true, ..Default::default() };
    let mut hashes = Vec::new();
    for method in OverviewResampling::ALL {
        let options = WriteOptions { overview_resampling: method, ..plain.clone() };
        hashes.push(one_hash(&raster, &options, method.name()));
    }
    for (format, interleave, sparse) in [
        (Format::Cog, Interleave::Band, false),
        (Format::Tiled, Interleave::Band, true),
        (Format::Striped { rows: 13 }, Interleave::Pixel, true),
        (Format::Striped { rows: 100 }, Interleave::Band, false),
    ] {
        let overviews = Overviews::Factors(vec![2, 3, 6, 10]);
        let overview_resampling = OverviewResampling::Lanczos;
        let options = WriteOptions {
            format,
            interleave,
            sparse,
            overviews,
            overview_resampling,
            ..plain.clone()
        };
        hashes.push(one_hash(&raster, &options, &format!("{format:?} {interleave:?}")));
    }
    let count = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), count, "jobs that differ give files that differ");
}

#[test]
fn what_is_written_is_read_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("x.tif");
    for dtype in DataType::ALL {
        for bands in [1, 3] {
            // Odd extents, smaller and larger than a tile.
            // No complex sample is nodata to a reader.
            let nodata = Some(NoData::Integer(7)).filter(|_| !dtype.is_complex());
            let raster = noise(dtype, bands, Size::new(101, 67), nodata);
            let wanted = raster.read(raster.info().grid.size.window()).expect("reads");
            for compression in CODECS {
                for predictor in [Predictor::None, Predictor::Horizontal, Predictor::Float] {
                    let predicts =
                        !matches!(compression, Compression::None | Compression::PackBits);
                    let fits = match predictor {
                        Predictor::Float => dtype.is_float(),
                        _ => dtype.bytes() <= 8,
                    };
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
    for resampling in Resampling::ALL {
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

/// The real or imaginary parts of a raster, as a raster.
fn part(raster: &Raster, which: u16) -> Raster {
    let info = raster.info();
    let parts = whole(raster).complex_parts(&Pool::new(0)).expect("is complex");
    let mut one = Buffer::new(&Pool::new(0), parts.window(), 1, parts.dtype());
    one.copy_band(0, &parts, which);
    Raster::from_buffer(Info::new(info.grid.clone(), 1, parts.dtype()), one).expect("whole")
}

fn whole(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

#[test]
fn a_warp_of_complex_samples_is_that_of_their_parts() {
    let raster = noise(DataType::CF32, 1, Size::new(90, 70), None);
    let grid = &raster.info().grid;
    let turned = Grid {
        size: Size::new(61, 53),
        transform: GeoTransform::north_up(500_101.0, 5_299_903.0, 41.0, 37.0),
        crs: grid.crs.clone(),
    };
    for resampling in Resampling::ALL {
        let how = WarpOptions { resampling, ..WarpOptions::default() };
        if !resampling.takes_complex() {
            let refused = raster.warp(turned.clone(), &how);
            assert!(matches!(refused, Err(swath::Error::Usage(_))), "{resampling}");
            continue;
        }
        let warp = |raster: &Raster| whole(&raster.warp(turned.clone(), &how).expect("warps"));
        let together = warp(&raster);
        let apart = [0, 1].map(|which| warp(&part(&raster, which)));
        assert_eq!(together.valid(0), apart[0].valid(0));
        for (i, sample) in together.plane::<[f32; 2]>(0).iter().enumerate() {
            assert_eq!(*sample, [0, 1].map(|p| apart[p].plane::<f32>(0)[i]), "{resampling} {i}");
        }
    }
}

#[test]
fn complex_overviews_and_their_pages_are_those_of_the_parts() {
    let dir = tempfile::tempdir().expect("a directory");
    let raster = noise(DataType::CI16, 1, Size::new(90, 70), None);
    let options = WriteOptions { tile: 32, ..WriteOptions::default() };
    let write = |raster: &Raster, name: &str| {
        let path = dir.path().join(name);
        raster.write(&path, &options).expect("writes");
        path
    };
    let together = write(&raster, "complex.tif");
    let parts = [0, 1].map(|which| write(&part(&raster, which), &format!("{which}.tif")));
    for page in 0..3 {
        let open = |path: &std::path::PathBuf| {
            let options = OpenOptions { page, ..OpenOptions::default() };
            let file = GeoTiff::open(path, &options).expect("opens");
            assert_eq!(file.pages(), 3);
            whole(&file.raster())
        };
        let (together, apart) = (open(&together), parts.each_ref().map(open));
        assert_eq!(together.window().width, 90_u32.div_ceil(1 << page));
        for (i, sample) in together.plane::<[i16; 2]>(0).iter().enumerate() {
            assert_eq!(*sample, [0, 1].map(|p| apart[p].plane::<i16>(0)[i]), "page {page}: {i}");
        }
    }
    let beyond = GeoTiff::open(&together, &OpenOptions { page: 3, ..OpenOptions::default() });
    let error = beyond.expect_err("has three pages").to_string();
    assert!(error.contains("page: expected at most 3, found 4"), "{error}");
}

#[test]
fn statistics_do_not_depend_on_how_they_are_worked() {
    for dtype in DataType::ALL.into_iter().filter(|dtype| !dtype.is_complex()) {
        let raster = noise(dtype, 2, Size::new(333, 250), Some(NoData::Integer(3)));
        let options = StatsOptions {
            percentiles: vec![2.0, 50.0, 99.9],
            histogram: Some(HistogramRequest { bins: 7, range: None }),
        };
        let worked = |threads, memory, work| {
            let engine = engine(threads, memory, work);
            raster.statistics(&engine, &options, &mut Silent).expect("counts")
        };
        let wanted = worked(1, 1 << 30, None);
        assert!(wanted.iter().all(|band| band.summary.is_some() && band.percentiles.len() == 3));
        for (threads, memory, work) in [
            (2, 64 << 20, Some(Size::new(50, 3))),
            (3, 1 << 30, Some(Size::new(u32::MAX, 1))),
            (8, 64 << 20, None),
        ] {
            assert_eq!(worked(threads, memory, work), wanted, "{dtype}");
        }
    }
}

#[test]
fn a_calculation_gives_the_same_bytes_however_it_is_worked() {
    let scene = swath::open(fixture("landsat.tif")).expect("opens");
    let engine = engine(1, 1 << 30, None);
    let input = |name: &str, raster: &Raster| Input {
        name: name.into(),
        raster: raster.clone(),
        band: None,
    };
    // On two grids, with a neighbourhood, numbers of the whole and values that overflow.
    let inputs = [input("A", &scene), input("B", &warped(&scene, 32621, 47.0, Resampling::Cubic))];
    let text =
        "[(A.red - B[1]) / (A.red + B[1]), focal(A[2], std, 3), (A[1] - stat(A[1]).mean) ** 9]";
    let made = Expression::parse(text).and_then(|e| e.over(&inputs, &Default::default(), &engine));
    let options = WriteOptions { tile: 128, ..WriteOptions::default() };
    one_hash(&made.expect("calculates").raster, &options, text);
}
