//! Summarises what the footprints of a run of output pixels cover.

use std::cmp::Ordering;
use std::ops::Range;

use multiversion::multiversion;

use super::ordered::Ordered;
use super::quad::{LEAST_COVER, Quad, covered};
use super::real::{Real, ceil, floor};
use super::{Outcome, Plane, Resampling, Segment};
use crate::raster::{Sample, Size, Window, dispatch_real};

/// The values up to which the most frequent one is found by a look at each.
const FEW: usize = 64;

/// What the footprints of a run of up to [`Segment::MAX`] output pixels cover of
/// a source window: worked out once by [`Cover::locate`], used for every band
/// by [`Cover::gather`].
#[derive(Debug, Clone)]
pub struct Cover {
    how: Resampling,
    raster: Size,
    window: Window,
    quads: Vec<Quad>,
    boxes: Vec<Boxed>,
    scratch: Scratch,
}

/// The part of a source window that a footprint's box touches.
#[derive(Debug, Clone)]
struct Boxed {
    x: Side,
    y: Side,
}

/// One axis of a box.
#[derive(Debug, Clone)]
struct Side {
    /// The pixels touched, from the window's first.
    taps: Range<usize>,
    /// How much of the first and of the last lies in the box.
    first: f64,
    last: f64,
}

/// Memory that is used again.
#[derive(Debug, Clone, Default)]
struct Scratch {
    line: Vec<f64>,
    values: Vec<u64>,
    weights: Vec<f64>,
    order: Vec<usize>,
}

impl Cover {
    /// Makes the cover of no pixels.
    pub fn new() -> Self {
        Self {
            how: Resampling::Average,
            raster: Size::new(0, 0),
            window: Window::new(0, 0, 0, 0),
            quads: Vec::new(),
            boxes: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Returns the most bytes that summarising one pixel takes, if its footprint
    /// is all of `window`.
    pub fn bytes_for(how: Resampling, window: Window, sample: usize) -> u64 {
        let each = match how {
            Resampling::Mode => sample + size_of::<f64>() + size_of::<usize>(),
            Resampling::Med | Resampling::Q1 | Resampling::Q3 => sample,
            _ => return u64::from(window.width) * size_of::<f64>() as u64,
        };
        window.pixels() * each as u64
    }

    /// Works out what up to [`Segment::MAX`] footprints cover of a source whose
    /// raster has size `raster` and of which `window` is in memory; it must hold
    /// all of the raster that they cover.
    ///
    /// [`Resampling::Sum`] and [`Resampling::Area`] take the quadrilateral as it
    /// is; neighbours that share corners then share out every source pixel.
    /// The others take a box along the axes of the source: from the upper left
    /// corner to the lower right, as gdalwarp has it, where the output is turned
    /// against the source by no more than 14 degrees (a slope of 1/4). From there
    /// on to a slope of 1/2 it grows to the box of all four corners; gdalwarp's
    /// shrinks to nothing at 45 degrees.
    ///
    /// # Panics
    /// If there are more than [`Segment::MAX`] footprints or `how` is no summary.
    pub fn locate(&mut self, how: Resampling, raster: Size, window: Window, quads: &[Quad]) {
        assert!(how.is_summary(), "{how} takes positions: see Segment");
        assert!(quads.len() <= Segment::MAX, "at most 256 footprints");
        (self.how, self.raster, self.window) = (how, raster, window);
        self.quads.clear();
        self.quads.extend_from_slice(quads);
        self.boxes.clear();
        if !how.is_exact_cover() {
            boxes_around(quads, raster, window, &mut self.boxes);
        }
    }

    /// Summarises every footprint in one band; returns whether all pixels are
    /// valid, and how many did not fit the type.
    ///
    /// Writes the samples and their validity (255 or 0); an invalid sample is 0.
    /// Samples that are invalid or outside the raster do not count; a pixel is
    /// invalid if nothing of its footprint does. Sums and means are made in `f64`;
    /// what is picked is exact. Integers round half to even and saturate.
    /// NaN samples that are not invalid make NaN of sums and means; they are
    /// larger than all numbers to what is picked.
    ///
    /// # Panics
    /// If `source` has another window than the footprints were located in, or
    /// `out` or `valid` another length; if samples are complex: sums are made of
    /// their parts.
    pub fn gather<T: Sample>(
        &mut self,
        source: Plane<'_, T>,
        out: &mut [T],
        valid: &mut [u8],
    ) -> Outcome {
        assert!(!T::DTYPE.is_complex(), "real samples");
        assert_eq!(source.window, self.window, "the window the footprints were located in");
        let len = self.quads.len();
        assert!(out.len() == len && valid.len() == len, "one sample a pixel");
        match self.how {
            Resampling::Average => return means(&self.boxes, source, |v| v, |m| m, out, valid),
            Resampling::Rms => {
                return means(&self.boxes, source, |v| v * v, f64::sqrt, out, valid);
            }
            _ => {}
        }
        let mut outcome = Outcome::ALL_VALID;
        for (i, (out, valid)) in out.iter_mut().zip(valid).enumerate() {
            let found = if self.how.picks() {
                self.pick(source, i)
            } else {
                let found = covered(source, self.raster, &self.quads[i], &mut self.scratch.line);
                let mean = self.how == Resampling::Area;
                (found.area > 0.0).then(|| {
                    let value = if mean { found.sum / found.area } else { found.sum };
                    outcome.saturated += u32::from(value.saturates::<T>());
                    value.sample()
                })
            };
            outcome.all_valid &= found.is_some();
            *valid = if found.is_some() { 255 } else { 0 };
            *out = found.unwrap_or_else(T::zeroed);
        }
        outcome
    }

    /// Picks a sample.
    fn pick<T: Sample>(&mut self, source: Plane<'_, T>, i: usize) -> Option<T> {
        let area = &self.boxes[i];
        let least = |a: T, b: T| if order(&b, &a).is_lt() { b } else { a };
        let most = |a: T, b: T| if order(&b, &a).is_gt() { b } else { a };
        let quantile = |of: f64| move |n: usize| (of * n as f64 - 1.0).ceil().max(0.0) as usize;
        match self.how {
            Resampling::Min => area.samples(source).map(|(v, _)| v).reduce(least),
            Resampling::Max => area.samples(source).map(|(v, _)| v).reduce(most),
            Resampling::Mode => self.scratch.mode(area, source),
            Resampling::Q1 => self.scratch.ranked(area, source, quantile(0.25)),
            Resampling::Q3 => self.scratch.ranked(area, source, quantile(0.75)),
            _ => self.scratch.ranked(area, source, quantile(0.5)),
        }
    }
}

impl Default for Cover {
    fn default() -> Self {
        Self::new()
    }
}

/// The order of samples, NaN last.
fn order<T: Sample>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| {
        let is_nan = |v: &T| v.to_f64().is_nan();
        is_nan(a).cmp(&is_nan(b))
    })
}

/// The footprints whose boxes are worked out together.
const BLOCK: usize = 64;

/// Puts a box around each footprint, with what lies of it in a window of a raster.
#[multiversion(targets("x86_64+avx2"))]
fn boxes_around(quads: &[Quad], raster: Size, window: Window, boxes: &mut Vec<Boxed>) {
    for quads in quads.chunks(BLOCK) {
        let (mut x, mut y) = (Sides::NONE, Sides::NONE);
        for (i, quad) in quads.iter().enumerate() {
            let turned = turned(quad);
            let [a, b, c, d] = quad;
            (x.start[i], x.end[i]) = between([a.x, b.x, c.x, d.x], turned);
            (y.start[i], y.end[i]) = between([a.y, b.y, c.y, d.y], turned);
        }
        x.touch(raster.width, window.col, window.width);
        y.touch(raster.height, window.row, window.height);
        boxes.extend((0..quads.len()).map(|i| Boxed { x: x.side(i), y: y.side(i) }));
    }
}

/// Returns where the box of a footprint begins and ends along an axis.
#[inline(always)]
fn between([a, c, b, d]: [f64; 4], turned: f64) -> (f64, f64) {
    let (mut start, mut end) = if a <= b { (a, b) } else { (b, a) };
    if turned > 0.0 {
        start += turned * (start.min(c).min(d) - start);
        end += turned * (end.max(c).max(d) - end);
    }
    (start, end)
}

/// One axis of several boxes.
struct Sides {
    /// Between which positions they lie; then which pixels they touch.
    start: [f64; BLOCK],
    end: [f64; BLOCK],
    /// How much of the first pixel and of the last lies in them.
    first: [f64; BLOCK],
    last: [f64; BLOCK],
}

impl Sides {
    const NONE: Self = {
        let none = [0.0; BLOCK];
        Self { start: none, end: none, first: none, last: none }
    };

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

/// Makes a pixel of the mean of a function of the samples in each box.
#[multiversion(targets("x86_64+avx2"))]
fn means<T: Sample>(
    boxes: &[Boxed],
    source: Plane<'_, T>,
    of: impl Fn(f64) -> f64,
    back: impl Fn(f64) -> f64,
    out: &mut [T],
    valid: &mut [u8],
) -> Outcome {
    let mut outcome = Outcome::ALL_VALID;
    for ((area, out), valid) in boxes.iter().zip(out).zip(valid) {
        let (value, there) = match area.mean(source, &of) {
            Some(mean) => (back(mean), true),
            None => (0.0, false),
        };
        outcome.saturated += u32::from(value.saturates::<T>());
        outcome.all_valid &= there;
        *valid = if there { 255 } else { 0 };
        *out = if there { value.sample() } else { T::zeroed() };
    }
    outcome
}

impl Boxed {
    /// Returns the samples that are there, each with the part that is covered.
    fn samples<'a, T: Sample>(
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

    /// Returns the weighted mean of a function of the samples that are there.
    #[inline(always)]
    fn mean<T: Sample>(&self, source: Plane<'_, T>, of: impl Fn(f64) -> f64) -> Option<f64> {
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
                _ => self.x.whole_line(line, &of),
            };
            sum += height * found.0;
            weight += height * found.1;
        }
        (weight > 0.0).then(|| sum / weight)
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

impl Side {
    /// Returns how much of a pixel lies in the box.
    #[inline(always)]
    fn part(&self, tap: usize) -> f64 {
        if tap == self.taps.start {
            self.first
        } else if tap + 1 == self.taps.end {
            self.last
        } else {
            1.0
        }
    }

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

impl Scratch {
    /// Returns the sample of a rank that depends on how many there are.
    fn ranked<T: Sample>(
        &mut self,
        area: &Boxed,
        source: Plane<'_, T>,
        rank: impl Fn(usize) -> usize,
    ) -> Option<T> {
        // By place: numbers of the type's width compare in one step, whatever the type.
        match size_of::<T>() {
            1 => self.of_rank::<T, u8>(area, source, rank),
            2 => self.of_rank::<T, u16>(area, source, rank),
            4 => self.of_rank::<T, u32>(area, source, rank),
            _ => self.of_rank::<T, u64>(area, source, rank),
        }
    }

    fn of_rank<T: Sample, P: Place>(
        &mut self,
        area: &Boxed,
        source: Plane<'_, T>,
        rank: impl Fn(usize) -> usize,
    ) -> Option<T> {
        let places = room::<P>(&mut self.values, area);
        let mut count = 0;
        for (slot, (value, _)) in places.iter_mut().zip(area.samples(source)) {
            // NaN comes last.
            *slot = place(value).map_or(P::LAST, P::of);
            count += 1;
        }
        (count > 0).then(|| sample(P::at_rank(&mut places[..count], rank(count))))
    }

    /// Returns the sample that covers most; of several, the first to do so.
    fn mode<T: Sample>(&mut self, area: &Boxed, source: Plane<'_, T>) -> Option<T> {
        let Self { values, weights, order: by_value, .. } = self;
        let values = room::<T>(values, area);
        weights.clear();
        for (slot, (value, weight)) in values.iter_mut().zip(area.samples(source)) {
            *slot = value;
            weights.push(weight);
        }
        let values = &values[..weights.len()];
        let same = |a: usize, b: usize| order(&values[a], &values[b]).is_eq();
        let mut best = None::<(f64, usize)>;
        // A value's weight grows in the order of its samples, whatever way they
        // are found; the last of them is when it reaches all of it.
        let mut meet = |weight: f64, last: usize| {
            let better = best.is_none_or(|(most, at)| weight > most || weight == most && last < at);
            if better {
                best = Some((weight, last));
            }
        };
        if values.len() <= FEW {
            for i in 0..values.len() {
                if (0..i).any(|j| same(i, j)) {
                    continue;
                }
                let (mut weight, mut last) = (0.0, i);
                for j in (i..values.len()).filter(|&j| same(i, j)) {
                    weight += weights[j];
                    last = j;
                }
                meet(weight, last);
            }
        } else {
            by_value.clear();
            by_value.extend(0..values.len());
            sort_by(by_value, &|a, b| order(&values[a], &values[b]).then(a.cmp(&b)));
            for group in by_value.chunk_by(|&a, &b| same(a, b)) {
                let weight = group.iter().fold(0.0, |sum, &i| sum + weights[i]);
                meet(weight, group[group.len() - 1]);
            }
        }
        best.map(|(_, at)| values[at])
    }
}

/// Returns room for the samples of a box.
fn room<'a, V: bytemuck::Pod>(words: &'a mut Vec<u64>, area: &Boxed) -> &'a mut [V] {
    let most = area.x.taps.len() * area.y.taps.len();
    let needed = (most * size_of::<V>()).div_ceil(size_of::<u64>());
    if words.len() < needed {
        words.resize(needed, 0);
    }
    &mut bytemuck::cast_slice_mut(&mut words[..needed])[..most]
}

/// Sorts, for all types by the same code.
fn sort_by(order: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    order.sort_unstable_by(|&a, &b| compare(a, b));
}

/// A place of samples (see [`Ordered`]) of one width.
trait Place: bytemuck::Pod {
    const LAST: Self;
    fn of(place: u64) -> Self;
    /// Returns the place of a rank among some, which it reorders.
    fn at_rank(places: &mut [Self], rank: usize) -> u64;
}

macro_rules! place {
    ($($t:ty)*) => { $(
        impl Place for $t {
            const LAST: Self = Self::MAX;
            #[inline(always)]
            fn of(place: u64) -> Self {
                place as Self
            }
            #[inline(never)]
            fn at_rank(places: &mut [Self], rank: usize) -> u64 {
                (*places.select_nth_unstable(rank).1).into()
            }
        }
    )* };
}
place! { u8 u16 u32 u64 }

/// Returns a real sample's place; none for NaN.
#[inline(always)]
fn place<T: Sample>(value: T) -> Option<u64> {
    dispatch_real!(T::DTYPE, U => bytemuck::cast::<T, U>(value).key())
}

/// Returns the sample at a place.
fn sample<T: Sample>(place: u64) -> T {
    let found = dispatch_real!(T::DTYPE, U => bytemuck::cast::<U, T>(U::from_key(place)));
    // Beyond all numbers is NaN: the usual one.
    if found.partial_cmp(&found).is_some() { found } else { T::from_f64(f64::NAN) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{DataType, Point};

    fn summarize(how: Resampling, width: u32, samples: &[f64], corners: [f64; 4]) -> f64 {
        let size = Size::new(width, samples.len() as u32 / width);
        let [left, top, right, bottom] = corners;
        let quad = [(left, top), (right, top), (right, bottom), (left, bottom)];
        let mut cover = Cover::new();
        cover.locate(how, size, size.window(), &[quad.map(|(x, y)| Point { x, y })]);
        let (mut out, mut valid) = ([0.0], [0]);
        let source = Plane { window: size.window(), samples, valid: None };
        assert!(cover.gather(source, &mut out, &mut valid).all_valid);
        out[0]
    }

    /// Values of GDAL 3.12 (`rasterio.warp.reproject` with tolerance 0) on the
    /// same 4 x 4 pixels: halves, and pixel (1, 0) of thirds.
    #[test]
    fn summaries_are_those_of_gdal() {
        use Resampling::{Area, Average, Max, Med, Min, Mode, Q1, Q3, Rms, Sum};
        let samples = [1, 2, 3, 3, 1, 2, 3, 4, 5, 2, 5, 6, 5, 5, 6, 6].map(f64::from);
        for (how, lower_left, upper_middle) in [
            (Mode, 5.0, 3.0),
            (Med, 5.0, 2.0),
            (Q1, 2.0, 2.0),
            (Q3, 5.0, 3.0),
            (Min, 2.0, 2.0),
            (Max, 5.0, 3.0),
            (Average, 4.25, 2.666_666_666_666_666_5),
            (Rms, 4.444_097_208_657_794, 2.708_012_801_545_32),
            (Sum, 17.0, 6.0),
            (Area, 4.25, 2.666_666_666_666_666_5),
        ] {
            let found = summarize(how, 4, &samples, [0.0, 2.0, 2.0, 4.0]);
            assert!((found - lower_left).abs() < 1e-14, "{how}: {found}");
            let found = summarize(how, 4, &samples, [1.5, 0.0, 3.0, 1.5]);
            assert!((found - upper_middle).abs() < 1e-14, "{how}: {found}");
        }
    }

    #[test]
    fn what_is_picked_is_of_its_rank_in_every_type() {
        let values = [7.0, -3.0, f64::NAN, 1e30, 0.0, 2.5, -1e30, 2.0, 300.0];
        let size = Size::new(9, 1);
        let quad = [(0.0, 0.0), (9.0, 0.0), (9.0, 1.0), (0.0, 1.0)].map(|(x, y)| Point { x, y });
        for dtype in DataType::ALL.into_iter().filter(|dtype| !dtype.is_complex()) {
            dispatch_real!(dtype, T => {
                let samples = values.map(<T as Sample>::from_f64);
                let mut sorted = samples;
                sorted.sort_by(order);
                for (how, rank) in [(Resampling::Q1, 2), (Resampling::Med, 4), (Resampling::Q3, 6)] {
                    let mut cover = Cover::new();
                    cover.locate(how, size, size.window(), &[quad]);
                    let (mut out, mut valid) = ([T::default()], [0]);
                    let source = Plane { window: size.window(), samples: &samples, valid: None };
                    cover.gather(source, &mut out, &mut valid);
                    assert_eq!((out[0], valid), (sorted[rank], [255]), "{how} of {dtype}");
                }
            });
        }
        let nan = f64::NAN;
        assert!(
            summarize(Resampling::Med, 4, &[nan, 1.0, nan, nan], [0.0, 0.0, 4.0, 1.0]).is_nan()
        );
    }

    #[test]
    fn of_values_that_cover_as_much_the_first_to_do_so_is_the_mode() {
        for (samples, wanted) in
            [([7.0, 9.0, 9.0, 7.0], 9.0), ([7.0, 9.0, 7.0, 9.0], 7.0), ([9.0, 7.0, 7.0, 9.0], 7.0)]
        {
            let one = summarize(Resampling::Mode, 4, &samples, [0.0, 0.0, 4.0, 1.0]);
            // The same among so many that they are sorted.
            let many: Vec<f64> = samples.repeat(20);
            let sorted = summarize(Resampling::Mode, 4, &many, [0.0, 0.0, 4.0, 20.0]);
            assert_eq!((one, sorted), (wanted, wanted));
        }
    }

    #[test]
    fn boxes_of_turned_footprints_are_not_empty() {
        let samples = [1.0; 100];
        let size = Size::new(10, 10);
        let diamond = [(5.0, 3.0), (7.0, 5.0), (5.0, 7.0), (3.0, 5.0)].map(|(x, y)| Point { x, y });
        let around = |quad: Quad| {
            let mut boxes = Vec::new();
            boxes_around(&[quad], size, size.window(), &mut boxes);
            boxes.remove(0)
        };
        let found = around(diamond);
        assert_eq!((found.x.taps.clone(), found.y.taps.clone()), (3..7, 3..7));
        let slight = [(5.0, 5.0), (7.0, 5.1), (6.9, 7.1), (4.9, 7.0)].map(|(x, y)| Point { x, y });
        let found = around(slight);
        assert!((found.x.taps.clone(), found.y.taps.clone()) == (5..7, 5..8));
        assert!((found.x.last - 0.9).abs() < 1e-12 && (found.y.last - 0.1).abs() < 1e-12);
        let source = Plane { window: size.window(), samples: &samples, valid: None };
        assert_eq!(found.mean(source, |v| v), Some(1.0));
    }
}
