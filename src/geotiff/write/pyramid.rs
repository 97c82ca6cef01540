//! Overviews made in the same pass as the image.
//!
//! Every tile of a level gives each overview tile that is made of it a part:
//! the overview's pixels that depend on this tile alone, made at once, and the
//! edges that, together with the neighbours' edges, make the pixels along its
//! seams. Whichever worker brings the last part puts the overview tile together
//! and passes its parts on, so a pixel of an overview depends on the image
//! alone, never on the order in which tiles were done.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::plan::Plan;
use crate::error::{Error, Result};
use crate::io::Scratch;
use crate::kernel::Reduction;
use crate::raster::{Buffer, DataType, Pool, Window};

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

/// An overview tile that has all its parts.
pub(super) type Complete = (LevelTile, Vec<Part>);

/// The overview tiles that still wait for a part.
#[derive(Debug)]
pub(super) struct Pyramid {
    plan: Arc<Plan>,
    /// How each level is made of its source; that of the image does nothing.
    reductions: Vec<Reduction>,
    parents: Mutex<HashMap<LevelTile, Vec<Part>>>,
    parked: Mutex<Scratch>,
    limit: u64,
    held: AtomicU64,
}

/// What one tile gives an overview tile.
#[derive(Debug)]
pub(super) struct Part {
    /// The overview's pixels that depend on it alone.
    made: Option<Piece>,
    /// The pixels of its own that the others are made of.
    edges: Vec<Piece>,
}

/// A rectangle of pixels that waits.
#[derive(Debug)]
enum Piece {
    Kept(Buffer),
    Parked(Parked),
}

/// Where the samples of a piece lie, plane by plane, and behind them its
/// validity, if it has any.
#[derive(Debug, Clone, Copy)]
struct Parked {
    window: Window,
    bands: u16,
    dtype: DataType,
    masked: bool,
    offset: u64,
}

/// One axis of a level and of the one it is made of.
#[derive(Debug, Clone, Copy)]
struct Axis {
    factor: i64,
    halo: i64,
    /// Pixels of the source, and how many a tile of it has.
    all: i64,
    side: i64,
}

impl Axis {
    /// Returns the pixels of the source that a range of the overview is made of.
    fn needed(self, range: &Range<i64>) -> Range<i64> {
        let end = (self.factor * range.end + self.halo).min(self.all);
        (self.factor * range.start - self.halo).max(0)..end
    }

    /// Returns the pixels of the overview, beyond its end perhaps, that are made
    /// of a range of the source alone, a tile's.
    fn made(self, range: &Range<i64>) -> Range<i64> {
        let up = |n: i64| (n + self.factor - 1).div_euclid(self.factor);
        let start = if range.start == 0 { 0 } else { up(range.start + self.halo) };
        let end = if range.end == self.all {
            up(self.all)
        } else {
            (range.end - self.halo).div_euclid(self.factor)
        };
        start..end
    }

    /// Returns the tiles of the source that a range of the overview is made of.
    fn tiles(self, range: &Range<i64>) -> Range<i64> {
        let needed = self.needed(range);
        needed.start / self.side..(needed.end - 1) / self.side + 1
    }

    /// Returns what a tile of the source spans.
    fn span(self, tile: i64) -> Range<i64> {
        tile * self.side..((tile + 1) * self.side).min(self.all)
    }

    /// Returns the parts of a range of the overview that no tile makes alone.
    fn seams(self, range: &Range<i64>) -> Vec<Range<i64>> {
        let mut seams = Vec::new();
        let mut at = range.start;
        for tile in self.tiles(range) {
            let made = self.made(&self.span(tile));
            if made.is_empty() || made.end <= at {
                continue;
            }
            if made.start > at {
                seams.push(at..made.start.min(range.end));
            }
            at = made.end;
            if at >= range.end {
                return seams;
            }
        }
        seams.push(at..range.end);
        seams
    }
}

fn columns(window: Window) -> Range<i64> {
    window.col..window.col_end()
}

fn rows(window: Window) -> Range<i64> {
    window.row..window.row_end()
}

/// Returns the window of columns and rows, if there are any; both are of one raster.
fn window_of(columns: Range<i64>, rows: Range<i64>) -> Option<Window> {
    let length = |range: &Range<i64>| (range.end - range.start).max(0) as u32;
    let window = Window::new(columns.start, rows.start, length(&columns), length(&rows));
    (!window.is_empty()).then_some(window)
}

impl Pyramid {
    pub(super) fn new(plan: Arc<Plan>, waiting: Waiting) -> Self {
        let reduction = |factor| Reduction::new(plan.resampling, factor);
        Self {
            reductions: plan.levels.iter().map(|level| reduction(level.factor)).collect(),
            plan,
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

    /// Returns the peak bytes that giving parts of a tile and putting overview
    /// tiles together takes.
    pub(super) fn footprint(&self, window: Window) -> u64 {
        let Plan { levels, bands, dtype, .. } = &*self.plan;
        let bytes = |window: Window| Buffer::bytes_for(window, *bands, *dtype);
        let each = levels.iter().zip(&self.reductions).skip(1).map(|(level, reduction)| {
            // An overview tile, and twice what its longest seam is made of.
            let reach = 2 * reduction.halo() + reduction.factor();
            let tile = level.chunk.window();
            let long = tile.width.saturating_mul(reduction.factor()).saturating_add(2 * reach);
            let seams = Window::new(0, 0, long, if reduction.halo() > 0 { 2 * reach } else { 0 });
            bytes(tile) + 2 * bytes(seams)
        });
        let most = each.max().unwrap_or(0);
        if most == 0 { 0 } else { most + bytes(window) / 2 }
    }

    fn axes(&self, level: usize) -> (Axis, Axis) {
        let (plan, reduction) = (&self.plan.levels[level], &self.reductions[level]);
        let source = &self.plan.levels[plan.source];
        let axis = |all: u32, side: u32| Axis {
            factor: reduction.factor().into(),
            halo: reduction.halo().into(),
            all: all.into(),
            side: side.into(),
        };
        let (size, chunk) = (source.size, source.chunk);
        (axis(size.width, chunk.width), axis(size.height, chunk.height))
    }

    /// Gives the overviews their parts of a tile; returns the overview tiles
    /// that have all of theirs now.
    ///
    /// Parts wait in memory while there is room, else in a file: which of them
    /// changes nothing of what they hold.
    pub(super) fn add(
        &self,
        tile: LevelTile,
        pixels: &Buffer,
        pool: &Pool,
    ) -> Result<Vec<Complete>> {
        let mut complete = Vec::new();
        for (level, plan) in self.plan.levels.iter().enumerate().skip(1) {
            if plan.source != tile.level {
                continue;
            }
            let (x, y) = self.axes(level);
            // The overview tiles that have pixels made of any of these.
            let touched = |axis: Axis, own: Range<i64>, side: u32, count: u64| {
                let side = axis.factor * i64::from(side);
                let first = (own.start - axis.halo).div_euclid(side).max(0);
                let end = (own.end + axis.halo + side - 1).div_euclid(side);
                first..end.min(count as i64)
            };
            let own = pixels.window();
            let tiling = &plan.tiling;
            let across = touched(x, columns(own), plan.chunk.width, tiling.across());
            for row in touched(y, rows(own), plan.chunk.height, tiling.down()) {
                for col in across.clone() {
                    let index = row as u64 * tiling.across() + col as u64;
                    let parent = LevelTile { level, index };
                    let Some(place) = tiling.tile(index) else {
                        return Err(Error::defect("overview tile outside its level").found(index));
                    };
                    let part = self.part(parent.level, place.window, pixels, pool)?;
                    let needed = x.tiles(&columns(place.window)).count()
                        * y.tiles(&rows(place.window)).count();
                    let mut parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
                    let parts = parents.entry(parent).or_default();
                    parts.push(part);
                    if parts.len() == needed {
                        let parts = parents.remove(&parent).unwrap_or_default();
                        complete.push((parent, parts));
                    }
                }
            }
        }
        Ok(complete)
    }

    /// Makes the part that a tile has in the pixels of `wanted` of a level.
    fn part(&self, level: usize, wanted: Window, pixels: &Buffer, pool: &Pool) -> Result<Part> {
        let (x, y) = self.axes(level);
        let own = pixels.window();
        let clip = |a: Range<i64>, b: Range<i64>| a.start.max(b.start)..a.end.min(b.end);
        let (across, down) = (x.made(&columns(own)), y.made(&rows(own)));
        let made =
            window_of(clip(across.clone(), columns(wanted)), clip(down.clone(), rows(wanted)));
        let (cols, lines) = (
            clip(columns(own), x.needed(&columns(wanted))),
            clip(rows(own), y.needed(&rows(wanted))),
        );
        let edges = match made {
            None => vec![window_of(cols, lines)],
            Some(_) => {
                // What pixels before, and behind, those made here are made of.
                let before = |axis: Axis, made: &Range<i64>, own: Range<i64>| {
                    let end = if made.start == 0 {
                        own.start
                    } else {
                        axis.factor * made.start + axis.halo
                    };
                    own.start..end.min(own.end).max(own.start)
                };
                let behind = |axis: Axis, made: &Range<i64>, own: Range<i64>| {
                    let start = if own.end == axis.all {
                        own.end
                    } else {
                        axis.factor * made.end - axis.halo
                    };
                    start.max(own.start).min(own.end)..own.end
                };
                vec![
                    window_of(clip(before(x, &across, columns(own)), cols.clone()), lines.clone()),
                    window_of(clip(behind(x, &across, columns(own)), cols.clone()), lines.clone()),
                    window_of(cols.clone(), clip(before(y, &down, rows(own)), lines.clone())),
                    window_of(cols, clip(behind(y, &down, rows(own)), lines)),
                ]
            }
        };
        let (bands, dtype) = (pixels.bands(), pixels.dtype());
        let made = made.map(|window| {
            let mut made = Buffer::new(pool, window, bands, dtype);
            self.reduce(level, pixels, &mut made);
            self.keep(made)
        });
        let edges = edges.into_iter().flatten().map(|window| {
            let mut edge = Buffer::new(pool, window, bands, dtype);
            for band in 0..bands {
                edge.copy_band(band, pixels, band);
            }
            self.keep(edge)
        });
        Ok(Part { edges: edges.collect::<Result<_>>()?, made: made.transpose()? })
    }

    fn reduce(&self, level: usize, from: &Buffer, to: &mut Buffer) {
        let whole = self.plan.levels[self.plan.levels[level].source].size;
        for band in 0..from.bands() {
            self.reductions[level].fill(band, from, whole, band, to);
        }
    }

    /// Puts a tile together from its parts.
    pub(super) fn assemble(
        &self,
        tile: LevelTile,
        parts: Vec<Part>,
        pool: &Pool,
    ) -> Result<Buffer> {
        let place = self.plan.levels.get(tile.level).and_then(|l| l.tiling.tile(tile.index));
        let Some(place) = place else {
            return Err(Error::defect("overview tile outside its level").found(tile.index));
        };
        let (bands, dtype) = (self.plan.bands, self.plan.dtype);
        let mut whole = Buffer::new(pool, place.window, bands, dtype);
        let mut edges = Vec::new();
        for part in parts {
            if let Some(made) = part.made {
                copy(&mut whole, &self.fetch(made, pool)?);
            }
            for edge in part.edges {
                edges.push(self.fetch(edge, pool)?);
            }
        }
        let (x, y) = self.axes(tile.level);
        let (across, down) = (columns(place.window), rows(place.window));
        let upright = x.seams(&across).into_iter().map(|seam| (seam, down.clone()));
        let level = y.seams(&down).into_iter().map(|seam| (across.clone(), seam));
        for (across, down) in upright.chain(level) {
            let from = window_of(x.needed(&across), y.needed(&down));
            let (Some(from), Some(to)) = (from, window_of(across, down)) else { continue };
            let mut source = Buffer::new(pool, from, bands, dtype);
            edges.iter().for_each(|edge| copy(&mut source, edge));
            let mut seam = Buffer::new(pool, to, bands, dtype);
            self.reduce(tile.level, &source, &mut seam);
            copy(&mut whole, &seam);
        }
        Ok(whole)
    }

    /// Keeps a piece in memory if there is room, else in the file.
    fn keep(&self, piece: Buffer) -> Result<Piece> {
        let bytes = size_of_piece(&piece);
        if self.held.fetch_add(bytes, Ordering::Relaxed) + bytes > self.limit {
            self.held.fetch_sub(bytes, Ordering::Relaxed);
            return Ok(Piece::Parked(self.park(&piece)?));
        }
        Ok(Piece::Kept(piece))
    }

    fn park(&self, piece: &Buffer) -> Result<Parked> {
        let mut file = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = file.len();
        for band in 0..piece.bands() {
            file.append(piece.plane_bytes(band))?;
        }
        let masked = piece.valid(0).is_some();
        for band in 0..piece.bands() {
            file.append(piece.valid(band).unwrap_or_default())?;
        }
        let (window, bands, dtype) = (piece.window(), piece.bands(), piece.dtype());
        Ok(Parked { window, bands, dtype, masked, offset })
    }

    fn fetch(&self, piece: Piece, pool: &Pool) -> Result<Buffer> {
        let Parked { window, bands, dtype, masked, mut offset } = match piece {
            Piece::Kept(piece) => {
                self.held.fetch_sub(size_of_piece(&piece), Ordering::Relaxed);
                return Ok(piece);
            }
            Piece::Parked(parked) => parked,
        };
        let mut piece = Buffer::new(pool, window, bands, dtype);
        let file = self.parked.lock().unwrap_or_else(PoisonError::into_inner);
        for band in 0..bands {
            let plane = piece.plane_bytes_mut(band);
            file.read_at(offset, plane)?;
            offset += plane.len() as u64;
        }
        if masked {
            piece.add_mask();
            for band in 0..bands {
                let valid = piece.valid_mut(band).unwrap_or_default();
                file.read_at(offset, valid)?;
                offset += valid.len() as u64;
            }
        }
        Ok(piece)
    }
}

fn copy(to: &mut Buffer, from: &Buffer) {
    for band in 0..from.bands() {
        to.copy_band(band, from, band);
    }
}

/// Returns the bytes of a piece in memory.
fn size_of_piece(piece: &Buffer) -> u64 {
    Buffer::bytes_for(piece.window(), piece.bands(), piece.dtype())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geotiff::{Overviews, WriteOptions};
    use crate::kernel::OverviewResampling;
    use crate::raster::{GeoTransform, Grid, Info, Size};

    fn pyramid(size: Size, method: OverviewResampling, factors: &[u32], limit: u64) -> Pyramid {
        let grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
        let options = WriteOptions {
            tile: 16,
            overviews: Overviews::Factors(factors.to_vec()),
            overview_resampling: method,
            ..WriteOptions::default()
        };
        let plan = Plan::new(&Info::new(grid, 1, DataType::I32), &options).expect("sound");
        let dir = tempfile::tempdir().expect("a directory");
        let parked = Scratch::create_in(dir.path()).expect("a file");
        Pyramid::new(Arc::new(plan), Waiting { parked, limit })
    }

    /// Tiles in any order, in memory or parked, give what the whole level gives.
    #[test]
    fn tiles_put_together_are_those_of_the_whole() {
        let size = Size::new(75, 53);
        let pool = Pool::new(0);
        let mut image = Buffer::new(&pool, size.window(), 1, DataType::I32);
        image.add_mask();
        let (samples, valid) = image.plane_and_valid_mut::<i32>(0);
        for (k, (sample, valid)) in samples.iter_mut().zip(valid.expect("a mask")).enumerate() {
            *sample = (k * k % 1009) as i32;
            *valid = if k % 75 > 40 && k % 7 < 3 { 0 } else { 255 };
        }
        for method in OverviewResampling::ALL {
            for (factors, limit) in [(&[2, 4][..], 0), (&[3, 5], 4000), (&[2, 3, 6, 40], 1 << 30)] {
                let pyramid = pyramid(size, method, factors, limit);
                let levels = pyramid.plan.levels.clone();
                let mut wholes = vec![image.window().size()];
                let mut expected: Vec<Buffer> = Vec::new();
                for (index, level) in levels.iter().enumerate().skip(1) {
                    let source =
                        if level.source == 0 { &image } else { &expected[level.source - 1] };
                    let mut out = Buffer::new(&pool, level.size.window(), 1, DataType::I32);
                    pyramid.reductions[index].fill(0, source, wholes[level.source], 0, &mut out);
                    wholes.push(level.size);
                    expected.push(out);
                }
                let mut tiles: Vec<_> = levels[0].tiling.iter().collect();
                let count = tiles.len();
                (0..count).for_each(|i| tiles.swap(i, i * 7 % count));
                let mut seen = vec![0; levels.len()];
                for tile in tiles {
                    let mut pixels = Buffer::new(&pool, tile.window, 1, DataType::I32);
                    pixels.copy_band(0, &image, 0);
                    let place = LevelTile { level: 0, index: tile.index };
                    let mut complete = pyramid.add(place, &pixels, &pool).expect("adds");
                    while let Some((place, parts)) = complete.pop() {
                        let made = pyramid.assemble(place, parts, &pool).expect("assembles");
                        let mut crop = Buffer::new(&pool, made.window(), 1, DataType::I32);
                        crop.copy_band(0, &expected[place.level - 1], 0);
                        let all = vec![255; made.window().pixels() as usize];
                        let valid = |b: &Buffer| b.valid(0).unwrap_or(&all).to_vec();
                        let what = format!("{method:?} {factors:?} {place:?}");
                        assert_eq!(valid(&made), valid(&crop), "{what}");
                        for (k, &ok) in valid(&made).iter().enumerate() {
                            let (a, b) = (made.plane::<i32>(0)[k], crop.plane::<i32>(0)[k]);
                            assert!(ok == 0 || a == b, "{what}: {k}: {a} {b}");
                        }
                        seen[place.level] += 1;
                        complete.extend(pyramid.add(place, &made, &pool).expect("adds"));
                    }
                }
                for (level, &seen) in levels.iter().zip(&seen).skip(1) {
                    assert_eq!(seen, level.tiling.len(), "{method:?} {factors:?}");
                }
                assert_eq!(pyramid.held(), 0);
            }
        }
    }
}
