//! What compresses best, found by trying.

use std::sync::Arc;

use super::WriteOptions;
use super::chunk::{ChunkMaker, Spent};
use super::plan::{LevelPlan, Plan};
use crate::codec::Predictor;
use crate::engine::Engine;
use crate::error::Result;
use crate::raster::{Buffer, ChunkCache, Context, Info, Pool, Raster, Size, Window};

/// How many tiles are tried.
const TILES: u64 = 4;
/// At most so many columns and rows of each are.
const SIDE: u32 = 256;

/// Returns the options with the predictor that makes the smallest chunks of a
/// few tiles, of several the one that usually does, unless one is asked for or
/// the codec takes none.
///
/// Which tiles are tried depends on the raster's size and the options alone, so
/// the choice is the same however the work is done.
pub(super) fn settled(
    raster: &Raster,
    engine: &Engine,
    options: &WriteOptions,
) -> Result<WriteOptions> {
    let info = raster.info();
    let usual = options.predictor_for(info.dtype)?;
    let mut settled = WriteOptions { predictor: Some(usual), ..options.clone() };
    let others = [Predictor::None, Predictor::Horizontal, Predictor::Float];
    let with = |predictor| WriteOptions { predictor: Some(predictor), ..options.clone() };
    let fits = |&predictor: &Predictor| {
        predictor != usual && with(predictor).predictor_for(info.dtype).is_ok()
    };
    // Without one no codec is helped by one.
    if options.predictor.is_some() || usual == Predictor::None {
        return Ok(settled);
    }
    let Some(samples) = samples(raster, engine, options)? else { return Ok(settled) };
    let mut least = bytes(info, &settled, &samples, engine)?;
    for predictor in others.into_iter().filter(fits) {
        let tried = with(predictor);
        let bytes = bytes(info, &tried, &samples, engine)?;
        if bytes < least {
            (least, settled) = (bytes, tried);
        }
    }
    Ok(settled)
}

/// Reads parts of a few tiles; `None` if that needs more memory than there is:
/// the run will then be refused.
fn samples(
    raster: &Raster,
    engine: &Engine,
    options: &WriteOptions,
) -> Result<Option<Vec<Buffer>>> {
    let info = raster.info();
    let tiling = crate::engine::Tiling::new(info.grid.size, Size::new(options.tile, options.tile));
    let mut samples: Vec<Buffer> = Vec::new();
    let memory = engine.options().memory;
    for k in 0..TILES {
        let index =
            (u128::from(tiling.len()) * u128::from(2 * k + 1) / u128::from(2 * TILES)) as u64;
        let Some(tile) = tiling.tile(index) else { continue };
        let Window { col, row, width, height } = tile.window;
        let window = Window::new(col, row, width.min(SIDE), height.min(SIDE));
        if samples.iter().any(|sample| sample.window() == window) {
            continue;
        }
        let own = Buffer::bytes_for(window, info.bands, info.dtype);
        if own.saturating_mul(TILES) + raster.source().footprint(window) > memory {
            return Ok(None);
        }
        samples.push(with_context(engine, |cx| cx.read(raster, window))?);
    }
    Ok(Some(samples))
}

/// Returns the bytes of the chunks that the samples make.
fn bytes(
    info: &Info,
    options: &WriteOptions,
    samples: &[Buffer],
    engine: &Engine,
) -> Result<usize> {
    let plan = Arc::new(Plan::new(info, options)?);
    let chunks = ChunkMaker::new(info, plan.clone(), Spent::default());
    // As large as the sample.
    let level = LevelPlan { tiled: false, ..plan.levels[0] };
    let mut bytes = 0;
    for sample in samples {
        for first in (0..plan.bands).step_by(plan.bands_in_chunk().into()) {
            let chunk = with_context(engine, |cx| {
                let mut pixels = Buffer::new(cx.pool, sample.window(), plan.bands, plan.dtype);
                (0..plan.bands).for_each(|band| pixels.copy_band(band, sample, band));
                chunks.settle(&mut pixels);
                chunks.image(&level, &pixels, first, cx)
            })?;
            bytes += chunk.map_or(0, |chunk| chunk.len());
        }
    }
    Ok(bytes)
}

fn with_context<T>(engine: &Engine, make: impl FnOnce(&Context<'_>) -> Result<T>) -> Result<T> {
    make(&Context {
        pool: &Pool::new(0),
        cache: &ChunkCache::new(engine.options().memory / 8),
        cancel: &engine.cancel_flag(),
        once: false,
        trial: true,
    })
}
