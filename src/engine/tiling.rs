//! The canonical order of tiles.

use super::EngineOptions;
use crate::raster::{Info, Size, Window};

/// One unit of output work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// Its place in canonical order, from 0.
    pub index: u64,
    /// Its pixels, cut off at the raster's edge.
    pub window: Window,
}

/// A raster cut into tiles, row by row from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiling {
    raster: Size,
    tile: Size,
}

impl Tiling {
    /// Cuts `raster` into tiles of `tile` pixels; a `tile` of 0 counts as 1.
    pub fn new(raster: Size, tile: Size) -> Self {
        Self { raster, tile: Size::new(tile.width.max(1), tile.height.max(1)) }
    }

    /// Cuts a raster into the tiles that it is best read by: as the options say, else
    /// whole chunks where they are small, so that none is decoded twice.
    pub fn for_reading(info: &Info, options: &EngineOptions) -> Self {
        let side = |chunk: u32| chunk.clamp(256, 1024);
        let tile = Size::new(side(info.chunk.width), side(info.chunk.height));
        Self::new(info.grid.size, options.work.unwrap_or(tile))
    }

    /// Returns whether no chunk of `chunk` pixels, laid from the top left, is in
    /// more than one tile.
    pub fn keeps_whole(&self, chunk: Size) -> bool {
        let whole = |tile: u32, chunk: u32, all: u32| {
            tile >= all || chunk > 0 && tile.is_multiple_of(chunk)
        };
        whole(self.tile.width, chunk.width, self.raster.width)
            && whole(self.tile.height, chunk.height, self.raster.height)
    }

    /// Returns the number of tiles in a row.
    pub fn across(&self) -> u64 {
        u64::from(self.raster.width.div_ceil(self.tile.width))
    }

    /// Returns the number of rows of tiles.
    pub fn down(&self) -> u64 {
        u64::from(self.raster.height.div_ceil(self.tile.height))
    }

    /// Returns the number of tiles.
    pub fn len(&self) -> u64 {
        self.across() * self.down()
    }

    /// Returns whether there are no tiles.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the tile at `index` in canonical order, or `None` beyond the last.
    pub fn tile(&self, index: u64) -> Option<Tile> {
        if index >= self.len() {
            return None;
        }
        // Both fit: they are below the raster's own extent.
        let col = (index % self.across()) as u32 * self.tile.width;
        let row = (index / self.across()) as u32 * self.tile.height;
        let width = self.tile.width.min(self.raster.width - col);
        let height = self.tile.height.min(self.raster.height - row);
        Some(Tile { index, window: Window::new(col.into(), row.into(), width, height) })
    }

    /// Returns all tiles in canonical order.
    pub fn iter(&self) -> impl Iterator<Item = Tile> + use<> {
        let tiling = *self;
        (0..tiling.len()).map_while(move |index| tiling.tile(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_each_pixel_once_in_row_order() {
        let tiling = Tiling::new(Size::new(1000, 300), Size::new(256, 256));
        assert_eq!((tiling.across(), tiling.down()), (4, 2));
        let tiles: Vec<_> = tiling.iter().collect();
        assert_eq!(tiles[5].window, Window::new(256, 256, 256, 44));
        assert_eq!(tiles[7].window, Window::new(768, 256, 232, 44));
        assert_eq!(tiles.iter().map(|t| t.window.pixels()).sum::<u64>(), 300_000);
        assert_eq!(tiling.tile(8), None);
        assert!(tiling.keeps_whole(Size::new(128, 256)) && tiling.keeps_whole(Size::new(64, 1)));
        assert!(!tiling.keeps_whole(Size::new(1000, 1)) && !tiling.keeps_whole(Size::new(96, 96)));
    }
}
