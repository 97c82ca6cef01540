//! GeoTIFF and COG: from directories and chunks to rasters, and back.

/// Decoding a chunk: a pure function of its bytes and the layout.
mod chunk;
/// What codecs need to know that the Compression tag does not say.
mod codec_parameters;
/// Where an image lies: GeoTransform, GeoKeys, nodata.
mod georeference;
/// [`Layout`]: how the samples of an image are stored.
mod layout;
/// [`GeoTiff`]: an open file; its images as rasters.
mod reader;
/// Writing: [`WriteOptions`], tiles to chunks, the file as it grows.
mod write;

pub use layout::{Interleave, Layout};
pub use reader::{GeoTiff, Image, OpenOptions, open};
pub use write::{Format, OverviewResampling, WriteOptions, Written};
