//! Distances: against looking at every target, by either way, crops, and what is refused.

mod rasters;

use rasters::{Random, assert_crop, assert_same, noise};
use swath::engine::{Engine, EngineOptions, Silent};
use swath::ops::proximity::{DistanceUnit, ProximityOptions, parse_targets};
use swath::raster::{
    Buffer, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Size, Window,
};
use swath::{Error, Result};

fn whole(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

fn engine() -> Engine {
    Engine::new(EngineOptions { threads: 2, ..EngineOptions::default() }).expect("threads start")
}

/// A raster of 0 with 1 at some places, pixels so wide and high.
fn spots(size: Size, at: &[(i64, i64)], pixel: (f64, f64)) -> Raster {
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, DataType::U8);
    pixels.plane_mut::<u8>(0).fill(0);
    for &(col, row) in at {
        pixels.plane_mut::<u8>(0)[row as usize * size.width as usize + col as usize] = 1;
    }
    let transform = GeoTransform::north_up(0.0, 0.0, pixel.0, pixel.1);
    let grid = Grid { size, transform, crs: None };
    Raster::from_buffer(Info::new(grid, 1, DataType::U8), pixels).expect("a raster")
}

/// The distances by looking at every target, each rounded once.
fn expected(size: Size, at: &[(i64, i64)], pixel: (f64, f64), furthest: f64) -> Vec<Option<f32>> {
    let pixels =
        (0..size.pixels() as i64).map(|i| (i % i64::from(size.width), i / i64::from(size.width)));
    let far = |(col, row): (i64, i64)| {
        let squares = at.iter().map(|(x, y)| {
            let (dx, dy) = ((x - col) as f64 * pixel.0, (y - row) as f64 * pixel.1);
            dx * dx + dy * dy
        });
        squares.min_by(f64::total_cmp).map(f64::sqrt).filter(|far| *far <= furthest)
    };
    pixels.map(far).map(|far| far.map(|far| far as f32)).collect()
}

fn check(size: Size, at: &[(i64, i64)], pixel: (f64, f64), how: &ProximityOptions) {
    let raster = spots(size, at, pixel);
    let made = whole(&raster.proximity(0, how, &engine(), &mut Silent).expect("makes"));
    let scale = if how.unit == DistanceUnit::Pixel { (1.0, 1.0) } else { pixel };
    let wanted = expected(size, at, scale, how.furthest.unwrap_or(f64::INFINITY));
    let exact = scale.0 == scale.1;
    for (i, wanted) in wanted.into_iter().enumerate() {
        let got = made.valid(0).is_none_or(|v| v[i] != 0).then(|| made.plane::<f32>(0)[i]);
        let same = match (got, wanted) {
            // Of sides of another ratio, the ratio is rounded.
            (Some(got), Some(wanted)) if !exact => (got - wanted).abs() <= 2e-7 * wanted,
            (got, wanted) => got == wanted,
        };
        assert!(same, "{how:?}: pixel {i}: {got:?}, not {wanted:?}");
    }
}

#[test]
fn distances_are_those_of_looking_at_all() {
    let mut random = Random::new(8);
    let size = Size::new(200, 150);
    for count in [0, 1, 3, 40, 2000] {
        let at: Vec<_> =
            (0..count).map(|_| (random.below(200) as i64, random.below(150) as i64)).collect();
        let furthest = [None, Some(1.0), Some(9.5), Some(60.0), Some(1e9)];
        for furthest in furthest {
            check(
                size,
                &at,
                (1.0, 1.0),
                &ProximityOptions { furthest, ..ProximityOptions::default() },
            );
        }
        for pixel in [(30.0, 30.0), (10.0, 25.0), (3.0, 1.0)] {
            for furthest in [None, Some(77.3)] {
                let unit = DistanceUnit::Grid;
                check(
                    size,
                    &at,
                    pixel,
                    &ProximityOptions { furthest, unit, ..ProximityOptions::default() },
                );
            }
        }
    }
    // One row, one column, one pixel.
    for size in [Size::new(300, 1), Size::new(1, 300), Size::new(1, 1)] {
        check(size, &[(0, 0)], (1.0, 1.0), &ProximityOptions::default());
    }
}

#[test]
fn both_ways_are_one() -> Result<()> {
    let raster = noise(DataType::I16, 2, Size::new(300, 260), Some(NoData::Integer(70)));
    let targets = Some(parse_targets(&["110..", "[20,21]", "37"])?);
    for keep_missing in [false, true] {
        let how = ProximityOptions {
            targets: targets.clone(),
            keep_missing,
            ..ProximityOptions::default()
        };
        let anywhere = raster.proximity(1, &how, &engine(), &mut Silent)?;
        let near = ProximityOptions { furthest: Some(1e6), ..how };
        let near = raster.proximity(1, &near, &engine(), &mut Silent)?;
        assert_same(&whole(&anywhere), &whole(&near), "a first pass, and a halo");
        let missing = whole(&near).valid(0).map_or(0, |v| v.iter().filter(|v| **v == 0).count());
        assert_eq!(missing > 0, keep_missing);
    }
    Ok(())
}

#[test]
fn windows_are_crops() -> Result<()> {
    let size = Size::new(190, 170);
    let raster = spots(size, &[(3, 160), (100, 20), (101, 90), (189, 0)], (2.0, 3.0));
    let mut random = Random::new(6);
    for furthest in [None, Some(40.0)] {
        for unit in [DistanceUnit::Pixel, DistanceUnit::Grid] {
            let how = ProximityOptions { furthest, unit, ..ProximityOptions::default() };
            let made = raster.proximity(0, &how, &engine(), &mut Silent)?;
            let all = whole(&made);
            for _ in 0..10 {
                let (col, row) = (random.below(200) as i64 - 8, random.below(180) as i64 - 8);
                let (width, height) = (1 + random.below(90) as u32, 1 + random.below(90) as u32);
                let window = Window::new(col, row, width, height);
                assert_crop(&made.read(window)?, &all, &format!("{how:?} {window:?}"));
            }
        }
    }
    Ok(())
}

#[test]
fn what_makes_no_sense_is_refused() {
    let raster = spots(Size::new(20, 20), &[], (1.0, 1.0));
    let refused = |raster: &Raster, band, how: &ProximityOptions| {
        raster.proximity(band, how, &engine(), &mut Silent).expect_err("refused")
    };
    let how = ProximityOptions::default;
    assert!(matches!(refused(&raster, 1, &how()), Error::Usage(_)));
    for furthest in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let how = ProximityOptions { furthest: Some(furthest), ..how() };
        assert!(matches!(refused(&raster, 0, &how), Error::Usage(_)));
    }
    let twice = Some(parse_targets(&["1..5", "3"]).expect("targets"));
    assert!(matches!(
        refused(&raster, 0, &ProximityOptions { targets: twice, ..how() }),
        Error::Usage(_)
    ));
    assert!(parse_targets(&["5..3"]).is_err() && parse_targets(&["x"]).is_err());
    let thin = spots(Size::new(9, 9), &[], (1.0, 99.0));
    let grid = ProximityOptions { unit: DistanceUnit::Grid, ..how() };
    assert!(matches!(refused(&thin, 0, &grid), Error::Unsupported(_)));
    let complex = noise(DataType::CF32, 1, Size::new(9, 9), None);
    assert!(matches!(refused(&complex, 0, &how()), Error::Unsupported(_)));
}
