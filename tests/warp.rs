//! Laws of the warp verb on small synthetic rasters.

use swath::crs::Crs;
use swath::engine::{Engine, EngineOptions, Silent};
use swath::geotiff::{GeoTiff, OpenOptions, Overviews, WriteOptions};
use swath::kernel::Resampling;
use swath::ops::warp::WarpOptions;
use swath::raster::{
    Buffer, Context, DataType, GeoTransform, Grid, Info, NoData, Point, Raster, Size, Source,
    Window,
};
use swath::{Error, Result};

/// A raster whose samples are a formula of band and position.
#[derive(Debug)]
struct Formula {
    info: Info,
    value: fn(u16, f64, f64) -> Option<f64>,
}

impl Source for Formula {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, _cx: &Context<'_>) -> Result<()> {
        let window = out.window();
        assert!(self.info.grid.size.window().contains(window), "{window:?} lies in the raster");
        out.add_mask();
        for band in 0..out.bands() {
            let (plane, valid) = out.plane_and_valid_mut::<f64>(band);
            let valid = valid.expect("has a mask");
            for (i, (sample, valid)) in plane.iter_mut().zip(valid).enumerate() {
                let (col, row) = (i as i64 % window.width as i64, i as i64 / window.width as i64);
                let (x, y) = ((window.col + col) as f64 + 0.5, (window.row + row) as f64 + 0.5);
                let value = (self.value)(band, x, y);
                *valid = if value.is_some() { 255 } else { 0 };
                // What an invalid sample holds must not matter.
                *sample = value.unwrap_or(f64::NAN);
            }
        }
        Ok(())
    }

    fn footprint(&self, _window: Window) -> u64 {
        1000
    }
}

fn raster(
    size: Size,
    transform: GeoTransform,
    epsg: u32,
    value: fn(u16, f64, f64) -> Option<f64>,
) -> Raster {
    let grid = Grid { size, transform, crs: Some(Crs::from_epsg(epsg)) };
    let chunk = Size::new(256, 256);
    let nodata = Some(NoData::Float(-9999.0));
    Raster::new(Formula {
        info: Info { nodata, chunk, ..Info::new(grid, 2, DataType::F64) },
        value,
    })
}

fn utm(value: fn(u16, f64, f64) -> Option<f64>) -> Raster {
    raster(
        Size::new(700, 600),
        GeoTransform::north_up(400_000.0, 5_300_000.0, 30.0, 30.0),
        32633,
        value,
    )
}

fn with(resampling: Resampling) -> WarpOptions {
    WarpOptions { resampling, ..WarpOptions::default() }
}

fn all(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

fn rough(band: u16, x: f64, y: f64) -> Option<f64> {
    let hole =
        (x * 0.031).sin() * (y * 0.047).cos() > 0.9 || (x as i64 * 7 + y as i64 * 13) % 97 == 0;
    (!hole).then(|| (x * 12.9898 + y * 78.233).sin() * 1000.0 + f64::from(band))
}

/// Compares a window read alone with the same part of the whole.
fn assert_crop(whole: &Buffer, part: &Buffer) {
    let (w, p) = (whole.window(), part.window());
    for band in 0..whole.bands() {
        let (samples, expected) = (part.plane::<f64>(band), whole.plane::<f64>(band));
        for (i, sample) in samples.iter().enumerate() {
            let (col, row) = (p.col + i as i64 % p.width as i64, p.row + i as i64 / p.width as i64);
            let inside = (0..w.col_end()).contains(&col) && (0..w.row_end()).contains(&row);
            let at = (row * w.col_end() + col) as usize;
            let valid = part.valid(band).is_none_or(|v| v[i] != 0);
            if !inside {
                assert!(!valid, "({col}, {row}) lies outside");
                continue;
            }
            assert_eq!(valid, whole.valid(band).is_none_or(|v| v[at] != 0), "({col}, {row})");
            assert_eq!(sample.to_bits(), expected[at].to_bits(), "({col}, {row})");
        }
    }
}

#[test]
fn a_window_is_a_crop_of_the_whole() {
    let source = utm(rough);
    for (epsg, resolution) in [(3857, 45.0), (4326, 0.001), (3035, 11.0), (3413, 95.0)] {
        let to = Crs::from_epsg(epsg);
        let mut request = swath::ops::warp::GridRequest::new(to);
        let pixel = swath::ops::warp::Resolution { x: resolution, y: resolution };
        request.resolution = Some(pixel);
        let grid = request.grid(&source.info().grid).expect("a grid");
        use Resampling::{Area, Bilinear, Cubic, Lanczos, Mode, Near};
        for how in [Near, Bilinear, Cubic, Lanczos, Mode, Area] {
            let warped = source.warp(grid.clone(), &with(how)).expect("warps");
            let whole = all(&warped);
            let Size { width, height } = grid.size;
            for (i, (col, row)) in [(0, 0), (17, 250), (255, 3), (-5, -7), (256, 256), (111, 90)]
                .into_iter()
                .enumerate()
            {
                let side = 1 + 61 * i as u32;
                let window = Window::new(col, row, side.min(width), (side * 2).min(height));
                assert_crop(&whole, &warped.read(window).expect("reads"));
                assert!(warped.source().footprint(window) < 64 << 20);
            }
        }
    }
}

#[test]
fn the_same_grid_gives_the_same_raster_and_whole_shifts_copy() {
    let source = utm(rough);
    let grid = source.info().grid.clone();
    for how in Resampling::ALL {
        let same = source.warp(grid.clone(), &with(how)).expect("warps");
        assert_crop(&all(&source), &all(&same));
        let moved =
            source.warp(grid.crop(Window::new(-3, 11, 300, 300)), &with(how)).expect("warps");
        let moved = all(&moved);
        let whole = all(&source);
        for (i, &v) in moved.plane::<f64>(1).iter().enumerate() {
            let (col, row) = (i % 300, i / 300 + 11);
            let valid = moved.valid(1).is_some_and(|v| v[i] != 0);
            if col < 3 {
                assert!(!valid);
            } else {
                let at = row * 700 + col - 3;
                assert_eq!(valid, whole.valid(1).is_some_and(|v| v[at] != 0));
                assert!(!valid || v == whole.plane::<f64>(1)[at]);
            }
        }
    }
}

#[test]
fn a_constant_stays_constant_around_holes() {
    fn holes(band: u16, x: f64, y: f64) -> Option<f64> {
        rough(band, x, y).map(|_| 42.0)
    }
    let source = utm(holes);
    // A sum is of amounts: it has no business with constants.
    for how in Resampling::ALL.into_iter().filter(|&how| how != Resampling::Sum) {
        let warped = source.warp_to(Crs::from_epsg(3857), &with(how)).expect("warps");
        assert_eq!(warped.info().nodata, Some(NoData::Float(-9999.0)));
        let whole = all(&warped);
        let valid = whole.valid(0).expect("has invalid pixels");
        let count = valid.iter().filter(|&&v| v != 0).count();
        assert!(count * 10 > valid.len() * 8 && count < valid.len(), "{count}");
        for (v, _) in whole.plane::<f64>(0).iter().zip(valid).filter(|&(_, &valid)| valid != 0) {
            assert!((v - 42.0).abs() < 1e-12, "{v}");
        }
    }
}

/// A plane: what bilinear and cubic interpolation and every symmetric mean keep.
fn ramp(band: u16, x: f64, y: f64) -> Option<f64> {
    Some(2.0 * x - 3.0 * y + f64::from(band))
}

#[test]
fn a_ramp_is_exact_on_affine_grids_up_and_down() {
    let source = utm(ramp);
    let from = &source.info().grid;
    let grids = [
        ("up 3x", from.resized(Size::new(2100, 1800))),
        ("down 2.7x", from.resized(Size::new(259, 222))),
        ("down in x, up in y", from.resized(Size::new(233, 1200))),
        (
            "rotated",
            Grid {
                transform: GeoTransform::from_gdal([404_000.0, 25.0, 6.0, 5_296_000.0, 4.0, -27.0]),
                ..from.clone()
            },
        ),
        ("whole", from.resized(Size::new(1, 1))),
    ];
    for (name, grid) in grids {
        for how in Resampling::ALL.into_iter().filter(|how| how.is_kernel()) {
            let warped = source.warp(grid.clone(), &with(how)).expect("warps");
            let whole = all(&warped);
            let back = from.transform.inverse().expect("pixels have area");
            // Away from the edge, where supports are cut off on one side.
            let scale =
                grid.transform.pixel_width.abs().max(grid.transform.pixel_height.abs()) / 30.0;
            let rim = 3.0 + 2.0 * scale.max(1.0);
            let mut seen = 0;
            for (i, &v) in whole.plane::<f64>(0).iter().enumerate() {
                let (col, row) = (i % grid.size.width as usize, i / grid.size.width as usize);
                let centre = Point { x: col as f64 + 0.5, y: row as f64 + 0.5 };
                let p = back.apply(grid.transform.apply(centre));
                if p.x > rim && p.y > rim && p.x < 700.0 - rim && p.y < 600.0 - rim {
                    seen += 1;
                    // A widened triangle, sampled at whole pixels, is not quite
                    // balanced: it leans by up to a tenth of a source pixel.
                    // A windowed sinc leans by a fiftieth of a pixel.
                    let tolerance = match how {
                        _ if scale > 1.0 => 0.3,
                        Resampling::Lanczos => 0.1,
                        _ => 1e-9,
                    };
                    let expected = ramp(0, p.x, p.y).expect("a value");
                    assert!((v - expected).abs() < tolerance, "{name} {how}: {v}, {expected}");
                }
            }
            assert!(seen > 1000 || name == "whole", "{name}: {seen}");
        }
    }
}

#[test]
fn seams_and_poles_are_read_in_parts() {
    fn globe(_: u16, x: f64, y: f64) -> Option<f64> {
        Some(x + 10_000.0 * y)
    }
    let world = GeoTransform::north_up(-180.0, 90.0, 0.05, 0.05);
    let source = raster(Size::new(7200, 3600), world, 4326, globe);
    let grid = Grid {
        size: Size::new(500, 500),
        transform: GeoTransform::north_up(-2_500_000.0, 2_500_000.0, 10_000.0, 10_000.0),
        crs: Some(Crs::from_epsg(3413)),
    };
    for how in [Resampling::Near, Resampling::Bilinear] {
        let warped = source.warp(grid.clone(), &with(how)).expect("warps");
        let whole = all(&warped);
        let valid = |b: &Buffer| {
            b.valid(0)
                .map_or(b.window().pixels() as usize, |v| v.iter().filter(|&&v| v != 0).count())
        };
        assert!(valid(&whole) > 249_900, "{}", valid(&whole));
        for window in [Window::new(240, 240, 20, 20), Window::new(0, 0, 260, 255)] {
            assert_crop(&whole, &warped.read(window).expect("reads"));
            assert!(warped.source().footprint(window) < 40 << 20);
        }
    }
}

/// The chunks of a scene are kept while a tile is to come that needs them, and no longer: each is
/// decoded once, in a fraction of the memory that all take.
#[test]
fn chunks_are_kept_no_longer_than_they_are_needed() {
    let engine = Engine::new(EngineOptions { threads: 2, ..EngineOptions::default() }).unwrap();
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("scene.tif");
    let side = 2048;
    let scene = raster(
        Size::new(side, side),
        GeoTransform::north_up(5e5, 5e6, 30.0, 30.0),
        32633,
        |_, x, y| Some(x + y),
    );
    let options = WriteOptions { tile: 128, ..WriteOptions::default() };
    scene.write_with(&engine, &path, &options, &mut Silent).expect("is written");
    let file = GeoTiff::open(&path, &OpenOptions::default()).expect("opens").raster();
    let engine = engine.afresh();
    let warped = file.warp_to(Crs::from_epsg(3857), &with(Resampling::Cubic)).expect("warps");
    let again = folder.path().join("warped.tif");
    let options = WriteOptions { overviews: Overviews::None, ..options };
    warped.write_with(&engine, &again, &options, &mut Silent).expect("is written");
    let all = u64::from(side) * u64::from(side) * 2 * 8;
    assert_eq!((engine.chunks_decoded(), engine.chunks_seen()), (256, 256));
    assert!(engine.chunk_bytes() < all / 3, "{} of {all} bytes", engine.chunk_bytes());
    // A run that another may follow keeps what fits.
    let engine = engine.afresh();
    for _ in 0..2 {
        warped.statistics(&engine, &Default::default(), &mut Silent).expect("are counted");
    }
    assert_eq!((engine.chunks_decoded(), engine.chunks_seen()), (256, 256));
}

#[test]
fn faults_are_named() {
    let source = utm(ramp);
    let grid = source.info().grid.clone();
    let nowhere = Grid { crs: None, ..grid.resized(Size::new(10, 10)) };
    assert!(matches!(source.warp(nowhere, &WarpOptions::default()), Err(Error::Usage(_))));
    let empty = Grid { size: Size::new(0, 5), ..grid.clone() };
    assert!(matches!(source.warp(empty, &WarpOptions::default()), Err(Error::Usage(_))));
    let bare = Info { grid: Grid { crs: None, ..grid.clone() }, ..source.info().clone() };
    let bare = Raster::new(Formula { info: bare, value: ramp });
    for failed in [
        bare.warp_to(Crs::from_epsg(3857), &WarpOptions::default()),
        bare.warp(grid.resized(Size::new(9, 9)), &WarpOptions::default()),
    ] {
        let error = failed.expect_err("no coordinate system");
        assert!(error.detail().is_some_and(|d| d.hint.is_some()), "{error}");
    }
}
