//! How often chunks will be wanted, known before a run begins.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::{Tile, Tiling};
use crate::raster::{CancelFlag, ChunkCache, ChunkKey, Need, Raster, Tell, Window};

/// The most tiles that a run may have, and chunks that it may ask for: what is known of them takes
/// some tens of bytes each.
const TILES: u64 = 1 << 16;
const CHUNKS: u64 = 1 << 20;

/// What is known of the chunks that a run will want, until it is dropped.
#[derive(Debug)]
pub(crate) struct Foresight<'a>(&'a ChunkCache);

impl<'a> Foresight<'a> {
    /// Asks for the chunks of the windows that tiles are made of, on all workers of the pool that this is called in, and has the
    /// cache drop each after its last use. Nothing is known of long runs, nor of chunks in
    /// files that are not open: those are dropped when they were least recently used.
    pub(crate) fn of(
        raster: &Raster,
        window: impl Fn(Tile) -> Window + Sync,
        tiling: &Tiling,
        cache: &'a ChunkCache,
        cancel: &CancelFlag,
    ) -> Option<Self> {
        if tiling.len() > TILES {
            return None;
        }
        let asked = AtomicU64::new(0);
        let each = (0..tiling.len()).into_par_iter().map(|index| {
            let mut asker = Asker { asked: &asked, keys: Vec::new() };
            if let Some(tile) = tiling.tile(index)
                && !cancel.is_cancelled()
                && asked.load(Ordering::Relaxed) <= CHUNKS
            {
                raster.source().needs(window(tile), &mut asker);
            }
            asker.keys
        });
        let each: Vec<Vec<ChunkKey>> = each.collect();
        // Of a part of what is wanted, all would seem to be wanted no more too early.
        if asked.into_inner() > CHUNKS {
            return None;
        }
        cache.expect(each.into_iter().flatten());
        Some(Self(cache))
    }
}

impl Drop for Foresight<'_> {
    fn drop(&mut self) {
        self.0.expect_nothing();
    }
}

/// Takes note of the chunks of one tile.
struct Asker<'a> {
    asked: &'a AtomicU64,
    keys: Vec<ChunkKey>,
}

impl Tell for Asker<'_> {
    fn tell(&mut self, need: Need) {
        if self.asked.fetch_add(1, Ordering::Relaxed) < CHUNKS {
            self.keys.push(need.key);
        }
    }

    fn may_open(&self) -> bool {
        false
    }
}
