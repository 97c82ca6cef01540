//! What a codec may need to know of a chunk besides its compressed bytes.

use crate::error::Error;
#[cfg(any(
    feature = "jpeg",
    feature = "jp2",
    feature = "jxl",
    feature = "lerc",
    feature = "webp"
))]
use crate::error::Result;

/// How the bits of a sample are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SampleKind {
    /// A number from 0.
    #[default]
    Unsigned,
    /// A number in two's complement.
    Signed,
    /// An IEEE 754 number.
    Float,
}

/// What a chunk holds once it is decoded.
///
/// Codecs of bytes (deflate and its like) do not look at it. Codecs of images hold every size
/// that a chunk states of itself against it before they allocate anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChunkShape {
    /// Columns of pixels.
    pub width: u32,
    /// Rows of pixels.
    pub height: u32,
    /// Samples in a pixel as stored in this chunk: 1 if bands are stored apart.
    pub samples: u16,
    /// Bits in a sample.
    pub bits: u16,
    /// How those bits are meant.
    pub kind: SampleKind,
}

impl ChunkShape {
    /// Returns the bytes of a row, whose bits are packed.
    pub(crate) fn row_bytes(self) -> usize {
        let bits = u64::from(self.width) * u64::from(self.samples) * u64::from(self.bits);
        usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX)
    }

    /// Returns the pixels of the chunk, if they can be counted.
    #[cfg(any(
        feature = "jpeg",
        feature = "jp2",
        feature = "jxl",
        feature = "lerc",
        feature = "webp"
    ))]
    pub(super) fn pixels(self) -> Result<usize> {
        let pixels = u64::from(self.width) * u64::from(self.height);
        usize::try_from(pixels).map_err(|_| Error::limit("pixels of a chunk").found(pixels))
    }

    /// Holds the size that a chunk of `codec` states of itself against the chunk's.
    #[cfg(any(
        feature = "jpeg",
        feature = "jp2",
        feature = "jxl",
        feature = "lerc",
        feature = "webp"
    ))]
    pub(super) fn check_size(self, codec: &str, width: u32, height: u32) -> Result<()> {
        if (width, height) == (self.width, self.height) {
            return Ok(());
        }
        Err(Error::format(format!("size of a {codec} image in a chunk"))
            .expected(format!("{} x {} pixels", self.width, self.height))
            .found(format!("{width} x {height}")))
    }

    /// Holds the number of samples in a pixel that a chunk of `codec` states against the chunk's.
    #[cfg(any(feature = "jpeg", feature = "jp2", feature = "jxl"))]
    pub(super) fn check_samples(self, codec: &str, samples: usize) -> Result<()> {
        if samples == usize::from(self.samples) {
            return Ok(());
        }
        Err(Error::format(format!("samples in a pixel of a {codec} image"))
            .expected(self.samples)
            .found(samples))
    }

    /// Refuses a sample that `codec` does not have.
    pub(super) fn refuse_sample(self, codec: &str) -> Error {
        let kind = match self.kind {
            SampleKind::Unsigned => "unsigned",
            SampleKind::Signed => "signed",
            SampleKind::Float => "floating point",
        };
        Error::unsupported(format!("samples with {codec}"))
            .found(format!("{} of {} bits, {kind}", self.samples, self.bits))
    }
}

/// A chunk as it is stored, and what decoding it takes.
#[derive(Debug, Clone, Copy)]
pub struct Packed<'a> {
    /// The compressed bytes.
    pub bytes: &'a [u8],
    /// The tables that all chunks of a JPEG image share (tag JPEGTables); empty if there are none.
    pub tables: &'a [u8],
    /// What the bytes decode to.
    pub shape: ChunkShape,
    /// Whether the samples are wanted band after band rather than pixel after pixel, of a codec
    /// that can do it ([`super::Compression::decodes_planes`]).
    pub apart: bool,
}

impl<'a> Packed<'a> {
    /// Makes a chunk of a codec of bytes, which needs nothing else.
    pub fn bytes(bytes: &'a [u8]) -> Self {
        Self { bytes, tables: &[], shape: ChunkShape::default(), apart: false }
    }
}

/// The samples of a chunk before it is compressed.
///
/// Codecs of images ([`super::Compression::decodes_samples`]) take samples in native byte order;
/// codecs of bytes take what is to be stored.
#[derive(Debug, Clone, Copy)]
pub struct Plain<'a> {
    /// Rows of pixels, `shape.samples` side by side in each.
    pub bytes: &'a [u8],
    /// What the bytes are.
    pub shape: ChunkShape,
    /// The value that stands for a missing sample, which lossy LERC keeps: samples that have it
    /// keep it, others do not become it.
    pub nodata: Option<f64>,
}

impl<'a> Plain<'a> {
    /// Makes a chunk of bytes in rows of `row_bytes`, the last of which may be shorter.
    pub fn bytes(bytes: &'a [u8], row_bytes: u32) -> Self {
        let rows = bytes.len().div_ceil((row_bytes as usize).max(1));
        let shape = ChunkShape {
            width: row_bytes,
            height: u32::try_from(rows).unwrap_or(u32::MAX),
            samples: 1,
            bits: 8,
            kind: SampleKind::Unsigned,
        };
        Self { bytes, shape, nodata: None }
    }

    /// Holds the bytes that are there against those of the shape.
    #[cfg(any(feature = "jpeg", feature = "lerc", feature = "webp"))]
    pub(super) fn check_len(self) -> Result<()> {
        let pixel = u64::from(self.shape.samples) * u64::from(self.shape.bits.div_ceil(8));
        let needed = (self.shape.pixels()? as u64).saturating_mul(pixel);
        if needed == self.bytes.len() as u64 {
            return Ok(());
        }
        let (found, needed) = (self.bytes.len(), format!("{needed} bytes"));
        Err(Error::usage("samples of a chunk").expected(needed).found(format!("{found} bytes")))
    }
}

/// What a LERC stream is packed in (the second of the LercParameters).
///
/// Levels play no part in decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LercPacking {
    /// Nothing.
    #[default]
    None,
    /// Deflate in a zlib wrapper.
    Deflate {
        /// The effort, 1 (fastest) to 9 (smallest); 6 is GDAL's default.
        level: u8,
    },
    /// Zstandard.
    Zstd {
        /// The effort, 1 (fastest) to 22 (smallest); 9 is GDAL's default.
        level: i32,
    },
}
