//! Rasters in memory and on demand: types, grids, buffers, sources.
//!
//! One meaning a word, here and everywhere:
//! **Window** = a rectangle of pixels. **Grid** = size + [`GeoTransform`] + CRS.
//! **Buffer** = samples in memory, ordered (band, row, column). **Band** counts
//! from 1 at the prompt and in messages, from 0 in code. **Chunk** = a stored
//! strip or tile (GDAL's block). **Tile** = a unit of output work.
//! **Overview** = a smaller copy of a raster, stored with it.

/// [`Bounds`]: a rectangle in CRS coordinates.
mod bounds;
/// [`Buffer`]: the samples of one window.
mod buffer;
/// [`ChunkCache`]: decoded chunks, bounded in bytes.
mod cache;
/// [`Clock`]: where the time goes.
mod clock;
/// Complex samples taken apart.
mod complex;
/// [`Context`]: what one run lends every read.
mod context;
/// [`DataType`], [`Sample`] and `dispatch!`.
mod dtype;
/// [`GeoTransform`]: pixel positions to CRS coordinates.
mod geotransform;
/// [`Grid`]: where the pixels of a raster lie.
mod grid;
/// [`Shelf`]: rasters that are opened when they are read.
mod lazy;
/// Rasters of samples that are in memory already.
mod memory;
/// [`Metadata`]: what a file says besides pixels and place.
mod metadata;
/// [`NoData`]: the value that stands for "no value".
mod nodata;
/// [`Pool`] and [`Words`]: reused memory for samples.
mod pool;
/// [`Source`], [`Raster`] and what a raster is: [`Info`].
mod source;
/// [`Window`] and [`Size`].
mod window;

pub use bounds::Bounds;
pub use buffer::Buffer;
pub use cache::{Chunk, ChunkCache, ChunkKey};
pub use clock::Clock;
pub use context::{CancelFlag, Context};
pub use dtype::{DataType, Sample};
pub(crate) use dtype::{dispatch, dispatch_real};
pub use geotransform::{GeoTransform, Point};
pub use grid::Grid;
pub use lazy::Shelf;
pub use metadata::{BandMetadata, ColorInterpretation, Gcp, Gcps, Items, Metadata, Rpc, Validity};
pub use nodata::NoData;
pub use pool::{Pool, Words};
pub use source::{Alpha, Colors, Info, Masked, Need, Origin, Raster, Source, Tell};
pub use window::{Size, Window};
