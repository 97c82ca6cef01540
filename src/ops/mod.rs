//! Operations: one file, one verb on `Raster`.

/// Validity as a band of opacity.
mod alpha;
/// Another value for "no value" than the raster states.
mod nodata;
/// What the samples of each band come to.
pub mod stats;
/// From one grid to another: reprojection and resampling.
pub mod warp;
