//! Operations: one file, one verb on `Raster`.

/// Colours as red, green and blue, or as greys.
pub mod expand;
/// From one grid to another: reprojection and resampling.
pub mod warp;
