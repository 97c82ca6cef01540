//! The nodes: distances within a halo, and anywhere.

use std::collections::BTreeMap;

use super::index::{Index, SIDE, parts};
use super::targets::Targets;
use crate::Result;
use crate::kernel::{Distances, Hull, Metric, Stand, narrow, nearest};
use crate::raster::{Buffer, Context, Info, Source, Tell, Window};

/// Distances up to a furthest.
#[derive(Debug)]
pub(super) struct Near {
    pub(super) targets: Targets,
    pub(super) info: Info,
    pub(super) metric: Metric,
    /// The width of a pixel.
    pub(super) unit: f64,
    pub(super) furthest: f64,
    pub(super) columns: u32,
    pub(super) rows: u32,
}

impl Near {
    fn need(&self, window: Window) -> Window {
        window.grown(self.columns, self.rows)
    }
}

impl Source for Near {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let window = out.window();
        let need = self.need(window);
        let source = cx.read(&self.targets.input, need)?;
        out.validate();
        let mut numbers = Vec::new();
        let mut there = |row: i64, out: &mut [bool]| {
            self.targets.there(&source, need.col, row, &mut numbers, out);
        };
        let mut distances = Distances::new(need, window, self.metric, &mut there);
        let mut line = vec![0.0; window.width as usize];
        for row in 0..window.height as usize {
            distances.row(&mut there, &mut line);
            for value in &mut line {
                let far = *value / self.metric.width() * self.unit;
                *value = if far <= self.furthest { far } else { f64::NAN };
            }
            narrow(&line, 0, row * line.len(), out);
        }
        if self.targets.keep_missing {
            self.targets.keep(&source, out);
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let need = self.need(window);
        let input = &self.targets.input;
        Buffer::bytes_for(need, 1, input.info().dtype)
            + input.source().footprint(need)
            + Distances::bytes(need, window)
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.targets.input.source().needs(self.need(window), tell);
    }
}

/// Distances to targets anywhere.
#[derive(Debug)]
pub(super) struct Anywhere {
    pub(super) targets: Targets,
    pub(super) info: Info,
    pub(super) index: Index,
    pub(super) metric: Metric,
    pub(super) unit: f64,
}

/// The targets of a block: for each column a bit for each row.
type Bits = Box<[u64; SIDE as usize]>;

/// The blocks that are kept while a tile is made.
const KEPT: usize = 2048;

impl Anywhere {
    /// Reads the targets of a block.
    fn bits(&self, (x, y): (u32, u32), cx: &Context<'_>) -> Result<Bits> {
        let mut bits = Box::new([0u64; SIDE as usize]);
        let Some(window) = self.index.targets_of(x, y) else { return Ok(bits) };
        let source = cx.read(&self.targets.input, window)?;
        let mut numbers = Vec::new();
        let mut there = vec![false; window.width as usize];
        for row in window.row..window.row_end() {
            self.targets.there(&source, window.col, row, &mut numbers, &mut there);
            for (col, _) in (window.col..).zip(&there).filter(|(_, there)| **there) {
                bits[(col % i64::from(SIDE)) as usize] |= 1 << (row % i64::from(SIDE));
            }
        }
        Ok(bits)
    }

    /// Makes a part of a window that lies in one block.
    fn fill(
        &self,
        part: Window,
        known: &mut BTreeMap<(u32, u32), Bits>,
        cx: &Context<'_>,
        out: &mut Buffer,
    ) -> Result<()> {
        let side = i64::from(SIDE);
        let own = part.row.div_euclid(side);
        // By column: the last target of the blocks above, the first of those below, and the
        // targets of the row of blocks that the part is in.
        let mut columns: BTreeMap<i64, (Option<i64>, Option<i64>, u64)> = BTreeMap::new();
        for block in self.index.candidates(part, self.metric) {
            if !known.contains_key(&block) {
                if known.len() >= KEPT {
                    known.clear();
                }
                known.insert(block, self.bits(block, cx)?);
            }
            let (x, y) = (i64::from(block.0), i64::from(block.1));
            let Some(bits) = known.get(&block) else { continue };
            for (col, &bits) in (x * side..).zip(bits.iter()).filter(|(_, bits)| **bits != 0) {
                let (above, below, beside) = columns.entry(col).or_default();
                let last = y * side + 63 - i64::from(bits.leading_zeros());
                let first = y * side + i64::from(bits.trailing_zeros());
                match y.cmp(&own) {
                    std::cmp::Ordering::Less => *above = (*above).max(Some(last)),
                    std::cmp::Ordering::Greater => {
                        *below = Some(below.map_or(first, |own| own.min(first)));
                    }
                    std::cmp::Ordering::Equal => *beside = bits,
                }
            }
        }
        let (mut stands, mut hull) = (Vec::with_capacity(columns.len()), Hull::default());
        let mut line = vec![0.0; part.width as usize];
        let whole = out.window();
        for row in part.row..part.row_end() {
            stands.clear();
            for (&column, &(above, below, beside)) in &columns {
                let inner = (row - own * side) as u32;
                // The bits up to the row, and those from it on.
                let up = beside << (63 - inner);
                let down = beside >> inner;
                let rows = [
                    (up != 0).then(|| i64::from(up.leading_zeros())),
                    (down != 0).then(|| i64::from(down.trailing_zeros())),
                    above.map(|above| row - above),
                    below.map(|below| below - row),
                ];
                if let Some(rows) = rows.into_iter().flatten().min() {
                    stands.push(Stand { column, rows: rows as u32 });
                }
            }
            nearest(&stands, part.col, self.metric, &mut hull, &mut line);
            for value in &mut line {
                let far = *value / self.metric.width() * self.unit;
                *value = if far.is_finite() { far } else { f64::NAN };
            }
            let start = (row - whole.row) as usize * whole.width as usize;
            narrow(&line, 0, start + (part.col - whole.col) as usize, out);
        }
        Ok(())
    }

    /// The part of a window that lies in the raster.
    fn inside(&self, window: Window) -> Option<Window> {
        window.intersection(self.info.grid.size.window())
    }
}

impl Source for Anywhere {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let window = out.window();
        out.validate();
        let mut known = BTreeMap::new();
        for part in self.inside(window).into_iter().flat_map(parts) {
            self.fill(part, &mut known, cx, out)?;
        }
        if self.targets.keep_missing {
            let source = cx.read(&self.targets.input, window)?;
            self.targets.keep(&source, out);
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let (input, size) = (&self.targets.input, self.info.grid.size);
        let block = Window::new(0, 0, SIDE, SIDE);
        let read = if self.targets.keep_missing { window } else { block };
        // Candidates lie in a ring as thick as three blocks' diagonals: of each a column's
        // entry and a stand.
        let around = 4 * (u64::from(size.width) + u64::from(size.height));
        Buffer::bytes_for(read, 1, input.info().dtype)
            + input.source().footprint(read)
            + KEPT as u64 * 600
            + around * 128
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        for part in self.inside(window).into_iter().flat_map(parts) {
            for (x, y) in self.index.candidates(part, self.metric) {
                if let Some(targets) = self.index.targets_of(x, y) {
                    self.targets.input.source().needs(targets, tell);
                }
            }
        }
    }
}
