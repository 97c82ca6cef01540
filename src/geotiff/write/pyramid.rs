//! Overviews made in the same pass as the image.
//!
//! An overview tile is put together from the halves of the (up to) four tiles
//! above it. Whichever worker brings the last one encodes it and passes its
//! half on, so a pixel of an overview depends on the image alone, never on the
//! order in which tiles were done.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::Tiling;
use crate::error::{Error, Result};
use crate::raster::{Buffer, DataType, Pool, Size};

/// The levels of an image: 0 is the image itself, each further one half of the
/// one before, rounded up, as gdaladdo makes them: a pixel of an overview
/// stands for exactly 2x2 pixels above it, or what there is of them at the edge.
pub(super) fn level_sizes(size: Size, tile: u32, overviews: bool) -> Vec<Size> {
    let mut sizes = vec![size];
    let mut last = size;
    while overviews && (last.width > tile || last.height > tile) {
        last = Size::new(last.width.div_ceil(2), last.height.div_ceil(2));
        sizes.push(last);
    }
    sizes
}

/// A tile of a level of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct LevelTile {
    /// 0 is the image itself.
    pub(super) level: usize,
    /// The place in the level's row order.
    pub(super) index: u64,
}

/// The overview tiles that still wait for a part.
#[derive(Debug)]
pub(super) struct Pyramid {
    tilings: Vec<Tiling>,
    waiting: Mutex<HashMap<LevelTile, Arc<Mutex<Parent>>>>,
    held: AtomicU64,
}

#[derive(Debug)]
struct Parent {
    pixels: Option<Buffer>,
    missing: u32,
}

impl Pyramid {
    pub(super) fn new(tilings: Vec<Tiling>) -> Self {
        Self { tilings, waiting: Mutex::default(), held: AtomicU64::new(0) }
    }

    /// Returns the bytes of the tiles that wait.
    pub(super) fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }

    /// Returns the overview tile that `tile` is a part of, or `None` for the
    /// smallest level.
    pub(super) fn parent(&self, tile: LevelTile) -> Option<LevelTile> {
        let level = tile.level + 1;
        let parents = self.tilings.get(level)?;
        let across = self.tilings[tile.level].across();
        let (row, col) = (tile.index / across / 2, tile.index % across / 2);
        Some(LevelTile { level, index: row * parents.across() + col })
    }

    /// Adds a part of `tile`; returns the whole tile if it was the last.
    pub(super) fn add(
        &self,
        tile: LevelTile,
        part: &Buffer,
        pool: &Pool,
    ) -> Result<Option<Buffer>> {
        let Some(place) = self.tilings.get(tile.level).and_then(|t| t.tile(tile.index)) else {
            return Err(Error::defect("overview tile outside its level").found(tile.index));
        };
        let bytes = Buffer::bytes_for(place.window, part.bands(), part.dtype());
        let parent = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting
                .entry(tile)
                .or_insert_with(|| {
                    self.held.fetch_add(bytes, Ordering::Relaxed);
                    Arc::new(Mutex::new(Parent { pixels: None, missing: self.parts(tile) }))
                })
                .clone()
        };
        let mut parent = parent.lock().unwrap_or_else(PoisonError::into_inner);
        let pixels = parent
            .pixels
            .get_or_insert_with(|| Buffer::new(pool, place.window, part.bands(), part.dtype()));
        for band in 0..part.bands() {
            pixels.copy_band(band, part, band);
        }
        parent.missing -= 1;
        if parent.missing > 0 {
            return Ok(None);
        }
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&tile);
        self.held.fetch_sub(bytes, Ordering::Relaxed);
        Ok(parent.pixels.take())
    }

    /// Returns how many tiles of the level above `tile` is made of: 1, 2 or 4.
    fn parts(&self, tile: LevelTile) -> u32 {
        let (parents, parts) = (&self.tilings[tile.level], &self.tilings[tile.level - 1]);
        let (row, col) = (tile.index / parents.across(), tile.index % parents.across());
        let two = |first: u64, all: u64| if first + 1 < all { 2 } else { 1 };
        two(col * 2, parts.across()) * two(row * 2, parts.down())
    }
}

/// Returns the most bytes that the waiting tiles of an image's overviews take:
/// about one row of tiles of the first overview, and as much again for the rest.
pub(super) fn waiting_bytes(size: Size, tile: u32, bands: u16, dtype: DataType) -> u64 {
    let row = u64::from(size.width.div_ceil(2)) * u64::from(tile);
    2 * row * u64::from(bands) * (dtype.bytes() as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Window;

    #[test]
    fn levels_halve_until_one_tile_holds_all() {
        let sizes = level_sizes(Size::new(1301, 700), 512, true);
        assert_eq!(sizes[1..], [Size::new(651, 350), Size::new(326, 175)]);
        assert_eq!(level_sizes(Size::new(512, 512), 512, true).len(), 1);
        assert_eq!(level_sizes(Size::new(9000, 9000), 512, false).len(), 1);
    }

    #[test]
    fn a_tile_is_whole_when_its_last_part_comes_in_any_order() {
        let tile = Size::new(16, 16);
        let sizes = [Size::new(40, 20), Size::new(20, 10)];
        let pyramid = Pyramid::new(sizes.iter().map(|&s| Tiling::new(s, tile)).collect());
        let pool = Pool::new(0);
        let part = |col: i64, row: i64, value: u8| {
            let mut part = Buffer::new(&pool, Window::new(col, row, 8, 8), 1, DataType::U8);
            part.plane_mut::<u8>(0).fill(value);
            part
        };
        // Tiles of level 0 are 3 across, 2 down; the parent of 0, 1, 3, 4 is 0.
        let at = |index| pyramid.parent(LevelTile { level: 0, index }).expect("has a parent");
        assert_eq!([0, 1, 3, 4].map(|i| at(i).index), [0; 4]);
        assert_eq!([2, 5].map(|i| at(i).index), [1; 2]);
        for (index, col, row) in [(4, 8, 8), (0, 0, 0), (3, 0, 8)] {
            let done = pyramid.add(at(index), &part(col, row, index as u8), &pool);
            assert!(done.expect("fits").is_none());
        }
        assert_eq!(pyramid.held(), 16 * 10 * 2);
        let whole = pyramid.add(at(1), &part(8, 0, 1), &pool).expect("fits").expect("whole");
        assert_eq!(whole.window(), Window::new(0, 0, 16, 10));
        let plane = whole.plane::<u8>(0);
        assert_eq!((plane[0], plane[8], plane[8 * 16], plane[8 * 16 + 8]), (0, 1, 3, 4));
        assert_eq!(pyramid.held(), 0);
    }
}
