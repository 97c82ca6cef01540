//! A GeoTIFF engine: read, reproject, resample and write GeoTIFF and COG
//! rasters on every core, with the same bytes every time.

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
