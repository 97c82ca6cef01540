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
/// Where a source lies, which decides how its datum is shifted.
mod place;
/// The extent and resolution that a source has in another system.
mod suggest;

pub use curve::Shift;
pub use grid::GridRequest;
pub use map::{Cell, Leaf, PixelMap};
pub use node::WarpOptions;
pub use patch::{CELL, Span, Spans};
pub use place::transformer;
pub use suggest::Resolution;
