//! Warps of rasters whose samples are missing, hidden, or stored smaller.

use swath::crs::Crs;
use swath::geotiff::WriteOptions;
use swath::kernel::Resampling;
use swath::ops::warp::{SourceOverview, Unified, WarpOptions};
use swath::raster::{
    Alpha, Buffer, Colors, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Size,
};
use swath::{Error, Result};

fn grid(width: u32, height: u32) -> Grid {
    Grid {
        size: Size::new(width, height),
        transform: GeoTransform::north_up(500_000.0, 5_300_000.0, 30.0, 30.0),
        crs: Some(Crs::from_epsg(32633)),
    }
}

/// A raster of 60 x 50 pixels by a formula of band, column and row.
fn made(bands: u16, value: impl Fn(u16, u32, u32) -> u8) -> (Info, Buffer) {
    let grid = grid(60, 50);
    let mut pixels = Buffer::new(&Pool::new(0), grid.size.window(), bands, DataType::U8);
    for band in 0..bands {
        for (i, sample) in pixels.plane_mut::<u8>(band).iter_mut().enumerate() {
            *sample = value(band, i as u32 % 60, i as u32 / 60);
        }
    }
    (Info::new(grid, bands, DataType::U8), pixels)
}

/// Discs of which nothing is seen, black underneath; half seen beside them.
fn veiled(band: u16, col: u32, row: u32) -> u8 {
    let away = f64::from(col % 20).hypot(f64::from(row % 25)) as u32;
    let alpha = if away < 6 {
        0
    } else if away < 9 {
        128
    } else {
        255
    };
    match (band, alpha) {
        (3, alpha) => alpha,
        (_, 0) => 0,
        (band, _) => [200, 90, 31][usize::from(band)],
    }
}

fn rgba() -> Raster {
    let (info, pixels) = made(4, veiled);
    let info = Info { alpha: Some(Alpha::Straight), colors: Colors::Rgb, ..info };
    Raster::from_buffer(info, pixels).expect("whole")
}

fn warp(raster: &Raster, factor: f64, how: WarpOptions) -> Result<Buffer> {
    let from = &raster.info().grid;
    let size = |n: u32| (f64::from(n) / factor) as u32;
    let to = Grid {
        size: Size::new(size(from.size.width), size(from.size.height)),
        transform: GeoTransform::north_up(500_011.0, 5_299_993.0, 29.0 * factor, 30.0 * factor),
        crs: from.crs.clone(),
    };
    let warped = raster.warp(to, &how)?;
    warped.read(warped.info().grid.size.window())
}

fn by(resampling: Resampling) -> WarpOptions {
    WarpOptions { resampling, ..WarpOptions::default() }
}

#[test]
fn what_is_not_seen_darkens_nothing() {
    for how in Resampling::ALL {
        for factor in [0.4, 1.0, 2.7] {
            let done = warp(&rgba(), factor, by(how));
            if how == Resampling::Sum {
                assert!(matches!(done, Err(Error::Usage(_))), "{done:?}");
                continue;
            }
            let done = done.expect("warps");
            let alpha = done.plane::<u8>(3);
            let (mut seen, mut part) = (0, 0);
            for (i, &alpha) in alpha.iter().enumerate() {
                let color = [0, 1, 2].map(|band| done.plane::<u8>(band)[i]);
                if alpha == 0 {
                    assert_eq!(color, [0; 3], "{how} {factor} {i}");
                    continue;
                }
                seen += 1;
                part += u32::from(alpha != 255 && alpha != 128);
                // All that is seen is of one colour: so is every mean of it.
                let off = color.iter().zip([200, 90, 31]).map(|(&a, b)| a.abs_diff(b)).max();
                assert!(off <= Some(1), "{how} {factor} {i}: {color:?} under {alpha}");
            }
            assert!(seen > alpha.len() / 2 && seen < alpha.len(), "{how} {factor}: {seen}");
            assert!(how.picks() || part > 20, "{how} {factor}: opacity has no steps between");
        }
    }
}

#[test]
fn opacity_itself_is_a_band_like_any_other() {
    let (info, pixels) = made(1, |_, col, row| veiled(3, col, row));
    let alone = Raster::from_buffer(info, pixels).expect("whole");
    for how in Resampling::ALL.into_iter().filter(|&how| how != Resampling::Sum) {
        // A mean of squares is one of colours only.
        let single = if how == Resampling::Rms { Resampling::Average } else { how };
        let wanted = warp(&alone, 1.7, by(single)).expect("warps");
        let found = warp(&rgba(), 1.7, by(how)).expect("warps");
        let pairs = wanted.plane::<u8>(0).iter().zip(found.plane::<u8>(3));
        // Sums of four bands are made in f64, of one in f32: a half may fall to either side.
        assert!(pairs.clone().all(|(a, b)| a.abs_diff(*b) <= 1), "{how}");
    }
}

/// Which samples are valid, as letters: a row a band.
fn marks(raster: &Raster, unified: Unified) -> [String; 2] {
    let how = WarpOptions { unified, ..by(Resampling::Bilinear) };
    let moved = Grid {
        transform: GeoTransform::north_up(500_000.0, 5_300_000.0, 30.0, 29.0),
        ..grid(8, 1)
    };
    let warped = raster.warp(moved, &how).expect("warps");
    let done = warped.read(Size::new(8, 1).window()).expect("reads");
    [0, 1].map(|band| {
        let letter = |(valid, sample): (&u8, &u8)| match (valid, sample) {
            (0, _) => '-',
            (_, 7) => '7',
            _ => 'x',
        };
        let valid = done.valid(band).map_or(vec![255; 8], <[u8]>::to_vec);
        valid.iter().zip(done.plane::<u8>(band)).map(letter).collect()
    })
}

#[test]
fn bands_decide_together_or_apart() {
    // 7 is nodata: in the first band in columns 2 and 5, in the second in 5 and 6.
    let (info, pixels) = made(2, |band, col, _| match (band, col) {
        (0, 2 | 5) | (1, 5 | 6) => 7,
        _ => 40,
    });
    let raster = Raster::from_buffer(info, pixels).expect("whole");
    let raster = raster.assume_nodata(Some(NoData::Integer(7))).expect("fits");
    // Columns are met at their centres, rows between two: every tap is of the column.
    assert_eq!(marks(&raster, Unified::No), ["xx-xx-xx", "xxxxx--x"]);
    assert_eq!(marks(&raster, Unified::Mixed), ["xx-xx-xx", "xxxxx--x"]);
    assert_eq!(marks(&raster, Unified::Yes), ["xx7xx-xx", "xxxxx-7x"]);
    assert_eq!(marks(&raster, Unified::Partial), ["xx-xx--x", "xx-xx--x"]);
}

#[test]
fn the_output_has_the_nodata_asked_for() {
    let (info, pixels) = made(1, |_, col, _| if col < 30 { 7 } else { 40 });
    let raster = Raster::from_buffer(info, pixels).expect("whole");
    let raster = raster.assume_nodata(Some(NoData::Integer(7))).expect("fits");
    let how = WarpOptions { nodata: Some(NoData::Integer(255)), ..by(Resampling::Average) };
    let warped = raster.warp(raster.info().grid.clone(), &how).expect("warps");
    assert_eq!(warped.info().nodata, Some(NoData::Integer(255)));
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("out.tif");
    warped.write(&path, &WriteOptions::default()).expect("writes");
    let copy = swath::open(&path).expect("opens").assume_nodata(None).expect("fits");
    let all = copy.read(Size::new(60, 50).window()).expect("reads");
    let wanted = |i: usize| if i % 60 < 30 { 255 } else { 40 };
    assert!(all.plane::<u8>(0).iter().enumerate().all(|(i, &v)| v == wanted(i)));
    let negative = WarpOptions { nodata: Some(NoData::Integer(-1)), ..how };
    let refused = raster.warp(grid(9, 9), &negative);
    assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
}

#[test]
fn a_coarse_output_is_made_of_an_overview() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("cog.tif");
    let scene =
        swath::open(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/landsat.tif")).expect("opens");
    let options = WriteOptions { tile: 64, ..WriteOptions::default() };
    scene.write(&path, &options).expect("writes");
    let cog = swath::open(&path).expect("opens");
    let overviews = cog.overviews();
    assert!(overviews.len() >= 3);
    let from = cog.info().grid.clone();
    // 5 source pixels an output pixel: of overviews of 2, 4 and 8 the second serves.
    let to = from.resized(Size::new(from.size.width / 5, from.size.height / 5));
    let read = |raster: &Raster, overview, resampling| {
        let how = WarpOptions { overview, ..by(resampling) };
        let warped = raster.warp(to.clone(), &how).expect("warps");
        let all = warped.read(to.size.window()).expect("reads");
        all.plane::<u16>(0).to_vec()
    };
    use SourceOverview::{Auto, Level, None};
    for how in [Resampling::Near, Resampling::Bilinear, Resampling::Average] {
        let auto = read(&cog, Auto, how);
        assert_eq!(auto, read(&overviews[1], None, how), "{how}");
        assert_eq!(auto, read(&cog, Level(1), how), "{how}");
        assert_ne!(auto, read(&cog, None, how), "{how}");
    }
    // Totals are those of the image.
    assert_eq!(read(&cog, Auto, Resampling::Sum), read(&cog, None, Resampling::Sum));
    let beyond = WarpOptions { overview: Level(99), ..WarpOptions::default() };
    assert!(matches!(cog.warp(to.clone(), &beyond), Err(Error::Usage(_))));
}
