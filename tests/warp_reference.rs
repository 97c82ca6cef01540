//! Warps of random rasters on random grids, against a slow reference.

mod rasters;
mod reference;

use rasters::{Random, assert_crop, assert_same, noise};
use reference::{Band, Place};
use swath::crs::Crs;
use swath::engine::{Engine, EngineOptions};
use swath::kernel::Resampling;
use swath::ops::warp::{GridRequest, WarpOptions};
use swath::raster::{DataType, Grid, NoData, Raster, Sample, Size, Window};

/// Systems in which a scene of UTM zone 33 is turned by less than 14 degrees.
const TARGETS: [u32; 5] = [3857, 4326, 32632, 6933, 3035];

/// A grid over a random part of a source, its edges included, from three times
/// finer to twenty times coarser.
fn grid(random: &mut Random, source: &Raster) -> Grid {
    let from = &source.info().grid;
    let whole = match random.below(6) {
        0 => from.clone(),
        n => {
            let to = Crs::from_epsg(TARGETS[n as usize - 1]);
            GridRequest::new(to).grid(from).expect("a grid")
        }
    };
    let part = |random: &mut Random, of: u32| {
        let length = 8 + random.below(u64::from(of)) as u32 * 3 / 4;
        (random.below(u64::from(of) + 12) as i64 - 12, length)
    };
    let (col, width) = part(random, whole.size.width);
    let (row, height) = part(random, whole.size.height);
    let scale = [1.0, 1.0 / 3.0, 2.7, 20.0, 1.3][random.below(5) as usize];
    let part = whole.crop(Window::new(col, row, width, height));
    let count = |n: u32| ((f64::from(n) / scale) as u32).clamp(1, 40);
    let size = Size::new(count(width), count(height));
    let stretch = [(scale, scale), (scale, scale * 0.7)][random.below(2) as usize];
    // Off every multiple of a pixel.
    let moved = part.transform.moved_to(swath::raster::Point { x: 0.137, y: 0.291 });
    Grid { size, transform: moved.scaled(stretch.0, stretch.1), crs: whole.crs }
}

/// How far a value may lie from one of those allowed, or beyond all of them.
fn tolerance<T: Sample>(values: &[f64]) -> f64 {
    let largest = values.iter().fold(0f64, |most, v| most.max(v.abs()));
    if T::DTYPE.is_float() { 1e-6 * largest } else { 0.5 + 1e-6 * largest.min(1e4) }
}

fn agrees<T: Sample>(jobs: usize) {
    let mut random = Random::new(T::DTYPE as u64 + 77);
    let (mut pixels, mut valid_pixels, mut loose) = (0, 0, 0);
    for job in 0..jobs {
        let size = Size::new(30 + random.below(90) as u32, 30 + random.below(90) as u32);
        let nodata = (random.below(2) == 0).then_some(NoData::Integer(0));
        let source = noise(T::DTYPE, 2, size, nodata);
        let bands = [0, 1].map(|band| Band::of::<T>(&source, band));
        let to = grid(&mut random, &source);
        let place = Place::new(&to, &source.info().grid);
        let max_error = if T::DTYPE.is_float() { 1e-8 } else { 0.0005 };
        for resampling in Resampling::ALL {
            let how = WarpOptions { resampling, max_error, ..WarpOptions::default() };
            let warped = source.warp(to.clone(), &how).expect("warps");
            let whole = warped.read(to.size.window()).expect("reads");
            for at in 0..to.size.pixels() as usize {
                let (col, row) = (at as u32 % to.size.width, at as u32 / to.size.width);
                for band in 0..2 {
                    // Pixels on which a rounding error decides are looked at from all sides.
                    let allowed =
                        place.pixel(&bands, band.into(), resampling, (col, row), max_error + 1e-9);
                    let valid = whole.valid(band).is_none_or(|v| v[at] != 0);
                    let value = whole.plane::<T>(band)[at].to_f64();
                    let told = || {
                        format!(
                            "job {job}: {resampling} of {} to {:?} {:?}, band {band} ({col}, {row}): {value} ({valid}), allowed {:?} or none: {}",
                            T::DTYPE,
                            to.crs,
                            to.transform,
                            allowed.values,
                            allowed.none
                        )
                    };
                    pixels += 1;
                    if !valid {
                        assert!(allowed.none, "{}", told());
                        continue;
                    }
                    assert!(!allowed.values.is_empty(), "{}", told());
                    valid_pixels += 1;
                    let within = tolerance::<T>(&allowed.values);
                    let (least, most) =
                        (T::from_f64(f64::MIN).to_f64(), T::from_f64(f64::MAX).to_f64());
                    let values: Vec<f64> = allowed
                        .values
                        .iter()
                        .map(|v| if T::DTYPE.is_float() { *v } else { v.clamp(least, most) })
                        .collect();
                    let (low, high) =
                        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &v| {
                            (a.min(v), b.max(v))
                        });
                    loose += usize::from(high - low > 1.0);
                    let right = if resampling.picks() {
                        values.contains(&value)
                    } else {
                        (low - within..=high + within).contains(&value)
                    };
                    assert!(right, "{}", told());
                }
            }
        }
    }
    assert!(valid_pixels * 3 > pixels, "{valid_pixels} of {pixels} valid: too few to tell");
    // What coordinates leave open must stay an exception, or nothing is tested.
    assert!(loose * 20 < valid_pixels, "{loose} of {valid_pixels} are open");
}

#[test]
fn integers_agree() {
    agrees::<u8>(12);
    agrees::<i16>(12);
    agrees::<u16>(6);
    agrees::<i8>(4);
    agrees::<u32>(4);
    agrees::<i32>(4);
    agrees::<u64>(4);
    agrees::<i64>(4);
}

#[test]
fn floats_agree() {
    agrees::<f32>(10);
    agrees::<f64>(10);
}

#[test]
fn the_unit_of_work_changes_nothing() {
    let mut random = Random::new(3);
    for (job, dtype) in [DataType::U16, DataType::F32, DataType::CF32, DataType::U8]
        .iter()
        .cycle()
        .take(12)
        .enumerate()
    {
        let source = noise(*dtype, 2, Size::new(300, 280), Some(NoData::Integer(70)));
        let to = grid(&mut random, &source);
        let to = Grid { size: Size::new(to.size.width * 12, to.size.height * 12), ..to };
        for resampling in Resampling::ALL {
            if dtype.is_complex() && !resampling.takes_complex() {
                continue;
            }
            let how = WarpOptions { resampling, ..WarpOptions::default() };
            let warped = source.warp(to.clone(), &how).expect("warps");
            let whole = warped.read(to.size.window()).expect("reads");
            let work = Some(Size::new(64, 48));
            let engine =
                Engine::new(EngineOptions { threads: 2, memory: 64 << 20, work }).expect("starts");
            let told = format!("job {job}: {resampling} of {dtype}");
            assert_same(&engine.load(&warped).expect("loads"), &whole, &told);
            let part =
                Window::new(random.below(90) as i64 - 5, random.below(90) as i64 - 5, 77, 33);
            assert_crop(&warped.read(part).expect("reads"), &whole, &told);
        }
    }
}

/// Sums of what reads as valid.
fn total(raster: &Raster) -> f64 {
    let whole = raster.read(raster.info().grid.size.window()).expect("reads");
    let valid = whole.valid(0);
    let samples = whole.plane::<f64>(0).iter().enumerate();
    samples.filter(|(i, _)| valid.is_none_or(|v| v[*i] != 0)).map(|(_, v)| v).sum()
}

#[test]
fn totals_are_conserved() {
    let source = noise(DataType::F64, 1, Size::new(1500, 1100), Some(NoData::Integer(0)));
    let with = |resampling| WarpOptions { resampling, ..WarpOptions::default() };
    let wanted = total(&source);
    for (epsg, factor) in
        [(3857, 1.0), (4326, 0.37), (3035, 2.7), (3413, 1.0), (32633, 1.7), (6933, 21.0)]
    {
        let to = Crs::from_epsg(epsg);
        let grid = GridRequest::new(to).grid(&source.info().grid).expect("a grid");
        // A rim around it, so that no part of the source is left out.
        let rim = grid.crop(Window::new(-40, -40, grid.size.width + 80, grid.size.height + 80));
        let size = |n: u32| (f64::from(n) / factor).ceil() as u32;
        let grid = Grid {
            size: Size::new(size(rim.size.width), size(rim.size.height)),
            transform: rim.transform.scaled(factor, factor),
            crs: rim.crs,
        };
        let sum = source.warp(grid.clone(), &with(Resampling::Sum)).expect("warps");
        let found = total(&sum);
        assert!((found / wanted - 1.0).abs() < 1e-9, "EPSG:{epsg}: {found} for {wanted}");
        // A mean times the area it stands for is that sum, pixel by pixel.
        let ones = source.read(source.info().grid.size.window()).expect("reads");
        let mut info = source.info().clone();
        info.nodata = None;
        let mut ones = ones;
        ones.plane_mut::<f64>(0).fill(1.0);
        let ones = Raster::from_buffer(info, ones).expect("whole");
        let area = ones.warp(grid.clone(), &with(Resampling::Sum)).expect("warps");
        let mean = source.warp(grid, &with(Resampling::Area)).expect("warps");
        let read = |raster: &Raster| raster.read(raster.info().grid.size.window()).expect("reads");
        let (mean, area) = (read(&mean), read(&area));
        let products = mean.plane::<f64>(0).iter().zip(area.plane::<f64>(0)).map(|(m, a)| m * a);
        let found: f64 = products.sum();
        assert!((found / wanted - 1.0).abs() < 1e-9, "EPSG:{epsg}: {found} for {wanted}");
    }
}
