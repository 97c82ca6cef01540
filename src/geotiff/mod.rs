//! GeoTIFF and COG: from directories and chunks to rasters, and back.

/// Decoding a chunk: a pure function of its bytes and the layout.
mod chunk;
/// What codecs need to know that the Compression tag does not say.
mod codec_parameters;
/// What bands mean as colours.
mod colors;
/// The smaller copies of an image and its masks.
mod copies;
/// Chunks that could not be decoded, and went by as nodata.
mod damage;
/// Changing what a file says, not its pixels: [`edit()`].
pub mod edit;
/// What a camera says of an image: the directories of EXIF.
pub mod exif;
/// Where an image lies: GeoTransform, GeoKeys, nodata.
mod georeference;
/// The ghost area between header and directories.
mod ghost;
/// [`GridDirectories`]: grids of datum shifts.
mod grids;
/// [`Image`]: what an image of a file is and how it is stored.
mod image;
/// [`Layout`]: how the samples of an image are stored.
mod layout;
/// What a directory says besides pixels and place.
mod metadata;
/// What is known of a file's chunks while it is closed.
mod outline;
/// From chunks to windows, and which pixels are valid.
mod pixels;
/// [`GeoTiff`]: an open file.
mod reader;
/// How samples are stored, and what they become in memory.
mod samples;
/// Files beside a GeoTIFF that say more of it.
mod sidecar;
/// Tags that are there and cannot be read.
mod unread;
/// Whether a file is a valid COG: [`validate()`].
pub mod validate;
/// Writing: [`WriteOptions`], tiles to chunks, the file as it grows.
mod write;
/// The XML that GDAL keeps metadata in.
mod xml;
/// Luminance and chrominance become red, green and blue.
mod ycbcr;

pub use damage::{DamageList, Damaged, OnCorrupt};
pub use edit::edit;
pub use grids::GridDirectories;
pub use image::{Image, StoredChunk};
pub use layout::{Interleave, Layout};
pub(crate) use outline::Outline;
pub(crate) use reader::split_page;
pub use reader::{GeoTiff, OpenOptions};
pub use sidecar::{Sidecar, SidecarKind, sidecar_names};
pub use validate::validate;
pub use write::{BigTiff, Format, Mask, Overviews, WriteOptions, WritePlan, Written};

pub use crate::kernel::OverviewResampling;
