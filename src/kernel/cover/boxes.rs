//! Boxes around footprints, along the axes of the source.

use std::ops::Range;

use multiversion::multiversion;

use super::super::Plane;
use super::super::quad::{LEAST_COVER, Quad, Quads};
use super::super::real::{ceil, floor};
use crate::raster::{Sample, Size, Window};

/// The footprints whose boxes are worked out together.
pub(super) const BLOCK: usize = 64;

/// The boxes of up to [`BLOCK`] footprints.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) x: Sides,
    pub(super) y: Sides,
}

impl Block {
    /// Returns the box of a footprint.
    #[inline(always)]
    pub(super) fn area(&self, i: usize) -> Boxed {
        Boxed { x: self.x.side(i), y: self.y.side(i) }
    }
}

/// The part of a source window that a footprint's box touches.
#[derive(Debug, Clone)]
pub(super) struct Boxed {
    pub(super) x: Side,
    pub(super) y: Side,
}

/// One axis of a box.
#[derive(Debug, Clone)]
pub(super) struct Side {
    /// The pixels touched, from the window's first.
    pub(super) taps: Range<usize>,
    /// How much of the first and of the last lies in the box.
    pub(super) first: f64,
    pub(super) last: f64,
}

/// Puts a box around each of `len` footprints, with what lies of it in a window of a raster.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn boxes_around(
    quads: &Quads,
    len: usize,
    raster: Size,
    window: Window,
    blocks: &mut Vec<Block>,
) {
    blocks.resize(len.div_ceil(BLOCK), Block { x: Sides::NONE, y: Sides::NONE });
    for (start, Block { x, y }) in (0..len).step_by(BLOCK).zip(blocks) {
        let count = (len - start).min(BLOCK);
        // Nearly all share corners and are little turned.
        if !(quads.all_share() && straight(quads, start, x, y)) {
            for i in 0..count {
                let quad = quads.get(start + i);
                let [a, b, c, d] = &quad;
                let turned = turned(&quad);
                x.set(i, [a.x, b.x, c.x, d.x], turned);
                y.set(i, [a.y, b.y, c.y, d.y], turned);
            }
        }
        // No boxes.
        x.start[count..].fill(f64::NAN);
        y.start[count..].fill(f64::NAN);
        x.touch(raster.width, window.col, window.width);
        y.touch(raster.height, window.row, window.height);
    }
}

/// Puts boxes from the upper left corners to the lower right ones of a block, side by side, unless
/// one may be [`turned`]; returns whether none is.
#[inline(always)]
fn straight(quads: &Quads, start: usize, x: &mut Sides, y: &mut Sides) -> bool {
    let Quads { upper, lower, .. } = quads;
    let along = |sides: &mut Sides, upper: &[f64], lower: &[f64]| {
        let all = "a corner more than whole blocks have pixels";
        let block = |of: &'_ [f64]| -> [f64; BLOCK] { *of.first_chunk().expect(all) };
        let (a, b) = (block(&upper[start..]), block(&upper[start + 1..]));
        let (d, c) = (block(&lower[start..]), block(&lower[start + 1..]));
        let mut any = false;
        for i in 0..BLOCK {
            sides.start[i] = if a[i] <= c[i] { a[i] } else { c[i] };
            sides.end[i] = if a[i] <= c[i] { c[i] } else { a[i] };
            let along = (b[i] - a[i] + c[i] - d[i]).abs();
            let down = (d[i] - a[i] + c[i] - b[i]).abs();
            let (less, more) = if along < down { (along, down) } else { (down, along) };
            any |= more < less * 4.0;
        }
        !any
    };
    along(x, &upper.x, &lower.x) & along(y, &upper.y, &lower.y)
}

/// One axis of the boxes of a block.
#[derive(Debug, Clone)]
pub(super) struct Sides {
    /// Between which positions they lie; then which pixels they touch.
    pub(super) start: [f64; BLOCK],
    pub(super) end: [f64; BLOCK],
    /// How much of the first pixel and of the last lies in them.
    pub(super) first: [f64; BLOCK],
    pub(super) last: [f64; BLOCK],
}

impl Sides {
    /// Boxes that touch nothing.
    const NONE: Self = {
        let none = [0.0; BLOCK];
        Self { start: none, end: none, first: none, last: none }
    };

    /// Puts a box around corners: from the first to the third, and so much of the way to all.
    #[inline(always)]
    fn set(&mut self, i: usize, [a, b, c, d]: [f64; 4], turned: f64) {
        let (mut start, mut end) = if a <= c { (a, c) } else { (c, a) };
        if turned > 0.0 {
            start += turned * (start.min(b).min(d) - start);
            end += turned * (end.max(b).max(d) - end);
        }
        (self.start[i], self.end[i]) = (start, end);
    }

    /// Finds the pixels that are touched, from pixel `origin` of a raster of `extent` pixels on,
    /// in a window of so many; none if that is true of NaN.
    #[inline(always)]
    fn touch(&mut self, extent: u32, origin: i64, length: u32) {
        let (most, origin, length) = (f64::from(extent), origin as f64, f64::from(length));
        for i in 0..BLOCK {
            let (start, end) = (self.start[i], self.end[i]);
            // False for NaN, too.
            let there = (start <= end) & (end > LEAST_COVER) & (start < most - LEAST_COVER);
            let start = if start > 0.0 { start } else { 0.0 };
            let end = if end < most { end } else { most };
            let from = floor(start + LEAST_COVER);
            let (next, to) = (from + 1.0, ceil(end - LEAST_COVER));
            let to = if to > next { to } else { next };
            let (length_in, single) = (end - start, to - from == 1.0);
            // A footprint without extent counts for what it lies on.
            let covered = if length_in > 0.0 { length_in } else { 1.0 };
            let first = if single { covered } else { next - start };
            let last = if single { covered } else { end - (to - 1.0) };
            self.first[i] = if first < 1.0 { first } else { 1.0 };
            self.last[i] = if last < 1.0 { last } else { 1.0 };
            let (from, to) = (from - origin, to - origin);
            let from = if from > 0.0 { from } else { 0.0 };
            let to = if to < length { to } else { length };
            let any = there & (from < to);
            self.start[i] = if any { from } else { 0.0 };
            self.end[i] = if any { to } else { 0.0 };
        }
    }

    #[inline(always)]
    fn side(&self, i: usize) -> Side {
        let taps = self.start[i] as usize..self.end[i] as usize;
        Side { taps, first: self.first[i], last: self.last[i] }
    }
}

/// Returns how much a footprint is turned or sheared against the source's axes:
/// 0 up to a slope of 1/4, 1 from 1/2 on.
#[inline(always)]
fn turned([a, b, c, d]: &Quad) -> f64 {
    let slope = |along: f64, down: f64| {
        let (along, down) = (along.abs(), down.abs());
        let (less, more) = if along < down { (along, down) } else { (down, along) };
        // Nearly all are little turned, and a division takes as long as all else.
        if more < less * 4.0 { less / more } else { 0.0 }
    };
    let x = slope(b.x - a.x + c.x - d.x, d.x - a.x + c.x - b.x);
    let y = slope(b.y - a.y + c.y - d.y, d.y - a.y + c.y - b.y);
    ((x.max(y) - 0.25) * 4.0).clamp(0.0, 1.0)
}

impl Boxed {
    /// Returns the samples that are there, each with the part that is covered.
    pub(super) fn samples<'a, T: Sample>(
        &'a self,
        source: Plane<'a, T>,
    ) -> impl Iterator<Item = (T, f64)> + 'a {
        let stride = source.window.width as usize;
        self.y.taps.clone().flat_map(move |row| {
            let height = self.y.part(row);
            self.x.taps.clone().filter_map(move |col| {
                let at = row * stride + col;
                let there = source.valid.is_none_or(|v| v[at] != 0);
                there.then(|| (source.samples[at], height * self.x.part(col)))
            })
        })
    }
}

impl Side {
    /// Returns how much of a pixel lies in the box.
    #[inline(always)]
    pub(super) fn part(&self, tap: usize) -> f64 {
        if tap == self.taps.start {
            self.first
        } else if tap + 1 == self.taps.end {
            self.last
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Corners that pixels share, and the same as corners of their own: straight, mirrored, turned
    /// by little and by much, without a place.
    #[test]
    fn boxes_are_the_same_side_by_side_and_one_by_one() {
        let (size, window) = (Size::new(900, 700), Window::new(10, 20, 500, 600));
        for (across, down) in [
            ((1.0, 0.02), (-0.02, 1.0)),
            ((-1.3, 0.0), (0.0, 0.7)),
            ((1.0, 0.3), (-0.3, 1.0)),
            ((0.1, 1.0), (1.0, 0.1)),
        ] {
            let len = 150;
            let mut quads = Quads::default();
            for (corners, row) in [(&mut quads.upper, 3.0), (&mut quads.lower, 4.0)] {
                for col in 0..=len {
                    corners.x[col] = 300.0 + across.0 * col as f64 + down.0 * row;
                    corners.y[col] = 200.5 + across.1 * col as f64 + down.1 * row;
                }
            }
            quads.upper.x[70] = f64::NAN;
            let mut own = Quads::default();
            (0..len).for_each(|i| own.set(i, quads.get(i)));
            let (mut shared, mut single) = (Vec::new(), Vec::new());
            boxes_around(&quads, len, size, window, &mut shared);
            boxes_around(&own, len, size, window, &mut single);
            for i in 0..3 * BLOCK {
                let [a, b] = [&shared, &single].map(|blocks| blocks[i / BLOCK].area(i % BLOCK));
                assert_eq!((&a.x.taps, &a.y.taps), (&b.x.taps, &b.y.taps), "{i} of {across:?}");
                let none = a.x.taps.is_empty() || a.y.taps.is_empty();
                assert_eq!(none, i >= len || i == 70, "{i} of {across:?}");
                if !a.x.taps.is_empty() {
                    assert_eq!((a.x.first, a.y.last), (b.x.first, b.y.last), "{i} of {across:?}");
                }
            }
        }
    }
}
