//! How files are written: what is typed, and the library's values.

use clap::{Args, ValueEnum};
use swath::codec::{Compression, LercPacking, Predictor};
use swath::geotiff::{
    BigTiff, Format, Interleave, Mask, OverviewResampling, Overviews, WriteOptions,
};
use swath::io::Overwrite;
use swath::raster::{Info, Masked};
use swath::{Error, Result};

/// How files are written.
#[derive(Debug, Clone, Args)]
pub(crate) struct WriteArgs {
    /// The layout of the output.
    #[arg(long, value_enum, default_value_t = Layout::Cog)]
    format: Layout,
    /// The codec of the output.
    #[arg(long, value_enum, default_value_t = Codec::Zstd)]
    compress: Codec,
    /// The effort of the codec: deflate 1-9, zstd 1-22, lzma 0-9.
    #[arg(long, value_name = "N")]
    level: Option<u8>,
    /// The quality of jpeg, 1 to 100 [default: 75].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    quality: Option<u8>,
    /// How far lerc may move a sample, in its own unit [default: 0, not at all].
    #[arg(long, value_name = "ERROR")]
    max_z_error: Option<f64>,
    /// What is done to samples before they are compressed.
    #[arg(long, value_enum, default_value_t = Predict::Auto)]
    predictor: Predict,
    /// The side of a stored tile in pixels, a multiple of 16.
    #[arg(long, value_name = "PIXELS", default_value_t = 512)]
    tile: u32,
    /// Store strips of so many rows instead of tiles (with `--format gtiff`).
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "tile")]
    strips: Option<u32>,
    /// Whether a chunk holds all bands of its pixels or one.
    #[arg(long, value_enum, default_value_t = Bands::Pixel)]
    interleave: Bands,
    /// Which smaller copies are stored with the image: `auto` (halves of halves,
    /// with `--format cog`), `none`, or the factors by which they are smaller.
    #[arg(long, value_name = "auto|none|LIST", default_value = "auto", value_parser = parse_overviews)]
    overviews: Overviews,
    /// How the pixels of smaller copies are made: nearest, average, bilinear,
    /// cubic, lanczos, mode, rms or gauss.
    #[arg(long, value_name = "METHOD", default_value = "average", value_parser = parse_shrink)]
    overview_resampling: OverviewResampling,
    /// How validity is stored that no nodata value states.
    #[arg(long, value_enum, default_value_t = Masks::Auto)]
    mask: Masks,
    /// Leave out chunks that hold nothing but nodata (0 without it).
    #[arg(long)]
    sparse: bool,
    /// Whether the file has 64-bit offsets; `auto` is decided by its size.
    #[arg(long, value_enum, default_value_t = Offsets::Auto)]
    bigtiff: Offsets,
    /// Compress every chunk, also where the input's own could be moved as they are: those of a
    /// file with this codec, predictor and tiling. `--level`, `--quality` and `--max-z-error` imply it.
    #[arg(long)]
    recompress: bool,
    /// Store each band's minimum, maximum, mean and standard deviation.
    #[arg(long)]
    stats: bool,
    /// Replace the output if it exists; a symbolic link is refused.
    #[arg(long)]
    overwrite: bool,
    /// With --overwrite: replace the file that a symbolic link leads to, which may lie anywhere.
    #[arg(long, requires = "overwrite")]
    follow_links: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// Cloud optimized GeoTIFF: overviews, laid out for reading in parts.
    Cog,
    /// Plain tiled GeoTIFF.
    Gtiff,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Codec {
    /// Zstd, at the level that suits a few tiles.
    Auto,
    None,
    Deflate,
    Lzw,
    Packbits,
    Zstd,
    Lzma,
    Lerc,
    #[value(name = "lerc_deflate")]
    LercDeflate,
    #[value(name = "lerc_zstd")]
    LercZstd,
    Jpeg,
    /// Without loss.
    Webp,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Predict {
    /// What makes a few tiles smallest.
    Auto,
    None,
    Horizontal,
    Float,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Bands {
    Pixel,
    Band,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Masks {
    /// As the input has it.
    Auto,
    /// A mask of one bit a pixel, for overviews too.
    Internal,
    /// One more band of opacity.
    Alpha,
    /// Not: missing pixels become nodata, or 0 without it.
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Offsets {
    Auto,
    Yes,
    No,
}

impl WriteArgs {
    /// The side of a stored tile in pixels.
    pub(crate) fn tile(&self) -> u32 {
        self.tile
    }

    /// Replaces the output if it exists, whatever was typed.
    pub(crate) fn replace(&mut self) {
        self.overwrite = true;
    }

    /// What becomes of an output that exists.
    pub(crate) fn overwrite(&self) -> Overwrite {
        match (self.overwrite, self.follow_links) {
            (false, _) => Overwrite::Refuse,
            (true, false) => Overwrite::Replace,
            (true, true) => Overwrite::Follow,
        }
    }

    /// Whether validity becomes a band of opacity.
    pub(crate) fn wants_alpha(&self) -> bool {
        self.mask == Masks::Alpha
    }

    /// Whether what is written of a raster says which of its samples are missing.
    pub(crate) fn tells_missing(&self, info: &Info) -> bool {
        let own = info.nodata.is_some() || info.alpha.is_some();
        own || match self.mask {
            Masks::Auto => info.masked != Masked::No,
            Masks::Internal | Masks::Alpha => true,
            Masks::None => false,
        }
    }

    /// Returns the codec with its parameters; those that it has not are refused.
    fn compression(&self) -> Result<Compression> {
        let name = self.compress.to_possible_value();
        let refuse = |option: &str, codecs: &str| {
            let codec = name.as_ref().map_or("codec", |v| v.get_name());
            Error::usage(format!("{option} with --compress {codec}")).hint(format!("only {codecs}"))
        };
        let levels = match self.compress {
            Codec::Deflate | Codec::LercDeflate => Some((1, 6, 9)),
            Codec::Zstd => Some((1, 3, 22)),
            Codec::LercZstd => Some((1, 9, 22)),
            Codec::Lzma => Some((0, 6, 9)),
            _ => None,
        };
        let level = match (levels, self.level) {
            (None, Some(_)) => return Err(refuse("--level", "deflate, zstd and lzma have levels")),
            (Some((least, _, most)), Some(n)) if !(least..=most).contains(&n) => {
                return Err(Error::usage("--level")
                    .expected(format!("{least} to {most}"))
                    .found(n));
            }
            (levels, level) => level.unwrap_or(levels.map_or(0, |(_, usual, _)| usual)),
        };
        if self.quality.is_some() && self.compress != Codec::Jpeg {
            return Err(refuse("--quality", "jpeg has one"));
        }
        let lerc = [Codec::Lerc, Codec::LercDeflate, Codec::LercZstd].contains(&self.compress);
        if self.max_z_error.is_some() && !lerc {
            return Err(refuse("--max-z-error", "lerc has one"));
        }
        let max_z_error = self.max_z_error.unwrap_or(0.0);
        let lerc = |packing| Compression::Lerc { max_z_error, packing };
        Ok(match self.compress {
            // The level is the one that the predictor is chosen by.
            Codec::Auto => Compression::Zstd { level: 1 },
            Codec::None => Compression::None,
            Codec::Deflate => Compression::Deflate { level },
            Codec::Lzw => Compression::Lzw,
            Codec::Packbits => Compression::PackBits,
            Codec::Zstd => Compression::Zstd { level: level.into() },
            Codec::Lzma => Compression::Lzma { level },
            Codec::Lerc => lerc(LercPacking::None),
            Codec::LercDeflate => lerc(LercPacking::Deflate { level }),
            Codec::LercZstd => lerc(LercPacking::Zstd { level: level.into() }),
            Codec::Jpeg => Compression::Jpeg { ycbcr: true, quality: self.quality.unwrap_or(75) },
            Codec::Webp => Compression::WebP,
        })
    }

    pub(crate) fn options(&self) -> Result<WriteOptions> {
        let compression = self.compression()?;
        let format = match (self.format, self.strips) {
            (Layout::Cog, None) => Format::Cog,
            (Layout::Gtiff, None) => Format::Tiled,
            (Layout::Gtiff, Some(rows)) => Format::Striped { rows },
            (Layout::Cog, Some(_)) => {
                return Err(Error::usage("--strips with --format cog")
                    .hint("a COG is tiled: add --format gtiff"));
            }
        };
        Ok(WriteOptions {
            format,
            compression,
            choose_level: self.compress == Codec::Auto,
            predictor: match self.predictor {
                Predict::Auto => None,
                Predict::None => Some(Predictor::None),
                Predict::Horizontal => Some(Predictor::Horizontal),
                Predict::Float => Some(Predictor::Float),
            },
            tile: self.tile,
            interleave: match self.interleave {
                Bands::Pixel => Interleave::Pixel,
                Bands::Band => Interleave::Band,
            },
            overviews: self.overviews.clone(),
            overview_resampling: self.overview_resampling,
            mask: match self.mask {
                Masks::Auto => Mask::Auto,
                Masks::Internal => Mask::Internal,
                // What is missing is stated by the band that is added.
                Masks::Alpha | Masks::None => Mask::None,
            },
            sparse: self.sparse,
            bigtiff: match self.bigtiff {
                Offsets::Auto => BigTiff::Auto,
                Offsets::Yes => BigTiff::Yes,
                Offsets::No => BigTiff::No,
            },
            recompress: self.recompress
                || self.level.is_some()
                || self.quality.is_some()
                || self.max_z_error.is_some(),
            statistics: self.stats,
            overwrite: self.overwrite(),
        })
    }
}

pub(crate) fn parse_shrink(text: &str) -> Result<OverviewResampling, String> {
    text.parse::<OverviewResampling>().map_err(|e| e.to_string())
}

pub(crate) fn parse_overviews(text: &str) -> Result<Overviews, String> {
    match text {
        "auto" => Ok(Overviews::Auto),
        "none" => Ok(Overviews::None),
        list => list
            .split(',')
            .map(|part| part.trim().parse::<u32>())
            .collect::<Result<_, _>>()
            .map(Overviews::Factors)
            .map_err(|_| format!("expected auto, none or factors such as 2,4,8, found {text:?}")),
    }
}
