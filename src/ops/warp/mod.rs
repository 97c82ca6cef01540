//! From one grid to another.

/// Exact coordinates, pixel by pixel.
mod curve;
/// Opacity as density.
mod density;
/// [`GridRequest`]: the output grid, as gdalwarp chooses it.
mod grid;
/// [`PixelMap`]: from output pixels to source pixels.
mod map;
/// [`Unified`]: which samples of a source count as missing.
mod missing;
/// [`Raster::warp`](crate::raster::Raster::warp) and its node.
mod node;
/// [`SourceOverview`]: which of a source's images is read.
mod overview;
/// Biquadratic patches, which stand in for exact coordinates.
mod patch;
/// Where a source lies, which decides how its datum is shifted.
mod place;
/// The extent and resolution that a source has in another system.
mod suggest;
/// [`Tally`]: what became of the pixels.
mod tally;

pub use curve::Shift;
pub(super) use density::hide_unseen;
pub use grid::GridRequest;
pub use map::{Cell, Leaf, PixelMap};
pub use missing::Unified;
pub use node::WarpOptions;
pub use overview::SourceOverview;
pub use patch::{CELL, Span, Spans};
pub(super) use place::options as place_options;
pub use place::{grid_share, transformer};
pub use suggest::Resolution;
pub use tally::Tally;
