//! How the samples of an image are stored, every default resolved.

use std::sync::Arc;

use super::codec_parameters;
use crate::codec::{Compression, Predictor};
use crate::error::{Error, Result};
use crate::ifd::{Directory, Limits, Tag};
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
    /// The type of every sample.
    pub dtype: DataType,
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
}

impl Layout {
    /// Reads the layout of the image that a directory describes.
    ///
    /// # Errors
    /// [`Error::Format`] if the directory contradicts itself or lacks what
    /// it needs, [`Error::Unsupported`] naming what swath cannot read,
    /// [`Error::Limit`] if a chunk is larger than `limits.chunk_bytes`.
    pub fn read(
        source: &ByteSource,
        order: ByteOrder,
        directory: &Directory,
        limits: &Limits,
    ) -> Result<Self> {
        let one = |tag| directory.u32(source, tag);
        let needed = |tag: Tag, name: &str| -> Result<u32> {
            match one(tag)? {
                Some(0) => Err(Error::format(name).expected("at least 1").found(0)),
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
        let dtype = sample_type(source, directory, bands)?;
        if directory.u16(source, Tag::FillOrder)? == Some(2) {
            return Err(Error::unsupported("bits stored lowest first (fill order 2)"));
        }
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
            | Compression::Lzma => {
                Predictor::from_tag(directory.u16(source, Tag::Predictor)?.unwrap_or(1))?
            }
            // libtiff heeds the tag with these codecs alone.
            _ => Predictor::None,
        };
        if predictor == Predictor::Float && !dtype.is_float() {
            return Err(Error::format("float predictor").expected("float samples").found(dtype));
        }
        let jpeg = matches!(compression, Compression::Jpeg { .. });
        let (colors, alpha) = colors(source, directory, bands, jpeg)?;
        let layout = Self {
            size,
            bands,
            dtype,
            order,
            compression,
            tables,
            predictor,
            interleave,
            tiled,
            chunk,
            colors,
            alpha,
        };
        let bytes = layout.chunk_bytes(chunk.height);
        if bytes.is_none_or(|bytes| bytes > limits.chunk_bytes) {
            return Err(Error::limit("size of a chunk")
                .expected(format!("at most {} bytes", limits.chunk_bytes))
                .found(format!("{} x {} pixels of {bands} band(s)", chunk.width, chunk.height)));
        }
        Ok(layout)
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

    /// Returns the bytes of `rows` rows of a chunk, decoded; `None` if that overflows.
    pub fn chunk_bytes(&self, rows: u32) -> Option<u64> {
        let row = u64::from(self.chunk.width)
            .checked_mul(u64::from(self.bands_in_chunk()) * self.dtype.bytes() as u64)?;
        row.checked_mul(rows.into())
    }
}

/// Reads the type that all samples have.
fn sample_type(source: &ByteSource, directory: &Directory, bands: u16) -> Result<DataType> {
    let all = |tag, default: u64| -> Result<u64> {
        let values = directory.u64s(source, tag)?.unwrap_or_default();
        let first = values.first().copied().unwrap_or(default);
        match values.iter().take(bands.into()).find(|&&other| other != first) {
            Some(other) => {
                Err(Error::unsupported("bands of several types").found(format!("{first}, {other}")))
            }
            None => Ok(first),
        }
    };
    let bits = all(Tag::BitsPerSample, 1)?;
    // 4 means "undefined", which libtiff takes for unsigned.
    let format = all(Tag::SampleFormat, 1)?;
    match (format, bits) {
        (1 | 4, 8) => Ok(DataType::U8),
        (1 | 4, 16) => Ok(DataType::U16),
        (1 | 4, 32) => Ok(DataType::U32),
        (1 | 4, 64) => Ok(DataType::U64),
        (2, 8) => Ok(DataType::I8),
        (2, 16) => Ok(DataType::I16),
        (2, 32) => Ok(DataType::I32),
        (2, 64) => Ok(DataType::I64),
        (3, 32) => Ok(DataType::F32),
        (3, 64) => Ok(DataType::F64),
        (1 | 2 | 4, _) => Err(Error::unsupported("integer samples of this width")
            .expected("8, 16, 32 or 64 bits")
            .found(format!("{bits} bits"))),
        (3, _) => Err(Error::unsupported("floating point samples of this width")
            .expected("32 or 64 bits")
            .found(format!("{bits} bits"))),
        (5 | 6, _) => Err(Error::unsupported("complex samples")),
        _ => Err(Error::format("sample format").expected("1 to 6").found(format)),
    }
}

fn colors(
    source: &ByteSource,
    directory: &Directory,
    bands: u16,
    jpeg: bool,
) -> Result<(Colors, Option<Alpha>)> {
    let refuse = |what: &str| Err(Error::unsupported(format!("{what} images")));
    let colors = match directory.u16(source, Tag::PhotometricInterpretation)?.unwrap_or(1) {
        0 => Colors::WhiteIsZero,
        1 => Colors::Gray,
        2 if bands >= 3 => Colors::Rgb,
        // GDAL takes an RGB image without its bands for grey.
        2 => Colors::Gray,
        3 => {
            let table = directory.u64s(source, Tag::ColorMap)?.unwrap_or_default();
            if table.is_empty() || table.len() % 3 != 0 {
                return Err(Error::format("colour table")
                    .expected("as many reds as greens and blues")
                    .found(format!("{} values", table.len())));
            }
            // Stored as 16-bit numbers; anything wider is cut as libtiff does.
            Colors::Palette(table.iter().map(|&v| v as u16).collect::<Arc<[u16]>>())
        }
        4 => return refuse("transparency mask"),
        5 => return refuse("CMYK"),
        // JPEG is decoded to RGB.
        6 if jpeg && bands == 3 => Colors::Rgb,
        6 => return refuse("YCbCr"),
        8..=10 => return refuse("CIE L*a*b*"),
        32844 | 32845 => return refuse("LogLuv"),
        n => return Err(Error::unsupported("photometric interpretation").found(n)),
    };
    let extra = directory.u64s(source, Tag::ExtraSamples)?.unwrap_or_default();
    let alpha = match extra.last() {
        Some(1) if bands > 1 => Some(Alpha::Premultiplied),
        Some(2) if bands > 1 => Some(Alpha::Straight),
        _ => None,
    };
    Ok((colors, alpha))
}
