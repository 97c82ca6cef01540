//! Where targets are, in blocks.

use super::targets::Targets;
use crate::engine::{Encode, Engine, EngineOptions, Observer, Sink, Tile, Tiling};
use crate::kernel::{Classes, Metric};
use crate::raster::{Buffer, Context, Info, Window};
use crate::{Error, Result};

/// The side of a block in pixels, and of a group in blocks.
pub(super) const SIDE: u32 = 64;
const GROUP: u32 = 8;

/// The least rectangle of a block that holds its targets: the first and the last column and
/// row in it. Without targets the first are beyond the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Box4 {
    left: u8,
    top: u8,
    right: u8,
    bottom: u8,
}

const EMPTY: Box4 = Box4 { left: 255, top: 255, right: 0, bottom: 0 };

impl Box4 {
    fn take(&mut self, other: Self) {
        self.left = self.left.min(other.left);
        self.top = self.top.min(other.top);
        self.right = self.right.max(other.right);
        self.bottom = self.bottom.max(other.bottom);
    }
}

/// Where the targets of a raster are.
#[derive(Debug)]
pub(super) struct Index {
    /// Blocks in a row.
    across: u32,
    down: u32,
    blocks: Vec<Box4>,
    /// Groups of 8 x 8 blocks, groups of as many of those, and so on up to one of all.
    levels: Vec<Level>,
}

/// The rectangles that hold the targets of groups, row by row.
#[derive(Debug)]
struct Level {
    across: u32,
    down: u32,
    groups: Vec<Option<Window>>,
}

impl Index {
    /// Finds the targets of all blocks, in one pass.
    pub(super) fn of(
        targets: &Targets,
        engine: &Engine,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let size = targets.input.info().grid.size;
        let (across, down) = (size.width.div_ceil(SIDE), size.height.div_ceil(SIDE));
        let bytes = 5 * u64::from(across) * u64::from(down);
        let most = engine.options().memory / 4;
        if bytes > most {
            return Err(Error::limit("memory for where targets are")
                .expected(format!("at most {most} bytes"))
                .found(format!("{bytes} bytes"))
                .hint("state the furthest distance (--max-distance), or allow more memory"));
        }
        let blocks = vec![EMPTY; across as usize * down as usize];
        let look = Look { classes: targets.classes.clone(), across, blocks };
        let blocks = engine.run(&targets.input, look, observer)?;
        let mut index = Self { across, down, blocks, levels: Vec::new() };
        loop {
            let below = index.levels.len();
            let (across, down) = index.extent(below);
            let (across, down) = (across.div_ceil(GROUP), down.div_ceil(GROUP));
            let places = (0..down).flat_map(|y| (0..across).map(move |x| (x, y)));
            let union = |(x, y)| {
                index
                    .members(below + 1, x, y)
                    .filter_map(|(x, y)| index.box_of(below, x, y))
                    .reduce(Window::union)
            };
            let groups = places.map(union).collect();
            index.levels.push(Level { across, down, groups });
            if across <= 1 && down <= 1 {
                return Ok(index);
            }
        }
    }

    /// The groups in a row and in a column of a level; 0 are the blocks.
    fn extent(&self, level: usize) -> (u32, u32) {
        match level.checked_sub(1) {
            None => (self.across, self.down),
            Some(at) => (self.levels[at].across, self.levels[at].down),
        }
    }

    fn box_of(&self, level: usize, x: u32, y: u32) -> Option<Window> {
        match level.checked_sub(1) {
            None => self.targets_of(x, y),
            Some(at) => {
                let Level { across, groups, .. } = &self.levels[at];
                groups[y as usize * *across as usize + x as usize]
            }
        }
    }

    /// What a group of a level is made of.
    fn members(&self, level: usize, x: u32, y: u32) -> impl Iterator<Item = (u32, u32)> + use<> {
        let (across, down) = self.extent(level - 1);
        let end = |at: u32, all: u32| ((at + 1) * GROUP).min(all);
        let (right, bottom) = (end(x, across), end(y, down));
        (y * GROUP..bottom).flat_map(move |y| (x * GROUP..right).map(move |x| (x, y)))
    }

    /// The rectangle that holds the targets of a block; `None` if there are none.
    pub(super) fn targets_of(&self, x: u32, y: u32) -> Option<Window> {
        let own = self.blocks[y as usize * self.across as usize + x as usize];
        (own.left <= own.right).then(|| {
            let (col, row) = (i64::from(x) * i64::from(SIDE), i64::from(y) * i64::from(SIDE));
            Window::new(
                col + i64::from(own.left),
                row + i64::from(own.top),
                u32::from(own.right - own.left) + 1,
                u32::from(own.bottom - own.top) + 1,
            )
        })
    }

    /// Returns the blocks that may hold the target that is nearest to a pixel of a window,
    /// row by row: those that begin no further away than the nearest ends.
    pub(super) fn candidates(&self, window: Window, metric: Metric) -> Vec<(u32, u32)> {
        let mut search =
            Search { index: self, window, metric, within: f64::INFINITY, found: Vec::new() };
        search.visit(self.levels.len(), 0, 0);
        let Search { mut found, within, .. } = search;
        found.retain(|(near, ..)| *near <= within);
        let mut blocks: Vec<_> = found.into_iter().map(|(_, y, x)| (y, x)).collect();
        blocks.sort_unstable();
        blocks.into_iter().map(|(y, x)| (x, y)).collect()
    }
}

/// A search for the blocks nearest to a window.
struct Search<'a> {
    index: &'a Index,
    window: Window,
    metric: Metric,
    /// The square of how far the nearest target is at most.
    within: f64,
    found: Vec<(f64, u32, u32)>,
}

impl Search<'_> {
    /// Looks into a group, nearest members first.
    fn visit(&mut self, level: usize, x: u32, y: u32) {
        let members = self.index.members(level, x, y).filter_map(|(x, y)| {
            let of = self.index.box_of(level - 1, x, y)?;
            Some((apart(self.window, of, self.metric), x, y))
        });
        let mut members: Vec<_> = members.collect();
        members.sort_by(|a, b| a.0.0.total_cmp(&b.0.0));
        for ((near, far), x, y) in members {
            if near > self.within {
                break;
            }
            // A box has a target on each of its sides.
            self.within = self.within.min(far);
            match level {
                1 => self.found.push((near, y, x)),
                _ => self.visit(level - 1, x, y),
            }
        }
    }
}

/// The squares of the least distance of any two pixels of two windows, and of the largest,
/// with slack for rounding.
fn apart(a: Window, b: Window, metric: Metric) -> (f64, f64) {
    let gap = |a: i64, a_end: i64, b: i64, b_end: i64| {
        let near = (b - (a_end - 1)).max(a - (b_end - 1)).max(0);
        let far = ((b_end - 1) - a).max((a_end - 1) - b);
        (near as f64, far as f64)
    };
    let (near_x, far_x) = gap(a.col, a.col_end(), b.col, b.col_end());
    let (near_y, far_y) = gap(a.row, a.row_end(), b.row, b.row_end());
    let ratio = metric.height() / metric.width();
    let square = |x: f64, y: f64| x * x + (y * ratio) * (y * ratio);
    (square(near_x, near_y) * (1.0 - 1e-12), square(far_x, far_y) * (1.0 + 1e-12))
}

/// A sink that looks for targets.
struct Look {
    classes: Classes,
    across: u32,
    blocks: Vec<Box4>,
}

struct Looker {
    classes: Classes,
    across: u32,
}

impl Encode for Looker {
    /// Rectangles by the number of their blocks.
    type Packet = Vec<(usize, Box4)>;

    fn encode(&self, tile: Tile, pixels: Buffer, _cx: &Context<'_>) -> Result<Self::Packet> {
        let window = tile.window;
        let width = window.width as usize;
        let mut numbers = vec![0; width];
        let mut row_of_blocks: Vec<(usize, Box4)> = Vec::new();
        let mut found = Vec::new();
        for (line, row) in (window.row..window.row_end()).enumerate() {
            let (y, inner) = ((row / i64::from(SIDE)) as usize, (row % i64::from(SIDE)) as u8);
            self.classes.find(&pixels, 0, line * width, &mut numbers);
            if inner == 0 {
                found.append(&mut row_of_blocks);
            }
            for (col, &number) in (window.col..).zip(&numbers) {
                if number == Classes::NONE || number == Classes::MISSING {
                    continue;
                }
                let (x, column) = ((col / i64::from(SIDE)) as usize, (col % i64::from(SIDE)) as u8);
                let one = Box4 { left: column, top: inner, right: column, bottom: inner };
                let block = y * self.across as usize + x;
                match row_of_blocks.iter_mut().find(|(own, _)| *own == block) {
                    Some((_, own)) => own.take(one),
                    None => row_of_blocks.push((block, one)),
                }
            }
        }
        found.append(&mut row_of_blocks);
        Ok(found)
    }

    fn footprint(&self, window: Window) -> u64 {
        let blocks = |extent: u32| u64::from(extent.div_ceil(SIDE)) + 1;
        4 * u64::from(window.width) + 32 * blocks(window.width) * blocks(window.height)
    }
}

impl Sink for Look {
    type Encoder = Looker;
    type Output = Vec<Box4>;

    fn begin(&mut self, info: &Info, options: &EngineOptions) -> Result<(Tiling, Looker)> {
        let looker = Looker { classes: self.classes.clone(), across: self.across };
        Ok((Tiling::for_reading(info, options), looker))
    }

    fn put(&mut self, _tile: Tile, packet: Vec<(usize, Box4)>) -> Result<()> {
        for (block, found) in packet {
            self.blocks[block].take(found);
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<Box4>> {
        Ok(self.blocks)
    }
}

/// The blocks of 64 x 64 pixels that a window has parts of, cut off at its edge.
pub(super) fn parts(window: Window) -> impl Iterator<Item = Window> {
    let side = i64::from(SIDE);
    let cuts = move |from: i64, end: i64| {
        let first = from.div_euclid(side);
        (first..=(end - 1).div_euclid(side)).map(move |at| {
            let start = (at * side).max(from);
            (start, (((at + 1) * side).min(end) - start) as u32)
        })
    };
    cuts(window.row, window.row_end()).flat_map(move |(row, height)| {
        cuts(window.col, window.col_end()).map(move |(col, width)| Window {
            col,
            row,
            width,
            height,
        })
    })
}
