//! Summarises what the footprints of a run of output pixels cover.

use std::ops::Range;

use super::quad::{LEAST_COVER, Quad, covered};
use super::real::Real;
use super::{Outcome, Plane, Resampling, Segment};
use crate::raster::{Point, Sample, Size, Window};

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
            self.boxes.extend(quads.iter().map(|quad| Boxed::around(quad, raster, window)));
        }
    }

    /// Summarises every footprint in one band; returns whether all pixels are
    /// valid, and how many did not fit the type.
    ///
    /// Writes the samples and their validity (255 or 0); an invalid sample is 0.
    /// Samples that are invalid or outside the raster do not count; a pixel is
    /// invalid if nothing of its footprint does. Sums and means are made in `f64`;
    /// what is picked keeps every bit. Integers round half to even and saturate.
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
        let mut outcome = Outcome::ALL_VALID;
        for (i, (out, valid)) in out.iter_mut().zip(valid).enumerate() {
            let found = if self.how.picks() {
                self.pick(source, i)
            } else {
                self.value(source, i).map(|value| {
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

    /// Computes a sum or mean.
    fn value<T: Sample>(&mut self, source: Plane<'_, T>, i: usize) -> Option<f64> {
        if self.how.is_exact_cover() {
            let found = covered(source, self.raster, &self.quads[i], &mut self.scratch.line);
            let there = found.area > 0.0;
            let mean = self.how == Resampling::Area;
            return there.then(|| if mean { found.sum / found.area } else { found.sum });
        }
        let area = &self.boxes[i];
        if self.how == Resampling::Rms {
            area.mean(source, |v| v * v).map(f64::sqrt)
        } else {
            area.mean(source, |v| v)
        }
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
fn order<T: Sample>(a: &T, b: &T) -> std::cmp::Ordering {
    a.partial_cmp(b).unwrap_or_else(|| {
        let is_nan = |v: &T| v.to_f64().is_nan();
        is_nan(a).cmp(&is_nan(b))
    })
}

impl Boxed {
    fn around(quad: &Quad, raster: Size, window: Window) -> Self {
        let turned = turned(quad);
        let side = |pick: fn(&Point) -> f64, extent: u32, first: i64, length: u32| {
            let (a, b) = (pick(&quad[0]), pick(&quad[2]));
            let (mut start, mut end) = if a <= b { (a, b) } else { (b, a) };
            if turned > 0.0 {
                let (c, d) = (pick(&quad[1]), pick(&quad[3]));
                start += turned * (start.min(c).min(d) - start);
                end += turned * (end.max(c).max(d) - end);
            }
            Side::between(start, end, extent, first, length)
        };
        Self {
            x: side(|p| p.x, raster.width, window.col, window.width),
            y: side(|p| p.y, raster.height, window.row, window.height),
        }
    }

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
fn turned([a, b, c, d]: &Quad) -> f64 {
    let slope = |pick: fn(&Point) -> f64| {
        let along = (pick(b) - pick(a) + pick(c) - pick(d)).abs();
        let down = (pick(d) - pick(a) + pick(c) - pick(b)).abs();
        let (less, more) = if along < down { (along, down) } else { (down, along) };
        if more > 0.0 { less / more } else { 0.0 }
    };
    let slope = slope(|p| p.x).max(slope(|p| p.y));
    ((slope - 0.25) * 4.0).clamp(0.0, 1.0)
}

impl Side {
    const NONE: Self = Self { taps: 0..0, first: 0.0, last: 0.0 };

    /// Takes the pixels between two positions, in a window that starts at pixel
    /// `first` of a raster of `extent` pixels.
    fn between(start: f64, end: f64, extent: u32, first: i64, length: u32) -> Self {
        let most = f64::from(extent);
        // False for NaN, too.
        if !(start <= end && end > LEAST_COVER && start < most - LEAST_COVER) {
            return Self::NONE;
        }
        let (start, end) = (start.max(0.0), end.min(most));
        let from = (start + LEAST_COVER).floor();
        let to = (end - LEAST_COVER).ceil().max(from + 1.0);
        let taps = (from as i64 - first).max(0)..(to as i64 - first).min(length.into());
        if taps.is_empty() {
            return Self::NONE;
        }
        let single = to - from == 1.0;
        // A footprint without extent counts for what it lies on.
        let extent = if end > start { end - start } else { 1.0 };
        Self {
            taps: taps.start as usize..taps.end as usize,
            first: if single { extent.min(1.0) } else { (from + 1.0 - start).min(1.0) },
            last: if single { extent.min(1.0) } else { (end - (to - 1.0)).min(1.0) },
        }
    }

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
    /// Collects the samples that are there, and their parts if asked for.
    fn collect<T: Sample>(
        &mut self,
        area: &Boxed,
        source: Plane<'_, T>,
        weights: bool,
    ) -> (&mut [T], &[f64], &mut Vec<usize>) {
        let most = area.x.taps.len() * area.y.taps.len();
        let words = (most * size_of::<T>()).div_ceil(size_of::<u64>());
        if self.values.len() < words {
            self.values.resize(words, 0);
        }
        self.weights.clear();
        let values = &mut bytemuck::cast_slice_mut::<u64, T>(&mut self.values[..words])[..most];
        let mut count = 0;
        for (slot, (value, weight)) in values.iter_mut().zip(area.samples(source)) {
            *slot = value;
            count += 1;
            if weights {
                self.weights.push(weight);
            }
        }
        (&mut values[..count], &self.weights, &mut self.order)
    }

    /// Returns the sample of a rank that depends on how many there are.
    fn ranked<T: Sample>(
        &mut self,
        area: &Boxed,
        source: Plane<'_, T>,
        rank: impl Fn(usize) -> usize,
    ) -> Option<T> {
        let (values, ..) = self.collect(area, source, false);
        let rank = rank(values.len());
        (!values.is_empty()).then(|| *values.select_nth_unstable_by(rank, order).1)
    }

    /// Returns the sample that covers most; of several, the first to do so.
    fn mode<T: Sample>(&mut self, area: &Boxed, source: Plane<'_, T>) -> Option<T> {
        let (values, weights, by_value) = self.collect(area, source, true);
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
            by_value.sort_unstable_by(|&a, &b| order(&values[a], &values[b]).then(a.cmp(&b)));
            for group in by_value.chunk_by(|&a, &b| same(a, b)) {
                let weight = group.iter().fold(0.0, |sum, &i| sum + weights[i]);
                meet(weight, group[group.len() - 1]);
            }
        }
        best.map(|(_, at)| values[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let found = Boxed::around(&diamond, size, size.window());
        assert_eq!((found.x.taps.clone(), found.y.taps.clone()), (3..7, 3..7));
        let slight = [(5.0, 5.0), (7.0, 5.1), (6.9, 7.1), (4.9, 7.0)].map(|(x, y)| Point { x, y });
        let found = Boxed::around(&slight, size, size.window());
        assert!((found.x.taps.clone(), found.y.taps.clone()) == (5..7, 5..8));
        assert!((found.x.last - 0.9).abs() < 1e-12 && (found.y.last - 0.1).abs() < 1e-12);
        let source = Plane { window: size.window(), samples: &samples, valid: None };
        assert_eq!(found.mean(source, |v| v), Some(1.0));
    }
}
