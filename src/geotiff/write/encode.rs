//! From tiles to the chunks of all levels, on any worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::chunk::{ChunkMaker, Spent};
use super::moves::Moves;
use super::plan::Plan;
use super::pyramid::{Complete, LevelTile, Pyramid, Waiting};
use super::stats::Gathered;
use crate::engine::{Encode, Tile};
use crate::error::Result;
use crate::kernel::Statistics;
use crate::raster::{Alpha, Buffer, Context, Info, Size, Window, dispatch};

/// Turns tiles into chunks of the image and of its overviews.
#[derive(Debug)]
pub(super) struct TileEncoder {
    plan: Arc<Plan>,
    chunks: ChunkMaker,
    pyramid: Pyramid,
    statistics: Option<Arc<Gathered>>,
    moves: Option<Moves>,
    /// Valid samples of the image that equalled nodata.
    displaced: Arc<AtomicU64>,
    /// Whether the last band is the opacity of the others.
    alpha: bool,
}

/// A compressed chunk and its place.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) tile: LevelTile,
    pub(super) layer: Layer,
    /// `None` if the chunk is left out.
    pub(super) bytes: Option<Vec<u8>>,
    /// Whether it was moved as it was stored.
    pub(super) moved: bool,
}

impl Encoded {
    fn made(tile: LevelTile, layer: Layer, bytes: Option<Vec<u8>>) -> Self {
        Self { tile, layer, bytes, moved: false }
    }

    fn moved(tile: LevelTile, first: u16, bytes: Vec<u8>) -> Self {
        Self { tile, layer: Layer::Image(first), bytes: Some(bytes), moved: true }
    }
}

/// What a chunk of a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    /// The bands from this one on, counted from 0: all, or one.
    Image(u16),
    /// The mask.
    Mask,
}

impl TileEncoder {
    pub(super) fn new(
        info: &Info,
        plan: Arc<Plan>,
        waiting: Waiting,
        spent: Spent,
        statistics: Option<Arc<Gathered>>,
        moves: Option<Moves>,
        displaced: Arc<AtomicU64>,
    ) -> Self {
        Self {
            chunks: ChunkMaker::new(info, plan.clone(), spent),
            pyramid: Pyramid::new(plan.clone(), waiting),
            plan,
            statistics,
            moves,
            displaced,
            // Premultiplied colours average as they are.
            alpha: info.alpha == Some(Alpha::Straight) && info.bands > 1,
        }
    }

    /// Encodes one tile, and every overview tile that it completes.
    fn tile(
        &self,
        place: LevelTile,
        pixels: Buffer,
        cx: &Context<'_>,
        done: &mut Vec<Encoded>,
    ) -> Result<()> {
        let mut complete = self.one(place, pixels, cx, done)?;
        while let Some((place, parts)) = complete.pop() {
            let pixels = self.pyramid.assemble(place, parts, cx.pool)?;
            complete.extend(self.one(place, pixels, cx, done)?);
        }
        Ok(())
    }

    /// Encodes one tile; returns the overview tiles that have all their parts now.
    fn one(
        &self,
        tile: LevelTile,
        mut pixels: Buffer,
        cx: &Context<'_>,
        done: &mut Vec<Encoded>,
    ) -> Result<Vec<Complete>> {
        let displaced = self.chunks.settle(&mut pixels);
        if tile.level == 0 {
            self.displaced.fetch_add(displaced as u64, Ordering::Relaxed);
        }
        if let (Some(statistics), 0) = (&self.statistics, tile.level) {
            statistics.add(&self.plan, &pixels);
        }
        if tile.level > 0 || self.plan.image {
            self.store(tile, &pixels, cx, done)?;
        }
        if self.alpha {
            drop_transparent(&mut pixels);
        }
        self.pyramid.add(tile, &pixels, cx.pool)
    }

    /// Returns the first band of each chunk of a tile.
    fn firsts(&self) -> impl Iterator<Item = u16> {
        (0..self.plan.bands).step_by(self.plan.bands_in_chunk().into())
    }

    /// Returns the stored tiles of a unit of work: one, or several side by side.
    fn tiles(&self, unit: Tile) -> impl Iterator<Item = u64> {
        let image = &self.plan.levels[0];
        let side = (i64::from(image.chunk.width), i64::from(image.chunk.height));
        let across = image.tiling.across();
        let first = (unit.window.row / side.1) as u64 * across + (unit.window.col / side.0) as u64;
        first..first + u64::from(unit.window.width.div_ceil(image.chunk.width))
    }

    /// Makes the chunks of a tile.
    fn store(
        &self,
        tile: LevelTile,
        pixels: &Buffer,
        cx: &Context<'_>,
        done: &mut Vec<Encoded>,
    ) -> Result<()> {
        let level = &self.plan.levels[tile.level];
        let moves = self.moves.as_ref().filter(|_| tile.level == 0);
        for first in self.firsts() {
            if let Some(bytes) = moves.map(|m| m.chunk(tile.index, first)).transpose()?.flatten() {
                done.push(Encoded::moved(tile, first, bytes));
                continue;
            }
            let bytes = self.chunks.image(level, pixels, first, cx)?;
            let bytes = match (moves, bytes) {
                (Some(moves), Some(bytes)) => Some(moves.beside(bytes)?),
                (_, bytes) => bytes,
            };
            done.push(Encoded::made(tile, Layer::Image(first), bytes));
        }
        if self.plan.masked {
            let bytes = self.chunks.mask(level, pixels, cx)?;
            done.push(Encoded::made(tile, Layer::Mask, bytes));
        }
        Ok(())
    }
}

/// Makes the colours of wholly transparent pixels invalid, so that they do not
/// darken the edges of what is seen.
fn drop_transparent(pixels: &mut Buffer) {
    let last = pixels.bands() - 1;
    dispatch!(pixels.dtype(), T => {
        let clear: Vec<bool> =
            pixels.plane::<T>(last).iter().map(|&v| v == <T as bytemuck::Zeroable>::zeroed()).collect();
        if !clear.contains(&true) {
            return;
        }
        pixels.add_mask();
        for band in 0..last {
            let valid = pixels.valid_mut(band).unwrap_or_default();
            for (valid, &clear) in valid.iter_mut().zip(&clear) {
                *valid &= if clear { 0 } else { 255 };
            }
        }
    });
}

impl Encode for TileEncoder {
    type Packet = Vec<Encoded>;

    /// Encodes a unit of work: one stored tile, or several side by side.
    fn encode(&self, unit: Tile, pixels: Buffer, cx: &Context<'_>) -> Result<Self::Packet> {
        let image = &self.plan.levels[0];
        let mut done = Vec::new();
        let mut tiles = self.tiles(unit);
        if unit.window.width <= image.chunk.width {
            let index = tiles.next().unwrap_or(0);
            self.tile(LevelTile { level: 0, index }, pixels, cx, &mut done)?;
            return Ok(done);
        }
        for index in tiles {
            let Some(tile) = image.tiling.tile(index) else { break };
            let mut part = Buffer::new(cx.pool, tile.window, pixels.bands(), pixels.dtype());
            for band in 0..pixels.bands() {
                part.copy_band(band, &pixels, band);
            }
            self.tile(LevelTile { level: 0, index }, part, cx, &mut done)?;
        }
        Ok(done)
    }

    /// Moves the chunks of a unit of work, if nothing else is made of its pixels.
    fn without_pixels(&self, unit: Tile) -> Result<Option<Self::Packet>> {
        let plan = &self.plan;
        let seen = plan.levels.len() > 1 || plan.masked || self.statistics.is_some();
        let Some(moves) = self.moves.as_ref().filter(|_| !seen) else { return Ok(None) };
        let mut done = Vec::new();
        for index in self.tiles(unit) {
            for first in self.firsts() {
                let Some(bytes) = moves.chunk(index, first)? else { return Ok(None) };
                done.push(Encoded::moved(LevelTile { level: 0, index }, first, bytes));
            }
        }
        Ok(Some(done))
    }

    fn footprint(&self, window: Window) -> u64 {
        // Of one stored tile at a time, whole even at the edge: its bytes side by
        // side, and compressed. Besides, a copy of its pixels, and its parts.
        let bytes =
            |size: Size, sample: usize| size.pixels() * u64::from(self.plan.bands) * sample as u64;
        let sample = self.plan.dtype.bytes();
        let statistics = match self.statistics {
            Some(_) => u64::from(self.plan.bands) * Statistics::bytes_for(self.plan.dtype),
            None => 0,
        };
        let stored = self.plan.levels.iter().map(|level| bytes(level.chunk, sample)).max();
        let parts = self.pyramid.footprint(window);
        2 * stored.unwrap_or(0) + bytes(window.size(), sample + 1) + parts + statistics
    }

    fn held(&self) -> u64 {
        self.pyramid.held()
    }
}
