//! Operations: one file, one verb on `Raster`.

/// Colours as red, green and blue, or as greys.
pub mod expand;
/// What all samples come to: statistics and checksums.
pub mod survey;
/// From one grid to another: reprojection and resampling.
pub mod warp;
