//! How often chunks will be wanted, known before a run begins.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::{Tile, Tiling};
use crate::raster::{CancelFlag, ChunkCache, ChunkKey, Need, Raster, Tell, Window};

/// The most tiles that a run may have.
const TILES: u64 = 1 << 16;
/// The bytes of a run's memory for each chunk that it may ask for: to know of one takes less than a
/// fortieth of that.
const BYTES: u64 = 4096;

/// What is known of the chunks that a run will want, until it is dropped.
#[derive(Debug)]
pub(crate) struct Foresight<'a>(&'a ChunkCache);

impl<'a> Foresight<'a> {
    /// Asks for the chunks of the windows that tiles are made of, on all workers of the pool that this
    /// is called in, and has the cache drop each after its last use. Nothing is known of runs that
    /// are long for the memory they have, nor of chunks in files that nobody looked at: those are
    /// dropped when they were least recently used.
    pub(crate) fn of(
        raster: &Raster,
        window: impl Fn(Tile) -> Window + Sync,
        tiling: &Tiling,
        cache: &'a ChunkCache,
        memory: u64,
        cancel: &CancelFlag,
    ) -> Option<Self> {
        if tiling.len() > TILES {
            return None;
        }
        let (asked, most) = (AtomicU64::new(0), memory / BYTES);
        let each = (0..tiling.len()).into_par_iter().filter_map(|index| {
            let mut asker = Asker { asked: &asked, most, cancel, keys: Vec::new() };
            if asker.goes_on() {
                raster.source().needs(window(tiling.tile(index)?), &mut asker);
            }
            Some(asker.keys)
        });
        let each: Vec<Vec<ChunkKey>> = each.collect();
        // Of a part of what is wanted, all would seem to be wanted no more too early.
        if asked.into_inner() > most || cancel.is_cancelled() {
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
    most: u64,
    cancel: &'a CancelFlag,
    keys: Vec<ChunkKey>,
}

impl Asker<'_> {
    fn goes_on(&self) -> bool {
        self.asked.load(Ordering::Relaxed) <= self.most && !self.cancel.is_cancelled()
    }
}

impl Tell for Asker<'_> {
    fn tell(&mut self, need: Need) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let goes_on = self.goes_on();
        if goes_on {
            self.keys.push(need.key);
        }
        goes_on
    }

    fn may_read(&self) -> bool {
        false
    }
}
