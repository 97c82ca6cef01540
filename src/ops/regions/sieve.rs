//! The verb [`Raster::sieve`](crate::Raster::sieve): small regions become part of larger ones.

use std::collections::HashMap;
use std::sync::Arc;

use super::merge::Merged;
use super::polygonize::real_band;
use super::tile::{Open, RimPixel, Rims, TILE, bits_at, from_bits, labels_of};
use crate::engine::{Encode, Engine, EngineOptions, Observer, Sink, Tile, Tiling};
use crate::kernel::Connect;
use crate::ops::held::Held;
use crate::ops::settled::without_statistics;
use crate::raster::{
    Buffer, Context, Info, Raster, Sample, Size, Source, Tell, Window, dispatch_real,
};
use crate::{Error, Result};

impl Raster {
    /// Returns a band (from 0) of this raster in which each region of less than `threshold`
    /// pixels has the value of its largest neighbour, by the rules of GDALSieveFilter: of
    /// neighbours of one size that counts which comes first, row by row; where the largest
    /// is below the threshold too, its own largest neighbour takes its place, and so on; and
    /// where no way leads to a region that is large enough, nothing changes. Missing samples
    /// stay missing, and are nobody's neighbours.
    ///
    /// The raster is read twice here, for what lies in several tiles of 256 x 256 pixels (up
    /// to 70 bytes are kept for each region that touches the rim of one), and again when
    /// pixels of the result are made.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is no such band or the threshold is 0,
    /// [`Error::Unsupported`] if samples are complex, [`Error::Limit`] if there are more
    /// regions than half of the engine's memory has room for; whatever keeps a pixel from
    /// being made.
    pub fn sieve(
        &self,
        band: u16,
        threshold: u64,
        connect: Connect,
        engine: &Engine,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let input = real_band(self, band)?;
        if threshold == 0 {
            return Err(Error::usage("threshold").expected("1 pixel or more").found(0));
        }
        let merged = Merged::find(&input, engine, connect, true, observer)?;
        let plan = Plan { merged, threshold, connect, size: input.info().grid.size };
        let held = Held::new(engine);
        let meeting = plan.rows_bytes() + plan.merged.bytes();
        held.note(WHAT, meeting, 0)?;
        let row = vec![Beside::default(); plan.size.width as usize + 2];
        let meeting = Meeting {
            plan: &plan,
            best: HashMap::new(),
            above: row.clone(),
            below: row,
            left: Vec::new(),
            held: &held,
        };
        let targets = engine.run(&input, meeting, observer)?;
        let info = input.info();
        let metadata = Arc::new(without_statistics(&info.metadata));
        let info = Info { chunk: TILE, metadata, ..info.clone() };
        Ok(Self::new(Sieved { input, info, plan, targets }))
    }
}

/// What is known of the whole raster.
#[derive(Debug)]
struct Plan {
    merged: Merged,
    threshold: u64,
    connect: Connect,
    size: Size,
}

/// Where two pixels are compared: the later one, and which of its neighbours the other is.
type Meet = (u32, u32, u8);

/// What becomes of a small region by way of a neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Nothing.
    Stays,
    /// It gets a value, as bits.
    Takes(u64),
    /// The same as of this region, which has parts in several tiles.
    Follows(u32),
}

/// A neighbour of a region: the largest so far.
#[derive(Debug, Clone, Copy)]
struct Best<T> {
    size: u64,
    meet: Meet,
    what: T,
}

impl<T> Best<T> {
    /// Whether it comes before another.
    fn beats(&self, other: &Self) -> bool {
        self.size > other.size || self.size == other.size && self.meet < other.meet
    }
}

/// The regions of one tile, and what becomes of them.
struct Local {
    labels: Vec<u32>,
    open: Open,
    /// By label, for those with parts in several tiles: the region's number in the raster.
    roots: Vec<Option<u32>>,
    /// By label: the pixels of the region in the whole raster, its value, its neighbour.
    sizes: Vec<u64>,
    bits: Vec<u64>,
    best: Vec<Option<Best<u32>>>,
    /// By label, what becomes of small regions that lie in this tile alone.
    ends: Vec<Option<End>>,
}

/// What takes memory here.
const WHAT: &str = "regions to sieve";

impl Plan {
    /// The bytes of two rows of pixels.
    fn rows_bytes(&self) -> u64 {
        (u64::from(self.size.width) + 2) * 2 * size_of::<Beside>() as u64
    }

    fn is_small(&self, size: u64) -> bool {
        size < self.threshold
    }

    /// Finds the regions of a tile whose pixels these are.
    fn look(&self, tile: u64, pixels: &Buffer) -> Local {
        let window = pixels.window();
        let (labels, count) = labels_of(pixels, self.connect);
        let open = Open::of(&labels, count, window, self.size);
        let mut sizes = vec![0u64; count as usize + 1];
        let mut places = vec![0; count as usize + 1];
        for (at, &label) in labels.iter().enumerate() {
            sizes[label as usize] += 1;
            places[label as usize] = at;
        }
        let bits = bits_at(pixels, places.into_iter());
        let root = |&number: &u32| (number != 0).then(|| self.merged.root(tile, number));
        let roots: Vec<Option<u32>> = open.numbers.iter().map(root).collect();
        for (size, root) in sizes.iter_mut().zip(&roots) {
            if let Some(root) = root {
                *size = self.merged.sizes[*root as usize];
            }
        }
        let best = vec![None; count as usize + 1];
        let ends = vec![None; count as usize + 1];
        let mut local = Local { labels, open, roots, sizes, bits, best, ends };
        if local.sizes[1..].iter().any(|&size| self.is_small(size)) {
            self.meet(window, &mut local);
            self.settle(&mut local);
        }
        local
    }

    /// Finds the largest neighbour in the tile of each small region.
    fn meet(&self, window: Window, local: &mut Local) {
        let width = window.width as usize;
        let Local { labels, roots, sizes, best, .. } = local;
        let mut compare = |a: u32, b: u32, meet: Meet| {
            let (a, b) = (a as usize, b as usize);
            if a == b || a == 0 || b == 0 || roots[a].is_some() && roots[a] == roots[b] {
                return;
            }
            for (own, other) in [(a, b), (b, a)] {
                // In the order of comparisons the first of one size stays.
                let larger = best[own].is_none_or(|best| best.size < sizes[other]);
                if self.is_small(sizes[own]) && larger {
                    best[own] = Some(Best { size: sizes[other], meet, what: other as u32 });
                }
            }
        };
        for (row, line) in (0u32..).zip(labels.chunks(width)) {
            let above = row.checked_sub(1).map(|row| &labels[row as usize * width..][..width]);
            for (col, &own) in line.iter().enumerate() {
                let place = (window.row as u32 + row, window.col as u32 + col as u32);
                let meet = |which| (place.0, place.1, which);
                if let Some(above) = above {
                    compare(own, above[col], meet(0));
                    if self.connect == Connect::Eight {
                        if col > 0 {
                            compare(own, above[col - 1], meet(1));
                        }
                        if col + 1 < width {
                            compare(own, above[col + 1], meet(2));
                        }
                    }
                }
                if col > 0 {
                    compare(own, line[col - 1], meet(3));
                }
            }
        }
    }

    /// Finds what becomes of each small region that lies in the tile alone.
    fn settle(&self, local: &mut Local) {
        let mut way = Vec::new();
        for label in 1..local.sizes.len() {
            let mut at = label;
            way.clear();
            let end = loop {
                if let Some(end) = self.known(local, at) {
                    break end;
                }
                // A way that leads back to itself leads nowhere.
                local.ends[at] = Some(End::Stays);
                way.push(at);
                match local.best[at] {
                    None => break End::Stays,
                    Some(best) => at = best.what as usize,
                }
            };
            way.iter().for_each(|&at| local.ends[at] = Some(end));
        }
    }

    /// What becomes of a region that has this one for its largest neighbour, if that is known.
    fn known(&self, local: &Local, label: usize) -> Option<End> {
        if !self.is_small(local.sizes[label]) {
            return Some(End::Takes(local.bits[label]));
        }
        local.roots[label].map(End::Follows).or(local.ends[label])
    }
}

/// A pixel next to a tile: its region's number in the raster, if it has one, and its value.
type Beside = Option<(u32, u64)>;

/// A tile whose regions with parts in several tiles meet others.
struct Met {
    rims: Rims,
    /// For those that are small, the largest neighbour in the tile.
    best: Vec<(u32, Best<End>)>,
}

struct Meeting<'a> {
    plan: &'a Plan,
    best: HashMap<u32, Best<End>>,
    above: Vec<Beside>,
    below: Vec<Beside>,
    left: Vec<Beside>,
    held: &'a Held,
}

struct Looker<'a> {
    plan: &'a Plan,
    held: &'a Held,
}

/// The bytes that a look at a tile takes for each pixel: labels, and at worst a region each.
const LOOK: u64 = 4 + 4 + 4 + 8 + 8 + 8 + 8 + 32 + 24;

impl Encode for Looker<'_> {
    type Packet = Met;

    fn encode(&self, tile: Tile, pixels: Buffer, _cx: &Context<'_>) -> Result<Met> {
        let local = self.plan.look(tile.index, &pixels);
        let best = local.roots.iter().zip(&local.best).filter_map(|(root, best)| {
            let Best { size, meet, what } = (*best)?;
            let what = self.plan.known(&local, what as usize)?;
            Some(((*root)?, Best { size, meet, what }))
        });
        let best = best.collect();
        Ok(Met { rims: Rims::of(&pixels, &local.labels, &local.open), best })
    }

    fn footprint(&self, window: Window) -> u64 {
        window.pixels() * LOOK + Rims::bytes(window)
    }

    fn held(&self) -> u64 {
        self.held.bytes()
    }
}

impl Meeting<'_> {
    fn take(&mut self, root: u32, best: Best<End>) {
        let known = self.best.entry(root).or_insert(best);
        if best.beats(known) {
            *known = best;
        }
    }

    /// Compares two pixels of different tiles.
    fn compare(&mut self, a: Beside, b: Beside, meet: Meet) {
        let (Some(a), Some(b)) = (a, b) else { return };
        if a.0 == b.0 {
            return;
        }
        let size = |root: u32| self.plan.merged.sizes[root as usize];
        let sizes = (size(a.0), size(b.0));
        for (own, other, own_size, size) in [(a, b, sizes.0, sizes.1), (b, a, sizes.1, sizes.0)] {
            if self.plan.is_small(own_size) {
                let small = self.plan.is_small(size);
                let what = if small { End::Follows(other.0) } else { End::Takes(other.1) };
                self.take(own.0, Best { size, meet, what });
            }
        }
    }
}

impl<'a> Sink for Meeting<'a> {
    type Encoder = Looker<'a>;
    type Output = HashMap<u32, u64>;

    fn begin(&mut self, _info: &Info, _options: &EngineOptions) -> Result<(Tiling, Looker<'a>)> {
        Ok((self.plan.merged.tiling(), Looker { plan: self.plan, held: self.held }))
    }

    fn put(&mut self, tile: Tile, met: Met) -> Result<()> {
        met.best.into_iter().for_each(|(root, best)| self.take(root, best));
        let plan = self.plan;
        let beside = |rim: &[RimPixel]| -> Vec<Beside> {
            let root = |region| plan.merged.root(tile.index, region);
            rim.iter().map(|p| (p.region != 0).then(|| (root(p.region), p.bits))).collect()
        };
        // A tile's first column is `first` of a row that has one pixel more on the left.
        let (first, window) = (tile.window.col as usize + 1, tile.window);
        if first == 1 {
            std::mem::swap(&mut self.above, &mut self.below);
            self.left.clear();
        }
        let eight = plan.connect == Connect::Eight;
        let (row, col) = (window.row as u32, window.col as u32);
        for (i, own) in beside(&met.rims.top).into_iter().enumerate() {
            let (at, col) = (first + i, col + i as u32);
            self.compare(own, self.above[at], (row, col, 0));
            if eight {
                self.compare(own, self.above[at - 1], (row, col, 1));
                self.compare(own, self.above[at + 1], (row, col, 2));
            }
        }
        let left = std::mem::replace(&mut self.left, beside(&met.rims.right));
        for (i, own) in beside(&met.rims.left).into_iter().enumerate().take(left.len()) {
            let row = row + i as u32;
            self.compare(own, left[i], (row, col, 3));
            if eight && i > 0 {
                self.compare(own, left[i - 1], (row, col, 1));
            }
            if let Some(&below) = left.get(i + 1).filter(|_| eight) {
                // The later of the two lies on the left.
                self.compare(below, own, (row + 1, col - 1, 2));
            }
        }
        let width = window.width as usize;
        self.below[first..first + width].copy_from_slice(&beside(&met.rims.bottom));
        // A map is at least seven sixteenths full.
        let each = size_of::<(u32, Best<End>)>() + size_of::<(u32, End)>();
        let best = self.best.len() * each * 16 / 7;
        self.held.note(WHAT, plan.merged.bytes() + plan.rows_bytes() + best as u64, 0)
    }

    fn finish(self) -> Result<HashMap<u32, u64>> {
        let mut ends: HashMap<u32, End> = HashMap::new();
        let mut way = Vec::new();
        for &root in self.plan.merged.roots() {
            let mut at = root;
            way.clear();
            let end = loop {
                if let Some(&end) = ends.get(&at) {
                    break end;
                }
                let Some(best) = self.best.get(&at) else { break End::Stays };
                ends.insert(at, End::Stays);
                way.push(at);
                match best.what {
                    End::Follows(other) => at = other,
                    end => break end,
                }
            };
            way.iter().for_each(|&at| {
                ends.insert(at, end);
            });
        }
        let takes = ends.into_iter().filter_map(|(root, end)| match end {
            End::Takes(bits) => Some((root, bits)),
            End::Stays | End::Follows(_) => None,
        });
        Ok(takes.collect())
    }
}

#[derive(Debug)]
struct Sieved {
    input: Raster,
    info: Info,
    plan: Plan,
    /// What small regions that have parts in several tiles become.
    targets: HashMap<u32, u64>,
}

impl Sieved {
    /// The canonical tiles that a window has pixels of.
    fn tiles(&self, window: Window) -> impl Iterator<Item = Tile> {
        let tiling = self.plan.merged.tiling();
        let inside = window.intersection(self.info.grid.size.window());
        let (side, across) = (i64::from(TILE.width), tiling.across());
        inside.into_iter().flat_map(move |w| {
            let cols = (w.col / side) as u64..=((w.col_end() - 1) / side) as u64;
            let rows = (w.row / side) as u64..=((w.row_end() - 1) / side) as u64;
            let places = rows.flat_map(move |row| cols.clone().map(move |col| (row, col)));
            places.filter_map(move |(row, col)| tiling.tile(row * across + col))
        })
    }

    /// Gives the samples of a tile their new values.
    fn relabel<T: Sample>(&self, tile: u64, pixels: &mut Buffer) {
        let local = self.plan.look(tile, pixels);
        let values: Vec<Option<T>> = (0..local.sizes.len())
            .map(|label| {
                let bits = match (local.roots[label], local.ends[label]) {
                    (Some(root), _) => self.targets.get(&root).copied(),
                    (None, Some(End::Takes(bits))) => Some(bits),
                    (None, Some(End::Follows(root))) => self.targets.get(&root).copied(),
                    (None, _) => None,
                };
                bits.map(from_bits)
            })
            .collect();
        for (sample, &label) in pixels.plane_mut::<T>(0).iter_mut().zip(&local.labels) {
            if let Some(value) = values[label as usize] {
                *sample = value;
            }
        }
    }
}

impl Source for Sieved {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        out.validate();
        for tile in self.tiles(out.window()) {
            let mut pixels = cx.read(&self.input, tile.window)?;
            dispatch_real!(self.info.dtype, T => self.relabel::<T>(tile.index, &mut pixels));
            out.copy_band(0, &pixels, 0);
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let tile = |tile: Tile| {
            let pixels = Buffer::bytes_for(tile.window, 1, self.info.dtype);
            pixels + tile.window.pixels() * LOOK + self.input.source().footprint(tile.window)
        };
        self.tiles(window).map(tile).max().unwrap_or(0)
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.tiles(window).for_each(|tile| self.input.source().needs(tile.window, tell));
    }
}
