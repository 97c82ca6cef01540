//! The codecs behind one door.

use std::fmt;

#[cfg(feature = "jp2")]
use super::jp2;
#[cfg(feature = "jxl")]
use super::jxl;
#[cfg(feature = "lerc")]
use super::lerc;
#[cfg(feature = "lzma")]
use super::lzma;
#[cfg(feature = "webp")]
use super::webp;
use super::{Fax, Inflater, LercPacking, Packed, Plain, ccitt, deflate, lzw, packbits, zstd};
#[cfg(feature = "jpeg")]
use super::{jpeg, jpeg_encode};
use crate::error::{Error, Result};

/// How the bytes of a chunk are compressed, with the parameters that the codec needs.
///
/// Levels, qualities and errors play no part in decoding.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Stored as they are.
    #[default]
    None,
    /// Deflate in a zlib wrapper.
    Deflate {
        /// The effort, 1 (fastest) to 9 (smallest); 6 is usual.
        level: u8,
    },
    /// LZW as TIFF has it.
    Lzw,
    /// Runs of equal bytes, row by row.
    PackBits,
    /// Zstandard.
    Zstd {
        /// The effort, 1 (fastest) to 22 (smallest); 9 is GDAL's default.
        level: i32,
    },
    /// Runs of black and white pixels; only decoded.
    Ccitt(Fax),
    /// JPEG (the new style of TIFF technical note 2), of unsigned samples of 8 bits.
    Jpeg {
        /// Whether pixels of RGB are stored as YCbCr, which is smaller by far; written with
        /// colours at half the resolution in both directions (4:2:0), as GDAL does.
        ycbcr: bool,
        /// The quality of libjpeg, 1 (smallest) to 100 (best); 75 is GDAL's default.
        quality: u8,
    },
    /// JPEG 2000; only decoded.
    Jpeg2000,
    /// JPEG XL; only decoded.
    JpegXl,
    /// Limited error raster compression, of any real samples of 8 to 64 bits but integers of 64.
    Lerc {
        /// How far a decoded sample may be from what was encoded, in its own unit; 0 changes
        /// nothing.
        max_z_error: f64,
        /// What the stream is packed in.
        packing: LercPacking,
    },
    /// LZMA2 in an xz stream.
    Lzma {
        /// The effort, 0 (fastest) to 9 (smallest); 6 is usual, in GDAL too.
        level: u8,
    },
    /// WebP, of 3 or 4 unsigned samples of 8 bits; written without loss.
    WebP,
}

/// The codec's name, without its parameters.
impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Deflate { .. } => "deflate",
            Self::Lzw => "LZW",
            Self::PackBits => "PackBits",
            Self::Zstd { .. } => "zstd",
            Self::Ccitt(Fax::Rle | Fax::RleWords) => "CCITT RLE",
            Self::Ccitt(Fax::Group3 { .. }) => "CCITT Group 3",
            Self::Ccitt(Fax::Group4) => "CCITT Group 4",
            Self::Jpeg { .. } => "JPEG",
            Self::Jpeg2000 => "JPEG 2000",
            Self::JpegXl => "JPEG XL",
            Self::Lerc { .. } => "LERC",
            Self::Lzma { .. } => "LZMA",
            Self::WebP => "WebP",
        })
    }
}

impl Compression {
    /// Makes a codec of the value of the Compression tag, with its usual parameters; those that
    /// the file tells by other tags are still to be set.
    ///
    /// # Errors
    ///
    /// `Unsupported`, naming the codec, if swath cannot decode it, or was built without it.
    pub fn from_tag(tag: u16) -> Result<Self> {
        let name = match tag {
            1 => return Ok(Self::None),
            5 => return Ok(Self::Lzw),
            // 32946 is the number Deflate had before Adobe registered 8.
            8 | 32946 => return Ok(Self::Deflate { level: 6 }),
            32773 => return Ok(Self::PackBits),
            50000 => return Ok(Self::Zstd { level: 9 }),
            2 => return Ok(Self::Ccitt(Fax::Rle)),
            3 => return Ok(Self::Ccitt(Fax::Group3 { two_dimensional: false })),
            4 => return Ok(Self::Ccitt(Fax::Group4)),
            32771 => return Ok(Self::Ccitt(Fax::RleWords)),
            7 => return Self::Jpeg { ycbcr: false, quality: 75 }.if_built(),
            // 33003 and 33005 are Aperio's numbers, for YCbCr and RGB.
            33003 | 33005 | 34712 => return Self::Jpeg2000.if_built(),
            34887 => {
                return Self::Lerc { max_z_error: 0.0, packing: LercPacking::None }.if_built();
            }
            34925 => return Self::Lzma { level: 6 }.if_built(),
            50001 => return Self::WebP.if_built(),
            // The second is the number that DNG has for it.
            50002 | 52546 => return Self::JpegXl.if_built(),
            6 => "old-style JPEG",
            9 => "JBIG (T.85)",
            10 => "JBIG (T.43)",
            32766 => "NeXT 2-bit RLE",
            32809 => "ThunderScan",
            32895..=32898 => "Kodak/IT8 prepress",
            32908 => "PixarFilm",
            32909 => "PixarLog",
            32947 => "Kodak DCS",
            34661 => "JBIG",
            34676 => "SGILog",
            34677 => "SGILog24",
            34713 => "Nikon NEF",
            34892 => "lossy JPEG of DNG",
            34926 => "Zstandard under its provisional number",
            34927 => "WebP under its provisional number",
            _ => return Err(Error::unsupported("compression").found(format!("number {tag}"))),
        };
        Err(Error::unsupported("compression").found(format!("{name} (number {tag})")))
    }

    /// The value of the Compression tag.
    pub fn tag(self) -> u16 {
        match self {
            Self::None => 1,
            Self::Lzw => 5,
            Self::Deflate { .. } => 8,
            Self::PackBits => 32773,
            Self::Zstd { .. } => 50000,
            Self::Ccitt(Fax::Rle) => 2,
            Self::Ccitt(Fax::Group3 { .. }) => 3,
            Self::Ccitt(Fax::Group4) => 4,
            Self::Ccitt(Fax::RleWords) => 32771,
            Self::Jpeg { .. } => 7,
            Self::Jpeg2000 => 34712,
            Self::JpegXl => 50002,
            Self::Lerc { .. } => 34887,
            Self::Lzma { .. } => 34925,
            Self::WebP => 50001,
        }
    }

    /// Returns whether chunks hold samples of any byte order, which decoding gives in native order
    /// and without a predictor, rather than the bytes of samples.
    pub fn decodes_samples(self) -> bool {
        matches!(
            self,
            Self::Jpeg { .. } | Self::Jpeg2000 | Self::JpegXl | Self::Lerc { .. } | Self::WebP
        )
    }

    /// Returns whether chunks of several samples can be decoded plane after plane
    /// ([`Packed::apart`]), which saves sorting them afterwards.
    pub fn decodes_planes(self) -> bool {
        matches!(self, Self::Jpeg { .. })
    }

    /// Returns whether swath can write it; with which samples, [`Encoder::encode`] says.
    pub fn is_writable(self) -> bool {
        let built = self.optional().is_none_or(|(_, _, built)| built);
        built && !matches!(self, Self::Ccitt(_) | Self::Jpeg2000 | Self::JpegXl)
    }

    /// Returns the tables that all chunks of `samples` samples share and the JPEGTables tag holds;
    /// without them they cannot be decoded.
    ///
    /// # Errors
    ///
    /// `Usage` or `Unsupported` as [`Encoder::encode`] with such samples.
    #[cfg_attr(not(feature = "jpeg"), expect(unused_variables, reason = "JPEG alone has tables"))]
    pub fn tables(self, samples: u16) -> Result<Option<Vec<u8>>> {
        match self {
            #[cfg(feature = "jpeg")]
            Self::Jpeg { ycbcr, quality } => jpeg_encode::tables(samples, ycbcr, quality).map(Some),
            _ => Ok(None),
        }
    }

    /// The name of a codec that is a cargo feature, that feature, and whether it is built in.
    fn optional(self) -> Option<(&'static str, &'static str, bool)> {
        match self {
            Self::Jpeg { .. } => Some(("JPEG", "jpeg", cfg!(feature = "jpeg"))),
            Self::Jpeg2000 => Some(("JPEG 2000", "jp2", cfg!(feature = "jp2"))),
            Self::JpegXl => Some(("JPEG XL", "jxl", cfg!(feature = "jxl"))),
            Self::Lerc { .. } => Some(("LERC", "lerc", cfg!(feature = "lerc"))),
            Self::Lzma { .. } => Some(("LZMA", "lzma", cfg!(feature = "lzma"))),
            Self::WebP => Some(("WebP", "webp", cfg!(feature = "webp"))),
            _ => None,
        }
    }

    fn if_built(self) -> Result<Self> {
        match self.optional() {
            Some((name, feature, false)) => Err(Error::unsupported("compression")
                .found(format!("{name} (number {})", self.tag()))
                .hint(format!("build swath with the cargo feature `{feature}`"))),
            _ => Ok(self),
        }
    }
}

/// Decompresses chunks, with contexts that are made once and reused.
///
/// What a chunk decodes to does not depend on the chunks before it.
#[derive(Default)]
pub struct Decoder {
    inflater: Inflater,
    unpacker: lzw::Unpacker,
    decompressor: zstd::Decompressor,
    /// What lies between two steps of a codec, or is too large for a chunk.
    #[cfg(any(feature = "lerc", feature = "webp"))]
    scratch: Vec<u8>,
    #[cfg(feature = "jpeg")]
    jpeg: jpeg::Scratch,
}

impl Decoder {
    /// Makes a decoder; contexts are allocated when a codec is first met.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decompresses `chunk` into the front of `out` and returns how many bytes were made.
    ///
    /// `out` bounds the work: what the chunk holds beyond it is left undecoded, as in libtiff.
    /// A chunk that ends too early gives fewer bytes than `out` has; the rest of `out` is then
    /// unspecified. Codecs of images ([`Compression::decodes_samples`], CCITT) give the whole of
    /// the chunk's shape, for which `out` has to have room, with rows of packed bits for CCITT.
    ///
    /// # Errors
    ///
    /// `Format`, naming the codec, if the chunk is corrupt or states another size than its shape;
    /// `Unsupported` for what the codec cannot hold or swath cannot decode; `Limit` if memory ran
    /// out.
    pub fn decode(
        &mut self,
        compression: Compression,
        chunk: Packed<'_>,
        out: &mut [u8],
    ) -> Result<usize> {
        let input = chunk.bytes;
        match compression {
            Compression::None => {
                let len = input.len().min(out.len());
                out[..len].copy_from_slice(&input[..len]);
                Ok(len)
            }
            Compression::Deflate { .. } => self.inflater.decode(input, out),
            Compression::Lzw => self.unpacker.decode(input, out),
            Compression::PackBits => Ok(packbits::decode(input, out)),
            Compression::Zstd { .. } => self.decompressor.decode(input, out),
            Compression::Ccitt(fax) => ccitt::decode(fax, chunk, out),
            #[cfg(feature = "jpeg")]
            Compression::Jpeg { ycbcr, .. } => jpeg::decode(chunk, ycbcr, out, &mut self.jpeg),
            #[cfg(feature = "jp2")]
            Compression::Jpeg2000 => jp2::decode(chunk, out),
            #[cfg(feature = "jxl")]
            Compression::JpegXl => jxl::decode(chunk, out),
            #[cfg(feature = "lerc")]
            Compression::Lerc { packing, .. } => {
                let Self { inflater, decompressor, scratch, .. } = self;
                let blobs = lerc::unpack(packing, chunk, inflater, decompressor, scratch)?;
                lerc::decode(blobs, chunk.shape, out)
            }
            #[cfg(feature = "lzma")]
            Compression::Lzma { .. } => lzma::decode(input, out),
            #[cfg(feature = "webp")]
            Compression::WebP => webp::decode(chunk, out, &mut self.scratch),
            #[cfg(not(all(
                feature = "jpeg",
                feature = "jp2",
                feature = "jxl",
                feature = "lerc",
                feature = "lzma",
                feature = "webp"
            )))]
            other => other.if_built().map(|_| 0),
        }
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

/// Compresses chunks, with contexts that are made once and reused.
///
/// The same chunk gives the same bytes, whatever was compressed before.
#[derive(Default)]
pub struct Encoder {
    deflater: deflate::Deflater,
    packer: lzw::Packer,
    compressor: zstd::Compressor,
    /// What lies between two steps of a codec.
    #[cfg(any(feature = "jpeg", feature = "lerc"))]
    scratch: Vec<u8>,
}

impl Encoder {
    /// Makes an encoder; contexts are allocated when a codec is first met.
    pub fn new() -> Self {
        Self::default()
    }

    /// Compresses `chunk` into `out`, whose old content is replaced and whose memory is reused.
    ///
    /// Codecs of bytes (none, deflate, LZW, zstd, LZMA) look at the bytes alone, PackBits also at
    /// rows; the others hold the whole shape against the bytes.
    ///
    /// # Errors
    ///
    /// `Usage` if a level, quality or error is out of its range or there are more or fewer bytes
    /// than the shape has; `Unsupported` for samples that the codec cannot hold and for a codec
    /// that is only decoded; `Limit` if memory ran out or the chunk has too many pixels.
    pub fn encode(
        &mut self,
        compression: Compression,
        chunk: Plain<'_>,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        out.clear();
        let input = chunk.bytes;
        match compression {
            Compression::None => out.extend_from_slice(input),
            Compression::Deflate { level } => self.deflater.encode(level, input, out)?,
            Compression::Lzw => self.packer.encode(input, out),
            Compression::PackBits => {
                let row_bytes = chunk.shape.row_bytes();
                if row_bytes == 0 {
                    return Err(Error::usage("bytes in a row").expected("at least 1").found(0));
                }
                for row in input.chunks(row_bytes) {
                    packbits::encode(row, out);
                }
            }
            Compression::Zstd { level } => self.compressor.encode(level, input, out)?,
            #[cfg(feature = "jpeg")]
            Compression::Jpeg { ycbcr, quality } => {
                jpeg_encode::encode(chunk, ycbcr, quality, &mut self.scratch, out)?;
            }
            #[cfg(feature = "lerc")]
            Compression::Lerc { max_z_error, packing } => {
                self.scratch.clear();
                lerc::encode(chunk, max_z_error, &mut self.scratch)?;
                match packing {
                    LercPacking::Deflate { level } => {
                        self.deflater.encode(level, &self.scratch, out)?;
                    }
                    LercPacking::Zstd { level } => {
                        self.compressor.encode(level, &self.scratch, out)?;
                    }
                    LercPacking::None => out.extend_from_slice(&self.scratch),
                }
            }
            #[cfg(feature = "lzma")]
            Compression::Lzma { level } => lzma::encode(level, input, out)?,
            #[cfg(feature = "webp")]
            Compression::WebP => webp::encode(chunk, out)?,
            other => return Err(Error::unsupported(format!("writing {other}"))),
        }
        Ok(())
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}
