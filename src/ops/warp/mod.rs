//! From one grid to another.

/// Exact coordinates, pixel by pixel.
mod curve;
/// [`GridRequest`]: the output grid, as gdalwarp chooses it.
mod grid;
/// [`PixelMap`]: from output pixels to source pixels.
mod map;
/// [`Raster::warp`](crate::raster::Raster::warp) and its node.
mod node;
/// Biquadratic patches, which stand in for exact coordinates.
mod patch;
/// The extent and resolution that a source has in another system.
mod suggest;

pub use curve::Shift;
pub use grid::GridRequest;
pub use map::{Cell, Leaf, PixelMap};
pub use node::WarpOptions;
pub use patch::{CELL, Span, Spans};
pub use suggest::Resolution;
