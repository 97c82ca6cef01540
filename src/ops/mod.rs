//! Operations: one file, one verb on `Raster`.

/// Validity as a band of opacity.
mod alpha;
/// From one grid to another: reprojection and resampling.
pub mod warp;
