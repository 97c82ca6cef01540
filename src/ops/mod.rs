//! Operations: one file, one verb on `Raster`.

/// From one grid to another: reprojection and resampling.
pub mod warp;
