//! The same area in larger or smaller pixels, or on the tiles of a web map.

use std::f64::consts::PI;

use super::warp::{GridRequest, Resolution, WarpOptions};
use crate::crs::Crs;
use crate::raster::{GeoTransform, Grid, Raster, Size};
use crate::{Error, Result};

impl Raster {
    /// Returns this raster in pixels of another size, in units of its own
    /// coordinates: from the same upper left corner, as many as the extent comes
    /// to, rounded to the nearest, at least 1 (gdal_translate's -tr). Pixels are
    /// made as [`Raster::warp`] makes them.
    ///
    /// # Errors
    /// [`Error::Usage`] if the resolution is not positive or gives too many
    /// pixels; [`Error::Unsupported`] if the raster is not north up; those of
    /// [`Raster::warp`].
    pub fn resize(&self, resolution: Resolution, how: &WarpOptions) -> Result<Self> {
        let Grid { size, transform, crs } = &self.info().grid;
        if !transform.is_north_up() {
            return Err(Error::unsupported("another resolution of a raster that is not north up"));
        }
        let Resolution { x, y } = resolution;
        let count = |pixels: u32, own: f64, wanted: f64| -> Result<u32> {
            let count = (f64::from(pixels) * own / wanted + 0.5).floor().max(1.0);
            if !(wanted > 0.0 && count < f64::from(i32::MAX)) {
                return Err(Error::usage("resolution")
                    .expected("a positive number that gives less than 2^31 pixels")
                    .found(wanted));
            }
            Ok(count as u32)
        };
        let size = Size::new(
            count(size.width, transform.pixel_width, x)?,
            count(size.height, -transform.pixel_height, y)?,
        );
        let transform = GeoTransform::north_up(transform.origin_x, transform.origin_y, x, y);
        self.warp(Grid { size, transform, crs: crs.clone() }, how)
    }

    /// Returns this raster on the tiles of the OGC's WebMercatorQuad, as GDAL's
    /// COG driver has it with TILING_SCHEME=GoogleMapsCompatible: in EPSG:3857,
    /// at the zoom level whose resolution is nearest to the raster's own (by
    /// ratio), and over whole tiles of `tile` pixels. Overviews that halve lie
    /// on the lower zoom levels' resolutions.
    ///
    /// # Errors
    /// Those of [`GridRequest::grid`] and [`Raster::warp`].
    pub fn to_web_mercator_quad(&self, tile: u32, how: &WarpOptions) -> Result<Self> {
        let mercator = Crs::from_epsg(3857);
        let request =
            GridRequest { transform: how.transform.clone(), ..GridRequest::new(mercator.clone()) };
        let shown = request.grid(&self.info().grid)?;
        let (grid, zoom) = quad_grid(&shown, tile)?;
        let warped = self.warp(Grid { crs: Some(mercator), ..grid }, how)?;
        let mut metadata = (*warped.info().metadata).clone();
        let scheme = metadata.domains.entry("TILING_SCHEME".into()).or_default();
        scheme.insert("NAME".into(), "GoogleMapsCompatible".into());
        scheme.insert("ZOOM_LEVEL".into(), zoom.to_string());
        Ok(warped.with_metadata(metadata))
    }
}

/// Half the extent of the world in Web Mercator, in metres.
const HALF: f64 = PI * 6_378_137.0;

/// Returns the whole tiles, at the nearest zoom level, that show a grid in Web
/// Mercator, and that level.
fn quad_grid(shown: &Grid, tile: u32) -> Result<(Grid, i32)> {
    let resolution = |zoom: i32| 2.0 * HALF / f64::from(tile) / 2f64.powi(zoom);
    let zoom = (resolution(0) / shown.transform.pixel_width).log2().round().clamp(0.0, 30.0) as i32;
    let pixel = resolution(zoom);
    let (span, bounds) = (pixel * f64::from(tile), shown.bounds());
    let last = 2f64.powi(zoom);
    // An edge a millionth of a tile beyond a border is on it.
    let first = |distance: f64| (distance / span + 1e-6).floor().clamp(0.0, last - 1.0);
    let end = |distance: f64| (distance / span - 1e-6).ceil().clamp(1.0, last);
    let (left, top) = (first(HALF + bounds.left), first(HALF - bounds.top));
    let (right, bottom) = (end(HALF + bounds.right), end(HALF - bounds.bottom));
    let count = |tiles: f64| -> Result<u32> {
        let pixels = tiles.max(1.0) * f64::from(tile);
        if pixels < f64::from(i32::MAX) {
            return Ok(pixels as u32);
        }
        Err(Error::limit("columns or rows of a raster").expected("less than 2^31").found(pixels))
    };
    let size = Size::new(count(right - left)?, count(bottom - top)?);
    let transform = GeoTransform::north_up(left * span - HALF, HALF - top * span, pixel, pixel);
    Ok((Grid { size, transform, crs: shown.crs.clone() }, zoom))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_whole_tiles_of_the_nearest_zoom_level() {
        // 28 m is nearest to zoom 12 (38.2 m) by difference, by ratio to 12 as
        // well: 38.2 / 28 = 1.36 and 28 / 19.1 = 1.47.
        let shown = Grid {
            size: Size::new(1000, 700),
            transform: GeoTransform::north_up(1_000_000.0, 6_000_000.0, 28.0, 28.0),
            crs: None,
        };
        let (grid, zoom) = quad_grid(&shown, 256).expect("fits");
        assert_eq!(zoom, 12);
        let span = 40_075_016.685_578_49 / 4096.0;
        let t = grid.transform;
        let column = (t.origin_x + 20_037_508.342_789_244) / span;
        let row = (20_037_508.342_789_244 - t.origin_y) / span;
        assert!((column - 2150.0).abs() < 1e-9 && (row - 1434.0).abs() < 1e-9, "{column} {row}");
        assert_eq!(grid.size, Size::new(4 * 256, 3 * 256));
        let (a, b) = (shown.bounds(), grid.bounds());
        assert!(b.left <= a.left && b.right >= a.right && b.top >= a.top && b.bottom <= a.bottom);
    }
}
