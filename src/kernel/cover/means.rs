//! Means of what lies in boxes.

use std::ops::Range;

use multiversion::multiversion;

use super::super::real::{Real, low_bits};
use super::super::segment::ends;
use super::super::{Outcome, Plane};
use super::boxes::{BLOCK, Block, Boxed, Side, Sides};
use crate::raster::Sample;

/// Makes a pixel of the mean of the samples in each box, or of the root of the mean of their
/// squares.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn means<T: Sample>(
    blocks: &[Block],
    source: Plane<'_, T>,
    squares: bool,
    out: &mut [T],
    valid: &mut [u8],
) -> Outcome {
    let mut outcome = Outcome::ALL_VALID;
    for (block, (out, valid)) in
        blocks.iter().zip(out.chunks_mut(BLOCK).zip(valid.chunks_mut(BLOCK)))
    {
        let (mut sums, mut weights) = ([0.0; BLOCK], [0.0; BLOCK]);
        let (x, y) = (Parts::of(&block.x), Parts::of(&block.y));
        match widest(&x, &y, source) {
            2 => few::<T, 2>(&x, &y, source, squares, &mut sums, &mut weights),
            3 => few::<T, 3>(&x, &y, source, squares, &mut sums, &mut weights),
            _ => {
                for (i, (sum, weight)) in
                    sums.iter_mut().zip(&mut weights).take(out.len()).enumerate()
                {
                    (*sum, *weight) = block.area(i).sum(source, squares);
                }
            }
        }
        for (value, &weight) in sums.iter_mut().zip(&weights) {
            let mean = *value / weight;
            let mean = if squares { mean.sqrt() } else { mean };
            // One NaN, whichever way the sum was made.
            let mean = if mean.is_nan() { f64::NAN } else { mean };
            *value = if weight > 0.0 { mean } else { 0.0 };
        }
        let mut all = true;
        for ((out, valid), (value, weight)) in
            out.iter_mut().zip(valid).zip(sums.iter().zip(&weights))
        {
            outcome.saturated += u32::from(value.saturates::<T>());
            let there = *weight > 0.0;
            all &= there;
            *valid = if there { 255 } else { 0 };
            *out = value.sample();
        }
        outcome.all_valid &= all;
    }
    outcome
}

/// Returns 2 or 3 if no box touches more pixels along an axis and all between them are there.
#[inline(always)]
fn widest<T>(x: &Parts, y: &Parts, source: Plane<'_, T>) -> usize {
    let most = ends(&x.taps).1.max(ends(&y.taps).1);
    if most > 3 || source.samples.is_empty() || source.samples.len() > u32::MAX as usize {
        return usize::MAX;
    }
    if source.valid.is_some() && !source.is_whole(&x.around(), y.around()) {
        return usize::MAX;
    }
    if most > 2 { 3 } else { 2 }
}

/// Sums what boxes of at most `N` pixels along each axis hold, 2 or 3, all of it there: what
/// [`Boxed::sum`] does, in the same order, for all boxes of a block side by side.
#[inline(always)]
fn few<T: Sample, const N: usize>(
    x: &Parts,
    y: &Parts,
    source: Plane<'_, T>,
    squares: bool,
    sums: &mut [f64; BLOCK],
    weights: &mut [f64; BLOCK],
) {
    let stride = source.window.width;
    // The first, the last and what lies between; if there are fewer, the last again, without weight.
    let steps = |taps: i32| {
        let last = (taps - 1).max(0) as u32;
        [0, last, last.min(1)]
    };
    let (mut at, mut right, mut down) = ([0; BLOCK], [[0; BLOCK]; N], [[0; BLOCK]; N]);
    for i in 0..BLOCK {
        at[i] = (y.start[i] as u32).wrapping_mul(stride).wrapping_add(x.start[i] as u32);
        let (to_right, downward) = (steps(x.taps[i]), steps(y.taps[i]));
        for k in 0..N {
            right[k][i] = to_right[k];
            down[k][i] = downward[k].wrapping_mul(stride);
        }
    }
    let mut samples = [[[T::zeroed(); BLOCK]; N]; N];
    for i in 0..BLOCK {
        for (samples, down) in samples.iter_mut().zip(&down) {
            for (samples, right) in samples.iter_mut().zip(&right) {
                let at = at[i].wrapping_add(down[i]).wrapping_add(right[i]);
                samples[i] = source.samples[at as usize];
            }
        }
    }
    for i in 0..BLOCK {
        let value = |v: T| {
            let v = v.to_f64();
            if squares { v * v } else { v }
        };
        let line = |row: usize| {
            let sum =
                x.first[i] * value(samples[row][0][i]) + part(x.last[i], value(samples[row][1][i]));
            if N == 2 { sum } else { sum + part(x.middle[i], value(samples[row][2 % N][i])) }
        };
        let across = x.first[i] + x.last[i];
        let across = if N == 2 { across } else { across + x.middle[i] };
        let mut sum = 0.0 + y.first[i] * line(0);
        let mut weight = y.first[i] * across;
        if N == 3 {
            sum += part(y.middle[i], line(2 % N));
            weight += y.middle[i] * across;
        }
        sums[i] = sum + part(y.last[i], line(1));
        weights[i] = weight + y.last[i] * across;
    }
}

/// Returns a part of a value: nothing of it is nothing, whatever it is.
#[inline(always)]
fn part(part: f64, of: f64) -> f64 {
    if part > 0.0 { part * of } else { 0.0 }
}

/// One axis of the boxes of a block, of up to three pixels each.
struct Parts {
    /// The first pixel, and how many there are; if none, any first one.
    start: [i32; BLOCK],
    taps: [i32; BLOCK],
    /// How much of the first, of the last and of the one between lies in the box: nothing of what
    /// is not there, or counted already.
    first: [f64; BLOCK],
    last: [f64; BLOCK],
    middle: [f64; BLOCK],
}

impl Parts {
    #[inline(always)]
    fn of(sides: &Sides) -> Self {
        let none = [0.0; BLOCK];
        let mut parts =
            Self { start: [0; BLOCK], taps: [0; BLOCK], first: none, last: none, middle: none };
        for i in 0..BLOCK {
            let taps = sides.end[i] - sides.start[i];
            parts.start[i] = low_bits(sides.start[i]);
            parts.taps[i] = low_bits(taps);
            parts.first[i] = if taps > 0.0 { sides.first[i] } else { 0.0 };
            parts.last[i] = if taps > 1.0 { sides.last[i] } else { 0.0 };
            parts.middle[i] = if taps > 2.0 { 1.0 } else { 0.0 };
        }
        parts
    }

    /// Returns the pixels that lie between those of all boxes.
    #[inline(always)]
    fn around(&self) -> Range<usize> {
        let (mut first, mut end) = ([i32::MAX; BLOCK], [0; BLOCK]);
        for i in 0..BLOCK {
            let there = self.taps[i] > 0;
            first[i] = if there { self.start[i] } else { i32::MAX };
            end[i] = if there { self.start[i] + self.taps[i] } else { 0 };
        }
        let (first, end) = (ends(&first).0, ends(&end).1);
        first.min(end) as usize..end as usize
    }
}

impl Boxed {
    /// Returns the weighted sum of the samples that are there, or of their squares, and the weight.
    #[inline(always)]
    pub(super) fn sum<T: Sample>(&self, source: Plane<'_, T>, squares: bool) -> (f64, f64) {
        let of = |v: f64| if squares { v * v } else { v };
        let (mut sum, mut weight) = (0.0, 0.0);
        let stride = source.window.width as usize;
        for row in self.y.taps.clone() {
            let start = row * stride + self.x.taps.start;
            let line = &source.samples[start..start + self.x.taps.len()];
            let height = self.y.part(row);
            let found = match source.valid.map(|v| &v[start..start + line.len()]) {
                Some(valid) if valid.iter().fold(255, |all, &v| all & v) != 255 => {
                    let mut found = (0.0, 0.0);
                    for (i, (&v, &valid)) in line.iter().zip(valid).enumerate() {
                        if valid != 0 {
                            let part = self.x.part(self.x.taps.start + i);
                            found.0 += part * of(v.to_f64());
                            found.1 += part;
                        }
                    }
                    found
                }
                _ => self.x.whole_line(line, of),
            };
            sum += height * found.0;
            weight += height * found.1;
        }
        (sum, weight)
    }
}

impl Side {
    /// Returns the weighted sum and the weight of a line without gaps.
    #[inline(always)]
    fn whole_line<T: Sample>(&self, line: &[T], of: impl Fn(f64) -> f64) -> (f64, f64) {
        let value = |v: T| of(v.to_f64());
        match *line {
            [] => (0.0, 0.0),
            [one] => (self.first * value(one), self.first),
            // Boxes of about a pixel touch so many.
            [first, last] => {
                (self.first * value(first) + self.last * value(last), self.first + self.last)
            }
            [first, ref middle @ .., last] => {
                let ends = self.first * value(first) + self.last * value(last);
                // Four lanes, in an order that is fixed by the footprint alone.
                let (fours, rest) = middle.as_chunks::<4>();
                let mut lanes = [0.0; 4];
                for four in fours {
                    for (lane, &v) in lanes.iter_mut().zip(four) {
                        *lane += value(v);
                    }
                }
                let rest = rest.iter().fold(0.0, |sum, &v| sum + value(v));
                let inner = (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + rest;
                (ends + inner, self.first + self.last + middle.len() as f64)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::quad::Quads;
    use super::super::boxes::boxes_around;
    use super::*;
    use crate::raster::{Point, Size, Window};

    /// Boxes of every width that is summed side by side, at edges, without extent and outside,
    /// over samples with infinities and NaN: the same bits as one by one.
    #[test]
    fn boxes_side_by_side_sum_what_each_does() {
        let mut state = 7u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let size = Size::new(12, 9);
        let window = Window::new(0, 0, 12, 9);
        let mut seen = [0; 2];
        for round in 0..400 {
            let mut samples: Vec<f32> =
                (0..108).map(|_| (random() * 200.0 - 100.0) as f32).collect();
            for _ in 0..round % 4 {
                let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0];
                samples[(random() * 108.0) as usize] = odd[(random() * 4.0) as usize];
            }
            let widest_box = [0.9, 1.4, 1.9][round % 3];
            let (mut quads, len) = (Quads::default(), 1 + round % BLOCK);
            for i in 0..len {
                let (x, y) = (random() * 15.0 - 1.5, random() * 12.0 - 1.5);
                let (w, h) = (random() * widest_box, random() * widest_box);
                let w = if random() < 0.1 { 0.0 } else { w };
                let corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)];
                quads.set(i, corners.map(|(x, y)| Point { x, y }));
            }
            let mut blocks = Vec::new();
            boxes_around(&quads, len, size, window, &mut blocks);
            let source = Plane { window, samples: &samples, valid: None };
            for squares in [false, true] {
                let (mut sums, mut weights) = ([0.0; BLOCK], [0.0; BLOCK]);
                let (x, y) = (Parts::of(&blocks[0].x), Parts::of(&blocks[0].y));
                match widest(&x, &y, source) {
                    2 => few::<_, 2>(&x, &y, source, squares, &mut sums, &mut weights),
                    3 => few::<_, 3>(&x, &y, source, squares, &mut sums, &mut weights),
                    most => panic!("boxes of at most 1.9 pixels touch {most}"),
                }
                seen[widest(&x, &y, source) - 2] += 1;
                for i in 0..len {
                    let (sum, weight) = blocks[0].area(i).sum(source, squares);
                    assert_eq!(weights[i].to_bits(), weight.to_bits(), "{:?}", quads.get(i));
                    let same =
                        sum.to_bits() == sums[i].to_bits() || sum.is_nan() && sums[i].is_nan();
                    assert!(weight == 0.0 || same, "{sum} and {} of {:?}", sums[i], quads.get(i));
                }
            }
        }
        assert!(seen.iter().all(|&count| count > 100), "{seen:?}");
    }
}
