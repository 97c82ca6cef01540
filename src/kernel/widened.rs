//! Interpolates blocks of pixels whose kernels are widened alike.
//!
//! Nearly all of a warp's pixels lie in such blocks where it minifies. The operations on a pixel and
//! their order are those of [`complete`](super::support::complete); only that they are done for a
//! block at once, so that they vectorise.

use std::ops::Range;

use multiversion::multiversion;

use super::real::Real;
use super::resampling::Kernel;
use super::segment::{Axis, BLOCK, ends};
use super::support::{LANES, columns_sum, mean, side, start, weigh};
use super::{Plane, Segment};
use crate::raster::Sample;

/// The most taps of an axis: what a block's weights take is still in the first cache.
const MOST: usize = 20;

/// Room for taps in nearly all blocks, and in all: what a block does not need takes time to clear.
const FEW: usize = 2 * LANES;
const MANY: usize = MOST.next_multiple_of(2 * LANES);

/// The fewest pixels of a block: weights are made for as many as fit.
const LEAST: usize = BLOCK / 4;

/// The taps of an axis of all pixels of a block.
struct Stripe {
    /// The taps of each pixel: even.
    count: usize,
    /// All taps, from the window's first.
    all: Range<usize>,
}

/// Weights of a kernel: [`weigh_block`]. What calls it is not compiled for each kernel.
pub(super) type Weigh<A> = fn(&Axis, usize, &mut [[A; BLOCK]], &mut [A; BLOCK]);

impl Segment {
    /// Interpolates the pixels of a range, up to [`BLOCK`], if they are not few, some axis is widened,
    /// each pixel has as many taps as the others, and all taps are there and valid; returns how many
    /// saturate. The kernel has `radius` and the weights of `weigh`.
    pub(super) fn widened_block<T: Sample, A: Real>(
        &self,
        source: Plane<'_, T>,
        range: Range<usize>,
        radius: usize,
        weigh: Weigh<A>,
        out: &mut [T],
    ) -> Option<u32> {
        if range.len() < LEAST {
            return None;
        }
        let x = self.x.stripe(radius, range.clone())?;
        let y = self.y.stripe(radius, range.clone())?;
        let (width, height) = (source.window.width as usize, source.window.height as usize);
        let counts = [x.count, y.count];
        let most = x.count.max(y.count);
        if most == 2 * radius || x.all.end > width || y.all.end > height {
            return None;
        }
        // So many columns are read at once, those after the last tap in vain.
        let four = x.count <= LANES && most <= FEW;
        let columns = x.count.next_multiple_of(if four { LANES } else { 2 * LANES });
        let end = (y.all.end - 1) * width + x.all.end - x.count + columns;
        if end > source.samples.len() || !source.is_whole(&x.all, y.all) {
            return None;
        }
        let start = range.start;
        Some(if four {
            self.sum_widened::<T, A, LANES, FEW>(source, start, counts, weigh, out)
        } else if most <= FEW {
            self.sum_widened::<T, A, { 2 * LANES }, FEW>(source, start, counts, weigh, out)
        } else {
            self.sum_widened::<T, A, { 2 * LANES }, MANY>(source, start, counts, weigh, out)
        })
    }

    /// Interpolates the pixels from one on that have so many columns and rows of taps, up to `ROOM`,
    /// reading `COLUMNS` at once; returns how many saturate.
    fn sum_widened<T: Sample, A: Real, const COLUMNS: usize, const ROOM: usize>(
        &self,
        source: Plane<'_, T>,
        first: usize,
        [columns, rows]: [usize; 2],
        weigh: Weigh<A>,
        out: &mut [T],
    ) -> u32 {
        let (mut x, mut y) = ([[A::ZERO; BLOCK]; ROOM], [[A::ZERO; BLOCK]; ROOM]);
        let (mut x_sums, mut y_sums) = ([A::ZERO; BLOCK], [A::ZERO; BLOCK]);
        weigh(&self.x, first, &mut x[..columns], &mut x_sums);
        weigh(&self.y, first, &mut y[..rows], &mut y_sums);
        let mut corners = [0; BLOCK];
        for (i, corner) in corners[..out.len()].iter_mut().enumerate() {
            let left = self.x.base[first + i] as usize + 1 - columns / 2;
            let top = self.y.base[first + i] as usize + 1 - rows / 2;
            *corner = top * source.window.width as usize + left;
        }
        let mut sums = [[A::ZERO; LANES]; BLOCK];
        let sums = &mut sums[..out.len()];
        sum_block::<T, A, COLUMNS>(source, &corners, columns, &x, &y[..rows], sums);
        mean_block(sums, &x_sums, &y_sums, out)
    }
}

impl Axis {
    /// Returns the taps of some pixels, if all of them are in the raster and have as many taps, few
    /// enough, none before the window's first.
    fn stripe(&self, radius: usize, range: Range<usize>) -> Option<Stripe> {
        let taps = side(radius, self.scale[range.start]);
        let (scales, placed) = (&self.scale[range.clone()], &self.placed[range.clone()]);
        if taps > (MOST / 2) as f64 || !are_alike(scales, placed, radius, taps) {
            return None;
        }
        let taps = taps as i32;
        let (least, most) = ends(&self.base[range]);
        let first = usize::try_from(least + 1 - taps).ok()?;
        Some(Stripe { count: 2 * taps as usize, all: first..(most + 1 + taps) as usize })
    }
}

/// Returns whether all pixels are placed and have so many taps on a side.
#[multiversion(targets("x86_64+avx2"))]
fn are_alike(scales: &[f64], placed: &[u8], radius: usize, taps: f64) -> bool {
    let mut all = 255;
    for &placed in placed {
        all &= placed;
    }
    let mut differ = false;
    for &scale in scales {
        differ |= side(radius, scale) != taps;
    }
    all == 255 && !differ
}

/// Fills in the weights of the taps of the pixels from `first` on, of each tap those of all pixels,
/// not normalised, and adds them to the pixels' sums.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn weigh_block<K: Kernel, A: Real>(
    axis: &Axis,
    first: usize,
    weights: &mut [[A; BLOCK]],
    sums: &mut [A; BLOCK],
) {
    const { assert!(MOST <= K::MOST_IN_F32) };
    let side = (weights.len() / 2) as f64;
    let (mut starts, mut steps) = ([A::ZERO; BLOCK], [A::ZERO; BLOCK]);
    // Beyond the segment's last pixel are numbers of earlier ones.
    let (scales, fractions) = (&axis.scale[first..][..BLOCK], &axis.fraction[first..][..BLOCK]);
    for i in 0..BLOCK {
        let step = 1.0 / scales[i];
        starts[i] = A::new(start(side, fractions[i], step));
        steps[i] = A::new(step);
    }
    weigh::<K, A, BLOCK>(&starts, &steps, weights, sums);
}

/// Sums the taps of pixels, the first of each in `corners`, `columns` in each of as many rows as
/// there are weights in `y`, reading `COLUMNS` at once.
#[multiversion(targets("x86_64+avx2"))]
fn sum_block<T: Sample, A: Real, const COLUMNS: usize>(
    source: Plane<'_, T>,
    corners: &[usize; BLOCK],
    columns: usize,
    x: &[[A; BLOCK]],
    y: &[[A; BLOCK]],
    sums: &mut [[A; LANES]],
) {
    let stride = source.window.width as usize;
    for (i, (all, corner)) in sums.iter_mut().zip(corners).enumerate() {
        let mut lanes = [A::ZERO; LANES];
        for left in (0..columns).step_by(COLUMNS) {
            let sums: [A; COLUMNS] = columns_sum(source.samples, corner + left, stride, y, i);
            let weights: &[_; COLUMNS] = x[left..].first_chunk().expect("room for whole reads");
            for column in 0..COLUMNS {
                // A sample after the last tap must not count, not even if it is no number.
                let term = sums[column] * weights[column][i];
                let term = if left + column < columns { term } else { A::ZERO };
                lanes[column % LANES] = lanes[column % LANES] + term;
            }
        }
        *all = lanes;
    }
}

/// Makes samples of sums by the sums of the weights; returns how many saturate.
#[multiversion(targets("x86_64+avx2"))]
fn mean_block<T: Sample, A: Real>(
    sums: &[[A; LANES]],
    x: &[A; BLOCK],
    y: &[A; BLOCK],
    out: &mut [T],
) -> u32 {
    let mut saturated = 0;
    for ((sample, lanes), (&x, &y)) in out.iter_mut().zip(sums).zip(x.iter().zip(y)) {
        let mean = mean(lanes, x, y);
        *sample = mean.sample();
        saturated += u32::from(mean.saturates::<T>());
    }
    saturated
}

#[cfg(test)]
mod tests {
    use super::super::{Footprints, Positions, Resampling};
    use super::*;
    use crate::raster::{Size, Window};

    const KERNELS: [Resampling; 4] =
        [Resampling::Bilinear, Resampling::Cubic, Resampling::CubicSpline, Resampling::Lanczos];

    const SIZE: Size = Size::new(150, 90);

    /// Reproducible numbers in [0, 1).
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.0 >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    /// Positions and footprints of a run, x and y of each.
    struct Run([[Vec<f64>; 2]; 2]);

    impl Run {
        /// A line of neighbours, from one place to another.
        fn line(from: [f64; 2], to: [f64; 2], scales: impl Fn(usize) -> [f64; 2]) -> Self {
            let along = |axis: usize| {
                let step = (to[axis] - from[axis]) / Segment::MAX as f64;
                (0..Segment::MAX).map(|i| from[axis] + i as f64 * step).collect()
            };
            let scale = |axis: usize| (0..Segment::MAX).map(|i| scales(i)[axis]).collect();
            Self([[along(0), along(1)], [scale(0), scale(1)]])
        }

        fn gather<T: Sample>(
            &self,
            how: Resampling,
            source: Plane<'_, T>,
            range: Range<usize>,
        ) -> (Vec<T>, Vec<u8>, u32) {
            let [[x, y], [sx, sy]] = &self.0;
            let footprints = Footprints { x: &sx[range.clone()], y: &sy[range.clone()] };
            let (x, y) = (&x[range.clone()], &y[range.clone()]);
            let mut segment = Segment::new();
            let at = Positions { x, y, footprints: Some(footprints) };
            segment.locate(how, SIZE, source.window, at);
            let (mut out, mut valid) = (vec![T::zeroed(); range.len()], vec![7; range.len()]);
            let outcome = segment.gather(source, &mut out, &mut valid);
            (out, valid, outcome.saturated)
        }
    }

    fn samples<T: Sample>(value: impl FnMut() -> f64) -> Vec<T> {
        std::iter::repeat_with(value).take(SIZE.pixels() as usize).map(T::from_f64).collect()
    }

    /// Gathers runs at once, and each of their pixels alone.
    fn pixels_are_alone<T: Sample>(mut value: impl FnMut(&mut Random) -> f64) {
        let mut random = Random(T::DTYPE as u64);
        for job in 0..40 {
            let samples: Vec<T> = samples(|| value(&mut random));
            let holes = random.next() * 0.01;
            let mask: Vec<u8> =
                samples.iter().map(|_| if random.next() < holes { 0 } else { 255 }).collect();
            let valid = (job % 2 == 0).then_some(&mask[..]);
            let source = Plane { window: SIZE.window(), samples: &samples, valid };
            // Up to the edges and past them.
            let mut place = || [random.next() * 156.0 - 3.0, random.next() * 96.0 - 3.0];
            let (from, to) = (place(), place());
            let most = 1.0 + random.next() * 4.0;
            let (first, drift) = ([random.next() * most, random.next() * most], random.next());
            let drift = if job % 3 == 0 { 0.002 * drift } else { 0.0 };
            let run = Run::line(from, to, |i| first.map(|scale| scale + drift * i as f64));
            for how in KERNELS {
                let (out, valid, saturated) = run.gather(how, source, 0..Segment::MAX);
                let mut sum = 0;
                for i in 0..Segment::MAX {
                    let (alone, byte, over) = run.gather(how, source, i..i + 1);
                    let same = bytemuck::bytes_of(&alone[0]) == bytemuck::bytes_of(&out[i]);
                    assert!(
                        same && byte[0] == valid[i],
                        "{how} {} job {job} pixel {i}: {:?} alone, {:?} of {first:?}",
                        T::DTYPE,
                        alone[0],
                        out[i]
                    );
                    sum += over;
                }
                assert_eq!(saturated, sum, "{how} {} job {job}", T::DTYPE);
            }
        }
    }

    #[test]
    fn a_pixel_is_the_same_alone() {
        pixels_are_alone::<u8>(|r| (r.next() * 256.0).floor());
        pixels_are_alone::<u16>(|r| (r.next() * 65536.0).floor());
        pixels_are_alone::<i16>(|r| (r.next() * 65536.0).floor() - 32768.0);
        pixels_are_alone::<f32>(|r| r.next() - 0.5);
        pixels_are_alone::<f64>(|r| r.next() - 0.5);
        // Of several NaN too, and of infinities.
        pixels_are_alone::<f32>(|r| {
            let special = [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
            let value = r.next();
            if value < 0.002 { special[(value * 2000.0) as usize] } else { value }
        });
    }

    /// Says how many blocks of a run are interpolated at once.
    fn blocks<K: Kernel>(how: Resampling, run: &Run, source: Plane<'_, u16>) -> usize {
        let [[x, y], [sx, sy]] = &run.0;
        let mut segment = Segment::new();
        let footprints = Some(Footprints { x: sx, y: sy });
        segment.locate(how, SIZE, source.window, Positions { x, y, footprints });
        let mut out = [0; BLOCK];
        let mut range = (0..Segment::MAX).step_by(BLOCK).map(|start| start..start + BLOCK);
        range
            .by_ref()
            .filter(|r| {
                let weigh: Weigh<f32> = weigh_block::<K, f32>;
                segment.widened_block(source, r.clone(), K::RADIUS, weigh, &mut out).is_some()
            })
            .count()
    }

    #[test]
    fn blocks_are_of_equal_complete_widened_supports() {
        use super::super::lanczos::Lanczos;
        use super::super::resampling::{CatmullRom, Triangle};
        let samples: Vec<u16> = samples(|| 1.0);
        let mut valid = vec![255; samples.len()];
        let whole = Plane { window: SIZE.window(), samples: &samples, valid: None };
        let line = |scale: [f64; 2]| Run::line([20.0, 20.0], [130.0, 24.0], |_| scale);
        for scale in [[0.8, 1.3], [1.3, 0.8], [1.9, 1.1], [3.2, 2.5]] {
            let run = line(scale);
            assert_eq!(blocks::<Triangle>(Resampling::Bilinear, &run, whole), 4, "{scale:?}");
            assert_eq!(blocks::<CatmullRom>(Resampling::Cubic, &run, whole), 4, "{scale:?}");
            assert_eq!(blocks::<Lanczos>(Resampling::Lanczos, &run, whole), 4, "{scale:?}");
        }
        let cubic = |run: &Run, source| blocks::<CatmullRom>(Resampling::Cubic, run, source);
        // Neither at scale 1, nor with too many taps, nor where their number changes.
        assert_eq!(cubic(&line([0.8, 1.05]), whole), 0);
        assert_eq!(cubic(&line([0.8, 5.1]), whole), 0);
        let change =
            Run::line([20.0, 20.0], [130.0, 24.0], |i| [1.0, if i < 70 { 1.4 } else { 1.6 }]);
        assert_eq!(cubic(&change, whole), 3);
        // Nor at the edge: three rows before the position, three after it.
        let row = |y: f64| Run::line([20.0, y], [130.0, y], |_| [1.0, 1.4]);
        let bottom = f64::from(SIZE.height);
        assert_eq!(
            [2.4, 2.5, bottom - 2.6, bottom - 2.5].map(|y| cubic(&row(y), whole)),
            [0, 4, 4, 0]
        );
        // Nor where a tap is missing.
        valid[21 * SIZE.width as usize + 60] = 0;
        let source = Plane { valid: Some(&valid), ..whole };
        assert_eq!(cubic(&line([0.8, 1.3]), source), 3);
        let window = Window::new(0, 0, 100, SIZE.height);
        let part = Plane { window, samples: &samples[..window.pixels() as usize], valid: None };
        assert_eq!(cubic(&line([0.8, 1.3]), part), 2);
    }
}
