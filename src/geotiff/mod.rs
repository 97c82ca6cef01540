//! GeoTIFF and COG: from directories and chunks to rasters, and back.

/// Decoding a chunk: a pure function of its bytes and the layout.
mod chunk;
/// What codecs need to know that the Compression tag does not say.
mod codec_parameters;
/// What bands mean as colours.
mod colors;
/// Changing what a file says, not its pixels: [`edit()`].
pub mod edit;
/// Where an image lies: GeoTransform, GeoKeys, nodata.
mod georeference;
/// The ghost area between header and directories.
mod ghost;
/// [`Layout`]: how the samples of an image are stored.
mod layout;
/// What a directory says besides pixels and place.
mod metadata;
/// [`GeoTiff`]: an open file; its images as rasters.
mod reader;
/// How samples are stored, and what they become in memory.
mod samples;
/// Whether a file is a valid COG: [`validate()`].
pub mod validate;
/// Writing: [`WriteOptions`], tiles to chunks, the file as it grows.
mod write;
/// The XML that GDAL keeps metadata in.
mod xml;
/// Luminance and chrominance become red, green and blue.
mod ycbcr;

pub use edit::edit;
pub use layout::{Interleave, Layout};
pub use reader::{GeoTiff, Image, OpenOptions, open};
pub use validate::validate;
pub use write::{BigTiff, Format, Mask, Overviews, WriteOptions, Written};

pub use crate::kernel::OverviewResampling;
