//! Overviews of what is more than numbers: palettes and opacity.

use swath::geotiff::WriteOptions;
use swath::kernel::Resampling;
use swath::ops::warp::WarpOptions;
use swath::raster::{
    Alpha, Buffer, Colors, DataType, GeoTransform, Grid, Info, Masked, Pool, Raster, Size,
};

/// A raster of 64 x 64 pixels of uint8, each band's samples a function of the row.
fn rows(bands: u16, colors: Colors, alpha: Option<Alpha>, value: fn(u16, usize) -> u8) -> Raster {
    let size = Size::new(64, 64);
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), bands, DataType::U8);
    for band in 0..bands {
        for (i, sample) in pixels.plane_mut::<u8>(band).iter_mut().enumerate() {
            *sample = value(band, i / 64);
        }
    }
    let grid = Grid { size, transform: GeoTransform::north_up(0.0, 64.0, 1.0, 1.0), crs: None };
    let info = Info {
        grid,
        bands,
        dtype: DataType::U8,
        nodata: None,
        colors,
        alpha,
        masked: Masked::No,
        metadata: std::sync::Arc::default(),
        chunk: Size::new(16, 16),
    };
    Raster::from_buffer(info, pixels).expect("a whole raster")
}

/// Writes a raster; reads back its first overview.
fn first_overview(raster: &Raster) -> Buffer {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("x.tif");
    raster.write(&path, &WriteOptions { tile: 16, ..WriteOptions::default() }).expect("writes");
    let overviews = swath::open(&path).expect("opens").overviews();
    overviews[0].read(overviews[0].info().grid.size.window()).expect("reads")
}

#[test]
fn a_palette_is_not_averaged() {
    let table: Vec<u16> = (0..768).map(|i| i * 80).collect();
    let colors = Colors::Palette(table.into());
    let raster = rows(1, colors, None, |_, row| if row % 2 == 0 { 0 } else { 5 });
    let overview = first_overview(&raster);
    assert!(overview.plane::<u8>(0).iter().all(|&v| v == 0));

    // Nor interpolated.
    let mut grid = raster.info().grid.clone();
    grid.transform = grid.transform.scaled(0.7, 0.7);
    let how = |resampling| WarpOptions { resampling, ..WarpOptions::default() };
    let refused = raster.warp(grid.clone(), &how(Resampling::Bilinear));
    assert!(matches!(refused, Err(swath::Error::Usage(_))), "{refused:?}");
    assert!(raster.warp(grid, &how(Resampling::Near)).is_ok());
}

#[test]
fn transparent_pixels_do_not_darken_their_neighbours() {
    // GDAL's average overviews weigh colours by opacity too: 200, 200, 200 here.
    let raster = rows(4, Colors::Rgb, Some(Alpha::Straight), |band, row| match (row % 2, band) {
        (0, 3) => 255,
        (0, _) => 200,
        _ => 0,
    });
    let overview = first_overview(&raster);
    for band in 0..3 {
        assert!(overview.plane::<u8>(band).iter().all(|&v| v == 200), "band {band}");
    }
    assert!(overview.plane::<u8>(3).iter().all(|&v| v == 128));
}
