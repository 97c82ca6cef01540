//! From one grid to another.

/// Exact coordinates, pixel by pixel.
mod curve;
/// [`PixelMap`]: from output pixels to source pixels.
mod map;
/// Biquadratic patches, which stand in for exact coordinates.
mod patch;

pub use map::{CELL, Cell, Leaf, PixelMap, Shift, Spans};
pub use patch::Span;
