//! What compresses best, found by trying.

use std::sync::Arc;

use super::WriteOptions;
use super::chunk::{ChunkMaker, Spent};
use super::plan::Plan;
use crate::codec::{ChunkShape, Plain, Predictor, choose_level, choose_predictor};
use crate::engine::{Engine, Tiling, too_large};
use crate::error::Result;
use crate::raster::{Buffer, ChunkCache, Context, Pool, Raster, Size, Window};

/// How many tiles are tried.
const TILES: u64 = 4;
/// At most so many columns and rows of each are.
const SIDE: u32 = 256;
/// And at most so many bytes, unless a row is more.
const BYTES: u64 = 2 << 20;

/// Returns the options with the predictor that makes the chunks of a few tiles
/// smallest, unless one is asked for or the codec takes none, and the level that
/// suits them if that is asked for.
///
/// Which tiles are tried depends on the raster and the options alone, so the
/// choice is the same however the work is done.
pub(super) fn settled(
    raster: &Raster,
    engine: &Engine,
    options: &WriteOptions,
) -> Result<WriteOptions> {
    let usual = options.predictor_for(raster.info().dtype)?;
    let mut settled = WriteOptions { predictor: Some(usual), ..options.clone() };
    // No predictor is usual only where none can be had.
    let any = options.predictor.is_none() && usual != Predictor::None;
    // The parts of complex samples are more than the trial knows of.
    let level = options.choose_level && !raster.info().dtype.is_complex();
    if !any && !level {
        return Ok(settled);
    }
    let samples = samples(raster, engine, &settled)?;
    let chunks: Vec<_> = samples.iter().map(|(shape, bytes)| plain(*shape, bytes)).collect();
    if any {
        settled.predictor = Some(choose_predictor(options.compression, &chunks)?);
    }
    if level {
        let predictor = settled.predictor.unwrap_or(usual);
        settled.compression = choose_level(options.compression, predictor, &chunks)?;
    }
    Ok(settled)
}

fn plain(shape: ChunkShape, bytes: &[u8]) -> Plain<'_> {
    Plain { bytes, shape, nodata: None }
}

/// Returns parts of a few tiles as chunks; fails if that needs more memory than there is: what is
/// chosen must not depend on it.
fn samples(
    raster: &Raster,
    engine: &Engine,
    options: &WriteOptions,
) -> Result<Vec<(ChunkShape, Vec<u8>)>> {
    let info = raster.info();
    let plan = Arc::new(Plan::new(info, options)?);
    let maker = ChunkMaker::new(info, plan.clone(), Spent::default());
    let tiling = Tiling::new(info.grid.size, Size::new(options.tile, options.tile));
    let (mut windows, mut chunks, mut held) = (Vec::new(), Vec::new(), 0);
    for k in 0..TILES {
        let index =
            (u128::from(tiling.len()) * u128::from(2 * k + 1) / u128::from(2 * TILES)) as u64;
        let Some(tile) = tiling.tile(index) else { continue };
        let Window { col, row, width, height } = tile.window;
        let width = width.min(SIDE);
        let line = Buffer::bytes_for(Window::new(col, row, width, 1), info.bands, info.dtype);
        let rows = (BYTES / line).clamp(1, SIDE.into()) as u32;
        let window = Window::new(col, row, width, height.min(rows));
        if windows.contains(&window) {
            continue;
        }
        windows.push(window);
        let own = Buffer::bytes_for(window, info.bands, info.dtype);
        held += own;
        let most = held + own + raster.source().footprint(window);
        if most > engine.options().memory {
            return Err(too_large(most, engine.options().memory));
        }
        let shape = maker.shape(window.size());
        let mut pixels = with_context(engine, |cx| cx.read(raster, window))?;
        maker.settle(&mut pixels);
        for first in (0..plan.bands).step_by(plan.bands_in_chunk().into()) {
            let mut bytes = vec![0; shape.row_bytes() * shape.height as usize];
            maker.lay_out(&pixels, first, shape, &mut bytes);
            chunks.push((shape, bytes));
        }
    }
    Ok(chunks)
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
