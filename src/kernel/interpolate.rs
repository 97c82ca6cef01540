//! Interpolates a run of output pixels.

use std::cell::Cell;
use std::ops::Range;

use multiversion::multiversion;

use super::lanczos::{LANES, Lanczos, Part, TAPS};
use super::real::{Real, sums_in_f32};
use super::resampling::{BSpline, CatmullRom, FourTaps, Kernel, Triangle};
use super::segment::{BLOCK, ends};
use super::support::{Reach, Taps, complete, incomplete, is_complete};
use super::widened::{Weigh, weigh_block};
use super::{Outcome, Plane, Resampling, Segment};
use crate::raster::Sample;

impl Segment {
    /// Interpolates every pixel of the segment in one band; returns whether all
    /// of them are valid, and how many did not fit the type.
    ///
    /// Writes the samples and their validity (255 or 0); an invalid sample is 0.
    /// - [`Resampling::Near`] copies the sample that contains the position; an
    ///   invalid one makes an invalid pixel.
    /// - Where all taps are there and valid the others give their weighted mean.
    ///   Taps that are outside the raster or invalid are dropped and the weights
    ///   of the rest made to sum to 1; the pixel is invalid if the rest weighs
    ///   less than 1e-6. A kernel with negative weights gives way to the triangle
    ///   of the same scale there, so that nothing rings off nodata (gdalwarp does
    ///   so at the raster's edge at scale 1; where it minifies it drops taps and
    ///   renormalises, which can ring).
    /// - Integers round half to even and saturate. 64-bit integers beyond 2^53
    ///   lose their last bits, except to `Near`.
    /// - NaN and infinite samples that are not invalid make NaN of every pixel
    ///   that has them among its taps, even where their weight is 0.
    ///
    /// Sums of samples of up to 16 bits are made in `f32` where that cannot move
    /// the result by half a quantum, all others in `f64`.
    ///
    /// # Panics
    /// If `source` has another window than the segment was located in, or
    /// `out` or `valid` another length than the segment; if samples are not of a
    /// type that the method works in ([`Resampling::working`]), complex ones among
    /// them: means are made of their parts.
    pub fn gather<T: Sample>(
        &self,
        source: Plane<'_, T>,
        out: &mut [T],
        valid: &mut [u8],
    ) -> Outcome {
        let sums = const { Resampling::Bilinear.works_in(T::DTYPE) };
        assert!(sums || self.how == Resampling::Near, "samples of a working type");
        assert_eq!(source.window, self.window, "the window the segment was located in");
        assert!(out.len() == self.len && valid.len() == self.len, "one sample a pixel");
        let pixels = source.window.pixels() as usize;
        assert!(
            source.samples.len() == pixels && source.valid.is_none_or(|v| v.len() == pixels),
            "one sample a pixel of the window"
        );
        let narrow = sums_in_f32(T::DTYPE);
        let mut outcome = Outcome::ALL_VALID;
        for (block, (out, valid)) in out.chunks_mut(BLOCK).zip(valid.chunks_mut(BLOCK)).enumerate()
        {
            let range = block * BLOCK..block * BLOCK + out.len();
            macro_rules! sum {
                ($kernel:ty) => {
                    if narrow {
                        self.block::<$kernel, T, f32>(source, range, block, out, valid)
                    } else {
                        self.block::<$kernel, T, f64>(source, range, block, out, valid)
                    }
                };
            }
            outcome += match self.how {
                Resampling::Bilinear if sums => sum!(Triangle),
                Resampling::Cubic if sums => sum!(CatmullRom),
                Resampling::CubicSpline if sums => sum!(BSpline),
                Resampling::Lanczos if sums => sum!(Lanczos),
                // Summaries are refused by `locate`.
                _ => {
                    Outcome { saturated: 0, all_valid: self.near(source, range, block, out, valid) }
                }
            };
        }
        outcome
    }

    // Alone, so that types that move alike share its code.
    #[inline(never)]
    fn near<T: Sample>(
        &self,
        source: Plane<'_, T>,
        range: Range<usize>,
        block: usize,
        out: &mut [T],
        valid: &mut [u8],
    ) -> bool {
        if self.inside[block] && source.samples.len() <= u32::MAX as usize {
            return nearest(&self.x.base[range.clone()], &self.y.base[range], source, out, valid);
        }
        let stride = source.window.width as usize;
        let (width, height) = (source.window.width as i32, source.window.height as i32);
        self.one_by_one(range, out, valid, |i| {
            let (x, y) = (self.x.base[i], self.y.base[i]);
            if x < 0 || y < 0 || x >= width || y >= height {
                return None;
            }
            let at = y as usize * stride + x as usize;
            source.valid.is_none_or(|v| v[at] != 0).then(|| source.samples[at])
        })
    }

    fn block<K: Plain, T: Sample, A: Real>(
        &self,
        source: Plane<'_, T>,
        range: Range<usize>,
        block: usize,
        out: &mut [T],
        valid: &mut [u8],
    ) -> Outcome {
        if self.inside[block] && self.is_surrounded(source, range.clone(), K::RADIUS) {
            let saturated = plain_block::<K, T, A>(self, source, range, out);
            valid.fill(255);
            return Outcome { all_valid: true, saturated };
        }
        if self.minified {
            let (weigh, range): (Weigh<A>, _) = (weigh_block::<K, A>, range.clone());
            if let Some(saturated) = self.widened_block(source, range, K::RADIUS, weigh, out) {
                valid.fill(255);
                return Outcome { all_valid: true, saturated };
            }
        }
        let saturated = Cell::new(0);
        let all_valid = self.one_by_one(range, out, valid, |i| {
            let (sample, over) = self.pixel::<K, T, A>(source, i)?;
            saturated.set(saturated.get() + u32::from(over));
            Some(sample)
        });
        Outcome { all_valid, saturated: saturated.get() }
    }

    /// Calls `pixel` for each pixel of the range that is in the raster; returns
    /// whether all are valid.
    fn one_by_one<T: Sample>(
        &self,
        range: Range<usize>,
        out: &mut [T],
        valid: &mut [u8],
        pixel: impl Fn(usize) -> Option<T>,
    ) -> bool {
        let mut all_valid = true;
        for ((i, out), valid) in range.zip(out).zip(valid) {
            let placed = self.x.placed[i] & self.y.placed[i] == 255;
            let sample = if placed { pixel(i) } else { None };
            all_valid &= sample.is_some();
            *valid = if sample.is_some() { 255 } else { 0 };
            *out = sample.unwrap_or_else(T::zeroed);
        }
        all_valid
    }

    /// Returns whether the smallest rectangle around the taps at scale 1 of these
    /// pixels, known to be in the window, is small and all valid.
    fn is_surrounded<T>(&self, source: Plane<'_, T>, range: Range<usize>, radius: usize) -> bool {
        let span = |base: &[i32]| {
            let (least, most) = ends(base);
            least as usize + 1 - radius..most as usize + 1 + radius
        };
        source.valid.is_none()
            || source.is_whole(&span(&self.x.base[range.clone()]), span(&self.y.base[range]))
    }

    #[inline(always)]
    fn reaches(&self, i: usize) -> [Reach; 2] {
        [&self.x, &self.y].map(|axis| Reach {
            base: axis.base[i],
            fraction: axis.fraction[i],
            scale: if self.minified { axis.scale[i] } else { 1.0 },
        })
    }

    /// Interpolates one pixel whose position is in the raster; says whether it
    /// saturates.
    fn pixel<K: Plain, T: Sample, A: Real>(
        &self,
        source: Plane<'_, T>,
        i: usize,
    ) -> Option<(T, bool)> {
        fn told<T: Sample>(value: impl Real) -> (T, bool) {
            (value.sample(), value.saturates::<T>())
        }
        let [x, y] = self.reaches(i);
        let (columns, rows) = (Taps::of::<K>(x), Taps::of::<K>(y));
        if is_complete(source, columns, rows) {
            return Some(if x.scale == 1.0 && y.scale == 1.0 {
                told(K::plain::<T, A>(self, source, i))
            } else if columns.count().max(rows.count()) <= K::MOST_IN_F32 {
                told(complete::<K, T, A>(source, columns, rows))
            } else {
                told(complete::<K, T, f64>(source, columns, rows))
            });
        }
        let mean = if K::RINGS {
            let (columns, rows) = (Taps::of::<Triangle>(x), Taps::of::<Triangle>(y));
            incomplete::<Triangle, T>(source, columns, rows)
        } else {
            incomplete::<K, T>(source, columns, rows)
        };
        mean.map(told)
    }

    /// Returns the index of the `back`th tap before the base on both axes.
    #[inline(always)]
    fn corner(&self, back: i32, stride: usize, i: usize) -> usize {
        (self.y.base[i] - back) as usize * stride + (self.x.base[i] - back) as usize
    }
}

/// Copies the samples of some pixels of the source's window, up to [`BLOCK`], with their validity;
/// returns whether all are valid.
#[multiversion(targets("x86_64+avx2"))]
fn nearest<T: Sample>(
    x: &[i32],
    y: &[i32],
    source: Plane<'_, T>,
    out: &mut [T],
    valid: &mut [u8],
) -> bool {
    let stride = source.window.width;
    let mut places = [0; BLOCK];
    for (place, (&x, &y)) in places.iter_mut().zip(x.iter().zip(y)) {
        *place = (y as u32).wrapping_mul(stride).wrapping_add(x as u32);
    }
    pick(source.samples, &places, out);
    let Some(source_valid) = source.valid else {
        valid.fill(255);
        return true;
    };
    pick(source_valid, &places, valid);
    let all_valid = valid.iter().fold(255, |all, &byte| all & byte) == 255;
    if !all_valid {
        for (sample, &byte) in out.iter_mut().zip(&*valid) {
            *sample = if byte == 0 { T::zeroed() } else { *sample };
        }
    }
    all_valid
}

/// Copies what lies at some places; at one go where these are side by side, as most are if pixels
/// keep about their size.
#[inline(always)]
fn pick<T: Copy>(from: &[T], places: &[u32; BLOCK], to: &mut [T]) {
    const RUN: usize = 8;
    let (runs, _) = places.as_chunks::<RUN>();
    let (whole, rest) = to.as_chunks_mut::<RUN>();
    let rest_places = &places[whole.len() * RUN..];
    for (to, places) in whole.iter_mut().zip(runs) {
        let apart = |(&place, k): (&u32, u32)| place ^ places[0].wrapping_add(k);
        let is_run = places.iter().zip(0..).map(apart).fold(0, |any, apart| any | apart) == 0;
        *to = match from.get(places[0] as usize..).and_then(|from| from.first_chunk()) {
            Some(run) if is_run => *run,
            _ => places.map(|place| from[place as usize]),
        };
    }
    for (to, &place) in rest.iter_mut().zip(rest_places) {
        *to = from[place as usize];
    }
}

/// [`Plain::plain_block`], compiled for the processor at hand.
#[multiversion(targets("x86_64+avx2"))]
fn plain_block<K: Plain, T: Sample, A: Real>(
    segment: &Segment,
    source: Plane<'_, T>,
    range: Range<usize>,
    out: &mut [T],
) -> u32 {
    let out = &mut out[..range.len().min(BLOCK)];
    let mut sums = [A::ZERO; BLOCK];
    let sums = &mut sums[..out.len()];
    K::plain_block(segment, source, range, sums);
    let mut saturated = 0;
    for (sample, sum) in out.iter_mut().zip(sums) {
        *sample = sum.sample();
        saturated += u32::from(K::RINGS & sum.saturates::<T>());
    }
    saturated
}

/// A kernel at scale 1 over a complete support: the case that nearly every
/// pixel of nearly every warp is. `plain` and `plain_block` do the same
/// operations in the same order.
trait Plain: Kernel {
    /// Interpolates one pixel.
    fn plain<T: Sample, A: Real>(segment: &Segment, source: Plane<'_, T>, i: usize) -> A;

    /// Interpolates as many pixels of a segment, from the first of `range` on, as
    /// there are `sums`, which are up to [`BLOCK`].
    fn plain_block<T: Sample, A: Real>(
        segment: &Segment,
        source: Plane<'_, T>,
        range: Range<usize>,
        sums: &mut [A],
    );
}

/// Interpolates between two pairs. This form gives a constant back exactly.
#[inline(always)]
fn bilinear<A: Real>(taps: [A; 4], x: A, y: A) -> A {
    let top = taps[0] + x * (taps[1] - taps[0]);
    let bottom = taps[2] + x * (taps[3] - taps[2]);
    top + y * (bottom - top)
}

impl Plain for Triangle {
    #[inline(always)]
    fn plain<T: Sample, A: Real>(segment: &Segment, source: Plane<'_, T>, i: usize) -> A {
        let stride = source.window.width as usize;
        let at = segment.corner(0, stride, i);
        let (top, bottom) = (&source.samples[at..][..2], &source.samples[at + stride..][..2]);
        let taps = [A::of(top[0]), A::of(top[1]), A::of(bottom[0]), A::of(bottom[1])];
        bilinear(taps, A::new(segment.x.fraction[i]), A::new(segment.y.fraction[i]))
    }

    #[inline(always)]
    fn plain_block<T: Sample, A: Real>(
        segment: &Segment,
        source: Plane<'_, T>,
        range: Range<usize>,
        sums: &mut [A],
    ) {
        // Loads first, two samples at once, so that the arithmetic vectorises.
        let stride = source.window.width as usize;
        let mut pairs = [[[T::zeroed(); 2]; BLOCK]; 2];
        let [top, bottom] = &mut pairs;
        let (top, bottom) = (&mut top[..sums.len()], &mut bottom[..sums.len()]);
        for ((top, bottom), i) in top.iter_mut().zip(bottom.iter_mut()).zip(range.clone()) {
            let at = segment.corner(0, stride, i);
            *top = *taps(source.samples, at);
            *bottom = *taps(source.samples, at + stride);
        }
        let (x, y) = (&segment.x.fraction[range.clone()], &segment.y.fraction[range]);
        let places = x.iter().zip(y).zip(top.iter().zip(bottom.iter()));
        for (sum, ((&x, &y), (top, bottom))) in sums.iter_mut().zip(places) {
            let four = [A::of(top[0]), A::of(top[1]), A::of(bottom[0]), A::of(bottom[1])];
            *sum = bilinear(four, A::new(x), A::new(y));
        }
    }
}

/// Returns so many samples from one on.
#[inline(always)]
fn taps<T, const N: usize>(samples: &[T], at: usize) -> &[T; N] {
    samples[at..].first_chunk().expect("taps of a block that is inside its window")
}

/// Sums each of some columns of samples, the top left at `at`, weighted by rows, and weights the
/// sums: what is left is to add them up. Weights beyond the rows and columns do not count.
#[inline(always)]
fn terms<T: Sample, A: Real, const ROWS: usize, const COLUMNS: usize>(
    samples: &[T],
    at: usize,
    stride: usize,
    x: &[A],
    y: &[A],
) -> [A; COLUMNS] {
    let mut columns = [A::ZERO; COLUMNS];
    for (row, &weight) in y[..ROWS].iter().enumerate() {
        let taps: &[T; COLUMNS] = taps(samples, at + row * stride);
        for lane in 0..COLUMNS {
            let term = A::of(taps[lane]) * weight;
            columns[lane] = if row == 0 { term } else { columns[lane] + term };
        }
    }
    for (column, &weight) in columns.iter_mut().zip(x) {
        *column = *column * weight;
    }
    columns
}

// Blocks keep weights and terms in arrays of all pixels, and fill each in a loop of its own: a
// compiler that sees a pixel from weights to sum cuts its lanes as the last additions pair them,
// and lanczos then takes three times as long.

impl<K: FourTaps> Plain for K {
    #[inline(always)]
    fn plain<T: Sample, A: Real>(segment: &Segment, source: Plane<'_, T>, i: usize) -> A {
        let stride = source.window.width as usize;
        let x = K::weights(A::new(segment.x.fraction[i]));
        let y = K::weights(A::new(segment.y.fraction[i]));
        let at = segment.corner(1, stride, i);
        add_four(&terms::<T, A, 4, 4>(source.samples, at, stride, &x, &y))
    }

    #[inline(always)]
    fn plain_block<T: Sample, A: Real>(
        segment: &Segment,
        source: Plane<'_, T>,
        range: Range<usize>,
        sums: &mut [A],
    ) {
        let stride = source.window.width as usize;
        let mut weights = [[[A::ZERO; 4]; BLOCK]; 2];
        for (weights, axis) in weights.iter_mut().zip([&segment.x, &segment.y]) {
            for (weights, &t) in weights.iter_mut().zip(&axis.fraction[range.clone()]) {
                *weights = K::weights(A::new(t));
            }
        }
        let [x, y] = &weights;
        let mut all = [[A::ZERO; 4]; BLOCK];
        for (((all, x), y), i) in all.iter_mut().zip(x).zip(y).zip(range) {
            let at = segment.corner(1, stride, i);
            *all = terms::<T, A, 4, 4>(source.samples, at, stride, x, y);
        }
        for (sum, all) in sums.iter_mut().zip(&all) {
            *sum = add_four(all);
        }
    }
}

#[inline(always)]
fn add_four<A: Real>(terms: &[A; 4]) -> A {
    (terms[0] + terms[2]) + (terms[1] + terms[3])
}

impl Plain for Lanczos {
    #[inline(always)]
    fn plain<T: Sample, A: Real>(segment: &Segment, source: Plane<'_, T>, i: usize) -> A {
        let (stride, phases) = (source.window.width as usize, A::phases());
        let x = A::lanczos(phases, Part::of(segment.x.fraction[i]));
        let y = A::lanczos(phases, Part::of(segment.y.fraction[i]));
        let at = segment.corner(2, stride, i);
        add_six(&terms::<T, A, TAPS, TAPS>(source.samples, at, stride, &x, &y))
    }

    #[inline(always)]
    fn plain_block<T: Sample, A: Real>(
        segment: &Segment,
        source: Plane<'_, T>,
        range: Range<usize>,
        sums: &mut [A],
    ) {
        let (stride, phases) = (source.window.width as usize, A::phases());
        let mut weights = [[[A::ZERO; LANES]; BLOCK]; 2];
        for (weights, axis) in weights.iter_mut().zip([&segment.x, &segment.y]) {
            let mut parts = [Part::default(); BLOCK];
            for (part, &t) in parts.iter_mut().zip(&axis.fraction[range.clone()]) {
                *part = Part::of(t);
            }
            for (weights, part) in weights.iter_mut().zip(&parts[..range.len()]) {
                *weights = A::lanczos(phases, *part);
            }
        }
        let [x, y] = &weights;
        let mut all = [[A::ZERO; LANES]; BLOCK];
        for (((all, x), y), i) in all.iter_mut().zip(x).zip(y).zip(range) {
            let at = segment.corner(2, stride, i);
            // As many columns as a register has lanes; those beyond the sixth are not looked at.
            if at + (TAPS - 1) * stride + LANES <= source.samples.len() {
                *all = terms::<T, A, TAPS, LANES>(source.samples, at, stride, x, y);
            } else {
                let six = terms::<T, A, TAPS, TAPS>(source.samples, at, stride, x, y);
                all[..TAPS].copy_from_slice(&six);
            }
        }
        for (sum, all) in sums.iter_mut().zip(&all) {
            *sum = add_six(all);
        }
    }
}

#[inline(always)]
fn add_six<A: Real>(terms: &[A]) -> A {
    ((terms[0] + terms[4]) + terms[2]) + ((terms[1] + terms[5]) + terms[3])
}
