//! The codecs behind one door.

use super::{deflate, inflate, lzw, packbits, zstd};
use crate::error::{Error, Result};

/// How the bytes of a chunk are compressed, with the parameters that encoding needs.
///
/// Parameters play no part in decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
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
}

impl Compression {
    /// Makes a codec of the value of the Compression tag, with its usual parameters.
    ///
    /// # Errors
    ///
    /// `Unsupported`, naming the codec, if swath cannot decode it.
    pub fn from_tag(tag: u16) -> Result<Self> {
        let name = match tag {
            1 => return Ok(Self::None),
            5 => return Ok(Self::Lzw),
            // 32946 is the number Deflate had before Adobe registered 8.
            8 | 32946 => return Ok(Self::Deflate { level: 6 }),
            32773 => return Ok(Self::PackBits),
            50000 => return Ok(Self::Zstd { level: 9 }),
            2 => "CCITT RLE",
            3 => "CCITT Group 3 fax",
            4 => "CCITT Group 4 fax",
            6 => "old-style JPEG",
            7 | 34892 => "JPEG",
            9 => "JBIG (T.85)",
            10 => "JBIG (T.43)",
            32766 => "NeXT 2-bit RLE",
            32771 => "CCITT RLE, word-aligned",
            32809 => "ThunderScan",
            32895..=32898 => "Kodak/IT8 prepress",
            32908 => "PixarFilm",
            32909 => "PixarLog",
            32947 => "Kodak DCS",
            33003 | 33005 => "Aperio JPEG 2000",
            34661 => "JBIG",
            34676 => "SGILog",
            34677 => "SGILog24",
            34712 | 34713 => "JPEG 2000 or Nikon NEF",
            34887 => "LERC",
            34925 => "LZMA",
            34926 | 50001 => "WebP",
            50002 | 52546 => "JPEG XL",
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
        }
    }
}

/// Decompresses chunks, with contexts that are made once and reused.
///
/// What a chunk decodes to does not depend on the chunks before it.
#[derive(Default)]
pub struct Decoder {
    inflater: inflate::Inflater,
    unpacker: lzw::Unpacker,
    decompressor: zstd::Decompressor,
}

impl Decoder {
    /// Makes a decoder; contexts are allocated when a codec is first met.
    pub fn new() -> Self {
        Self::default()
    }

    /// Decompresses `input` into the front of `out` and returns how many bytes were made.
    ///
    /// `out` bounds the work: what the chunk holds beyond it is left undecoded, as in libtiff.
    /// A chunk that ends too early gives fewer bytes than `out` has; the rest of `out` is then
    /// unspecified.
    ///
    /// # Errors
    ///
    /// `Format`, naming the codec, if `input` is corrupt; `Limit` if memory ran out.
    pub fn decode(
        &mut self,
        compression: Compression,
        input: &[u8],
        out: &mut [u8],
    ) -> Result<usize> {
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
}

impl Encoder {
    /// Makes an encoder; contexts are allocated when a codec is first met.
    pub fn new() -> Self {
        Self::default()
    }

    /// Compresses `input`, rows of `row_bytes` bytes (only PackBits looks at rows), into `out`,
    /// whose old content is replaced and whose memory is reused.
    ///
    /// # Errors
    ///
    /// `Usage` if a level is out of its range or `row_bytes` is 0; `Limit` if memory ran out.
    pub fn encode(
        &mut self,
        compression: Compression,
        input: &[u8],
        row_bytes: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        out.clear();
        match compression {
            Compression::None => out.extend_from_slice(input),
            Compression::Deflate { level } => self.deflater.encode(level, input, out)?,
            Compression::Lzw => self.packer.encode(input, out),
            Compression::PackBits => {
                if row_bytes == 0 {
                    return Err(Error::usage("bytes in a row").expected("at least 1").found(0));
                }
                for row in input.chunks(row_bytes) {
                    packbits::encode(row, out);
                }
            }
            Compression::Zstd { level } => self.compressor.encode(level, input, out)?,
        }
        Ok(())
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}
