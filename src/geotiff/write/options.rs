//! What an output looks like, as it is asked for.

use crate::codec::{Compression, Predictor};
use crate::error::{Error, Result};
use crate::geotiff::Interleave;
use crate::io::Overwrite;
use crate::kernel::OverviewResampling;
use crate::raster::DataType;

/// How the parts of an output lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Cloud optimized GeoTIFF, as GDAL's COG driver lays it out: directories
    /// first, then the overviews' chunks, smallest overview first, then the image's.
    Cog,
    /// Plain tiled GeoTIFF, directories first.
    Tiled,
    /// Plain GeoTIFF in strips as wide as the image, directories first; its
    /// overviews, if any are asked for, are tiled.
    Striped {
        /// The rows of a strip, at least 1; the last strip may have fewer.
        rows: u32,
    },
}

/// Which smaller copies of the image are stored with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overviews {
    /// In a COG each half the one before, until one fits a tile; none elsewhere.
    Auto,
    /// None.
    None,
    /// Those smaller by these factors: 2 to 4096, each greater than the one before.
    Factors(Vec<u32>),
}

/// How validity that no value states is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mask {
    /// As [`Mask::Internal`] where a mask decides which pixels of the raster are
    /// valid, or where a nodata value does and the codec is JPEG, which would
    /// not keep it; else as [`Mask::None`].
    Auto,
    /// As a mask of one bit a pixel beside the image and beside each overview,
    /// compressed by deflate. A pixel is valid if any of its bands is; samples
    /// that are missing in a valid pixel are stored as nodata, or 0 without it; so
    /// are those beneath the mask, except that JPEG smooths them.
    Internal,
    /// Not: missing samples are stored as nodata, or 0 without it.
    None,
}

/// Whether the file has 64-bit offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BigTiff {
    /// If it has to have them, by its size when all of it is known.
    Auto,
    /// Always.
    Yes,
    /// Never: what could become too large, were no chunk any smaller for being
    /// compressed, is refused before anything is written.
    No,
}

/// What an output looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteOptions {
    /// How its parts lie in the file.
    pub format: Format,
    /// The codec of every chunk. JPEG stores three bands of red, green and blue
    /// side by side as luminance and chrominance if it is asked to, others never.
    pub compression: Compression,
    /// Whether deflate and zstd take the level that suits a few tiles instead of
    /// the one that `compression` says: a higher one where it makes them smaller
    /// enough for its time. Sizes decide, so the choice is the same on any machine.
    pub choose_level: bool,
    /// What is done to samples before they are compressed, with the codecs that
    /// predictors help; `None` picks what makes a few tiles smallest.
    pub predictor: Option<Predictor>,
    /// The side of a stored tile in pixels: a multiple of 16, 16 to 8192.
    pub tile: u32,
    /// Whether a chunk holds all bands or one.
    pub interleave: Interleave,
    /// Which overviews are stored.
    pub overviews: Overviews,
    /// How the overviews' pixels are made; those of palette images are always
    /// made by [`OverviewResampling::Nearest`], unless by [`OverviewResampling::Mode`].
    pub overview_resampling: OverviewResampling,
    /// How validity is stored that no value states.
    pub mask: Mask,
    /// Whether chunks that hold nothing but nodata (0 without it) are left out;
    /// readers make them up.
    pub sparse: bool,
    /// Whether the file has 64-bit offsets.
    pub bigtiff: BigTiff,
    /// Whether every chunk is compressed, also where the raster's own chunks could be moved as they
    /// are: those of a file whose codec, predictor and chunks are the output's. Then its level,
    /// quality or error is kept too, and what is stored loses nothing anew. A chunk that is moved
    /// and that neither overviews, a mask nor statistics are made of is not decoded, so that damage
    /// inside it goes unseen.
    pub recompress: bool,
    /// Whether the minimum, maximum, mean and standard deviation of each band
    /// are made in the same pass and stored as GDAL stores them.
    pub statistics: bool,
    /// Whether an existing file is replaced.
    pub overwrite: Overwrite,
}

impl Default for WriteOptions {
    /// A COG of 512-pixel tiles with averaged overviews, compressed by zstd 3,
    /// that replaces nothing.
    fn default() -> Self {
        Self {
            format: Format::Cog,
            compression: Compression::Zstd { level: 3 },
            choose_level: false,
            predictor: None,
            tile: 512,
            interleave: Interleave::Pixel,
            overviews: Overviews::Auto,
            overview_resampling: OverviewResampling::Average,
            mask: Mask::Auto,
            sparse: false,
            bigtiff: BigTiff::Auto,
            recompress: false,
            statistics: false,
            overwrite: Overwrite::Refuse,
        }
    }
}

impl WriteOptions {
    /// Returns the predictor for samples of `dtype`: what is asked for, or what
    /// mostly serves best.
    pub(super) fn predictor_for(&self, dtype: DataType) -> Result<Predictor> {
        let helps = matches!(
            self.compression,
            Compression::Deflate { .. }
                | Compression::Lzw
                | Compression::Lzma { .. }
                | Compression::Zstd { .. }
        );
        match self.predictor {
            Some(Predictor::None) => Ok(Predictor::None),
            Some(predictor) if !helps => Err(Error::usage(match predictor {
                Predictor::Float => "codec with the float predictor",
                _ => "codec with the horizontal predictor",
            })
            .expected("deflate, LZMA, LZW or zstd")
            .found(self.compression)),
            Some(Predictor::Float) if !dtype.is_float() => {
                Err(Error::usage("float predictor").expected("float samples").found(dtype))
            }
            Some(Predictor::Horizontal) if dtype.bytes() > 8 => {
                Err(Error::usage("horizontal predictor")
                    .expected("samples of at most 8 bytes")
                    .found(dtype))
            }
            Some(predictor) => Ok(predictor),
            None if !helps || dtype.is_complex() => Ok(Predictor::None),
            None if dtype.is_float() => Ok(Predictor::Float),
            None => Ok(Predictor::Horizontal),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        if !self.tile.is_multiple_of(16) || !(16..=8192).contains(&self.tile) {
            return Err(Error::usage("tile side")
                .expected("a multiple of 16 from 16 to 8192")
                .found(self.tile));
        }
        if self.format == (Format::Striped { rows: 0 }) {
            return Err(Error::usage("rows of a strip").expected("at least 1").found(0));
        }
        if let Overviews::Factors(factors) = &self.overviews {
            let rising = factors.is_sorted_by(|a, b| a < b);
            if !rising || factors.iter().any(|factor| !(2..=4096).contains(factor)) {
                return Err(Error::usage("factors of overviews")
                    .expected("numbers from 2 to 4096, each greater than the one before")
                    .found(format!("{factors:?}")));
            }
        }
        if !self.compression.is_writable() {
            return Err(Error::unsupported(format!("writing {}", self.compression)));
        }
        Ok(())
    }
}
