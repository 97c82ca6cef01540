//! Writing: the verb [`Raster::write`], and what it stands on.

/// What compresses best, found by trying.
mod choose;
/// From the pixels of a tile to its compressed chunks.
mod chunk;
/// From tiles to the chunks of all levels, on any worker.
mod encode;
/// What writing a raster would take, without doing it.
mod estimate;
/// Directories, ghost area and where every chunk lies.
mod head;
/// Chunks that are moved as they are stored.
mod moves;
/// What an output looks like, as it is asked for.
mod options;
/// What is stored: every default of the options resolved.
mod plan;
/// Overviews made in the same pass as the image.
mod pyramid;
/// The file as it grows.
mod sink;
/// What lies beneath a mask, for codecs that blur it into what is seen.
mod smooth;
/// Statistics of the image's samples, made in the same pass.
mod stats;

use std::path::{Path, PathBuf};

pub(super) use plan::halves;

pub use estimate::WritePlan;
pub use options::{BigTiff, Format, Mask, Overviews, WriteOptions};

use crate::engine::{Engine, EngineOptions, Observer, Silent};
use crate::error::Result;
use crate::raster::{DataType, Raster, Size};

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
    /// Whether a mask is stored with the image and with each overview.
    pub masked: bool,
    /// The number of the image's chunks that were moved from the input as they were stored there.
    pub moved: u64,
    /// The number of the image's chunks that are stored.
    pub chunks: u64,
    /// The number of valid samples of the image that equalled nodata and became a value beside it
    /// ([`avoid_nodata`](crate::kernel::avoid_nodata)).
    pub displaced: u64,
    /// The number of the image's chunks that JPEG compressed before and compresses again, which
    /// loses more, though it was not asked for by [`WriteOptions::recompress`].
    pub degraded: u64,
    /// The size of the file in bytes.
    pub bytes: u64,
    /// The file beside it (`.aux.xml`) that holds its reference system, for which GeoKeys have no
    /// words: without it the image has none.
    pub holds_crs: Option<PathBuf>,
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
    /// As [`Raster::write`], and [`Error::Cancelled`](crate::Error::Cancelled) if the engine was stopped.
    pub fn write_with(
        &self,
        engine: &Engine,
        path: impl AsRef<Path>,
        options: &WriteOptions,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        options.check()?;
        let path = path.as_ref();
        let again = moves::is_lossy_again(self, options);
        let sink = match moves::Moves::find(self, options)? {
            Some((moves, options)) => sink::FileSink::new(path, options).moving(moves),
            None => sink::FileSink::new(path, choose::settled(self, engine, options)?),
        };
        let written = engine.run(self, sink, observer)?;
        let degraded = if again { written.chunks.saturating_sub(written.moved) } else { 0 };
        Ok(Written { degraded, ..written })
    }
}

/// Writes the overviews of a raster to a file whose own image has no chunks.
pub(super) fn write_overviews(
    raster: &Raster,
    engine: &Engine,
    path: &Path,
    options: &WriteOptions,
    observer: &mut dyn Observer,
) -> Result<Written> {
    options.check()?;
    engine.run(raster, sink::FileSink::without_image(path, options.clone()), observer)
}
