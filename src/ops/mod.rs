//! Operations: one file, one verb on `Raster`.

/// What the samples of each band come to.
pub mod stats;
/// From one grid to another: reprojection and resampling.
pub mod warp;
