//! A GeoTIFF engine: reads, reprojects, resamples and writes GeoTIFF and COG
//! rasters on every core, within the memory it is allowed, with the same bytes
//! every time.
//!
//! ```
//! # fn main() -> swath::Result<()> {
//! # let scene = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/landsat.tif");
//! # let dir = tempfile::tempdir().expect("a temporary directory");
//! # let target = dir.path().join("mercator.tif");
//! use swath::crs::Crs;
//! use swath::geotiff::WriteOptions;
//! use swath::kernel::Resampling;
//! use swath::ops::warp::WarpOptions;
//!
//! let how = WarpOptions { resampling: Resampling::Bilinear, ..WarpOptions::default() };
//! let written = swath::open(scene)?
//!     .warp_to(Crs::parse("EPSG:3857")?, &how)?
//!     .write(&target, &WriteOptions::default())?;
//!
//! let copy = swath::open(&target)?;
//! assert_eq!(copy.info().grid.crs, Some(Crs::from_epsg(3857)));
//! assert_eq!(copy.info().grid.size, written.size);
//! # Ok(())
//! # }
//! ```
//!
//! A [`Raster`] is lazy: opening reads directories, verbs such as
//! [`Raster::warp`] plan, and pixels are made when they are read or written,
//! tile by tile on all workers of an [`engine::Engine`]. Every pixel is a pure
//! function of the inputs, the options and its absolute position: never of the
//! number of threads, the memory, or the shape of tiles.
//!
//! # Cargo features
//!
//! - `cli` (default): the `swath` command.
//! - `codecs` (default): all of `jp2`, `jpeg`, `jxl`, `lerc`, `lzma` and `webp`, which decode what
//!   their names say. Without one of them, its files are refused by name.

pub mod batch;
pub mod codec;
pub mod crs;
pub mod engine;
pub mod error;
pub mod geotiff;
pub mod ifd;
pub mod input;
pub mod io;
pub mod kernel;
pub mod ops;
pub mod raster;
pub mod vector;

pub use error::{Error, Result};
pub use input::open;
pub use raster::Raster;
