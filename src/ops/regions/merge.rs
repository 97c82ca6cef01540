//! Regions that go on from tile to tile, in the whole raster.

use super::tile::{Open, RimPixel, Rims, TILE, labels_of};
use crate::engine::{Encode, Engine, EngineOptions, Observer, Sink, Tile, Tiling};
use crate::kernel::{Connect, root, union};
use crate::ops::held::Held;
use crate::raster::{Buffer, Context, Info, Raster, Size, Window};
use crate::{Error, Result};

/// The regions of a raster that lie in more than one tile, or may.
#[derive(Debug)]
pub(super) struct Merged {
    tiling: Tiling,
    /// For each tile, how many such regions those before it have.
    bases: Vec<u32>,
    /// For each of them the first of those that are one region, itself if it is.
    roots: Vec<u32>,
    /// For each of them the pixels it has, if they were counted; all of a region's at its root.
    pub(super) sizes: Vec<u64>,
}

impl Merged {
    /// Finds the regions of a raster of one band.
    pub(super) fn find(
        raster: &Raster,
        engine: &Engine,
        connect: Connect,
        sized: bool,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let size = raster.info().grid.size;
        let held = Held::new(engine);
        let tiling = Tiling::new(size, TILE);
        // A file of a few bytes may claim to be as wide as can be.
        held.note(WHAT, rows_bytes(size), 0)?;
        let row = vec![RimPixel::default(); size.width as usize + 2];
        let merging = Merging {
            merged: Self { tiling, bases: Vec::new(), roots: Vec::new(), sizes: Vec::new() },
            connect,
            sized,
            size,
            above: row.clone(),
            below: row,
            left: Vec::new(),
            held: &held,
        };
        engine.run(raster, merging, observer)
    }

    /// The number, in the whole raster, of a tile's region; all that are one region have that
    /// of the first.
    pub(super) fn root(&self, tile: u64, number: u32) -> u32 {
        self.roots[(self.bases[tile as usize] + number - 1) as usize]
    }

    /// The roots of all, in order.
    pub(super) fn roots(&self) -> &[u32] {
        &self.roots
    }

    /// The tiles.
    pub(super) fn tiling(&self) -> Tiling {
        self.tiling
    }

    /// The bytes it takes.
    pub(super) fn bytes(&self) -> u64 {
        (self.bases.len() + self.roots.len()) as u64 * 4 + self.sizes.len() as u64 * 8
    }
}

/// What takes memory here.
const WHAT: &str = "regions that go on from tile to tile";

/// The bytes of two rows of pixels of a raster.
fn rows_bytes(size: Size) -> u64 {
    (u64::from(size.width) + 2) * 2 * size_of::<RimPixel>() as u64
}

struct Merging<'a> {
    merged: Merged,
    connect: Connect,
    sized: bool,
    size: Size,
    /// The pixels above the row of tiles, and the last of the row itself, one more on each side.
    above: Vec<RimPixel>,
    below: Vec<RimPixel>,
    /// The last column of the tile before.
    left: Vec<RimPixel>,
    held: &'a Held,
}

struct Finder<'a> {
    connect: Connect,
    sized: bool,
    size: Size,
    held: &'a Held,
}

/// What one tile has.
struct Found {
    rims: Rims,
    /// How many regions may go on elsewhere.
    open: u32,
    /// The pixels of each of them, if they are counted.
    sizes: Vec<u32>,
}

impl Encode for Finder<'_> {
    type Packet = Found;

    fn encode(&self, tile: Tile, pixels: Buffer, _cx: &Context<'_>) -> Result<Found> {
        let (labels, regions) = labels_of(&pixels, self.connect);
        let open = Open::of(&labels, regions, tile.window, self.size);
        let mut sizes = vec![0u32; if self.sized { open.count as usize + 1 } else { 0 }];
        if self.sized {
            labels.iter().for_each(|&label| sizes[open.numbers[label as usize] as usize] += 1);
        }
        Ok(Found { rims: Rims::of(&pixels, &labels, &open), open: open.count, sizes })
    }

    fn footprint(&self, window: Window) -> u64 {
        // Labels, and up to a region a pixel: its parent and its number.
        window.pixels() * 12 + Rims::bytes(window)
    }

    fn held(&self) -> u64 {
        self.held.bytes()
    }
}

impl<'a> Sink for Merging<'a> {
    type Encoder = Finder<'a>;
    type Output = Merged;

    fn begin(&mut self, _info: &Info, _options: &EngineOptions) -> Result<(Tiling, Finder<'a>)> {
        let Self { connect, sized, size, held, .. } = *self;
        Ok((self.merged.tiling, Finder { connect, sized, size, held }))
    }

    fn put(&mut self, tile: Tile, mut found: Found) -> Result<()> {
        let merged = &mut self.merged;
        let base = u32::try_from(merged.roots.len()).ok();
        let end = base.and_then(|base| base.checked_add(found.open)).filter(|&end| end < u32::MAX);
        let (Some(base), Some(end)) = (base, end) else {
            return Err(Error::limit("regions that go on from tile to tile")
                .expected(format!("less than {}", u32::MAX)));
        };
        merged.bases.push(base);
        merged.roots.extend(base..end);
        if self.sized {
            merged.sizes.extend(found.sizes.iter().skip(1).map(|&size| u64::from(size)));
        }
        let rims = &mut found.rims;
        for rim in [&mut rims.top, &mut rims.bottom, &mut rims.left, &mut rims.right] {
            for pixel in rim.iter_mut().filter(|pixel| pixel.region != 0) {
                pixel.region += base;
            }
        }
        // A tile's first column is `first` of a row that has one pixel more on the left.
        let (first, width) = (tile.window.col as usize + 1, tile.window.width as usize);
        if first == 1 {
            std::mem::swap(&mut self.above, &mut self.below);
            self.left.clear();
        }
        let reach = usize::from(self.connect == Connect::Eight);
        let roots = &mut merged.roots;
        for (at, &pixel) in (first..).zip(&rims.top) {
            for &other in &self.above[at - reach..=at + reach] {
                join(roots, pixel, other);
            }
        }
        for (at, &pixel) in rims.left.iter().enumerate() {
            let beside = at.saturating_sub(reach)..(at + reach + 1).min(self.left.len());
            for &other in self.left.get(beside).unwrap_or_default() {
                join(roots, pixel, other);
            }
        }
        self.below[first..first + width].copy_from_slice(&rims.bottom);
        self.left = std::mem::take(&mut rims.right);
        self.held.note(WHAT, merged.bytes() + rows_bytes(self.size), 0)
    }

    fn finish(mut self) -> Result<Merged> {
        let merged = &mut self.merged;
        for at in 0..merged.roots.len() {
            let own = root(&mut merged.roots, at as u32);
            merged.roots[at] = own;
            if self.sized && own as usize != at {
                let size = std::mem::take(&mut merged.sizes[at]);
                merged.sizes[own as usize] += size;
            }
        }
        Ok(self.merged)
    }
}

/// Makes the regions of two pixels next to each other one, if their values are equal.
fn join(roots: &mut [u32], a: RimPixel, b: RimPixel) {
    if a.region != 0 && b.region != 0 && a.bits == b.bits {
        union(roots, a.region - 1, b.region - 1);
    }
}
