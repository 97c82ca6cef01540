//! Terrain: windows are crops, what is refused, and degrees.

mod rasters;

use rasters::{Random, assert_crop, assert_same, noise};
use swath::crs::Crs;
use swath::kernel::{Curvature, Gradient, Light, Terrain};
use swath::ops::calc::{CalcOptions, Expression, Input};
use swath::ops::terrain::TerrainOptions;
use swath::raster::{
    Buffer, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Size, Window,
};
use swath::{Error, Result};

fn whole(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

const EVERY: [Terrain; 13] = [
    Terrain::SlopeDegrees(Gradient::Horn),
    Terrain::SlopePercent(Gradient::ZevenbergenThorne),
    Terrain::Aspect(Gradient::Horn),
    Terrain::Hillshade(Gradient::Horn, Light { azimuth: 315.0, altitude: 45.0, z_factor: 1.0 }),
    Terrain::MultiHillshade(
        Gradient::Horn,
        Light { azimuth: 315.0, altitude: 45.0, z_factor: 1.0 },
    ),
    Terrain::Roughness,
    Terrain::PositionIndex,
    Terrain::RuggednessRiley,
    Terrain::RuggednessWilson,
    Terrain::Curvature(Curvature::Profile),
    Terrain::Curvature(Curvature::Plan),
    Terrain::Curvature(Curvature::Total),
    Terrain::Curvature(Curvature::Mean),
];

#[test]
fn windows_are_crops() {
    let raster = noise(DataType::I16, 2, Size::new(90, 70), Some(NoData::Integer(70)));
    let mut random = Random::new(5);
    for what in EVERY {
        for edges in [false, true] {
            let how = TerrainOptions { edges, ..TerrainOptions::default() };
            let made = raster.terrain(1, what, &how).expect("makes");
            let all = whole(&made);
            for _ in 0..10 {
                let (col, row) = (random.below(95) as i64 - 5, random.below(75) as i64 - 5);
                let (width, height) = (1 + random.below(40) as u32, 1 + random.below(40) as u32);
                let window = Window::new(col, row, width, height);
                assert_crop(
                    &made.read(window).expect("reads"),
                    &all,
                    &format!("{what:?} {window:?}"),
                );
            }
        }
    }
}

#[test]
fn edges_are_missing_unless_asked_for() {
    let raster = noise(DataType::F32, 1, Size::new(20, 10), None);
    let count = |edges| {
        let how = TerrainOptions { edges, ..TerrainOptions::default() };
        let made = whole(&raster.terrain(0, Terrain::Roughness, &how).expect("makes"));
        made.valid(0).map_or(200, |valid| valid.iter().filter(|v| **v != 0).count())
    };
    assert_eq!((count(false), count(true)), (18 * 8, 200));
}

/// A slope of one unit a pixel to the east.
fn ramp(transform: GeoTransform, epsg: u32) -> Raster {
    let size = Size::new(5, 4);
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, DataType::F64);
    for (i, sample) in pixels.plane_mut::<f64>(0).iter_mut().enumerate() {
        *sample = (i % 5) as f64;
    }
    let grid = Grid { size, transform, crs: Some(Crs::from_epsg(epsg)) };
    Raster::from_buffer(Info::new(grid, 1, DataType::F64), pixels).expect("a whole raster")
}

#[test]
fn degrees_are_as_wide_as_their_latitude_makes_them() {
    // A row of pixels of a thousandth of a degree whose middle lies at 60 degrees: each
    // 55.800 m wide.
    let degrees = ramp(GeoTransform::north_up(10.0, 60.0015, 0.001, 0.001), 4326);
    let slope = |scale| {
        let how = TerrainOptions { scale, edges: false };
        let made = degrees.terrain(0, Terrain::SlopePercent(Gradient::Horn), &how).expect("makes");
        whole(&made).plane::<f32>(0)[7]
    };
    assert!((slope(None) - 100.0 / 55.800).abs() < 1e-4, "{}", slope(None));
    // As gdaldem -s 111120.
    assert!((slope(Some((111_120.0, 111_120.0))) - 100.0 / 111.12).abs() < 1e-5);
}

#[test]
fn files_between_change_nothing() -> Result<()> {
    let raster = noise(DataType::I16, 1, Size::new(80, 60), Some(NoData::Integer(70)));
    let engine = swath::engine::Engine::new(Default::default())?;
    let options = CalcOptions { dtype: Some(DataType::F64), ..CalcOptions::default() };
    let input = |raster: Raster| [Input { name: "A".into(), raster, band: None }];
    let doubled = Expression::parse("A * 2 + 1")?.over(&input(raster), &options, &engine)?.raster;
    let slope = |raster: &Raster| {
        raster.terrain(0, Terrain::SlopeDegrees(Gradient::Horn), &TerrainOptions::default())
    };
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("doubled.tif");
    doubled.write(&path, &Default::default())?;
    let through = slope(&swath::open(&path)?)?;
    assert_same(&whole(&slope(&doubled)?), &whole(&through), "through a file");
    Ok(())
}

#[test]
fn what_makes_no_sense_is_refused() {
    let raster = ramp(GeoTransform::north_up(0.0, 0.0, 1.0, 1.0), 32633);
    let slope = Terrain::SlopeDegrees(Gradient::Horn);
    let refused =
        |raster: &Raster, band, how| raster.terrain(band, slope, &how).expect_err("refused");
    let how = TerrainOptions::default();
    assert!(matches!(refused(&raster, 1, how), Error::Usage(_)));
    let nothing = TerrainOptions { scale: Some((0.0, 1.0)), edges: false };
    assert!(matches!(refused(&raster, 0, nothing), Error::Usage(_)));
    let turned = ramp(GeoTransform::from_gdal([0.0, 1.0, 0.5, 0.0, 0.5, -1.0]), 32633);
    assert!(matches!(refused(&turned, 0, how), Error::Unsupported(_)));
    let complex = noise(DataType::CF32, 1, Size::new(9, 9), None);
    assert!(matches!(refused(&complex, 0, how), Error::Unsupported(_)));
}
