//! `Raster::statistics`: the same numbers however it is worked, and numpy's numbers.

use swath::Error;
use swath::engine::{Engine, EngineOptions, Silent};
use swath::ops::stats::{BandStatistics, HistogramRequest, StatsOptions};
use swath::raster::{Buffer, DataType, GeoTransform, Grid, Info, Pool, Raster, Size};

const SCENE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/landsat.tif");

fn statistics(raster: &Raster, options: &StatsOptions) -> Vec<BandStatistics> {
    let engine = Engine::new(EngineOptions::default()).expect("threads start");
    raster.statistics(&engine, options, &mut Silent).expect("counts")
}

/// A raster whose samples count from 0.
fn counting(dtype: DataType, size: Size) -> Raster {
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, dtype);
    match dtype {
        DataType::F32 => (0u16..).zip(pixels.plane_mut::<f32>(0)).for_each(|(i, v)| *v = i.into()),
        _ => pixels.plane_bytes_mut(0).fill(0),
    }
    let grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
    Raster::from_buffer(Info::new(grid, 1, dtype), pixels).expect("a whole raster")
}

fn options() -> StatsOptions {
    StatsOptions {
        percentiles: vec![2.0, 50.0, 99.9],
        histogram: Some(HistogramRequest { bins: 7, range: None }),
    }
}

/// The numbers are numpy 2's, of the fixture's first band where it is not 0:
/// `b = rasterio.open("fixtures/landsat.tif").read(1); v = b[b != 0].astype("f8")`,
/// then `np.percentile(v, [2, 50, 99.9])`, `np.histogram(v, 7)`; mean and standard
/// deviation by Python's `fractions`.
#[test]
fn numbers_are_those_of_numpy() {
    let scene = swath::open(SCENE).expect("opens");
    let bands = statistics(&scene, &options());
    let (band, summary) = (&bands[0], bands[0].summary.expect("has samples"));
    assert_eq!((bands.len(), band.samples, summary.valid), (3, 760 * 680, VALID));
    assert_eq!((summary.min, summary.max), (7366.0, 14175.0));
    assert_eq!((summary.mean, summary.std), (MEAN, STD));
    assert_eq!(band.percentiles, PERCENTILES);
    assert_eq!(band.histogram.as_ref().map(|h| h.counts()), Some(&COUNTS[..]));
}

const VALID: u64 = 454651;
const MEAN: f64 = 7847.515258956871;
const STD: f64 = 212.13671771519913;
const PERCENTILES: [f64; 3] = [7494.0, 7903.0, 8819.0];
const COUNTS: [u64; 7] = [443810, 10793, 26, 12, 5, 3, 2];

#[test]
fn a_range_leaves_out_what_lies_beyond() {
    let histogram = Some(HistogramRequest { bins: 4, range: Some((60.0, 70.0)) });
    let options = StatsOptions { histogram, ..StatsOptions::default() };
    let band = statistics(&counting(DataType::F32, Size::new(40, 30)), &options).remove(0);
    let histogram = band.histogram.expect("asked for");
    assert_eq!(histogram.edges(), [60.0, 62.5, 65.0, 67.5, 70.0]);
    assert_eq!(histogram.counts(), [3, 2, 3, 3]);
}

#[test]
fn wide_types_take_more_passes_to_the_same_end() {
    // 0 to 1199: numpy.percentile gives 23.98, 599.5 and 1197.8010000000002.
    let band = statistics(&counting(DataType::F32, Size::new(40, 30)), &options()).remove(0);
    assert_eq!(band.percentiles, [23.98, 599.5, 1_197.801_000_000_000_2]);
    assert_eq!(
        band.histogram.map(|h| h.counts().to_vec()),
        Some(vec![172, 171, 171, 172, 171, 171, 172])
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let real = counting(DataType::U8, Size::new(9, 9));
    let engine = Engine::new(EngineOptions::default()).expect("threads start");
    let ask = |raster: &Raster, options: StatsOptions| {
        raster.statistics(&engine, &options, &mut Silent).expect_err("is refused")
    };
    let percentile = StatsOptions { percentiles: vec![101.0], ..options() };
    assert!(matches!(ask(&real, percentile), Error::Usage(_)));
    for (bins, range) in [(0, None), (u32::MAX, None), (5, Some((3.0, 3.0)))] {
        let histogram = Some(HistogramRequest { bins, range });
        assert!(matches!(ask(&real, StatsOptions { histogram, ..options() }), Error::Usage(_)));
    }
    let complex = counting(DataType::CF32, Size::new(9, 9));
    assert!(matches!(ask(&complex, options()), Error::Unsupported(_)));
}
