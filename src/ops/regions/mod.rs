//! Regions: connected pixels of equal value. Found tile by tile on all workers, and merged
//! across the borders of tiles in their order.

/// Regions that go on from tile to tile, in the whole raster.
mod merge;
/// The verb [`Raster::polygonize`](crate::Raster::polygonize).
mod polygonize;
/// Rings of corners: from pieces of outlines to polygons.
mod rings;
/// The verb [`Raster::sieve`](crate::Raster::sieve).
mod sieve;
/// The regions of one canonical tile.
mod tile;

pub use polygonize::Region;
pub use tile::value_kind;
