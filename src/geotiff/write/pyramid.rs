//! Overviews made in the same pass as the image.
//!
//! An overview tile is put together from the halves of the (up to) four tiles
//! above it. Whichever worker brings the last one encodes it and passes its
//! half on, so a pixel of an overview depends on the image alone, never on the
//! order in which tiles were done.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::engine::Tiling;
use crate::error::{Error, Result};
use crate::io::Scratch;
use crate::raster::{Buffer, DataType, Pool, Size, Window};

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

/// Where parts wait for the others.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Takes the parts that memory does not.
    pub(super) parked: Scratch,
    /// The bytes of parts kept in memory.
    pub(super) limit: u64,
}

/// The overview tiles that still wait for a part.
#[derive(Debug)]
pub(super) struct Pyramid {
    tilings: Vec<Tiling>,
    parents: Mutex<HashMap<LevelTile, Vec<Part>>>,
    parked: Mutex<Scratch>,
    limit: u64,
    held: AtomicU64,
}

/// A part of an overview tile: the half of a tile above it.
#[derive(Debug)]
enum Part {
    Kept(Buffer),
    Parked(Parked),
}

/// Where the samples of a part lie, plane by plane, and behind them its
/// validity, if it has any.
#[derive(Debug, Clone, Copy)]
struct Parked {
    window: Window,
    bands: u16,
    dtype: DataType,
    masked: bool,
    offset: u64,
}

impl Pyramid {
    pub(super) fn new(tilings: Vec<Tiling>, waiting: Waiting) -> Self {
        Self {
            tilings,
            parents: Mutex::default(),
            parked: Mutex::new(waiting.parked),
            limit: waiting.limit,
            held: AtomicU64::new(0),
        }
    }

    /// Returns the bytes of the parts that wait in memory.
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
    ///
    /// Parts wait in memory while there is room, else in a file: which of them
    /// changes nothing of what they hold.
    pub(super) fn add(&self, tile: LevelTile, part: Buffer, pool: &Pool) -> Result<Option<Buffer>> {
        let Some(place) = self.tilings.get(tile.level).and_then(|t| t.tile(tile.index)) else {
            return Err(Error::defect("overview tile outside its level").found(tile.index));
        };
        let (bands, dtype) = (part.bands(), part.dtype());
        let bytes = size_of_part(&part);
        let part = if self.held.fetch_add(bytes, Ordering::Relaxed) + bytes > self.limit {
            self.held.fetch_sub(bytes, Ordering::Relaxed);
            Part::Parked(self.park(&part)?)
        } else {
            Part::Kept(part)
        };
        let parts = {
            let mut parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
            let parts = parents.entry(tile).or_default();
            parts.push(part);
            if parts.len() < self.parts(tile) {
                return Ok(None);
            }
            parents.remove(&tile).unwrap_or_default()
        };
        let mut whole = Buffer::new(pool, place.window, bands, dtype);
        for part in parts {
            let part = match part {
                Part::Kept(part) => {
                    self.held.fetch_sub(size_of_part(&part), Ordering::Relaxed);
                    part
                }
                Part::Parked(parked) => self.fetch(parked, pool)?,
            };
            for band in 0..bands {
                whole.copy_band(band, &part, band);
            }
        }
        Ok(Some(whole))
    }

    fn park(&self, part: &Buffer) -> Result<Parked> {
        let mut file = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = file.len();
        for band in 0..part.bands() {
            file.append(part.plane_bytes(band))?;
        }
        let masked = part.valid(0).is_some();
        for band in 0..part.bands() {
            file.append(part.valid(band).unwrap_or_default())?;
        }
        let (window, bands, dtype) = (part.window(), part.bands(), part.dtype());
        Ok(Parked { window, bands, dtype, masked, offset })
    }

    fn fetch(&self, parked: Parked, pool: &Pool) -> Result<Buffer> {
        let Parked { window, bands, dtype, masked, mut offset } = parked;
        let mut part = Buffer::new(pool, window, bands, dtype);
        let file = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        for band in 0..bands {
            let plane = part.plane_bytes_mut(band);
            file.read_at(offset, plane)?;
            offset += plane.len() as u64;
        }
        if masked {
            part.add_mask();
            for band in 0..bands {
                let valid = part.valid_mut(band).unwrap_or_default();
                file.read_at(offset, valid)?;
                offset += valid.len() as u64;
            }
        }
        Ok(part)
    }

    /// Returns how many tiles of the level above `tile` is made of: 1, 2 or 4.
    fn parts(&self, tile: LevelTile) -> usize {
        let (parents, parts) = (&self.tilings[tile.level], &self.tilings[tile.level - 1]);
        let (row, col) = (tile.index / parents.across(), tile.index % parents.across());
        let two = |first: u64, all: u64| if first + 1 < all { 2 } else { 1 };
        two(col * 2, parts.across()) * two(row * 2, parts.down())
    }
}

/// Returns the bytes of a part in memory.
fn size_of_part(part: &Buffer) -> u64 {
    Buffer::bytes_for(part.window(), part.bands(), part.dtype())
}

#[cfg(test)]
mod tests {
    use super::*;

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
        // Room for two parts of three: the third waits in the file.
        let dir = tempfile::tempdir().expect("a directory");
        let parked = Scratch::create_in(dir.path()).expect("a file");
        let waiting = Waiting { parked, limit: 2 * 8 * 8 * 2 };
        let tilings = sizes.iter().map(|&s| Tiling::new(s, tile)).collect();
        let pyramid = Pyramid::new(tilings, waiting);
        let pool = Pool::new(0);
        let part = |col: i64, row: i64, value: u8| {
            let mut part = Buffer::new(&pool, Window::new(col, row, 8, 8), 1, DataType::U8);
            part.plane_mut::<u8>(0).fill(value);
            part.add_mask();
            part.valid_mut(0).expect("has a mask")[9] = 0;
            part
        };
        // Tiles of level 0 are 3 across, 2 down; the parent of 0, 1, 3, 4 is 0.
        let at = |index| pyramid.parent(LevelTile { level: 0, index }).expect("has a parent");
        assert_eq!([0, 1, 3, 4].map(|i| at(i).index), [0; 4]);
        assert_eq!([2, 5].map(|i| at(i).index), [1; 2]);
        for (index, col, row) in [(4, 8, 8), (0, 0, 0), (3, 0, 8)] {
            let done = pyramid.add(at(index), part(col, row, index as u8), &pool);
            assert!(done.expect("fits").is_none());
        }
        assert_eq!(pyramid.held(), 2 * 8 * 8 * 2);
        let whole = pyramid.add(at(1), part(8, 0, 1), &pool).expect("fits").expect("whole");
        assert_eq!(whole.window(), Window::new(0, 0, 16, 10));
        let plane = whole.plane::<u8>(0);
        assert_eq!((plane[0], plane[8], plane[8 * 16], plane[8 * 16 + 8]), (0, 1, 3, 4));
        let valid = whole.valid(0).expect("has a mask");
        assert_eq!((valid[17], valid[16], valid[9 * 16 + 9]), (0, 255, 0));
        assert_eq!(pyramid.held(), 0);
    }
}
