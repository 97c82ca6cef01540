//! A GeoTIFF engine: reads, reprojects, resamples and writes GeoTIFF and COG
//! rasters on every core, within the memory it is allowed, with the same bytes
//! tile by tile on all workers of an [`engine::Engine`]. Every pixel is a pure
//! function of the inputs, the options and its absolute position: never of the
//! number of threads, the memory, or the shape of tiles.
//!
//! # Cargo features
//!
//! - `cli` (default): the `swath` command.

pub mod codec;
pub mod crs;
pub mod engine;
pub mod error;
pub mod geotiff;
pub mod ifd;
pub mod io;
pub mod kernel;
pub mod ops;
pub mod raster;

pub use error::{Error, Result};
pub use geotiff::open;
pub use raster::Raster;
