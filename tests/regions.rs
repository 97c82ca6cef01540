//! Regions: the outlines cover their pixels and nothing else, the same for any threads, memory
//! and tiles.

mod rasters;

use geo::{Area, Contains, MultiPolygon, Validation};
use rasters::{Random, assert_crop, assert_same, noise};
use swath::engine::{Engine, EngineOptions, Silent};
use swath::kernel::Connect;
use swath::ops::regions::Region;
use swath::raster::{
    Buffer, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Size, Window,
};
use swath::vector::Value;
use swath::{Error, Result};

fn engine(threads: usize, memory: u64, work: Option<Size>) -> Engine {
    Engine::new(EngineOptions { threads, memory, work }).expect("threads start")
}

/// A raster of `u8` made of its places, with `None` for what is missing.
fn made(size: Size, transform: GeoTransform, value: impl Fn(u32, u32) -> Option<u8>) -> Raster {
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, DataType::U8);
    pixels.add_mask();
    let (samples, valid) = pixels.plane_and_valid_mut::<u8>(0);
    for (at, (sample, valid)) in samples.iter_mut().zip(valid.expect("a mask")).enumerate() {
        let found = value(at as u32 % size.width, at as u32 / size.width);
        (*sample, *valid) = (found.unwrap_or(0), if found.is_some() { 255 } else { 0 });
    }
    let info = Info {
        nodata: Some(NoData::Integer(0)),
        chunk: Size::new(100, 70),
        ..Info::new(Grid { size, transform, crs: None }, 1, DataType::U8)
    };
    Raster::from_buffer(info, pixels).expect("a whole raster")
}

/// Patches of some values, a few of them missing, over several tiles.
fn patches(size: Size, values: u64, cell: u32) -> Raster {
    let mut random = Random::new(values + u64::from(cell));
    let across = size.width / cell + 1;
    let cells: Vec<u64> =
        (0..across * (size.height / cell + 1)).map(|_| random.below(values + 1)).collect();
    let transform = GeoTransform::north_up(0.0, 0.0, 1.0, 1.0);
    made(size, transform, |col, row| {
        let value = cells[((row / cell) * across + col / cell) as usize] as u8;
        (value > 0).then_some(value)
    })
}

fn polygons(raster: &Raster, connect: Connect, engine: &Engine) -> Result<Vec<Region>> {
    let mut regions = Vec::new();
    let mut emit = |region| {
        regions.push(region);
        Ok(())
    };
    raster.polygonize(0, connect, engine, &mut emit, &mut Silent)?;
    Ok(regions)
}

fn whole(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

/// The regions of a raster by flooding: the value of each and its pixels.
fn flooded(pixels: &Buffer, connect: Connect) -> Vec<(i64, Vec<usize>)> {
    let (width, height) = (pixels.window().width as usize, pixels.window().height as usize);
    let samples = pixels.plane::<u8>(0);
    let present = |at: usize| pixels.valid(0).is_none_or(|valid| valid[at] != 0);
    let mut seen: Vec<bool> = (0..samples.len()).map(|at| !present(at)).collect();
    let mut found = Vec::new();
    for first in 0..samples.len() {
        if std::mem::replace(&mut seen[first], true) {
            continue;
        }
        let (mut open, mut own) = (vec![first], Vec::new());
        while let Some(at) = open.pop() {
            own.push(at);
            let (x, y) = (at % width, at / width);
            for row in y.saturating_sub(1)..(y + 2).min(height) {
                for col in x.saturating_sub(1)..(x + 2).min(width) {
                    let other = row * width + col;
                    let beside = row == y || col == x || connect == Connect::Eight;
                    if beside && !seen[other] && samples[other] == samples[at] {
                        seen[other] = true;
                        open.push(other);
                    }
                }
            }
        }
        found.push((i64::from(samples[first]), own));
    }
    found
}

fn areas(regions: &[Region]) -> Vec<(i64, u64)> {
    let mut found: Vec<_> = regions
        .iter()
        .map(|region| match region.value {
            Value::Integer(value) => (value, region.shape.signed_area().round() as u64),
            ref other => panic!("{other:?} of whole numbers"),
        })
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn outlines_hold_what_flooding_finds() {
    let engine = engine(2, 256 << 20, None);
    for (values, cell) in [(2, 1), (2, 7), (3, 40), (250, 1)] {
        let raster = patches(Size::new(601, 530), values, cell);
        for connect in [Connect::Four, Connect::Eight] {
            let regions = polygons(&raster, connect, &engine).expect("finds");
            let wanted = flooded(&whole(&raster), connect).into_iter();
            let mut wanted: Vec<_> = wanted.map(|(v, own)| (v, own.len() as u64)).collect();
            wanted.sort_unstable();
            assert!(areas(&regions) == wanted, "{values} values, cells of {cell}, {connect:?}");
        }
    }
}

#[test]
fn every_polygon_is_valid_and_round_its_pixels() {
    let engine = engine(2, 256 << 20, None);
    for (values, cell) in [(2, 1), (3, 3), (2, 20)] {
        let raster = patches(Size::new(300, 280), values, cell);
        let pixels = whole(&raster);
        for connect in [Connect::Four, Connect::Eight] {
            let regions = polygons(&raster, connect, &engine).expect("finds");
            // The largest is the one that is hard.
            let largest = regions.iter().max_by_key(|r| r.shape.signed_area() as u64);
            for region in regions.iter().step_by(53).chain(largest) {
                assert!(region.shape.is_valid(), "{:?}", region.shape.check_validation());
                let Value::Integer(value) = region.value else { panic!("{:?}", region.value) };
                // The pixel right below the first corner is of the region.
                let first = region.shape.0[0].exterior().0[0];
                let at = (-first.y) as usize * 300 + first.x as usize;
                assert_eq!(i64::from(pixels.plane::<u8>(0)[at]), value);
                let centre = geo::Point::new(first.x + 0.5, first.y - 0.5);
                assert!(region.shape.contains(&centre));
                if connect == Connect::Four {
                    assert_eq!(region.shape.0.len(), 1);
                }
            }
        }
    }
}

#[test]
fn nothing_depends_on_threads_memory_or_tiles() {
    for connect in [Connect::Four, Connect::Eight] {
        for (values, cell) in [(2, 1), (3, 30)] {
            let raster = patches(Size::new(601, 530), values, cell);
            let wanted = polygons(&raster, connect, &engine(1, 512 << 20, None)).expect("finds");
            for threads in [1, 2, 3, 8] {
                for (memory, work) in [(48 << 20, Some(Size::new(97, 61))), (1 << 30, None)] {
                    let found = polygons(&raster, connect, &engine(threads, memory, work));
                    assert!(found.expect("finds") == wanted, "{threads} {memory} {work:?}");
                }
            }
        }
    }
}

#[test]
fn a_region_is_the_same_wherever_tiles_lie() {
    // A spiral over several tiles, and the same one moved.
    let spiral = |dx: u32| {
        let size = Size::new(900, 800);
        let transform = GeoTransform::north_up(-f64::from(dx), 0.0, 1.0, 1.0);
        made(size, transform, move |col, row| {
            let (x, y) = (f64::from(col) - f64::from(dx) - 400.0, f64::from(row) - 400.0);
            let turns = (y.atan2(x) / std::f64::consts::TAU - x.hypot(y) / 60.0).rem_euclid(1.0);
            (x.hypot(y) < 380.0 && turns < 0.5).then_some(7)
        })
    };
    let engine = engine(2, 256 << 20, None);
    let sorted = |dx| {
        let mut regions = polygons(&spiral(dx), Connect::Four, &engine).expect("finds");
        regions.sort_by_key(|region| {
            let first = region.shape.0[0].exterior().0[0];
            (-first.y as i64, first.x as i64)
        });
        regions
    };
    let (found, moved) = (sorted(0), sorted(71));
    assert!(found[0].shape.signed_area() > 200_000.0, "{}", found[0].shape.signed_area());
    assert!(found == moved);
}

#[test]
fn orientation_is_that_of_rfc_7946_however_the_grid_lies() {
    let size = Size::new(20, 20);
    let value = |col: u32, row: u32| {
        let inner = (8..12).contains(&col) && (8..12).contains(&row);
        Some(if inner { 2 } else { 1 })
    };
    for transform in [
        GeoTransform::north_up(100.0, 50.0, 2.0, 3.0),
        // South up, then turned, then turned and mirrored.
        GeoTransform::from_gdal([0.0, 2.0, 0.0, 0.0, 0.0, 3.0]),
        GeoTransform::from_gdal([0.0, 2.0, 1.0, 0.0, 1.0, -2.0]),
        GeoTransform::from_gdal([0.0, 1.0, 2.0, 0.0, 2.0, 1.5]),
    ] {
        let raster = made(size, transform, value);
        let regions = polygons(&raster, Connect::Four, &engine(1, 64 << 20, None)).expect("finds");
        let area = (transform.pixel_width * transform.pixel_height
            - transform.row_rotation * transform.column_rotation)
            .abs();
        let [outer, inner] = regions.as_slice() else { panic!("{} regions", regions.len()) };
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(outer.shape.signed_area(), 384.0 * area), "{transform:?}");
        assert!(near(inner.shape.signed_area(), 16.0 * area), "{transform:?}");
        let hole = MultiPolygon::from(geo::Polygon::new(
            outer.shape.0[0].interiors()[0].clone(),
            Vec::new(),
        ));
        assert!(near(hole.signed_area(), -16.0 * area), "{transform:?}");
    }
}

#[test]
fn values_are_those_of_the_samples() {
    let size = Size::new(3, 1);
    let grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
    macro_rules! values {
        ($t:ty, $dtype:expr, $samples:expr) => {{
            let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, $dtype);
            pixels.plane_mut::<$t>(0).copy_from_slice(&$samples);
            let raster = Raster::from_buffer(Info::new(grid.clone(), 1, $dtype), pixels);
            let raster = raster.expect("a whole raster");
            let found = polygons(&raster, Connect::Four, &engine(1, 64 << 20, None));
            found.expect("finds").into_iter().map(|region| region.value).collect::<Vec<_>>()
        }};
    }
    assert_eq!(
        values!(i64, DataType::I64, [i64::MIN, i64::MAX, i64::MAX - 1]),
        [i64::MIN, i64::MAX, i64::MAX - 1].map(Value::Integer)
    );
    assert_eq!(
        values!(u64, DataType::U64, [u64::MAX, u64::MAX - 1, 0]),
        [u64::MAX, u64::MAX - 1, 0].map(Value::Unsigned)
    );
    // NaN is of no region, the two zeros are of one, and the next number of another.
    assert_eq!(values!(f32, DataType::F32, [f32::NAN, -0.0, 0.0]), [Value::Float(0.0)]);
    assert_eq!(
        values!(f64, DataType::F64, [1.0, 1.0 + f64::EPSILON, f64::INFINITY]),
        [1.0, 1.0 + f64::EPSILON, f64::INFINITY].map(Value::Float)
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let engine = engine(1, 64 << 20, None);
    let refused = |raster: &Raster, band| {
        let mut emit = |_| Ok(());
        let done = raster.polygonize(band, Connect::Four, &engine, &mut emit, &mut Silent);
        done.expect_err("refused")
    };
    let complex = noise(DataType::CF32, 1, Size::new(9, 9), None);
    assert!(matches!(refused(&complex, 0), Error::Unsupported(_)));
    let raster = noise(DataType::U8, 1, Size::new(9, 9), None);
    assert!(matches!(refused(&raster, 1), Error::Usage(_)));
    let flat = made(Size::new(2, 2), GeoTransform::from_gdal([0.0; 6]), |_, _| Some(1));
    assert!(matches!(refused(&flat, 0), Error::Usage(_)));
    // An error of whoever takes the regions ends the run.
    let mut emit = |_| Err(Error::usage("enough"));
    let done = raster.polygonize(0, Connect::Four, &engine, &mut emit, &mut Silent);
    assert_eq!(done.expect_err("ends").to_string(), "enough");
}

#[test]
fn outlines_beyond_the_memory_are_refused() {
    // One region with a hole at every second pixel.
    let transform = GeoTransform::north_up(0.0, 0.0, 1.0, 1.0);
    let sieve = made(Size::new(2000, 1200), transform, |col, row| {
        Some(if col % 2 == 1 && row % 2 == 1 { 0 } else { 1 })
    });
    let little = polygons(&sieve, Connect::Four, &engine(2, 32 << 20, None));
    let error = little.expect_err("is too large");
    assert!(matches!(error, Error::Limit(_)), "{error}");
    assert!(error.detail().and_then(|d| d.hint.as_ref()).is_some());
    let enough = polygons(&sieve, Connect::Four, &engine(2, 512 << 20, None)).expect("finds");
    assert_eq!(enough.len(), 1000 * 600 + 1);
}

#[test]
fn a_width_that_is_but_claimed_is_refused() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/hostile/bomb/rows.tif");
    let raster = swath::open(file).expect("opens");
    let engine = engine(1, 64 << 20, None);
    let found = polygons(&raster, Connect::Four, &engine);
    assert!(matches!(found, Err(Error::Limit(_))), "{:?}", found.map(|f| f.len()));
    let made = raster.sieve(0, 5, Connect::Four, &engine, &mut Silent);
    assert!(matches!(made, Err(Error::Limit(_))), "{made:?}");
}

#[test]
fn windows_of_nothing_have_no_regions() {
    let transform = GeoTransform::north_up(0.0, 0.0, 1.0, 1.0);
    let engine = engine(2, 64 << 20, None);
    for (size, value, wanted) in [
        (Size::new(1, 1), Some(5), 1),
        (Size::new(1, 1), None, 0),
        (Size::new(700, 1), None, 0),
        (Size::new(1, 700), Some(5), 1),
    ] {
        let raster = made(size, transform, |_, _| value);
        let found = polygons(&raster, Connect::Eight, &engine).expect("finds");
        assert_eq!(found.len(), wanted, "{size:?}");
        if let Some(region) = found.first() {
            assert_eq!(region.shape.signed_area() as u64, size.pixels());
            assert_eq!(region.shape.0[0].exterior().0.len(), 5);
        }
        let window = Window::new(0, 0, 1, 1);
        assert_eq!(raster.read(window).expect("reads").window(), window);
    }
}

fn sieved(raster: &Raster, threshold: u64, connect: Connect) -> Raster {
    let engine = engine(2, 256 << 20, None);
    raster.sieve(0, threshold, connect, &engine, &mut Silent).expect("sieves")
}

#[test]
fn a_sieve_leaves_large_regions_and_what_is_missing() {
    let raster = patches(Size::new(601, 530), 3, 2);
    let before = whole(&raster);
    for connect in [Connect::Four, Connect::Eight] {
        let after = whole(&sieved(&raster, 40, connect));
        // What is missing stays so, and nothing else goes missing.
        assert_eq!(before.valid(0), after.valid(0));
        let (old, new) = (before.plane::<u8>(0), after.plane::<u8>(0));
        let mut changed = 0;
        for (value, own) in flooded(&before, connect) {
            // A region has one value afterwards, and that which it had if it is large enough.
            let now = i64::from(new[own[0]]);
            assert!(own.iter().all(|&at| i64::from(new[at]) == now && i64::from(old[at]) == value));
            assert!(now == value || own.len() < 40, "{} pixels of {value}", own.len());
            changed += usize::from(now != value);
        }
        assert!(changed > 1000, "{changed}");
        let same = |threshold| whole(&sieved(&raster, threshold, connect));
        assert_same(&same(1), &before, "a threshold of one pixel");
        let all = same(u64::MAX);
        assert_same(&all, &before, "a threshold that nothing reaches");
    }
}

#[test]
fn a_sieve_gives_what_its_largest_neighbour_has() {
    // A pixel of 3 between a large 1 and a larger 2; two pixels that have but each other.
    #[rustfmt::skip]
    let values = [
        1, 1, 2, 2, 2, 0, 5, 6,
        1, 3, 2, 2, 2, 0, 0, 0,
        1, 1, 2, 2, 4, 4, 7, 0,
    ];
    let size = Size::new(8, 3);
    let transform = GeoTransform::north_up(0.0, 0.0, 1.0, 1.0);
    let raster = made(size, transform, |col, row| {
        let value = values[(row * 8 + col) as usize];
        (value > 0).then_some(value)
    });
    #[rustfmt::skip]
    let wanted = [
        1, 1, 2, 2, 2, 0, 5, 6,
        1, 2, 2, 2, 2, 0, 0, 0,
        1, 1, 2, 2, 2, 2, 2, 0,
    ];
    // The pixel of 7 follows the two of 4, which follow those of 2.
    assert_eq!(whole(&sieved(&raster, 3, Connect::Four)).plane::<u8>(0), wanted);
}

#[test]
fn windows_of_a_sieve_are_crops() {
    let raster = patches(Size::new(601, 530), 3, 2);
    let mut random = Random::new(9);
    for connect in [Connect::Four, Connect::Eight] {
        let made = sieved(&raster, 30, connect);
        let all = whole(&made);
        for threads in [1, 3] {
            let work = Some(Size::new(97, 61));
            let engine = engine(threads, 24 << 20, work);
            let again = raster.sieve(0, 30, connect, &engine, &mut Silent).expect("sieves");
            assert_same(&engine.load(&again).expect("loads"), &all, "other threads and tiles");
        }
        for _ in 0..12 {
            let (col, row) = (random.below(610) as i64 - 5, random.below(540) as i64 - 5);
            let (width, height) = (1 + random.below(300) as u32, 1 + random.below(300) as u32);
            let window = Window::new(col, row, width, height);
            let part = made.read(window).expect("reads");
            assert_crop(&part, &all, &format!("{connect:?} {window:?}"));
        }
    }
}

#[test]
fn a_sieve_keeps_the_samples_of_every_type() {
    let engine = engine(2, 256 << 20, None);
    for dtype in DataType::ALL {
        let raster = noise(dtype, 2, Size::new(300, 270), Some(NoData::Integer(70)));
        let made = raster.sieve(1, 1, Connect::Four, &engine, &mut Silent);
        if dtype.is_complex() {
            assert!(matches!(made, Err(Error::Unsupported(_))), "{dtype}");
        } else {
            let wanted = whole(&raster.select_bands(&[1]).expect("selects"));
            assert_same(&whole(&made.expect("sieves")), &wanted, dtype.name());
        }
    }
    let raster = noise(DataType::U8, 1, Size::new(9, 9), None);
    let refused = |band, threshold| {
        raster.sieve(band, threshold, Connect::Four, &engine, &mut Silent).expect_err("refused")
    };
    assert!(matches!(refused(1, 5), Error::Usage(_)));
    assert!(matches!(refused(0, 0), Error::Usage(_)));
}
