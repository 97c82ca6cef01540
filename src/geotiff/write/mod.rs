//! Writing: the verb [`Raster::write`], and what it stands on.

/// From pixels to compressed chunks, on any worker.
mod encode;
/// Directories, ghost area and where every chunk lies.
mod head;
/// Overviews made in the same pass as the image.
mod pyramid;
/// The file as it grows.
mod sink;

use std::path::Path;

use crate::codec::{Compression, Predictor};
use crate::engine::{Engine, EngineOptions, Observer, Silent};
use crate::error::{Error, Result};
use crate::io::Overwrite;
use crate::raster::{DataType, Raster, Size};

/// How the parts of an output lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Cloud optimized GeoTIFF, as GDAL's COG driver lays it out: directories
    /// first, then the overviews' chunks, smallest overview first, then the image's.
    Cog,
    /// Plain tiled GeoTIFF, directories first.
    Tiled,
}

/// How the pixels of an overview are made of 2x2 pixels of the level above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverviewResampling {
    /// The mean of the valid ones; integers round half up, as in GDAL.
    Average,
    /// The top left one, valid or not.
    Nearest,
}

/// What an output looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteOptions {
    /// How its parts lie in the file.
    pub format: Format,
    /// The codec of every chunk.
    pub compression: Compression,
    /// What is done to samples before they are compressed; `None` picks
    /// [`Predictor::Horizontal`] for integers and [`Predictor::Float`] for
    /// floating point numbers, with the codecs that predictors help.
    pub predictor: Option<Predictor>,
    /// The side of a stored tile in pixels: a multiple of 16, 16 to 8192.
    pub tile: u32,
    /// Whether overviews are stored, each half the one before, until one fits a tile.
    pub overviews: bool,
    /// How the overviews' pixels are made; those of palette images are always
    /// made by [`OverviewResampling::Nearest`].
    pub overview_resampling: OverviewResampling,
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
            predictor: None,
            tile: 512,
            overviews: true,
            overview_resampling: OverviewResampling::Average,
            overwrite: Overwrite::Refuse,
        }
    }
}

impl WriteOptions {
    /// Returns the predictor for samples of `dtype`.
    fn predictor_for(&self, dtype: DataType) -> Result<Predictor> {
        let helps = matches!(
            self.compression,
            Compression::Deflate { .. } | Compression::Lzw | Compression::Zstd { .. }
        );
        match self.predictor {
            Some(Predictor::None) => Ok(Predictor::None),
            Some(predictor) if !helps => Err(Error::usage(format!("predictor {predictor:?}"))
                .expected("deflate, LZW or zstd")
                .found(format!("{:?}", self.compression))),
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

    fn check(&self) -> Result<()> {
        if !self.tile.is_multiple_of(16) || !(16..=8192).contains(&self.tile) {
            return Err(Error::usage("tile side")
                .expected("a multiple of 16 from 16 to 8192")
                .found(self.tile));
        }
        if !self.compression.is_writable() {
            return Err(Error::unsupported(format!("writing {:?}", self.compression)));
        }
        Ok(())
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// The size of the image in pixels.
    pub size: Size,
    /// The number of bands.
    pub bands: u16,
    /// The type of the samples.
    pub dtype: DataType,
    /// The number of overviews.
    pub overviews: usize,
    /// The size of the file in bytes.
    pub bytes: u64,
}

impl Raster {
    /// Writes the raster to a file, with an engine of its own on all cores.
    ///
    /// The file appears under its name once it is complete and synced; until
    /// then, and if anything fails, whatever had the name keeps it.
    ///
    /// # Errors
    /// Whatever keeps a pixel from being made or a byte from being stored.
    pub fn write(&self, path: impl AsRef<Path>, options: &WriteOptions) -> Result<Written> {
        let engine = Engine::new(EngineOptions::default())?;
        self.write_with(&engine, path, options, &mut Silent)
    }

    /// Writes the raster to a file with a given engine and observer, as
    /// [`Raster::write`] does.
    ///
    /// # Errors
    /// As [`Raster::write`], and [`Error::Cancelled`] if the engine was stopped.
    pub fn write_with(
        &self,
        engine: &Engine,
        path: impl AsRef<Path>,
        options: &WriteOptions,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        options.check()?;
        let path = path.as_ref();
        engine.run(self, sink::FileSink::new(path, options.clone()), observer)
    }
}
