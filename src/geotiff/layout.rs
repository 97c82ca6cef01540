//! How the samples of an image are stored, every default resolved.

use std::sync::Arc;

use super::samples::Samples;
use super::ycbcr::YCbCr;
use super::{codec_parameters, colors};
use crate::codec::{Compression, Predictor};
use crate::error::{Error, Result};
use crate::ifd::{Directory, Entry, Tag};
use crate::io::{ByteOrder, ByteSource};
use crate::raster::{Alpha, Colors, DataType, Size, Window};

/// The order of the bands in a file (TIFF's `PlanarConfiguration`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interleave {
    /// A chunk holds all bands, sample beside sample.
    Pixel,
    /// A chunk holds one band.
    Band,
}

/// How the samples of an image are stored, every default resolved.
///
/// Made once from a directory; decoding needs nothing else of the file but a
/// chunk's bytes.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Layout {
    /// Columns and rows of the image.
    pub size: Size,
    /// The number of bands.
    pub bands: u16,
    /// The type of every sample in memory.
    pub dtype: DataType,
    /// The bits of a sample as stored: fewer than `dtype` has if samples are
    /// packed or short floats.
    pub bits: u16,
    /// Whether the bits of every byte are stored lowest first (fill order 2).
    pub reversed_bits: bool,
    /// The byte order of samples wider than one byte.
    pub order: ByteOrder,
    /// The codec of every chunk.
    pub compression: Compression,
    /// The tables that all chunks share, if the codec is JPEG.
    pub tables: Option<Arc<[u8]>>,
    /// What was done to samples before they were compressed.
    pub predictor: Predictor,
    /// The order of the bands.
    pub interleave: Interleave,
    /// Whether chunks are tiles, stored whole even beyond the image's edge, or
    /// strips, of which the last may be lower.
    pub tiled: bool,
    /// Columns and rows of a chunk; for strips the image's width.
    pub chunk: Size,
    /// What the bands mean as colours.
    pub colors: Colors,
    /// What the last band means, if it is opacity.
    pub alpha: Option<Alpha>,
    /// Whether chunks are parts of one long uncompressed strip, divided for the
    /// sake of those who want a part of it (libtiff does the same).
    pub(super) divided: bool,
    /// How luminance and chrominance are stored, which become red, green and
    /// blue when a chunk is decoded.
    pub(super) ycbcr: Option<YCbCr>,
}

/// About what a part of a divided strip takes: little enough for a small
/// window, enough to make parts few.
const DIVIDED_BYTES: u64 = 64 << 10;

impl Layout {
    /// Reads the layout of the image that a directory describes.
    ///
    /// # Errors
    /// [`Error::Format`] if the directory contradicts itself or lacks what
    /// it needs, [`Error::Unsupported`] naming what swath cannot read.
    pub fn read(source: &ByteSource, order: ByteOrder, directory: &Directory) -> Result<Self> {
        let one = |tag| directory.u32(source, tag);
        let needed = |tag: Tag, name: &str| -> Result<u32> {
            let count = directory.get(tag).map_or(1, Entry::count);
            match one(tag)? {
                Some(_) if count != 1 => {
                    Err(Error::format(name).expected("one value").found(format!("{count} values")))
                }
                Some(0) => Err(Error::format(name).expected("at least 1").found(0)),
                // GDAL counts pixels in 31 bits, and so does whatever made this file.
                Some(n) if i32::try_from(n).is_err() => {
                    Err(Error::limit(name).expected("less than 2^31").found(n))
                }
                Some(n) => Ok(n),
                None => Err(Error::format(name).expected("a value").found("no such tag")),
            }
        };
        let size = Size::new(
            needed(Tag::ImageWidth, "image width")?,
            needed(Tag::ImageLength, "image height")?,
        );
        let bands = directory.u16(source, Tag::SamplesPerPixel)?.unwrap_or(1);
        if bands == 0 {
            return Err(Error::format("samples per pixel").expected("at least 1").found(0));
        }
        let samples = Samples::read(source, directory, bands)?;
        let Samples { bits, dtype } = samples;
        let reversed_bits = directory.u16(source, Tag::FillOrder)? == Some(2);
        let interleave = match directory.u16(source, Tag::PlanarConfiguration)?.unwrap_or(1) {
            // Some writers leave the tag at 0. One band is the same either way.
            _ if bands == 1 => Interleave::Pixel,
            0 | 1 => Interleave::Pixel,
            2 => Interleave::Band,
            n => return Err(Error::format("planar configuration").expected("1 or 2").found(n)),
        };
        let tiled = directory.has(Tag::TileWidth) || directory.has(Tag::TileOffsets);
        let chunk = if tiled {
            let width = needed(Tag::TileWidth, "tile width")?;
            Size::new(width, needed(Tag::TileLength, "tile height")?)
        } else {
            // Without rows per strip, or with more than there are, one strip is all.
            let rows = one(Tag::RowsPerStrip)?.filter(|&rows| rows != 0).unwrap_or(u32::MAX);
            Size::new(size.width, rows.min(size.height))
        };
        let compression = codec_parameters::compression(source, directory)?;
        let tables = codec_parameters::tables(source, directory, compression)?;
        let predictor = match compression {
            Compression::Lzw
            | Compression::Deflate { .. }
            | Compression::Zstd { .. }
            | Compression::Lzma { .. } => {
                Predictor::from_tag(directory.u16(source, Tag::Predictor)?.unwrap_or(1))?
            }
            // libtiff heeds the tag with these codecs alone.
            _ => Predictor::None,
        };
        if predictor == Predictor::Float && !dtype.is_float() {
            return Err(Error::format("float predictor").expected("float samples").found(dtype));
        }
        if predictor == Predictor::Horizontal && ![8, 16, 32, 64].contains(&bits) {
            return Err(Error::unsupported("horizontal predictor")
                .expected("8, 16, 32 or 64 bits")
                .found(format!("{bits} bits")));
        }
        let (colors, alpha) = colors::read(source, directory, bands, bits)?;
        let ycbcr = match directory.u16(source, Tag::PhotometricInterpretation)? {
            Some(6) if is_plain(compression) => {
                Some(YCbCr::read(source, directory, bands, samples, interleave)?)
            }
            _ => None,
        };
        let mut layout = Self {
            size,
            bands,
            dtype,
            bits,
            reversed_bits,
            order,
            compression,
            tables,
            predictor,
            interleave,
            tiled,
            chunk,
            colors,
            alpha,
            ycbcr,
            divided: false,
        };
        layout.divide();
        // GDAL counts blocks in 31 bits as well.
        let planes = if interleave == Interleave::Band { bands } else { 1 };
        let chunks = layout.across().checked_mul(layout.down());
        match chunks.and_then(|chunks| chunks.checked_mul(planes.into())) {
            Some(chunks) if i32::try_from(chunks).is_ok() => Ok(layout),
            _ => Err(Error::limit("number of chunks").expected("less than 2^31")),
        }
    }

    /// Divides the rows of an only strip, if its bytes are the samples themselves.
    fn divide(&mut self) {
        let plain = self.compression == Compression::None && self.ycbcr.is_none() && !self.tiled;
        let one = self.down() == 1 && (self.interleave == Interleave::Pixel || self.bands == 1);
        let row = self.row_bytes().filter(|_| plain && one);
        let rows = row.and_then(|row| u32::try_from(DIVIDED_BYTES / row.max(1)).ok());
        if let Some(rows) = rows.map(|rows| rows.max(1)).filter(|&rows| rows < self.size.height) {
            self.chunk.height = rows;
            self.divided = true;
        }
    }

    /// Returns the bytes of a row of a chunk, as the codec makes them; `None` if
    /// that overflows. Meaningless for YCbCr.
    pub(super) fn row_bytes(&self) -> Option<u64> {
        let samples = u64::from(self.chunk.width) * u64::from(self.bands_in_chunk());
        self.samples().row_bytes(samples)
    }

    /// Returns the number of chunks in a row.
    pub fn across(&self) -> u64 {
        self.size.width.div_ceil(self.chunk.width).into()
    }

    /// Returns the number of rows of chunks.
    pub fn down(&self) -> u64 {
        self.size.height.div_ceil(self.chunk.height).into()
    }

    /// Returns the number of chunks of all bands.
    pub fn chunks(&self) -> u64 {
        let planes = if self.interleave == Interleave::Band { self.bands } else { 1 };
        self.across() * self.down() * u64::from(planes)
    }

    /// Returns the number of bands in one chunk.
    pub fn bands_in_chunk(&self) -> u16 {
        if self.interleave == Interleave::Band { 1 } else { self.bands }
    }

    /// Returns the index of the chunk at a column and row of chunks that holds
    /// `band` (from 0).
    pub fn chunk_index(&self, col: u64, row: u64, band: u16) -> u64 {
        let plane = if self.interleave == Interleave::Band { u64::from(band) } else { 0 };
        (plane * self.down() + row) * self.across() + col
    }

    /// Returns the first band (from 0) that the chunk at an index holds.
    pub fn first_band(&self, index: u64) -> u16 {
        let plane = index / (self.across() * self.down());
        // There are as many planes as bands, or one.
        if self.interleave == Interleave::Band { plane as u16 } else { 0 }
    }

    /// Returns the pixels of a chunk as it is stored: a tile may reach beyond the image.
    pub fn chunk_window(&self, index: u64) -> Window {
        let in_plane = index % (self.across() * self.down());
        let col = in_plane % self.across() * u64::from(self.chunk.width);
        let row = in_plane / self.across() * u64::from(self.chunk.height);
        let height = if self.tiled {
            self.chunk.height
        } else {
            // Below the image's own height, which is a u32.
            self.chunk.height.min(self.size.height - row as u32)
        };
        Window::new(col as i64, row as i64, self.chunk.width, height)
    }

    /// Returns how samples are stored.
    pub(super) fn samples(&self) -> Samples {
        Samples { bits: self.bits, dtype: self.dtype }
    }

    /// Returns the bytes of `rows` rows of a chunk, decoded; `None` if that overflows.
    pub fn chunk_bytes(&self, rows: u32) -> Option<u64> {
        let row = u64::from(self.chunk.width)
            .checked_mul(u64::from(self.bands_in_chunk()) * self.dtype.bytes() as u64)?;
        row.checked_mul(rows.into())
    }
}

/// Returns whether a codec keeps bytes without knowing what they mean; others
/// give red, green and blue themselves.
fn is_plain(compression: Compression) -> bool {
    matches!(
        compression,
        Compression::None
            | Compression::Lzw
            | Compression::PackBits
            | Compression::Deflate { .. }
            | Compression::Zstd { .. }
            | Compression::Lzma { .. }
    )
}
