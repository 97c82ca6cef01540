//! Operations: one file, one verb on `Raster`.

/// GDAL's checksum of the samples of each band.
pub mod checksum;
/// Colours as red, green and blue, or as greys.
pub mod expand;
/// What the samples of each band come to.
pub mod stats;
/// From one grid to another: reprojection and resampling.
pub mod warp;
