//! Gaps: what is there stays, what is filled lies between, crops, and what is refused.

mod rasters;

use rasters::{Random, assert_crop, assert_same, noise};
use swath::ops::fill::FillOptions;
use swath::raster::{
    Buffer, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Sample, Size, Window,
};
use swath::{Error, Result};

fn whole(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

/// A raster of `width` columns, NaN for what is missing.
fn raster(width: u32, values: &[f64]) -> Raster {
    let size = Size::new(width, values.len() as u32 / width);
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, DataType::F64);
    pixels.plane_mut::<f64>(0).copy_from_slice(values);
    let grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
    let info = Info { nodata: Some(NoData::Float(f64::NAN)), ..Info::new(grid, 1, DataType::F64) };
    Raster::from_buffer(info, pixels).expect("a raster")
}

fn filled(raster: &Raster, distance: u32, smooth: u32) -> Vec<f64> {
    let made = whole(&raster.fill(FillOptions { distance, smooth }).expect("fills"));
    let valid = |at: usize| made.valid(0).is_none_or(|valid| valid[at] != 0);
    let samples = made.plane::<f64>(0).iter().enumerate();
    samples.map(|(at, &v)| if valid(at) { v } else { f64::NAN }).collect()
}

const N: f64 = f64::NAN;

#[test]
fn gaps_are_filled_by_inverse_distance() {
    // In a row: the one on the left (its own column's quadrants) and the one on the right.
    let row = filled(&raster(6, &[1.0, N, N, 4.0, N, N]), 100, 0);
    let near = |got: f64, wanted: f64| assert!((got - wanted).abs() < 1e-12, "{got}, not {wanted}");
    near(row[1], (1.0 + 4.0 / 2.0) / 1.5);
    near(row[2], (1.0 / 2.0 + 4.0) / 1.5);
    assert_eq!(row[4..], [4.0, 4.0]);
    // One in each quadrant: all as far away.
    let cross = filled(&raster(3, &[1.0, N, 2.0, N, N, N, 3.0, N, 4.0]), 100, 0);
    near(cross[4], 2.5);
    // What is out of reach stays missing.
    let far = filled(&raster(5, &[7.0, N, N, N, N]), 2, 0);
    assert_eq!(far[..3], [7.0; 3]);
    assert!(far[3].is_nan() && far[4].is_nan());
    assert!(filled(&raster(2, &[N; 4]), 9, 3).iter().all(|v| v.is_nan()));
}

#[test]
fn smoothing_takes_the_mean_of_what_is_around() {
    let values = [1.0, 5.0, 9.0, 2.0, N, 4.0, 3.0, 3.0, 8.0];
    let once = filled(&raster(3, &values), 10, 0)[4];
    let twice = filled(&raster(3, &values), 10, 1);
    let others: f64 = values.iter().filter(|v| !v.is_nan()).sum();
    assert!((twice[4] - (others + once) / 9.0).abs() < 1e-12);
    assert_eq!((&twice[..4], &twice[5..]), (&values[..4], &values[5..]));
}

#[test]
fn what_is_there_stays_and_what_is_made_lies_between() {
    for dtype in DataType::ALL.into_iter().filter(|dtype| !dtype.is_complex()) {
        let raster = noise(dtype, 2, Size::new(60, 40), Some(NoData::Integer(70)));
        let all = whole(&raster);
        for smooth in [0, 2] {
            let made = whole(&raster.fill(FillOptions { distance: 20, smooth }).expect("fills"));
            for band in 0..2 {
                let valid = all.valid(band).expect("gaps");
                assert!(made.valid(band).is_none_or(|valid| valid.iter().all(|v| *v != 0)));
                let bytes = dtype.bytes();
                let kept = |at: &usize| {
                    let run = at * bytes..(at + 1) * bytes;
                    all.plane_bytes(band)[run.clone()] == made.plane_bytes(band)[run]
                };
                assert!(
                    (0..valid.len()).filter(|&at| valid[at] != 0).all(|at| kept(&at)),
                    "{dtype}"
                );
            }
            if dtype == DataType::F32 {
                let samples = made.plane::<f32>(0);
                assert!(samples.iter().all(|v| (20.0..=116.0).contains(&v.to_f64())));
            }
        }
    }
}

#[test]
fn without_gaps_nothing_changes() {
    let raster = noise(DataType::F32, 2, Size::new(60, 40), None);
    let made = raster.fill(FillOptions { distance: 9, smooth: 4 }).expect("fills");
    assert_same(&whole(&made), &whole(&raster), "no gaps");
}

#[test]
fn wide_integers_that_are_there_stay_exact() {
    let size = Size::new(3, 1);
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, DataType::I64);
    pixels.plane_mut::<i64>(0).copy_from_slice(&[i64::MAX - 1, 0, i64::MAX - 1]);
    pixels.add_mask();
    pixels.valid_mut(0).expect("a mask")[1] = 0;
    let grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
    let info = Info { nodata: Some(NoData::Integer(0)), ..Info::new(grid, 1, DataType::I64) };
    let raster = Raster::from_buffer(info, pixels).expect("a raster");
    let made = whole(&raster.fill(FillOptions::default()).expect("fills"));
    assert_eq!(made.plane::<i64>(0)[0], i64::MAX - 1);
    assert_eq!(made.plane::<i64>(0)[2], i64::MAX - 1);
}

#[test]
fn windows_are_crops() -> Result<()> {
    let raster = noise(DataType::F32, 1, Size::new(90, 70), Some(NoData::Integer(70)));
    // Large gaps too.
    let input = [swath::ops::calc::Input { name: "A".into(), raster, band: None }];
    let engine = swath::engine::Engine::new(Default::default())?;
    let text = "A > 75 ? A : nodata";
    let gaps =
        swath::ops::calc::Expression::parse(text)?.over(&input, &Default::default(), &engine)?;
    let mut random = Random::new(4);
    for (distance, smooth) in [(3, 0), (30, 0), (15, 3)] {
        let made = gaps.raster.fill(FillOptions { distance, smooth })?;
        let all = whole(&made);
        for _ in 0..8 {
            let (col, row) = (random.below(95) as i64 - 5, random.below(75) as i64 - 5);
            let (width, height) = (1 + random.below(40) as u32, 1 + random.below(40) as u32);
            let window = Window::new(col, row, width, height);
            assert_crop(&made.read(window)?, &all, &format!("{distance} {smooth} {window:?}"));
        }
    }
    Ok(())
}

#[test]
fn what_makes_no_sense_is_refused() {
    let raster = noise(DataType::U8, 1, Size::new(9, 9), None);
    for (distance, smooth) in [(0, 0), (8192, 0), (1, 256)] {
        let refused = raster.fill(FillOptions { distance, smooth });
        assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
    }
    let complex = noise(DataType::CF32, 1, Size::new(9, 9), None);
    assert!(matches!(complex.fill(FillOptions::default()), Err(Error::Unsupported(_))));
}
