//! Operations: one file, one verb on `Raster`.

/// Validity as a band of opacity.
mod alpha;
/// Another value for "no value" than the raster states.
mod assume;
/// Raster algebra.
pub mod calc;
/// Samples of another type, scaled on the way.
mod cast;
/// GDAL's checksum of the samples of each band.
pub mod checksum;
/// Samples as colours.
pub mod colorize;
/// Lines of equal height.
pub mod contour;
/// A part of a raster.
mod crop;
/// The part of a raster that lies in polygons.
pub mod cutline;
/// Other words about a raster.
mod describe;
/// Colours as red, green and blue, or as greys.
pub mod expand;
/// What is missing, from what is beside it.
pub mod fill;
/// What the pixels around each pixel come to.
pub mod focal;
/// What an operation holds over from tile to tile.
mod held;
/// Images placed by control points or rational polynomials.
pub mod locate;
/// Many rasters as one.
pub mod mosaic;
/// Another value for "no value".
mod nodata;
/// Where a part of a text lies in it.
mod part;
/// How far the nearest of some pixels is.
pub mod proximity;
/// Other values for intervals of values.
pub mod reclassify;
/// Regions: connected pixels of equal value.
pub mod regions;
/// The same area in larger or smaller pixels, or on the tiles of a web map.
mod resize;
/// Some bands of a raster, in another order.
mod select;
/// What operations do to what a file says of its pixels.
mod settled;
/// What the samples of each band come to.
pub mod stats;
/// What elevations say of the ground.
pub mod terrain;
/// From one grid to another: reprojection and resampling.
pub mod warp;

pub use cast::{CastCounts, CastOptions, Scale};
pub use resize::web_mercator_quad;
