//! The same area in larger or smaller pixels, or on the tiles of a web map.

use std::f64::consts::PI;
use std::sync::Arc;

use super::warp::{GridRequest, Resolution, WarpOptions};
use crate::crs::{Crs, TransformOptions};
use crate::raster::{Gcp, Gcps, GeoTransform, Grid, Info, Metadata, Point, Raster, Rpc, Size};
use crate::{Error, Result};

impl Raster {
    /// Returns this raster in so many columns and rows over the same extent
    /// (gdal_translate's -outsize). Pixels are made as [`Raster::warp`] makes them; control points
    /// and rational polynomials go with them.
    ///
    /// # Errors
    /// Those of [`Raster::warp`].
    pub fn resize_to(&self, size: Size, how: &WarpOptions) -> Result<Self> {
        let info = self.info();
        if size == info.grid.size && how.nodata.is_none() {
            return Ok(self.clone());
        }
        if size.pixels() == 0 {
            return Err(Error::usage("size")
                .expected("at least one pixel")
                .found(format!("{} x {}", size.width, size.height)));
        }
        let warped = self.warp(info.grid.resized(size), how)?;
        let x = f64::from(size.width) / f64::from(info.grid.size.width);
        let y = f64::from(size.height) / f64::from(info.grid.size.height);
        let own = &info.metadata;
        let scaled = Metadata {
            gcps: own.gcps.as_ref().map(|gcps| scaled_points(gcps, x, y)),
            rpc: own.rpc.as_ref().map(|rpc| Arc::new(scaled_polynomials(rpc, x, y))),
            pixel_is_point: own.pixel_is_point,
            ..(*warped.info().metadata).clone()
        };
        let mut made = Info { metadata: Arc::new(scaled), ..warped.info().clone() };
        if info.grid.transform == GeoTransform::IDENTITY {
            // What has no place gets none by being scaled.
            made.grid.transform = GeoTransform::IDENTITY;
        }
        Ok(warped.described(made))
    }

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
        let (grid, zoom) = web_mercator_quad(&self.info().grid, tile, &how.transform)?;
        Ok(self.warp(grid, how)?.on_web_mercator_quad(zoom))
    }

    /// Says that this raster lies on the tiles of WebMercatorQuad of a zoom level, as GDAL's COG
    /// driver says it.
    #[must_use]
    pub fn on_web_mercator_quad(&self, zoom: u8) -> Self {
        let mut metadata = (*self.info().metadata).clone();
        let scheme = metadata.domains.entry("TILING_SCHEME".into()).or_default();
        scheme.insert("NAME".into(), "GoogleMapsCompatible".into());
        scheme.insert("ZOOM_LEVEL".into(), zoom.to_string());
        self.with_metadata(metadata)
    }
}

/// Returns the grid of [`Raster::to_web_mercator_quad`] for a raster on another, and the zoom level.
///
/// # Errors
/// Those of [`GridRequest::grid`].
pub fn web_mercator_quad(source: &Grid, tile: u32, how: &TransformOptions) -> Result<(Grid, u8)> {
    let mercator = Crs::from_epsg(3857);
    let request = GridRequest { transform: how.clone(), ..GridRequest::new(mercator.clone()) };
    let (grid, zoom) = quad_grid(&request.grid(source)?, tile)?;
    Ok((Grid { crs: Some(mercator), ..grid }, zoom))
}

fn scaled_points(gcps: &Gcps, x: f64, y: f64) -> Gcps {
    let scale = |gcp: &Gcp| Gcp { pixel: Point { x: gcp.pixel.x * x, y: gcp.pixel.y * y }, ..*gcp };
    Gcps { crs: gcps.crs.clone(), points: gcps.points.iter().map(scale).collect() }
}

fn scaled_polynomials(rpc: &Rpc, x: f64, y: f64) -> Rpc {
    let mut values = rpc.values;
    // They count from the middle of the first pixel: LINE_OFF, SAMP_OFF and their scales.
    for (offset, scale, by) in [(2, 7, y), (3, 8, x)] {
        values[offset] = (values[offset] + 0.5) * by - 0.5;
        values[scale] *= by;
    }
    Rpc { values }
}

/// Half the extent of the world in Web Mercator, in metres.
const HALF: f64 = PI * 6_378_137.0;

/// Returns the whole tiles, at the nearest zoom level, that show a grid in Web
/// Mercator, and that level.
fn quad_grid(shown: &Grid, tile: u32) -> Result<(Grid, u8)> {
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
    // 0 to 30.
    Ok((Grid { size, transform, crs: shown.crs.clone() }, zoom as u8))
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
